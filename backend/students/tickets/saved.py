"""Saved answers 常用答复: words that staff say again and again (S9)."""

import re

from sqlalchemy import select
from sqlalchemy.orm import Session

from backend.kit import clock
from backend.kit.errors import DomainError
from backend.security import queries as staff
from backend.security import service as security
from backend.students.ticket_models import SavedAnswer, Ticket

MOST = 60
_SLOT = re.compile(r"\{([^{}]*)\}")
SLOTS = ("客户", "编号", "老师")


class UnknownSlot(DomainError):
    """An answer has a placeholder that nothing fills; `names` says which."""


def all_answers(session: Session) -> list[SavedAnswer]:
    """By name."""
    return list(session.scalars(select(SavedAnswer).order_by(SavedAnswer.name).limit(MOST)))


def save(session: Session, *, name: str, text: str, by_id: int) -> None:
    """Keep an answer under its name; an empty text deletes it. Raises UnknownSlot."""
    wrong = [each for each in _SLOT.findall(text) if each not in SLOTS]
    if wrong:
        raise UnknownSlot(names="、".join(wrong))
    row = session.scalars(select(SavedAnswer).where(SavedAnswer.name == name)).one_or_none()
    if not text:
        if row is not None:
            session.delete(row)
    elif row is None:
        row = SavedAnswer(name=name, text=text, changed_by=by_id, changed_at=clock.now())
        session.add(row)
    else:
        row.text, row.changed_by, row.changed_at = text, by_id, clock.now()
    session.flush()
    action = "answer.saved" if text else "answer.deleted"
    security.audit(session, actor=f"account:{by_id}", action=action, subject=f"answer:{name}")


def filled(session: Session, *, name: str, number: str, account_id: int) -> str | None:
    """A saved answer for a ticket, said by somebody; None where there is none of that name."""
    row = session.scalars(select(SavedAnswer).where(SavedAnswer.name == name)).one_or_none()
    ticket = session.scalars(select(Ticket).where(Ticket.number == number.upper())).one_or_none()
    return fill(session, row.text, ticket, account_id) if row and ticket else None


def fill(session: Session, text: str, ticket: Ticket, account_id: int) -> str:
    """A saved answer with its placeholders filled in."""
    member = staff.staff_members(session, {account_id})[account_id]
    is_named = not ticket.is_anonymous and "客户" not in ticket.customer
    values = {
        "客户": ticket.customer if is_named else "您",
        "编号": ticket.number,
        "老师": member.name,
    }
    return _SLOT.sub(lambda found: values.get(found.group(1), found.group()), text)

"""Saved answers 常用答复: words that staff say again and again (S9)."""

import re

from pydantic import BaseModel, ConfigDict
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


class AnswerView(BaseModel):
    """A saved answer as the page shows it."""

    model_config = ConfigDict(frozen=True, from_attributes=True)

    name: str
    text: str


class UnknownSlot(DomainError):
    """An answer has a placeholder that nothing fills; `names` says which."""


def all_answers(session: Session) -> list[AnswerView]:
    """By name."""
    rows = session.scalars(select(SavedAnswer).order_by(SavedAnswer.name).limit(MOST))
    return [AnswerView.model_validate(row) for row in rows]


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
    if row is None or ticket is None:
        return None
    member = staff.staff_members(session, {account_id})[account_id]
    return fill(row.text, customer=ticket.customer, number=ticket.number, member=member.name)


def fill(text: str, *, customer: str, number: str, member: str) -> str:
    """A saved answer with its placeholders filled in; whoever has no name here («匿名客户») is left
    out."""
    is_named = "客户" not in customer and "访客" not in customer
    values = {"客户": customer if is_named else "", "编号": number, "老师": member}
    return _SLOT.sub(lambda found: values.get(found.group(1), found.group()), text)

"""One ticket: what was said and done, and what can be done. A form does its deed once, however
often its button is tapped."""

import secrets
from collections.abc import Callable, Mapping

from flask import Blueprint, make_response, redirect, render_template, request
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from backend.kit.db import reading, unit_of_work
from backend.kit.errors import NotFound
from backend.security import queries as staff
from backend.security import service as security
from backend.security import words as roles
from backend.security.gate import staff_only
from backend.security.permissions import roles_with
from backend.security.schemas import Permission, Role, StaffMember
from backend.students.schemas import Cause, Severity, TicketCategory
from backend.students.tickets import (
    answering,
    correcting,
    saved,
    settling,
    tasks,
    view,
    words,
)

blueprint = Blueprint("case", __name__)
LONGEST, LONGEST_TOKEN, MOST_ANSWERS = 1000, 64, 12
EMPTY = "请先写好内容，再点按钮。"
TASKS_OPEN = "还有任务没有完成。确要办结，请写明不等任务的理由。"
IS_CLOSED = "这张工单已经办结。客户说没有解决时会自动重新打开。"
DONE = "已完成。"


class _Empty(Exception):
    """A form came without what it needs."""


@blueprint.get("/tickets/<number>")
@staff_only(Permission.SEE_TICKETS)
def shown(member: StaffMember, number: str) -> ResponseReturnValue:
    """One ticket, for whoever may read it."""
    return _page(member, number)


@blueprint.post("/tickets/<number>/<act>")
@staff_only(Permission.ANSWER_TICKET)
def act(member: StaffMember, number: str, act: str) -> ResponseReturnValue:
    """Do one thing with a ticket, once for each form."""
    deed = DEEDS.get(act)
    if deed is None:
        raise NotFound()
    token = request.form.get("token", "")[:LONGEST_TOKEN]
    try:
        with unit_of_work() as session:
            security.use_link(session, f"ticket:{number}:{member.id}:{act}:{token}")
            deed(session, number, member.id)
    except security.LinkUsed:
        pass
    except _Empty:
        return _page(member, number, alert=EMPTY)
    except settling.TasksOpen:
        return _page(member, number, alert=TASKS_OPEN)
    except settling.NotNow:
        return _page(member, number, alert=IS_CLOSED)
    return redirect(f"/tickets/{number}", 303)


@blueprint.post("/tickets/tasks/<int:task_id>/done")
@staff_only(Permission.ANSWER_TICKET)
def task_done(member: StaffMember, task_id: int) -> ResponseReturnValue:
    """A task is done."""
    with unit_of_work() as session:
        note = _field("words") or DONE
        ticket = tasks.finish(session, task_id=task_id, account_id=member.id, note=note)
        number = ticket.number
    return redirect(f"/tickets/{number}", 303)


def _page(member: StaffMember, number: str, *, alert: str = "") -> ResponseReturnValue:
    with reading() as session:
        case = view.case_of(session, number, member.id)
        colleagues = staff.staff_with_roles(session, roles_with(Permission.ANSWER_TICKET))
        known = saved.all_answers(session)[:MOST_ANSWERS] if case.may_handle else []
    answers = [
        (
            each.name,
            saved.fill(each.text, customer=case.customer, number=number, member=member.name),
        )
        for each in known
    ]
    page = render_template(
        "students/tickets/case.html",
        case=case,
        member=member,
        colleagues=colleagues,
        answers=answers,
        roles=roles.ROLES,
        words=words,
        alert=alert,
        said=request.form.get("words", "") if alert else "",
        token=secrets.token_urlsafe(16),
    )
    return make_response(page, 422 if alert else 200)


def _field(name: str) -> str:
    return request.form.get(name, "").replace("\r\n", "\n").strip()[:LONGEST]


def _said() -> str:
    said = _field("words")
    if not said:
        raise _Empty()
    return said


def _answer(session: Session, number: str, account_id: int) -> None:
    answering.answer_ticket(session, number=number, account_id=account_id, text=_said())


def _ask(session: Session, number: str, account_id: int) -> None:
    answering.ask(session, number=number, account_id=account_id, text=_said())


def _note(session: Session, number: str, account_id: int) -> None:
    answering.comment(session, number=number, account_id=account_id, text=_said())


def _take(session: Session, number: str, account_id: int) -> None:
    answering.acknowledge(session, number=number, account_id=account_id)


def _correct(session: Session, number: str, account_id: int) -> None:
    category, severity = _field("category"), _field("severity")
    correcting.correct(
        session,
        number=number,
        account_id=account_id,
        category=TicketCategory(category) if category in list(TicketCategory) else None,
        severity=Severity(severity) if severity in list(Severity) else None,
    )


def _hand(session: Session, number: str, account_id: int) -> None:
    to_id = request.form.get("to", 0, type=int)
    correcting.hand_over(session, number=number, account_id=account_id, to_id=to_id)


def _task(session: Session, number: str, account_id: int) -> None:
    role = _field("role")
    if role not in list(Role):
        raise _Empty()
    tasks.give(session, number=number, account_id=account_id, role=Role(role), text=_said())


def _resolve(session: Session, number: str, account_id: int) -> None:
    cause = _field("cause")
    if cause not in list(Cause):
        raise _Empty()
    settling.resolve(
        session,
        number=number,
        account_id=account_id,
        cause=Cause(cause),
        text=_said(),
        override=_field("override"),
    )


DEEDS: Mapping[str, Callable[[Session, str, int], None]] = {
    "answer": _answer,
    "ask": _ask,
    "note": _note,
    "take": _take,
    "correct": _correct,
    "hand": _hand,
    "task": _task,
    "resolve": _resolve,
}

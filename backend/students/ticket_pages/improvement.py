"""What is learned from tickets: the month in figures, corrective actions, saved answers (S10)."""

from datetime import date

from flask import Blueprint, redirect, render_template, request
from flask.typing import ResponseReturnValue

from backend.kit import clock
from backend.kit.db import reading, unit_of_work
from backend.kit.errors import DomainError
from backend.security import queries as staff
from backend.security.gate import staff_only
from backend.security.permissions import may, roles_with
from backend.security.schemas import Permission, StaffMember
from backend.students.schemas import Cause
from backend.students.tickets import analysis, improving, saved, words
from backend.web import errors

blueprint = Blueprint("improvement", __name__)
LONGEST, LONGEST_NAME = 500, 20


class FormWrong(DomainError):
    """A form came back with something that its fields do not offer."""


errors.apologise(FormWrong, "表单没有填完整", "请返回上一页，把内容、负责人和日期填好再提交。")
errors.apologise(
    saved.UnknownSlot,
    "有不认识的占位符",
    "常用答复里只能用{客户}、{编号}、{老师}。请返回上一页改好再保存。",
)


@blueprint.get("/tickets/analysis")
@staff_only(Permission.MANAGE_TICKETS)
def figures(member: StaffMember) -> ResponseReturnValue:
    """A month of complaints and feedback, each figure with its definition and its rows."""
    month = request.args.get("month", "")
    with reading() as session:
        found = analysis.of_month(session, member, month)
    return render_template("students/tickets/analysis.html", found=found, words=words)


@blueprint.get("/tickets/analysis/rows")
@staff_only(Permission.MANAGE_TICKETS)
def rows(member: StaffMember) -> ResponseReturnValue:
    """The tickets behind a figure."""
    chosen = {k: v for k, v in request.args.items() if k not in ("month", "before")}
    month, before = request.args.get("month", ""), request.args.get("before", type=int)
    try:
        with reading() as session:
            found = analysis.rows_of(session, member, month, chosen, before=before)
    except ValueError as error:
        raise FormWrong() from error
    return render_template(
        "students/tickets/behind.html",
        found=found,
        month=month,
        chosen=chosen,
        categories=words.CATEGORIES,
        severities=words.SEVERITIES,
        kinds=words.KINDS,
        statuses=words.STATUSES,
    )


@blueprint.get("/tickets/answers")
@staff_only(Permission.MANAGE_TICKETS)
def answers(_member: StaffMember) -> ResponseReturnValue:
    """The saved answers."""
    with reading() as session:
        found = saved.all_answers(session)
    return render_template("students/tickets/answers.html", found=found)


@blueprint.post("/tickets/answers")
@staff_only(Permission.MANAGE_TICKETS)
def save_answer(member: StaffMember) -> ResponseReturnValue:
    """Keep an answer under its name, or delete it by an empty text."""
    name, text = request.form.get("name", "").strip(), request.form.get("text", "").strip()
    if not 1 <= len(name) <= LONGEST_NAME or " " in name or len(text) > LONGEST:
        raise FormWrong()
    with unit_of_work() as session:
        saved.save(session, name=name, text=text, by_id=member.id)
    return redirect("/tickets/answers", 303)


@blueprint.get("/tickets/actions")
@staff_only(Permission.SEE_TICKETS)
def actions(member: StaffMember) -> ResponseReturnValue:
    """Corrective actions: open, or done with their evidence. Whoever manages sees all."""
    is_done, before = request.args.get("done") == "1", request.args.get("before", type=int)
    manages = may(member.role, Permission.MANAGE_TICKETS)
    with reading() as session:
        found = improving.listed(
            session, is_done=is_done, owner_id=None if manages else member.id, before=before
        )
        colleagues = staff.staff_with_roles(session, roles_with(Permission.ANSWER_TICKET))
        names = staff.staff_members(session, {each.owner_id for each in found})
    return render_template(
        "students/tickets/actions.html",
        found=found[: improving.PAGE],
        has_more=len(found) > improving.PAGE,
        is_done=is_done,
        manages=manages,
        colleagues=colleagues,
        names=names,
        causes=words.CAUSES,
        today=clock.today(),
        member=member,
    )


@blueprint.post("/tickets/actions")
@staff_only(Permission.MANAGE_TICKETS)
def begin_action(member: StaffMember) -> ResponseReturnValue:
    """Somebody is to change something until a day."""
    form = request.form
    cause, text = form.get("cause", ""), form.get("text", "").strip()
    try:
        due_on = date.fromisoformat(form.get("due_on", ""))
    except ValueError as error:
        raise FormWrong() from error
    if cause not in list(Cause) or not 1 <= len(text) <= LONGEST or due_on < clock.today():
        raise FormWrong()
    with unit_of_work() as session:
        improving.begin(
            session,
            cause=Cause(cause),
            text=text,
            owner_id=form.get("owner", 0, type=int),
            due_on=due_on,
            by_id=member.id,
            number=form.get("number", "").strip() or None,
        )
    return redirect("/tickets/actions", 303)


@blueprint.post("/tickets/actions/<int:action_id>/done")
@staff_only(Permission.ANSWER_TICKET)
def finish_action(member: StaffMember, action_id: int) -> ResponseReturnValue:
    """It is done, and this shows it."""
    evidence = request.form.get("evidence", "").strip()[:LONGEST]
    if not evidence:
        raise FormWrong()
    with unit_of_work() as session:
        improving.finish(session, action_id=action_id, account_id=member.id, evidence=evidence)
    return redirect("/tickets/actions", 303)

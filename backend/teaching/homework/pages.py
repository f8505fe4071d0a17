"""作业 at a screen: what was set, who has handed in, the teacher's word (T12)."""

import secrets
from datetime import datetime

from flask import Blueprint, Response, flash, make_response, redirect, render_template, request
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from backend.kit import clock, files
from backend.kit.db import reading, unit_of_work
from backend.kit.errors import DomainError, NotFound
from backend.security import queries as security
from backend.security.gate import staff_only
from backend.security.schemas import Permission, StaffMember
from backend.students import attachments
from backend.students import queries as students
from backend.teaching.homework import handing, queries, setting, teachers
from backend.teaching.homework.schemas import LONGEST, Empty, Grade, HomeworkView, TooSoon
from backend.web import errors

blueprint = Blueprint("homework", __name__)
PATH = "/console/homework"


class HomeworkUnread(DomainError):
    """The form came back without a class, a time or a grade."""


errors.apologise(HomeworkUnread, "作业没有填好", "请返回上一页，选好班级、截止时间和评定再保存。")
errors.apologise(TooSoon, "截止时间已经过了", "请返回上一页，换一个还没到的时间再保存。")
errors.apologise(Empty, "作业没有填好", f"请返回上一页，写2到{LONGEST}个字再保存。")


@blueprint.get(PATH)
@staff_only(Permission.SEE_LESSONS)
def listed(me: StaffMember) -> ResponseReturnValue:
    """What this reader may look at, and a form for who teaches."""
    with reading() as session:
        found = queries.listed(session, me)
        own = teachers.classes_of(session, me.id)
    return render_template(
        "teaching/homework.html",
        found=found,
        own=own,
        chosen=request.args.get("class", type=int),
        mark=secrets.token_hex(8),
        longest=LONGEST,
    )


@blueprint.post(PATH)
@staff_only(Permission.TAKE_ATTENDANCE)
def add(me: StaffMember) -> ResponseReturnValue:
    """Homework for a class of one's own; the same form twice is one."""
    try:
        due_at = datetime.fromisoformat(request.form.get("due_at", "")).replace(
            tzinfo=clock.SHANGHAI
        )
    except ValueError:
        raise HomeworkUnread() from None
    with unit_of_work() as session:
        view, count = setting.assign(
            session,
            class_group_id=request.form.get("class", 0, type=int),
            words=request.form.get("words", ""),
            due_at=due_at,
            member=me,
            source_key=f"page:{me.id}:{request.form.get('mark', '')[:32]}",
        )
    flash(f"已布置，{count}位学员和家长会收到通知。")
    return redirect(f"{PATH}/{view.id}", 303)


@blueprint.get(f"{PATH}/<int:homework_id>")
@staff_only(Permission.SEE_LESSONS)
def one(me: StaffMember, homework_id: int) -> ResponseReturnValue:
    """Who has handed in what."""
    with reading() as session:
        view = _seen(session, me, homework_id)
        handed = queries.handed_in(session, homework_id)
        learners = queries.learners_of(session, view.class_group_id)
        ids = [*learners, *(id_ for id_ in handed if id_ not in learners)]
        names = students.students(session, ids)
        pieces = attachments.of_holders(
            session, [handing.holder_of(each.id) for each in handed.values()]
        )
        teacher = security.staff_members(session, {view.teacher_id})[view.teacher_id].name
        is_mine = view.class_group_id in teachers.classes_of(session, me.id)
    return render_template(
        "teaching/homework_one.html",
        view=view,
        rows=[(names[id_].name, handed.get(id_)) for id_ in ids],
        count=len(handed),
        pieces=pieces,
        holder_of=handing.holder_of,
        grades=list(Grade),
        teacher=teacher,
        is_mine=is_mine,
        longest=LONGEST,
    )


@blueprint.post(f"{PATH}/<int:homework_id>/withdraw")
@staff_only(Permission.TAKE_ATTENDANCE)
def withdraw(me: StaffMember, homework_id: int) -> ResponseReturnValue:
    """Nobody has to do it any more."""
    with unit_of_work() as session:
        setting.withdraw(session, homework_id=homework_id, member=me)
    flash("已撤回，家长会收到说明。")
    return redirect(f"{PATH}/{homework_id}", 303)


@blueprint.post(f"{PATH}/hand-ins/<int:hand_in_id>")
@staff_only(Permission.TAKE_ATTENDANCE)
def comment(me: StaffMember, hand_in_id: int) -> ResponseReturnValue:
    """What the teacher says; the family hears it in the chat."""
    grade = request.form.get("grade", "")
    if grade not in list(Grade):
        raise HomeworkUnread()
    with unit_of_work() as session:
        handed = handing.comment(
            session,
            hand_in_id=hand_in_id,
            member=me,
            grade=Grade(grade),
            words=request.form.get("words", ""),
        )
    flash("已保存，评语会发给家长。")
    return redirect(f"{PATH}/{handed.homework_id}", 303)


@blueprint.get(f"{PATH}/hand-ins/<int:hand_in_id>/<int:attachment_id>")
@staff_only(Permission.SEE_LESSONS)
def piece(me: StaffMember, hand_in_id: int, attachment_id: int) -> Response:
    """One picture or file. It is somebody's upload, so nothing in it may run."""
    with reading() as session:
        handed = queries.hand_in(session, hand_in_id)
        _seen(session, me, handed.homework_id)
        name, content_type = attachments.kept_for(
            session, attachment_id, holder=handing.holder_of(hand_in_id)
        )
    answer = make_response(files.read(name))
    answer.content_type = content_type
    answer.headers["Content-Security-Policy"] = "sandbox; default-src 'none'"
    shown = content_type.startswith(("image/", "audio/", "video/"))
    answer.headers["Content-Disposition"] = "inline" if shown else "attachment"
    return answer


def _seen(session: Session, me: StaffMember, homework_id: int) -> HomeworkView:
    """A piece of homework that this reader may look at. Raises NotFound for that of others too."""
    view = queries.homework(session, homework_id)
    if not teachers.may_see(session, me, view.class_group_id, view.campus_id):
        raise NotFound()
    return view

"""成绩 at a screen: tests of a class, one mark a learner, corrections, and publishing them."""

import secrets
from collections.abc import Mapping
from datetime import date

from flask import Blueprint, flash, redirect, render_template, request
from flask.typing import ResponseReturnValue

from backend.kit import clock
from backend.kit.db import reading, unit_of_work
from backend.kit.errors import NotFound
from backend.security import queries as security
from backend.security.gate import staff_only
from backend.security.schemas import Permission, StaffMember
from backend.students import queries as students
from backend.teaching.homework import teachers
from backend.teaching.scores import entering, queries
from backend.teaching.scores.schemas import (
    FULL_MARK,
    LONGEST_COMMENT,
    LONGEST_NAME,
    Entered,
    ExamWrong,
    MarkWrong,
    NothingEntered,
)
from backend.web import errors

blueprint = Blueprint("scores", __name__)
PATH = "/console/scores"

errors.apologise(
    ExamWrong, "测验没有填好", "请返回上一页，写好名称、不晚于今天的日期和1到1000的满分再保存。"
)
errors.apologise(NothingEntered, "还没有成绩", "请返回上一页，先登记至少一位学员的成绩再发布。")


@blueprint.get(PATH)
@staff_only(Permission.SEE_LESSONS)
def listed(me: StaffMember) -> ResponseReturnValue:
    """The tests this reader may look at, and a form for who enters scores."""
    with reading() as session:
        found = queries.listed(session, me)
        own = queries.classes_for(session, me)
    return render_template(
        "teaching/scores.html",
        found=found,
        own=own,
        chosen=request.args.get("class", type=int),
        mark=secrets.token_hex(8),
        longest=LONGEST_NAME,
        full_mark=FULL_MARK,
        today=clock.today(),
    )


@blueprint.post(PATH)
@staff_only(Permission.ENTER_SCORES)
def add(me: StaffMember) -> ResponseReturnValue:
    """A test of a class; the same form twice is one."""
    try:
        held_on = date.fromisoformat(request.form.get("held_on", ""))
    except ValueError:
        raise ExamWrong() from None
    with unit_of_work() as session:
        view = entering.hold(
            session,
            class_group_id=request.form.get("class", 0, type=int),
            name=request.form.get("name", ""),
            held_on=held_on,
            full_mark=request.form.get("full_mark", 0, type=int),
            member=me,
            source_key=f"page:{me.id}:{request.form.get('mark', '')[:32]}",
        )
    return redirect(f"{PATH}/{view.id}", 303)


@blueprint.get(f"{PATH}/<int:exam_id>")
@staff_only(Permission.SEE_LESSONS)
def one(me: StaffMember, exam_id: int) -> ResponseReturnValue:
    """The marks of a test."""
    return _page(me, exam_id)


@blueprint.post(f"{PATH}/<int:exam_id>")
@staff_only(Permission.ENTER_SCORES)
def enter(me: StaffMember, exam_id: int) -> ResponseReturnValue:
    """Only what differs from what the form showed is taken, so that a page left open elsewhere
    takes nobody's correction back."""
    marks = [
        Entered(student_id=id_, mark=mark, comment=comment)
        for id_ in request.form.getlist("student", type=int)
        if (mark := request.form.get(f"mark-{id_}", "").strip(),
            comment := request.form.get(f"comment-{id_}", "").strip())
        != (request.form.get(f"had-{id_}", ""), request.form.get(f"said-{id_}", ""))
    ]  # fmt: skip
    try:
        with unit_of_work() as session:
            count = entering.enter(session, exam_id=exam_id, marks=marks, member=me)
    except MarkWrong as wrong:
        return _page(me, exam_id, typed=request.form, wrong=wrong.facts["student_ids"]), 422
    flash(f"已保存{count}处改动。" if count else "没有改动。")
    return redirect(f"{PATH}/{exam_id}", 303)


@blueprint.post(f"{PATH}/<int:exam_id>/publish")
@staff_only(Permission.ENTER_SCORES)
def publish(me: StaffMember, exam_id: int) -> ResponseReturnValue:
    """The families of those with a mark may see it now, and are told."""
    with unit_of_work() as session:
        count = entering.publish(session, exam_id=exam_id, member=me)
    flash(f"已发布{count}位学员的成绩，学员和家长会收到通知。")
    return redirect(f"{PATH}/{exam_id}", 303)


def _page(
    me: StaffMember,
    exam_id: int,
    *,
    typed: Mapping[str, str] | None = None,
    wrong: list[int] | None = None,
) -> str:
    """Raises NotFound for a test of others, as for one that is not there."""
    with reading() as session:
        view = queries.exam(session, exam_id)
        may_enter = view.class_group_id in queries.classes_for(session, me)
        if not may_enter and not teachers.may_see(session, me, view.class_group_id, view.campus_id):
            raise NotFound()
        scores = queries.scores(session, exam_id)
        ids = queries.learners_of(session, exam_id)
        names = students.students(session, ids)
        changes = queries.changes(session, exam_id)
        staff = security.staff_members(session, {each.account_id for each in changes})
    return render_template(
        "teaching/scores_one.html",
        view=view,
        rows=[(id_, names[id_].name, scores.get(id_)) for id_ in ids],
        count=len(scores),
        changes=[(names[each.student_id].name, staff[each.account_id].name, each)
                 for each in changes],
        may_enter=may_enter,
        typed=typed or {},
        wrong=wrong or [],
        longest=LONGEST_COMMENT,
    )  # fmt: skip

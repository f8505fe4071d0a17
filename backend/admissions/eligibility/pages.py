"""入学条件 at a screen: what each course asks for, and results of placements."""

import secrets

from flask import Blueprint, flash, redirect, render_template, request
from flask.typing import ResponseReturnValue

from backend.admissions.eligibility import placing, service
from backend.admissions.eligibility.placing import PlacementWrong
from backend.admissions.eligibility.schemas import Entry
from backend.kit.db import reading, unit_of_work
from backend.kit.errors import DomainError
from backend.security import queries as people
from backend.security.gate import staff_only
from backend.security.schemas import Permission, StaffMember
from backend.teaching import queries as classes
from backend.teaching.curriculum import queries as curriculum
from backend.web import errors

blueprint = Blueprint("eligibility", __name__)
PATH = "/entry"
OLDEST = 99


class FormWrong(DomainError):
    """A form came back with something that its fields do not offer."""


errors.apologise(FormWrong, "表单没有填对", "请返回上一页，核对年龄、课程和客户编号后再提交。")
errors.apologise(
    PlacementWrong, "测评没有填对", "分数请写0到100；客户编号和学员编号请填一个；体系要先有级别。"
)


@blueprint.get(PATH)
@staff_only(Permission.KEEP_ENTRY)
def shown(_me: StaffMember) -> ResponseReturnValue:
    """Every course with what it asks for, and the latest results."""
    with reading() as session:
        courses = {id_: name for name, id_ in classes.catalogue(session).courses.items()}
        programmes = curriculum.programmes(session)
        entries, results = service.entries(session), service.placements(session)
        members = people.staff_members(session, {each.by_id for each in results})
        session.expunge_all()
    return render_template(
        "admissions/entry.html",
        courses=courses,
        entries=entries,
        results=results,
        members=members,
        programmes=[each for each in programmes if each.is_active and each.levels],
        in_programme={
            level.course_id: each.name
            for each in programmes
            if each.is_active
            for level in each.levels
        },
        key=secrets.token_hex(16),
    )


@blueprint.post(f"{PATH}/<int:course_id>")
@staff_only(Permission.KEEP_ENTRY)
def set_entry(me: StaffMember, course_id: int) -> ResponseReturnValue:
    """Write down what a course asks for."""
    entry = Entry(
        age_from=_years("age_from"),
        age_to=_years("age_to"),
        prerequisite_id=request.form.get("before", 0, type=int) or None,
        needs_placement=bool(request.form.get("placement")),
    )
    low, high = entry.age_from, entry.age_to
    if entry.prerequisite_id == course_id or (None not in (low, high) and (low or 0) > (high or 0)):
        raise FormWrong()
    with unit_of_work() as session:
        service.set_entry(session, course_id=course_id, entry=entry, by_id=me.id)
    return redirect(PATH, 303)


@blueprint.post(f"{PATH}/placements")
@staff_only(Permission.KEEP_ENTRY)
def note_placement(me: StaffMember) -> ResponseReturnValue:
    """Write down how a child did."""
    form = request.form
    child, key, passed = form.get("child", "").strip()[:40], form.get("key", ""), form.get("passed")
    if not child or passed not in ("0", "1") or len(key) != 32:
        raise FormWrong()
    with unit_of_work() as session:
        service.note_placement(
            session,
            lead_id=form.get("lead", 0, type=int),
            child_name=child,
            course_id=form.get("course", 0, type=int),
            is_passed=passed == "1",
            by_id=me.id,
            source_key=f"placement:{key}",
        )
    return redirect(PATH, 303)


@blueprint.post(f"{PATH}/levels")
@staff_only(Permission.KEEP_ENTRY)
def place(me: StaffMember) -> ResponseReturnValue:
    """Write down points of a placement; the level they lead to is told at once."""
    form = request.form
    key, points = form.get("key", ""), form.get("points", "")
    if len(key) != 32 or not points.isdecimal() or len(points) > 3:
        raise PlacementWrong()
    with unit_of_work() as session:
        level = placing.place(
            session,
            programme_id=form.get("programme", 0, type=int),
            points=int(points),
            by_id=me.id,
            source_key=f"placement:{key}",
            child_name=form.get("child", "").strip()[:40],
            lead_id=form.get("lead", type=int),
            student_id=form.get("student", type=int),
        )
    flash(f"已登记，建议从{level.name}（{level.course_name}）开始。")
    return redirect(PATH, 303)


def _years(name: str) -> int | None:
    text = request.form.get(name, "").strip()
    if not text:
        return None
    if not text.isdecimal() or not 0 <= int(text) <= OLDEST:
        raise FormWrong()
    return int(text)

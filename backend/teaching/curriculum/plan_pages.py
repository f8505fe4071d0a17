"""教学计划 at a screen: where each class stands, its lessons with their units, and noting them."""

from flask import Blueprint, flash, redirect, render_template, request
from flask.typing import ResponseReturnValue

from backend.kit.db import reading, unit_of_work
from backend.kit.errors import NotFound
from backend.security.gate import staff_only
from backend.security.permissions import may
from backend.security.schemas import Permission, StaffMember
from backend.teaching import queries as teaching
from backend.teaching.curriculum import plans, queries
from backend.teaching.curriculum.schemas import NoStandard, NotTaughtYet, Status, UnitUnknown
from backend.web import errors

blueprint = Blueprint("plans", __name__)
PATH = "/console/plans"

errors.apologise(NotTaughtYet, "这节课还没上", "上课以后才能登记讲了什么。请返回上一页选别的课。")
errors.apologise(NoStandard, "还没有课程标准", "课程标准发布后才有教学计划，请联系教务老师。")
errors.apologise(UnitUnknown, "没有这个单元", "课程标准里没有这个单元。请返回上一页，刷新后再选。")


@blueprint.get(PATH)
@staff_only(Permission.SEE_LESSONS)
def listed(me: StaffMember) -> ResponseReturnValue:
    """The classes this reader looks after, and how they get on."""
    with reading() as session:
        names = queries.classes_for(session, me)
        found = queries.plans(session, list(names))
    rows = [(id_, name, found.get(id_)) for id_, name in names.items()]
    rows.sort(key=lambda row: (row[2] is None, row[2].ahead if row[2] else 0))
    return render_template("teaching/plans.html", rows=rows)


@blueprint.get(f"{PATH}/<int:class_id>")
@staff_only(Permission.SEE_LESSONS)
def one(me: StaffMember, class_id: int) -> ResponseReturnValue:
    """The plan of a class, lesson by lesson. Raises NotFound, for others' classes too."""
    with reading() as session:
        if not queries.may_see(session, me, class_id):
            raise NotFound()
        plan = queries.plan(session, class_id)
        name = teaching.class_name(session, class_id)
        may_note = plans.may_note(session, me, class_id)
        units = queries.standard(session, plan.standard_id).units if plan else ()
        published = [
            each
            for each in (queries.versions(session, plan.course_id) if plan else [])
            if each.status is Status.PUBLISHED
        ]
    noting = request.args.get("lesson", type=int)
    chosen = plans.notes_by_number(plan, noting) if plan and noting else {}
    return render_template(
        "teaching/plan.html",
        plan=plan,
        name=name,
        units=units,
        versions=published,
        may_note=may_note,
        may_keep=may(me.role, Permission.KEEP_CURRICULUM),
        noting=noting,
        chosen=chosen,
    )


@blueprint.post(f"{PATH}/<int:class_id>")
@staff_only(Permission.TAKE_ATTENDANCE)
def cover(me: StaffMember, class_id: int) -> ResponseReturnValue:
    """What was taught in a lesson: any units, each finished or going on; none takes it back."""
    form = request.form
    taught = [
        (number, form.get(f"unit-{number}") == "finished")
        for number in range(1, 100)
        if form.get(f"unit-{number}") in ("finished", "on")
    ]
    with unit_of_work() as session:
        lesson = teaching.lesson(session, form.get("lesson", 0, type=int))
        if lesson.class_group_id != class_id:
            raise NotFound()
        plans.cover(
            session, lesson_id=lesson.id, taught=taught, words=form.get("words", ""), member=me
        )
    flash("已登记，后面的课按新的进度排好了。" if taught else "已撤回这节课的登记。")
    return redirect(f"{PATH}/{class_id}", 303)


@blueprint.post(f"{PATH}/<int:class_id>/standard")
@staff_only(Permission.KEEP_CURRICULUM)
def follow(me: StaffMember, class_id: int) -> ResponseReturnValue:
    """Another version for this class."""
    with unit_of_work() as session:
        standard_id = request.form.get("standard", 0, type=int)
        plans.follow(session, class_group_id=class_id, standard_id=standard_id, member=me)
    flash("已更换，讲过的单元都保留。")
    return redirect(f"{PATH}/{class_id}", 303)

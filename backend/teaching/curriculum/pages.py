"""课程体系 and 课程标准 at a screen: programmes with levels, and the versions of a standard."""

from flask import Blueprint, flash, redirect, render_template, request
from flask.typing import ResponseReturnValue

from backend.kit.db import reading, unit_of_work
from backend.kit.errors import NotFound
from backend.security import queries as people
from backend.security.gate import staff_only
from backend.security.permissions import may
from backend.security.schemas import Permission, StaffMember
from backend.teaching.curriculum import plan_pages, programmes, queries, rules, standards
from backend.teaching.curriculum.schemas import (
    LONGEST_NAME,
    LONGEST_TEXT,
    MOST_LESSONS,
    LevelWrong,
    NotOpen,
    SameEyes,
    StandardWrong,
    Status,
    Unit,
    Written,
)
from backend.web import errors

blueprint = Blueprint("curriculum", __name__)
blueprint.register_blueprint(plan_pages.blueprint)
PATH = "/console/curriculum"
MOST_ROWS, BLANK_ROWS = 60, 3
STATUSES = {Status.DRAFT: "草稿", Status.REVIEW: "待审核", Status.PUBLISHED: "已发布"}
STEPS = {"written": "起草或修改", "submitted": "提交审核", "returned": "退回", "published": "发布"}
WRONG = {
    "units": "至少要有一个单元，最多60个。请补上单元再保存。",
    "names": "单元名称不能重复，也不能超过60字。请改好再保存。",
    "hours": "每个单元的课时要写1到60的整数。请改好再保存。",
    "texts": "先写总目标；每段文字不超过2000字。请改好再保存。",
}

errors.apologise(
    LevelWrong, "级别没有填对", "同一课程只能在一处，分数线请逐级升高，移出请从最高一级开始。"
)
errors.apologise(
    NotOpen, "这一版刚有变动", "可能有同事改过或已经发布。请返回上一页，刷新后再操作。"
)
errors.apologise(SameEyes, "要换一位同事审核", "起草或提交的人不能自己发布，请另一位同事来审核。")


def keeps(me: StaffMember) -> bool:
    """Who also sees versions that are not published."""
    return may(me.role, Permission.KEEP_CURRICULUM)


@blueprint.get(PATH)
@staff_only(Permission.SEE_LESSONS)
def listed(me: StaffMember) -> ResponseReturnValue:
    """All programmes with their levels, and the standard of each course."""
    with reading() as session:
        found, courses = queries.programmes(session), queries.courses(session)
        states = queries.states(session)
    return render_template(
        "teaching/curriculum.html",
        found=found,
        courses=courses,
        states=states,
        statuses=Status,
        may_keep=keeps(me),
    )


@blueprint.post(PATH)
@staff_only(Permission.KEEP_CURRICULUM)
def keep_programme(me: StaffMember) -> ResponseReturnValue:
    """A new programme, or another name for one."""
    form = request.form
    with unit_of_work() as session:
        programmes.keep_programme(
            session,
            name=form.get("name", ""),
            subject=form.get("subject", ""),
            summary=form.get("summary", ""),
            is_active=form.get("active", "1") == "1",
            by=me.id,
            programme_id=form.get("programme", type=int),
        )
    flash("已保存。")
    return redirect(PATH, 303)


@blueprint.post(f"{PATH}/<int:programme_id>/levels")
@staff_only(Permission.KEEP_CURRICULUM)
def keep_level(me: StaffMember, programme_id: int) -> ResponseReturnValue:
    """What stands at a rank."""
    form = request.form
    with unit_of_work() as session:
        programmes.keep_level(
            session,
            programme_id=programme_id,
            name=form.get("name", ""),
            rank=form.get("rank", 0, type=int),
            course_id=form.get("course", 0, type=int),
            from_points=form.get("points", -1, type=int),
            needs_before=bool(form.get("before")),
            by=me.id,
        )
    flash("级别已保存。")
    return redirect(PATH, 303)


@blueprint.post(f"{PATH}/levels/<int:level_id>/drop")
@staff_only(Permission.KEEP_CURRICULUM)
def drop_level(me: StaffMember, level_id: int) -> ResponseReturnValue:
    """Take the highest level off."""
    with unit_of_work() as session:
        programmes.drop_level(session, level_id=level_id, by=me.id)
    return redirect(PATH, 303)


@blueprint.get(f"{PATH}/courses/<int:course_id>")
@staff_only(Permission.SEE_LESSONS)
def course(me: StaffMember, course_id: int) -> ResponseReturnValue:
    """The versions of a course's standard. Raises NotFound."""
    with reading() as session:
        names = queries.courses(session)
        found = queries.versions(session, course_id)
    if course_id not in names:
        raise NotFound()
    return render_template(
        "teaching/curriculum_course.html",
        name=names[course_id],
        course_id=course_id,
        found=[each for each in found if keeps(me) or each.status is Status.PUBLISHED],
        has_open=any(each.status is not Status.PUBLISHED for each in found),
        words=STATUSES,
        may_keep=keeps(me),
    )


@blueprint.post(f"{PATH}/courses/<int:course_id>")
@staff_only(Permission.KEEP_CURRICULUM)
def begin(me: StaffMember, course_id: int) -> ResponseReturnValue:
    """A new version, or the one that is being written."""
    with unit_of_work() as session:
        standard_id = standards.begin(session, course_id=course_id, by=me)
    return redirect(f"{PATH}/versions/{standard_id}", 303)


@blueprint.get(f"{PATH}/versions/<int:standard_id>")
@staff_only(Permission.SEE_LESSONS)
def version(me: StaffMember, standard_id: int) -> ResponseReturnValue:
    """One version, what differs from the one before, and what became of it."""
    return _page(me, standard_id)


@blueprint.post(f"{PATH}/versions/<int:standard_id>")
@staff_only(Permission.KEEP_CURRICULUM)
def write(me: StaffMember, standard_id: int) -> ResponseReturnValue:
    """Write a draft anew."""
    written = _written()
    try:
        with unit_of_work() as session:
            standards.write(
                session,
                standard_id=standard_id,
                written=written,
                by=me,
                seen=request.form.get("seen", 0, type=int),
            )
    except StandardWrong as wrong:
        return _page(me, standard_id, typed=written, wrong=WRONG[wrong.facts["why"]]), 422
    flash("草稿已保存。写好后提交审核。")
    return redirect(f"{PATH}/versions/{standard_id}", 303)


@blueprint.post(f"{PATH}/versions/<int:standard_id>/submit")
@staff_only(Permission.KEEP_CURRICULUM)
def submit(me: StaffMember, standard_id: int) -> ResponseReturnValue:
    """Hand a draft over for review."""
    try:
        with unit_of_work() as session:
            standards.submit(session, standard_id=standard_id, by=me)
    except StandardWrong as wrong:
        return _page(me, standard_id, wrong=WRONG[wrong.facts["why"]]), 422
    flash("已提交，请另一位同事审核。")
    return redirect(f"{PATH}/versions/{standard_id}", 303)


@blueprint.post(f"{PATH}/versions/<int:standard_id>/return")
@staff_only(Permission.KEEP_CURRICULUM)
def give_back(me: StaffMember, standard_id: int) -> ResponseReturnValue:
    """Back to its author."""
    with unit_of_work() as session:
        words = request.form.get("words", "").strip()
        standards.give_back(session, standard_id=standard_id, words=words, by=me)
    flash("已退回修改。")
    return redirect(f"{PATH}/versions/{standard_id}", 303)


@blueprint.post(f"{PATH}/versions/<int:standard_id>/publish")
@staff_only(Permission.APPROVE_STANDARD)
def publish(me: StaffMember, standard_id: int) -> ResponseReturnValue:
    """Put a version in force."""
    with unit_of_work() as session:
        standards.publish(session, standard_id=standard_id, by=me)
    flash("已发布。已经开课的班仍按原来的版本上，可以在教学计划里更换。")
    return redirect(f"{PATH}/versions/{standard_id}", 303)


def _written() -> Written:
    """The form's rows, in the order of their numbers; a row without a name is none."""
    form = request.form
    columns = [form.getlist(f"unit-{each}")[:MOST_ROWS + BLANK_ROWS] for each in (
        *("number", "key", "name", "lessons", "goals", "content", "methods"),
    )]  # fmt: skip
    rows = []
    for place, (number, key, name, lessons, *texts) in enumerate(zip(*columns, strict=False)):
        name = " ".join(name.split())
        if name:
            order = int(number) if number.isdecimal() and len(number) < 4 else 999
            hours = int(lessons) if lessons.isdecimal() and len(lessons) < 4 else 0
            rows.append((order, place, key[:16], name, hours, [text.strip() for text in texts]))
    units = tuple(
        Unit(
            number=n, key=key, name=name, lessons=hours,
            goals=texts[0], content=texts[1], methods=texts[2],
        )
        for n, (_, _, key, name, hours, texts) in enumerate(sorted(rows, key=lambda r: r[:2]), 1)
    )  # fmt: skip
    return Written(
        goals=form.get("goals", "").strip(),
        methods=form.get("methods", "").strip(),
        changes=form.get("changes", "").strip()[:200],
        units=units,
    )


def _page(
    me: StaffMember, standard_id: int, *, typed: Written | None = None, wrong: str = ""
) -> str:
    """Raises NotFound, for who does not keep the curriculum also where it is not published."""
    with reading() as session:
        view = queries.standard(session, standard_id)
        if view.status is not Status.PUBLISHED and not keeps(me):
            raise NotFound()
        before = [
            each
            for each in queries.versions(session, view.course_id)
            if each.version < view.version and each.status is Status.PUBLISHED
        ]
        steps = queries.steps(session, standard_id)
        staff = people.staff_members(session, {each.account_id for each in steps})
    hands = {each.account_id for each in steps if each.kind in ("written", "submitted")}
    return render_template(
        "teaching/standard.html",
        view=view,
        shown=typed or view,
        changes=rules.changes(before[0], view) if before else [],
        before=before[0] if before else None,
        steps=[(STEPS[each.kind], staff[each.account_id].name, each) for each in steps],
        seen=len(steps),
        words=STATUSES,
        may_keep=keeps(me),
        may_publish=may(me.role, Permission.APPROVE_STANDARD) and me.id not in hands,
        blank_rows=BLANK_ROWS,
        wrong=wrong,
        longest=LONGEST_TEXT,
        longest_name=LONGEST_NAME,
        most_lessons=MOST_LESSONS,
    )

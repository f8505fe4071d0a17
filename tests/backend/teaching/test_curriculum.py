"""T1, T2: levels lead on, a standard is published by another person and then fixed, and the plan of
a class follows the real lessons without losing what was taught."""

from datetime import datetime, timedelta

import pytest
from flask import Flask
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from backend.app import create_app
from backend.kit import clock
from backend.kit.db import unit_of_work
from backend.kit.errors import NotAllowed
from backend.security import service as security
from backend.security.schemas import Role
from backend.teaching import service
from backend.teaching.curriculum import plans, programmes, queries, rules, standards
from backend.teaching.curriculum.schemas import (
    LevelView,
    LevelWrong,
    Meeting,
    Note,
    NotOpen,
    NotTaughtYet,
    SameEyes,
    StandardWrong,
    Unit,
    UnitUnknown,
    Written,
)
from backend.teaching.models import Lesson
from tests.backend.portal.test_desk import at_desk, counted
from tests.backend.security.desks import PHONE
from tests.backend.teaching import classrooms
from tests.backend.teaching.classrooms import NOW, School, member

FIRST = datetime(2026, 11, 7, 9, tzinfo=clock.SHANGHAI)
UNITS = (
    Unit(number=1, key="a", name="甲", lessons=2),
    Unit(number=2, key="b", name="乙", lessons=2),
)


def meetings(count: int, **notes: tuple[tuple[str, bool], ...]) -> list[Meeting]:
    """Weekly lessons; `n2=(("a", True),)`: in the second, unit a was finished."""
    return [
        Meeting(
            lesson_id=n,
            starts_at=FIRST + timedelta(days=7 * n),
            ends_at=FIRST + timedelta(days=7 * n, minutes=90),
            notes=tuple(
                Note(key=key, name=key, is_finished=done) for key, done in notes.get(f"n{n}", ())
            ),
        )
        for n in range(1, count + 1)
    ]


@pytest.mark.parametrize(
    ("count", "notes", "over", "keys", "sums"),
    [
        # (done, ahead, missing, spare)
        (5, {}, 0, ["a", "a", "b", "b", ""], (0, 0, 0, 1)),
        (5, {}, 2, ["a", "a", "b", "b", ""], (2, 0, 0, 1)),
        (3, {}, 1, ["a", "a", "b"], (1, 0, 1, 0)),
        (5, {"n1": (("a", True),)}, 1, ["a", "b", "b", "", ""], (2, 1, 0, 2)),
        (5, {"n2": (("a", False),)}, 2, ["a", "a", "a", "b", "b"], (1, -1, 0, 0)),
        (5, {"n1": (("b", True),)}, 1, ["b", "a", "a", "", ""], (2, 1, 0, 2)),
        (5, {"n1": (("a", True), ("b", False))}, 1, ["ab", "b", "", "", ""], (3, 2, 0, 3)),
        (4, {"n1": (("gone", True),)}, 1, ["gone", "a", "a", "b"], (0, -1, 1, 0)),
        (6, {}, 6, ["a", "a", "b", "b", "", ""], (4, 0, 0, 0)),
    ],
)
def test_t2_units_are_spread_over_the_real_lessons(
    count: int,
    notes: dict[str, tuple[tuple[str, bool], ...]],
    over: int,
    keys: list[str],
    sums: tuple[int, int, int, int],
) -> None:
    now = FIRST + timedelta(days=7 * over, hours=1)
    found = rules.reckon(UNITS, meetings(count, **notes), now=now)
    assert ["".join(part.key for part in row.parts) for row in found.rows] == keys
    assert (found.done, found.ahead, found.missing, found.spare) == sums


def test_t1_points_lead_to_a_level() -> None:
    levels = [
        LevelView(
            id=rank, programme_id=1, rank=rank, name=str(rank), course_id=10 + rank,
            course_name="", from_points=points, needs_before=rank != 2,
        )
        for rank, points in ((1, 0), (2, 60), (3, 85))
    ]  # fmt: skip
    found = [rules.level_for(levels, points) for points in (0, 59, 60, 84, 85, 100)]
    assert [level and level.rank for level in found] == [1, 1, 2, 2, 3, 3]
    assert rules.level_for([], 50) is None
    assert [queries.course_before(levels, id_) for id_ in (11, 12, 13, 99)] == [
        *(None, None, 12, None),
    ]


def test_t1_levels_rise_and_a_course_stands_once(session: Session) -> None:
    with clock.frozen(NOW):
        school = classrooms.open_school(session)
        by = school.academic_id
        id_ = programmes.keep_programme(session, name="少儿英语", subject="英语", by=by)
        assert programmes.keep_programme(session, name="少儿英语", subject="英语", by=by) == id_

        def level(rank: int, course_id: int, points: int) -> int:
            return programmes.keep_level(
                session, programme_id=id_, name=f"{rank}级", rank=rank, course_id=course_id,
                from_points=points, needs_before=True, by=by,
            )  # fmt: skip

        first = level(1, school.course_id, 0)
        assert level(1, school.course_id, 10) == first
        with pytest.raises(LevelWrong):
            level(2, school.course_id, 60)
        other = service.open_course(session, name="英语四级", subject="英语", summary="")
        with pytest.raises(LevelWrong):
            level(2, other.id, 10)
        second = level(2, other.id, 60)
        around = queries.levels_around(session, other.id)
        assert queries.course_before(around, other.id) == school.course_id
        with pytest.raises(LevelWrong):
            programmes.drop_level(session, level_id=first, by=by)
        for _ in range(2):
            programmes.drop_level(session, level_id=second, by=by)
        assert queries.levels_around(session, other.id) == []


def written(*names: str, keys: dict[str, str] | None = None) -> Written:
    units = tuple(
        Unit(number=n, key=(keys or {}).get(name, ""), name=name, lessons=2)
        for n, name in enumerate(names, 1)
    )
    return Written(goals="能说能写", methods="", units=units)


def published(session: Session, school: School, given: Written) -> int:
    writer, reader = member(session, school.academic_id), member(session, school.teacher_id)
    id_ = standards.begin(session, course_id=school.course_id, by=writer)
    standards.write(session, standard_id=id_, written=given, by=writer)
    standards.submit(session, standard_id=id_, by=writer)
    standards.publish(session, standard_id=id_, by=reader)
    return id_


def test_t2_four_eyes_versions_and_what_is_fixed(session: Session) -> None:
    with clock.frozen(NOW):
        school = classrooms.open_school(session)
        writer, reader = member(session, school.academic_id), member(session, school.teacher_id)
        id_ = standards.begin(session, course_id=school.course_id, by=writer)
        assert standards.begin(session, course_id=school.course_id, by=reader) == id_
        with pytest.raises(StandardWrong):
            standards.submit(session, standard_id=id_, by=writer)
        with pytest.raises(StandardWrong):
            standards.write(session, standard_id=id_, written=written("甲", "甲"), by=writer)
        standards.write(session, standard_id=id_, written=written("甲", "乙"), by=writer)
        stale = len(queries.steps(session, id_)) - 1
        with pytest.raises(NotOpen):
            standards.write(session, standard_id=id_, written=written("丙"), by=writer, seen=stale)
        for _ in range(2):
            standards.submit(session, standard_id=id_, by=writer)
        with pytest.raises(NotOpen):
            standards.write(session, standard_id=id_, written=written("丙"), by=writer)
        standards.give_back(session, standard_id=id_, words="目标再具体些", by=reader)
        standards.submit(session, standard_id=id_, by=writer)
        with pytest.raises(SameEyes):
            standards.publish(session, standard_id=id_, by=writer)
        for _ in range(2):
            standards.publish(session, standard_id=id_, by=reader)
        with pytest.raises(NotOpen):
            standards.write(session, standard_id=id_, written=written("丙"), by=writer)
        for change in (
            "UPDATE teaching_standard SET goals = 'x' WHERE id = :id",
            "DELETE FROM teaching_standard_unit WHERE standard_id = :id",
            "UPDATE teaching_standard_unit SET lessons = 9 WHERE standard_id = :id",
        ):
            with pytest.raises(IntegrityError), session.begin_nested():
                session.execute(text(change), {"id": id_})
        keys = {unit.name: unit.key for unit in queries.standard(session, id_).units}
        second = published(session, school, written("乙", "丁", keys=keys))
        old, new = queries.standard(session, id_), queries.standard(session, second)
        assert (old.version, new.version) == (1, 2)
        assert [(each.what, each.was, each.becomes) for each in rules.changes(old, new)] == [
            ("第1单元「乙」 · 次序", "第2单元", "第1单元"),
            ("第2单元", "", "丁（2课时）"),
            ("第1单元", "甲", ""),
        ]
        said = [(each.kind, each.words) for each in reversed(queries.steps(session, id_))]
        assert [kind for kind, _ in said] == [
            *("written", "written", "submitted", "returned", "submitted", "published"),
        ]
        assert said[3][1] == "目标再具体些"


def test_t2_the_plan_shifts_and_keeps_what_was_taught(session: Session) -> None:
    with clock.frozen(NOW):
        school = classrooms.open_school(session)
        published(session, school, written("甲", "乙"))
        me, academic = member(session, school.teacher_id), member(session, school.academic_id)
        with pytest.raises(NotTaughtYet):
            plans.cover(session, lesson_id=school.lessons[0], taught=[(1, True)], member=me)
    with clock.frozen(classrooms.begin_of(session, school.lessons[1]) + timedelta(hours=1)):
        others = security.hire(session, name="外人", role=Role.TEACHER, openid="o_x")
        with pytest.raises(NotAllowed):
            plans.cover(
                session, lesson_id=school.lessons[0], taught=[(1, True)],
                member=member(session, others.id),
            )  # fmt: skip
        with pytest.raises(UnitUnknown):
            plans.cover(session, lesson_id=school.lessons[0], taught=[(7, True)], member=me)
        for _ in range(2):
            plan = plans.cover(session, lesson_id=school.lessons[0], taught=[(1, True)], member=me)
        assert [row.is_noted for row in plan.rows] == [True, False, False, False]
        assert (plan.done, plan.ahead, plan.spare) == (3, 1, 1)
        # A lesson that falls out shifts what is to come; what was taught stays.
        session.get_one(Lesson, school.lessons[2]).status = "cancelled"
        session.flush()
        after = queries.plan(session, school.class_id)
        assert after is not None
        assert [row.parts[0].name for row in after.rows] == ["甲", "乙", "乙"]
        # A new version leaves the class where it is until somebody moves it.
        keys = {u.name: u.key for u in queries.standard(session, after.standard_id).units}
        newer = published(session, school, written("丙", "甲", keys=keys))
        kept = queries.plan(session, school.class_id)
        assert kept is not None
        assert (kept.version, kept.newest_version) == (1, 2)
        beside = queries.plan(session, school.other_class_id)
        assert beside is not None
        for _ in range(2):
            plans.follow(
                session, class_group_id=school.class_id, standard_id=newer, member=academic
            )
        moved = queries.plan(session, school.class_id)
        assert moved is not None
        assert [row.parts[0].name for row in moved.rows] == ["甲", "丙", "丙"]
        assert moved.rows[0].is_noted
        taken_back = plans.cover(session, lesson_id=school.lessons[0], taught=[], member=me)
        assert not taken_back.rows[0].is_noted


@pytest.fixture
def app(database: str) -> Flask:
    return create_app(lambda: None)


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_t2_pages_from_the_draft_to_the_plan(app: Flask) -> None:
    with clock.frozen(NOW), unit_of_work() as session:
        school = classrooms.open_school(session)
        later = classrooms.begin_of(session, school.lessons[0]) + timedelta(hours=2)
    with clock.frozen(later):
        keeper, head = (
            at_desk(app, Role.ACADEMIC),
            at_desk(app, Role.ACADEMIC, phone=PHONE[:-1] + "8"),
        )
        teacher = at_desk(app, Role.TEACHER, phone=PHONE[:-1] + "9")
        assert "还没有课程体系" in keeper.get("/console/curriculum").text
        made = keeper.post("/console/curriculum", name="少儿英语", subject="英语")
        assert made.status_code == 303
        level = {"rank": "1", "name": "三级", "course": str(school.course_id), "points": "0"}
        assert keeper.post("/console/curriculum/1/levels", **level).status_code == 303
        course = f"/console/curriculum/courses/{school.course_id}"
        draft = keeper.post(course).headers["Location"]
        assert teacher.get(draft).status_code == 404
        unit = {
            "unit-number": "1", "unit-key": "", "unit-name": "<b>自我介绍", "unit-lessons": "99",
            "unit-goals": "", "unit-content": "", "unit-methods": "",
        }  # fmt: skip
        refused = keeper.post(draft, goals="能说", seen="1", **unit)
        assert refused.status_code == 422
        assert "&lt;b&gt;自我介绍" in refused.text
        assert (
            keeper.post(draft, goals="能说", seen="1", **{**unit, "unit-lessons": "3"}).status_code
            == 303
        )
        assert keeper.post(f"{draft}/submit").status_code == 303
        assert keeper.post(f"{draft}/publish").status_code == 403
        assert teacher.post(f"{draft}/publish").status_code == 403
        assert head.post(f"{draft}/publish").status_code == 303
        assert "自我介绍" in teacher.get(draft).text
        plan = f"/console/plans/{school.class_id}"
        assert "第1/3课时" in keeper.get(plan).text
        note = {"lesson": str(school.lessons[0]), "unit-1": "finished", "words": "提前讲完"}
        assert teacher.get(plan).status_code == 404
        assert teacher.post(plan, **note).status_code == 403
        assert keeper.post(plan, **note).status_code == 303
        page = keeper.get(f"{plan}?lesson={school.lessons[0]}").text
        assert "提前讲完" in page
        assert "快2节" in keeper.get("/console/plans").text
        with counted() as sent:
            keeper.get("/console/plans")
        assert len(sent) <= 16

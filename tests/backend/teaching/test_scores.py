"""S1: scores are entered by who teaches the class, published once, and read by the own family."""

from datetime import date

import pytest
from flask import Flask
from sqlalchemy import select, text
from sqlalchemy.orm import Session

from backend.app import create_app
from backend.kit import clock
from backend.kit.db import unit_of_work
from backend.kit.errors import NotAllowed, NotFound
from backend.outbox.models import OutboxMessage
from backend.portal import copying
from backend.security import queries as security
from backend.security.models import Account, AuditEntry
from backend.security.schemas import Role, StaffMember
from backend.students import merging
from backend.students.models import Student
from backend.students.schemas import Person
from backend.teaching import family
from backend.teaching.models import ClassGroup, Enrollment, ScoreChange
from backend.teaching.scores import entering, queries, rules
from backend.teaching.scores.schemas import (
    Entered,
    ExamView,
    ExamWrong,
    MarkWrong,
    NothingEntered,
)
from tests.backend.portal.test_desk import at_desk
from tests.backend.security.desks import PHONE
from tests.backend.teaching import classrooms
from tests.backend.teaching.classrooms import NOW, School, member

HELD = date(2026, 11, 30)


@pytest.fixture
def school(session: Session) -> School:
    with clock.frozen(NOW):
        return classrooms.open_school(session)


def held(
    session: Session, school: School, who: StaffMember, *, name: str = "期中测验", on: date = HELD
) -> ExamView:
    return entering.hold(
        session, class_group_id=school.class_id, name=name, held_on=on, full_mark=100, member=who,
        source_key=f"p:{name}",
    )  # fmt: skip


def enter(
    session: Session, exam: ExamView, who: StaffMember, marks: dict[int, str], said: str = ""
) -> int:
    given = [Entered(student_id=id_, mark=mark, comment=said) for id_, mark in marks.items()]
    return entering.enter(session, exam_id=exam.id, marks=given, member=who)


def told(session: Session, template: str) -> list[str | None]:
    query = select(OutboxMessage.openid).where(OutboxMessage.template == template)
    return sorted(session.scalars(query), key=str)


@pytest.mark.parametrize(
    ("said", "mark"),
    [
        *(("95", "95"), ("95分", "95"), ("９２．５", "92.5"), ("92.50", "92.5"), ("100", "100")),
        *(("0", "0"), ("090", "90"), ("优", "优"), ("B+", "B+"), ("三级", "三级")),
        *(("101", None), ("-5", None), ("92.55", None), ("5/10", None), ("特别特别特别好", None)),
        ("<b>", None),
    ],
)
def test_s1_what_is_a_mark(said: str, mark: str | None) -> None:
    assert rules.mark_of(said, full_mark=100) == mark


def test_s1_who_enters_corrects_and_publishes_once(session: Session, school: School) -> None:
    with clock.frozen(NOW):
        me, academic = (member(session, id_) for id_ in (school.teacher_id, school.academic_id))
        others = security.staff_with_role(session, Role.TEACHER)
        other = next(each for each in others if each.id != me.id)
        stranger = member(session, other.id)
        first, second = school.children
        exam = held(session, school, me)
        assert held(session, school, me).id == exam.id
        for act in (
            lambda: held(session, school, stranger, name="外班测验"),
            lambda: enter(session, exam, stranger, {first: "1"}),
            lambda: entering.publish(session, exam_id=exam.id, member=stranger),
        ):
            with pytest.raises(NotAllowed):
                act()
        with pytest.raises(ExamWrong):
            held(session, school, me, name="明天的", on=date(2026, 12, 2))
        with pytest.raises(NothingEntered):
            entering.publish(session, exam_id=exam.id, member=me)
        with pytest.raises(MarkWrong) as wrong:
            enter(session, exam, me, {first: "88", second: "101"})
        assert wrong.value.facts == {"student_ids": [second]}
        assert queries.scores(session, exam.id) == {}
        outsider = Student(name="外班学员", created_at=clock.now())
        session.add(outsider)
        session.flush()
        with pytest.raises(NotFound):
            enter(session, exam, me, {outsider.id: "88"})

        assert [enter(session, exam, me, {first: "88", second: "优"}) for _ in range(2)] == [2, 0]
        stored = session.execute(text("SELECT mark FROM teaching_score")).scalars().all()
        assert not {"88", "优"} & set(stored)
        assert queries.published(session, school.children) == []
        assert [entering.publish(session, exam_id=exam.id, member=me) for _ in range(2)] == [2, 2]
        assert told(session, "scores_published") == ["o_parent_0", "o_parent_1"]
        assert [each.mark for each in queries.published(session, [first])] == ["88"]

        assert [enter(session, exam, academic, {first: "90"}) for _ in range(2)] == [1, 0]
        assert told(session, "score_corrected") == ["o_parent_0"]
        (change,) = queries.changes(session, exam.id)
        assert (change.student_id, change.was, change.account_id) == (first, "88", academic.id)
        corrected = select(AuditEntry).where(AuditEntry.action == "score.corrected")
        assert len(session.scalars(corrected).all()) == 1
        enter(session, exam, me, {second: ""})  # Written beside the wrong name.
        assert queries.published(session, [second]) == []


def test_s1_after_leaving_merging_and_erasing(session: Session, school: School) -> None:
    with clock.frozen(NOW):
        me = member(session, school.teacher_id)
        first, second = school.children
        seat = session.scalars(select(Enrollment).filter_by(student_id=second)).one()
        seat.status, seat.starts_on, seat.ends_on = "ended", date(2026, 11, 1), NOW.date()
        session.flush()
        early = held(session, school, me, name="第一单元", on=date(2026, 11, 20))
        late = held(session, school, me, name="第二单元", on=NOW.date())
        assert queries.learners_of(session, early.id) == [first, second]
        assert queries.learners_of(session, late.id) == [first]
        with pytest.raises(NotFound):
            enter(session, late, me, {second: "60"})
        enter(session, early, me, {first: "80", second: "70"}, "粗心")
        enter(session, early, me, {second: "75"}, "粗心")
        enter(session, late, me, {first: "86"})
        for exam in (early, late):
            entering.publish(session, exam_id=exam.id, member=me)
        newest, *earlier = queries.published(session, [first])
        stands = rules.trend(newest, earlier)
        assert stands is not None
        assert stands.ahead == 6
        assert not stands.in_percent
        assert stands.average is None
        copy = copying.copy_for(session, security.speaker(session, "o_parent_1"))
        assert [(each["exam"], each["mark"]) for each in copy["children"][0]["scores"]] == [
            ("第一单元", "75")
        ]

        double = Student(name="学员1", created_at=clock.now())
        session.add(double)
        session.flush()
        merging.merge(session, person=Person.STUDENT, kept_id=double.id, gone_id=second, by=1)
        session.expire_all()
        assert [each.mark for each in queries.published(session, [double.id])] == ["75"]
        family.forget(session, student_ids=[double.id], openids=["o_parent_1"])
        session.expire_all()
        assert queries.published(session, [double.id]) == []
        assert session.scalars(select(ScoreChange.was)).all() == [None]
        assert len(queries.published(session, [first])) == 2


@pytest.fixture
def app(database: str) -> Flask:
    with clock.frozen(NOW), unit_of_work() as session:
        classrooms.open_school(session)
    return create_app(lambda: None)


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_s1_the_pages_are_for_who_teaches_the_class(app: Flask) -> None:
    with clock.frozen(NOW):
        desk = at_desk(app, Role.TEACHER)
        nobody = at_desk(app, Role.TEACHER, phone="13900000078")
        manager = at_desk(app, Role.CAMPUS_MANAGER, phone="13900000079")
    with clock.frozen(NOW), unit_of_work() as session:
        names = {row.phone: row.id for row in session.scalars(select(Account))}
        group = session.scalars(select(ClassGroup).filter_by(name="周六班")).one()
        group.teacher_id = names[PHONE]
        class_id = group.id
        first, second = (
            id_ for id_ in session.scalars(select(Enrollment.student_id).order_by("id")) if id_
        )
    new = {"class": str(class_id), "name": "期中测验", "held_on": "2026-11-30", "full_mark": "100"}
    with clock.frozen(NOW):
        for _twice in range(2):
            page = desk.post("/console/scores", **new, mark="1").headers["Location"]
        assert desk.get("/console/scores").text.count("期中测验</a>") == 1
        assert desk.post("/console/scores", **{**new, "held_on": ""}).status_code == 422
        fields = {"student": str(first), f"mark-{first}": "<b>", f"comment-{first}": "<i>好</i>"}
        refused = desk.post(page, **fields)
        assert refused.status_code == 422
        assert "&lt;b&gt;" in refused.text  # What was typed stays to be mended.
        assert desk.post(page, **{**fields, f"mark-{first}": "88"}).status_code == 303
        stale = {"student": str(first), f"mark-{first}": "", f"had-{first}": ""}
        assert desk.post(page, **stale).status_code == 303  # A page left open takes nothing back.
        assert desk.post(f"{page}/publish").status_code == 303
        shown = desk.get(page).text
        assert 'value="88"' in shown
        assert "&lt;i&gt;好" in shown
        for other in (nobody, manager):
            assert other.get(page).status_code == 404
            assert other.post(page, **fields).status_code == 403
            assert other.post(f"{page}/publish").status_code == 403
            assert "期中测验" not in other.get("/console/scores").text
        assert nobody.post("/console/scores", **new, mark="2").status_code == 403
        assert second != first

"""What the clock does about lessons, and what the rules refuse (§4, rules 3–7, 11, 12)."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import date, timedelta
from functools import partial
from typing import Any

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from backend.finance import reconciliation
from backend.finance.models import HourEntry, LessonAccount
from backend.finance.schemas import HourKind
from backend.kit import clock, events
from backend.kit.errors import NotAllowed, NotFound
from backend.outbox.models import OutboxMessage
from backend.security.schemas import StaffMember
from backend.teaching import service
from backend.teaching.life import (
    calling,
    checks,
    leaves,
    makeups,
    pauses,
    policies,
    seats,
    staffing,
)
from backend.teaching.life import queries as life
from backend.teaching.models import Absence, Attendance, ClassGroup, Course, Lesson
from backend.teaching.schemas import (
    AbsenceStatus,
    Clash,
    LearnerType,
    LessonOver,
    MakeupGone,
    Mark,
    Marked,
    NotInLesson,
    OtherCourse,
    ReasonNeeded,
    SeatTaken,
    Terms,
    TooEarly,
)
from tests.backend.teaching import classrooms
from tests.backend.teaching.classrooms import NOW, School

# The histories and the clashes beside this file run on both databases.
pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)


@pytest.fixture
def school(session: Session, monkeypatch: pytest.MonkeyPatch) -> School:
    monkeypatch.setattr(events, "_listeners", defaultdict(list))
    classrooms.listen()
    with clock.frozen(NOW):
        return classrooms.open_school(session)


def told(session: Session, template: str) -> int:
    query = select(func.count(OutboxMessage.id)).where(OutboxMessage.template == template)
    return session.scalar(query) or 0


def leave(session: Session, school: School, who: int = 0) -> int:
    """A learner is excused from the first lesson in time; gives the right to a makeup."""
    with clock.frozen(NOW):
        taken = leaves.ask(
            session, student_id=school.children[who], lesson_id=school.lessons[0], words="", by="o"
        )
    assert taken.absence_id is not None
    return taken.absence_id


def test_who_may_call_when_and_what_it_takes(session: Session, school: School) -> None:
    lesson_id = school.lessons[0]
    begins = classrooms.begin_of(session, lesson_id)
    teacher = classrooms.member(session, school.teacher_id)
    stranger = next(
        classrooms.member(session, id_)
        for id_ in session.scalars(select(ClassGroup.teacher_id))
        if id_ != school.teacher_id
    )
    marks = classrooms.marks(session, lesson_id, Mark.ABSENT)

    def call(
        hours: float,
        who: StaffMember = teacher,
        of: Sequence[Marked] = marks,
        why: str = "",
    ) -> int:
        with clock.frozen(begins + timedelta(hours=hours)):
            return calling.call(
                session,
                lesson_id=lesson_id,
                marks=of,
                member=who,
                reason=why,
            )

    with pytest.raises(NotAllowed):
        call(1, who=stranger)
    with pytest.raises(TooEarly):
        call(-2)
    with pytest.raises(NotInLesson):
        call(1, of=marks[:1])
    with pytest.raises(NotInLesson):
        call(1, of=[*marks, Marked(student_id=9999, mark=Mark.PRESENT)])
    with pytest.raises(ReasonNeeded):
        call(26)
    assert call(26, why="昨天停电") == 2
    with pytest.raises(ReasonNeeded):
        call(27, of=[Marked(student_id=school.children[0], mark=Mark.PRESENT)])
    assert told(session, "lesson_settled") == 2


def test_the_last_free_seat_is_made_up_by_one(session: Session, school: School) -> None:
    rights = [leave(session, school, who) for who in (0, 1)]
    session.get_one(ClassGroup, school.other_class_id).capacity = 1
    session.flush()
    with clock.frozen(NOW):
        assert [o.id for o in makeups.offers(session, absence_id=rights[0])] == school.others[:3]
        for _ in range(2):  # A tap may come twice.
            makeups.book(session, absence_id=rights[0], lesson_id=school.others[0])
        with pytest.raises(MakeupGone):
            makeups.book(session, absence_id=rights[1], lesson_id=school.others[0])
        assert school.others[0] not in {o.id for o in makeups.offers(session, absence_id=rights[1])}
    assert told(session, "makeup_booked") == 1


def test_a_seat_given_away_cannot_be_taken_back(session: Session, school: School) -> None:
    leave(session, school)
    session.get_one(ClassGroup, school.class_id).capacity = 1
    with clock.frozen(NOW), pytest.raises(SeatTaken):
        leaves.revoke(session, student_id=school.children[0], lesson_id=school.lessons[0])
    with clock.frozen(classrooms.begin_of(session, school.lessons[0])), pytest.raises(LessonOver):
        leaves.revoke(session, student_id=school.children[0], lesson_id=school.lessons[0])


def test_a_right_expires_and_a_pause_makes_it_last(session: Session, school: School) -> None:
    first, second = leave(session, school, 0), leave(session, school, 1)
    with clock.frozen(NOW):
        pauses.pause(
            session,
            student_id=school.children[1],
            class_group_id=school.class_id,
            from_on=date(2026, 12, 10),
            to_on=None,
            by="o",
        )
    coming = select(func.count(Attendance.id)).where(
        Attendance.student_id == school.children[1], Attendance.status == Mark.EXPECTED
    )
    assert session.scalar(coming) == 0
    with clock.frozen(NOW + timedelta(days=19)):
        assert (
            pauses.resume(
                session,
                student_id=school.children[1],
                class_group_id=school.class_id,
                on=date(2026, 12, 20),
                by="o",
            )
            == 10
        )
    assert session.scalar(coming) == 1  # The one lesson after the pause.
    with clock.frozen(NOW + timedelta(days=36)):
        makeups.expire(session)
    status = {id_: session.get_one(Absence, id_).status for id_ in (first, second)}
    assert status == {first: AbsenceStatus.LOST, second: AbsenceStatus.OPEN}


def test_a_change_of_class_keeps_the_history_and_moves_no_money(
    session: Session, school: School
) -> None:
    child = school.children[0]
    with clock.frozen(classrooms.begin_of(session, school.lessons[0]) + timedelta(hours=1)):
        calling.call(
            session,
            lesson_id=school.lessons[0],
            marks=classrooms.marks(session, school.lessons[0]),
            member=classrooms.member(session, school.teacher_id),
        )
        facts = {"student_id": child, "from_class": school.class_id, "on": date(2026, 12, 7)}
        to = {"to_class": school.other_class_id}
        entries = session.scalar(select(func.count(HourEntry.id)))
        seats.change_class(session, **facts, **to, by="o")  # type: ignore[arg-type]
        assert session.scalar(select(func.count(HourEntry.id))) == entries
        other = service.open_course(session, name="数学", subject="数学", summary="")
        session.get_one(ClassGroup, school.class_id).course_id = other.id
        session.flush()
        with pytest.raises(OtherCourse):
            seats.change_class(
                session, student_id=child, from_class=school.other_class_id,
                to_class=school.class_id, on=date(2026, 12, 8), by="o",
            )  # fmt: skip
    places = session.execute(
        select(Attendance.lesson_id, Attendance.status).where(Attendance.student_id == child)
    ).all()
    assert sorted(places) == sorted(
        [(school.lessons[0], "present"), *((id_, "expected") for id_ in school.others[1:])]
    )


def test_a_substitute_who_is_busy_by_then_is_refused(session: Session, school: School) -> None:
    with clock.frozen(NOW):
        asked = staffing.ask_leave(
            session, account_id=school.teacher_id, lesson_id=school.lessons[0], words="发烧"
        )
        again = staffing.ask_leave(
            session, account_id=school.teacher_id, lesson_id=school.lessons[0], words="发烧"
        )
        assert asked == again
        assert asked.substitute_name == "刘洋"
        lesson = session.get_one(Lesson, school.lessons[0])
        busy = session.get_one(Lesson, school.others[0])
        busy.starts_at, busy.ends_at = lesson.starts_at, lesson.ends_at
        session.flush()
        with pytest.raises(Clash):
            staffing.confirm(session, substitution_id=asked.id, by=school.academic_id)
        busy.starts_at, busy.ends_at = lesson.ends_at, lesson.ends_at + timedelta(hours=1)
        session.flush()
        decide = partial(staffing.confirm, session, substitution_id=asked.id, by=school.academic_id)
        with pytest.raises(NotFound):
            decide(campus_id=school.campus_id + 1)  # A manager guesses another campus's number.
        for campus_id in (None, school.campus_id):
            decide(campus_id=campus_id)
    assert told(session, "teacher_changed") == 2
    assert told(session, "substitute_wanted") == 1


def test_a_cancelled_lesson_costs_nothing_and_may_be_made_up(
    session: Session, school: School
) -> None:
    with clock.frozen(NOW):
        for _ in range(2):
            staffing.cancel_lesson(
                session, lesson_id=school.lessons[0], reason="停电", by=school.academic_id
            )
    assert told(session, "lesson_cancelled") == 2
    assert set(session.scalars(select(Absence.status))) == {AbsenceStatus.OPEN}
    with clock.frozen(NOW):
        assert len(life.open_absences(session, school.children)) == 2


def test_published_terms_hold_from_their_day_and_the_nearest_counts(
    session: Session, school: School
) -> None:
    course = session.get_one(Course, school.course_id)
    on = date(2026, 12, 5)
    steps: tuple[tuple[int, dict[str, Any]], ...] = (
        (60, {}),
        (120, {"learner_type": LearnerType.SCHOOL}),
        (180, {"course_id": course.id}),
    )
    for minutes, facts in steps:
        policies.publish(
            session,
            terms=Terms(notice_minutes=minutes),
            effective_from=on,
            by="system",
            **facts,
        )
        assert policies.terms_for(session, course, on=on).notice_minutes == minutes
    assert policies.terms_for(session, course, on=on - timedelta(days=1)) == Terms()


def test_a_lesson_nobody_paid_for_is_a_difference_until_it_is(
    session: Session, school: School
) -> None:
    account = session.scalars(select(LessonAccount)).first()
    assert account is not None
    lesson_id = school.lessons[0]
    session.add(
        HourEntry(
            account_id=account.id, kind=HourKind.EXPIRE, lessons=-3, at=NOW, source_key="gone"
        )
    )
    session.flush()
    begins = classrooms.begin_of(session, lesson_id)
    with clock.frozen(begins + timedelta(hours=1)):
        calling.call(
            session,
            lesson_id=lesson_id,
            marks=classrooms.marks(session, lesson_id),
            member=classrooms.member(session, school.teacher_id),
        )
    assert told(session, "lessons_used_up") == 1
    on = clock.local(begins).date()
    with clock.frozen(begins + timedelta(days=1)):
        assert reconciliation.reconcile(session, on=on) == ["应扣未扣1课时"]
        session.add(
            HourEntry(
                account_id=account.id, kind=HourKind.GIFT, lessons=2, at=NOW, source_key="more"
            )
        )
        session.flush()
        assert reconciliation.reconcile(session, on=on) == []
        assert reconciliation.reconcile(session, on=on) == []
    assert told(session, "reconciliation") == 1


def test_a_roll_that_is_missing_is_asked_for_once(session: Session, school: School) -> None:
    lesson_id = school.lessons[0]
    with clock.frozen(classrooms.begin_of(session, lesson_id) + timedelta(hours=2)):
        for _ in range(2):
            checks.remind(session, lesson_id=lesson_id)
    with clock.frozen(NOW):
        checks.remind(session, lesson_id=school.lessons[1])
        assert checks.warn_of_small_classes(session, today=NOW.date()) == 2
    assert told(session, "roll_call_missing") == 1
    assert told(session, "class_too_small") == 2

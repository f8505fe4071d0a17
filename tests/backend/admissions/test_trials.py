"""A trial lesson: never oversold, once per child and course, never consuming (§4, rule 5)."""

from collections import defaultdict
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from backend import wiring
from backend.admissions import jobs, reminding, trials
from backend.admissions.models import FollowUp, Trial
from backend.admissions.schemas import TrialForm, TrialStatus, TrialView
from backend.kit import clock, events
from backend.kit.db import unit_of_work
from backend.outbox.models import OutboxMessage
from backend.reminders.models import ReminderRule
from backend.reminders.schemas import Audience, Question
from backend.security import service as security
from backend.security.schemas import Role
from backend.students.schemas import PRIVACY_NOTICE_VERSION
from backend.teaching.drafts import moving
from backend.teaching.drafts.schemas import Move
from backend.teaching.life import calling, staffing
from backend.teaching.life import queries as life
from backend.teaching.life import trials as places
from backend.teaching.models import Attendance
from backend.teaching.schemas import LessonOver, Mark, Marked, SeatTaken
from tests.backend.teaching import classrooms
from tests.backend.teaching.classrooms import NOW, School


@pytest.fixture
def school(session: Session, monkeypatch: pytest.MonkeyPatch) -> Iterator[School]:
    """Two learners and one free chair in each lesson of the first class."""
    monkeypatch.setattr(events, "_listeners", defaultdict(list))
    with clock.frozen(NOW):
        yield _open(session)


def _open(session: Session) -> School:
    """Ids of a school with an advisor; admissions listens to its rolls."""
    wiring.compose_trials()
    school = classrooms.open_school(session)
    security.hire(session, name="周婷", role=Role.ADVISOR, openid="o_zhou")
    return school


def _book(session: Session, lesson_id: int, number: int = 1, **other: object) -> TrialView:
    values: dict[str, object] = {
        "openid": f"o_new_{number}",
        "child_name": f"试听{number}",
        "grade": "三年级",
        "lesson_id": lesson_id,
        "privacy_version": PRIVACY_NOTICE_VERSION,
        "source_key": f"message:{number}:{lesson_id}",
        "phone": "13812345678",
        **other,
    }
    return trials.book(session, TrialForm.model_validate(values))


def _offered(session: Session, school: School) -> list[int]:
    return [each.id for each in places.offers(session, class_group_ids=[school.class_id])]


def _told(session: Session, prefix: str) -> int:
    query = select(func.count(OutboxMessage.id))
    return session.scalar(query.where(OutboxMessage.dedupe_key.startswith(prefix))) or 0


def test_of_many_at_once_one_gets_the_last_place(
    database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(events, "_listeners", defaultdict(list))
    with clock.frozen(NOW):
        with unit_of_work() as session:
            lesson_id = _open(session).lessons[0]

        def try_to_book(number: int) -> bool:
            try:
                with unit_of_work() as session:
                    _book(session, lesson_id, number)
            except SeatTaken:
                return False
            return True

        with ThreadPoolExecutor(5) as pool:
            assert sum(pool.map(try_to_book, range(5))) == 1
        with unit_of_work() as session:
            assert len(life.guests_of(session, lesson_id)) == 1
            assert session.scalar(select(func.count(Trial.id))) == 1


def test_twice_is_once_and_a_second_trial_of_the_course_is_refused(
    session: Session, school: School
) -> None:
    first = _book(session, school.lessons[0])
    assert _book(session, school.lessons[0]) == first
    assert _book(session, school.lessons[0], source_key="said again") == first
    with pytest.raises(trials.AlreadyTried):
        _book(session, school.others[0])
    moved = _book(session, school.others[0], moves=first.id, privacy_version=None)
    assert (moved.id, moved.lesson_id) == (first.id, school.others[0])
    assert life.guests_of(session, school.lessons[0]) == []
    assert [guest.name for guest in life.guests_of(session, school.others[0])] == ["试听1"]
    trials.cancel(session, openid="o_new_1", trial_id=first.id)
    trials.cancel(session, openid="o_new_1", trial_id=first.id)
    assert life.guests_of(session, school.others[0]) == []
    assert _told(session, "trial_off_advisor") == 1
    assert _book(session, school.lessons[0], source_key="changed my mind").id != first.id


def test_a_place_is_taken_for_makeups_and_other_guests_and_offered_to_nobody(
    session: Session, school: School
) -> None:
    assert school.lessons[0] in _offered(session, school)
    _book(session, school.lessons[0])
    assert school.lessons[0] not in _offered(session, school)
    with pytest.raises(SeatTaken):
        _book(session, school.lessons[0], 2)


def test_the_roll_decides_once_who_is_asked_and_who_is_offered_another_time(
    session: Session, school: School
) -> None:
    lesson_id = school.lessons[0]
    trial = _book(session, lesson_id)
    teacher = classrooms.member(session, school.teacher_id)
    guest = life.guests_of(session, lesson_id)[0]

    def call(mark: Mark, reason: str = "") -> None:
        marks = classrooms.marks(session, lesson_id)
        marks.append(Marked(student_id=-guest.id, mark=mark))
        calling.call(session, lesson_id=lesson_id, marks=marks, member=teacher, reason=reason)

    with clock.frozen(classrooms.begin_of(session, lesson_id) + timedelta(minutes=5)):
        call(Mark.ABSENT)
        assert session.get_one(Trial, trial.id).status == TrialStatus.MISSED
        call(Mark.LATE, "堵车")
        call(Mark.ABSENT, "看错了")
        call(Mark.PRESENT, "又看错了")
        with pytest.raises(LessonOver):
            _book(session, lesson_id, 2)
        assert trials.rate(session, openid="o_new_1", words="试听一般")
        assert not trials.rate(session, openid="o_stranger", words="试听一般")
    assert session.get_one(Trial, trial.id).status == TrialStatus.ATTENDED
    for template in ("trial_missed:", "trial_missed_advisor:", "trial_feedback:"):
        assert _told(session, template) == 1
    assert session.scalar(select(func.count(Attendance.id)).where(Attendance.kind == "trial")) == 0
    noted = session.scalars(select(FollowUp.note).order_by(FollowUp.id)).all()
    assert noted[-1] == "试听反馈：试听一般"


def test_a_lesson_given_up_sends_its_guest_away(session: Session, school: School) -> None:
    trial = _book(session, school.lessons[0])
    staffing.cancel_lesson(
        session, lesson_id=school.lessons[0], reason="停电", by=school.academic_id
    )
    assert session.get_one(Trial, trial.id).status == TrialStatus.CANCELLED
    assert _told(session, "trial_sent_away:") == 1


def test_a_lesson_moved_tells_its_guest_once(session: Session, school: School) -> None:
    trial = _book(session, school.lessons[0])
    gone = _book(session, school.lessons[1], 2)
    trials.cancel(session, openid="o_new_2", trial_id=gone.id)
    evening = clock.at_local(clock.today() + timedelta(days=10), 18)
    for lesson_id in school.lessons[:2]:
        was = moving.here(session, lesson_id)
        day = timedelta(days=lesson_id - school.lessons[0])
        becomes = was.model_copy(
            update={
                "starts_at": evening + day,
                "ends_at": evening + day + (was.ends_at - was.starts_at),
            }
        )
        wanted = Move(lesson_id=lesson_id, was=was, becomes=becomes)
        for _twice in range(2):
            moving.move(session, [wanted], by=school.academic_id, reason="老师培训")
    query = select(OutboxMessage.openid).where(OutboxMessage.template == "trial_moved")
    assert session.scalars(query).all() == ["o_new_1"]
    notes = select(FollowUp.note).where(FollowUp.note.contains("试听的课改了时间"))
    assert len(session.scalars(notes).all()) == 1
    assert session.get_one(Trial, trial.id).status == TrialStatus.BOOKED


def test_a_trial_is_a_fact_to_be_reminded_of(session: Session, school: School) -> None:
    trial = _book(session, school.lessons[0])
    at = classrooms.begin_of(session, school.lessons[0])

    def asked(from_at: timedelta, to_at: timedelta, campus_id: int | None = None) -> list[int]:
        question = Question(
            amount=2,
            audience=Audience.PROSPECT,
            campus_id=campus_id,
            from_at=at + from_at,
            to_at=at + to_at,
        )
        return [fact.who for fact in reminding.trials_due(session, question).facts]

    hour = timedelta(hours=1)
    assert asked(-hour, hour) == asked(-hour, hour, school.campus_id) == [trial.id]
    assert asked(hour, 2 * hour) == asked(-hour, hour, school.campus_id + 1) == []
    contact = reminding.prospects(session, [trial.id])[0]
    assert (contact.name, contact.recipient.openid) == ("试听1", "o_new_1")
    trials.cancel(session, openid="o_new_1", trial_id=trial.id)
    assert asked(-hour, hour) == []


@pytest.mark.usefixtures("database")
def test_two_clocks_at_once_promise_each_reminder_once() -> None:
    wiring.compose_reminders()
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda _: jobs.keep_trial_reminders(), range(4)))
    with unit_of_work() as session:
        kinds = list(session.scalars(select(ReminderRule.kind).order_by(ReminderRule.kind)))
    assert kinds == sorted(jobs.PROMISED)

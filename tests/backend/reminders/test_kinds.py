"""S5: each kind tells whom it concerns, once, and stops when nothing is left to tell."""

from collections import defaultdict
from datetime import datetime, timedelta

import pytest
from sqlalchemy import select

from backend.finance import consumption, hours
from backend.finance import service as finance
from backend.finance.models import LessonAccount
from backend.finance.rules import expires_on
from backend.finance.schemas import NewLine
from backend.kit import clock, events
from backend.kit.db import reading, unit_of_work
from backend.logistics.models import Campus
from backend.outbox.models import OutboxMessage
from backend.reminders import queries, service
from backend.reminders.schemas import Audience
from backend.security import queries as security
from backend.students.models import Student
from backend.students.schemas import TicketKind
from backend.students.ticket_models import Ticket
from backend.students.tickets import desk, settling, watch
from backend.teaching.homework import handing, setting
from backend.teaching.life import calling, pauses
from backend.teaching.models import ClassGroup, Course, Lesson
from backend.teaching.schemas import AttendanceSettled, Mark, Marked, RestCounted
from tests.backend.finance import scenes
from tests.backend.reminders.scene import NOON, made, previewed, switched_on, told

pytestmark = pytest.mark.usefixtures("school")
CLASS = "英语三级平日班"
THURSDAY = NOON.replace(day=26, hour=18, minute=40)
DAY = timedelta(days=1)


@pytest.fixture(autouse=True)
def listening(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(events, "_listeners", defaultdict(list))
    events.listen(AttendanceSettled, consumption.settle)
    events.listen(RestCounted, hours.extend)


@pytest.mark.parametrize(
    ("paid_on", "months", "ends"),
    [
        ("2026-11-24", 3, "2027-02-24"),
        ("2026-11-30", 3, "2027-03-01"),
        ("2026-12-31", 12, "2027-12-31"),
        ("2026-11-24", None, None),
    ],
)
@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_how_long_lessons_last(paid_on: str, months: int | None, ends: str | None) -> None:
    found = expires_on(datetime.fromisoformat(paid_on).date(), months)
    assert (found and found.isoformat()) == ends


def test_s5_the_end_of_lessons_is_told_once_and_moves_with_a_rest() -> None:
    """§4, rule 7."""
    with unit_of_work() as session:
        course = session.scalars(select(Course).filter_by(name="少儿英语三级")).one()
        course.valid_months = 3
        student = session.scalars(select(Student).filter_by(name="陈小宇")).one()
        group = session.scalars(select(ClassGroup).filter_by(name=CLASS)).one()
        line = NewLine(
            description="少儿英语三级", class_group_id=group.id, course_id=course.id,
            lesson_count=10, list_fen=10000, net_fen=10000,
        )  # fmt: skip
        order = finance.bill(
            session, payer_openid="o_demo_guardian", purpose_key="more", lines=[line],
            expires_at=clock.now() + DAY,
        )  # fmt: skip
        finance.settle(session, paid=scenes.fact(scenes.begin(session, order)))
        finance.open_lesson_accounts(session, order_id=order.id, student_id=student.id)
        student_id, class_id = student.id, group.id
    rule = switched_on("account_ends", 30)
    last = datetime(2027, 2, 24, 12, tzinfo=clock.SHANGHAI)
    text = (
        "陈小宇的少儿英语三级还剩10课时，有效期到2027年02月24日。"
        "看课表回复「课表」，上不完想延期请回复「转人工」。"
    )
    assert told(last - 31 * DAY) == []
    with clock.frozen(last - 30 * DAY):
        assert [row.notice.values["lines"] for row in previewed(rule).rows] == [text.split("看")[0]]
    for _twice in range(2):
        assert told(last - 30 * DAY + timedelta(hours=7)) == [("陈建国", text)]
    with clock.frozen(last - 20 * DAY), unit_of_work() as session:
        on = clock.today()
        pauses.pause(
            session, student_id=student_id, class_group_id=class_id,
            from_on=on, to_on=on + 14 * DAY, by="account:1",
        )  # fmt: skip
        (account,) = session.scalars(
            select(LessonAccount).where(LessonAccount.expires_on.is_not(None))
        )
        assert account.expires_on == (last + 15 * DAY).date()
    assert len(told(last - 15 * DAY + timedelta(hours=7))) == 1  # Resting: nothing is said.


def test_s5_a_payment_is_asked_for_before_its_link_ends_and_not_once_paid() -> None:
    with unit_of_work() as session:
        school = scenes.open_school(session)
        orders = [
            finance.bill(
                session, payer_openid=openid, purpose_key=openid, lines=scenes.lines_of(school),
                expires_at=clock.now() + timedelta(minutes=30),
            )
            for openid in ("o_demo_guardian", "o_newcomer", "o_paid")
        ]  # fmt: skip
        other_id = session.scalars(select(Campus.id).where(Campus.id != school.campus_id)).first()
    rule = switched_on("payment_due", 10, audience=Audience.PAYER)
    elsewhere = made("payment_due", 10, audience=Audience.PAYER, campus_id=other_id)
    assert previewed(elsewhere).told == 0
    assert [row.recipient.name for row in previewed(rule).rows] == ["陈建国", *["微信客户"] * 2]
    with unit_of_work() as session:
        finance.settle(session, paid=scenes.fact(scenes.begin(session, orders[2])))
    assert told(NOON + timedelta(minutes=19)) == []
    for minute in (21, 22, 21):
        found = told(NOON + timedelta(minutes=minute))
        assert [name for name, _ in found] == ["陈建国", "微信客户"]
    assert "待付，请在11月25日 12:30前付款" in found[0][1]
    assert "回复「付款」" in found[0][1]
    with reading() as session:
        query = select(OutboxMessage.openid).where(OutboxMessage.dedupe_key.startswith("reminder:"))
        assert list(session.scalars(query)) == ["o_demo_guardian", "o_newcomer"]


def _roll(*absent: str, at: datetime = THURSDAY, reason: str = "") -> None:
    """Call the roll of Thursday's lesson, or correct it."""
    with clock.frozen(at), unit_of_work() as session:
        query = select(Lesson).join(ClassGroup, ClassGroup.id == Lesson.class_group_id)
        day = clock.day_of(THURSDAY.date())
        lesson = session.scalars(
            query.where(ClassGroup.name == CLASS, Lesson.starts_at.between(*day))
        ).one()
        member = security.staff_members(session, {lesson.teacher_id})[lesson.teacher_id]
        names = ("陈小宇", "陈小雨", "李想")
        children = session.scalars(select(Student).where(Student.name.in_(names))).all()
        marks = [
            Marked(student_id=c.id, mark=Mark.ABSENT if c.name in absent else Mark.PRESENT)
            for c in children
        ]
        calling.call(session, lesson_id=lesson.id, marks=marks, member=member, reason=reason)


def _settled() -> list[str]:
    with reading() as session:
        query = select(OutboxMessage.payload).where(OutboxMessage.template == "lesson_settled")
        return [each for each in session.scalars(query) if "没有请假也没有到课" in each]


def test_s5_an_absence_is_told_by_the_rule_or_at_once_and_never_twice() -> None:
    with clock.frozen(THURSDAY):
        rule = switched_on("absence", 5)
    _roll("陈小宇", at=THURSDAY + timedelta(minutes=1))
    assert _settled() == []
    text = (
        "陈小宇没有来上11月26日 18:30的少儿英语三级，也没有请假，按1课时计，剩余29课时。"
        "孩子已经到校或有特殊情况，请马上回复「转人工」；想补课回复「补课」。"
    )
    assert told(THURSDAY + timedelta(minutes=5)) == []
    for minute in (7, 8, 30, 7):
        assert told(THURSDAY + timedelta(minutes=minute)) == [("陈建国", text)]
    with clock.frozen(THURSDAY + timedelta(hours=1)):
        (row,) = previewed(made("absence", 5)).rows
        assert row.recipient.name == "陈建国"
        with unit_of_work() as session:
            service.switch_off(session, rule.id, by="account:1")
    _roll("陈小宇", "李想", at=THURSDAY + timedelta(hours=1), reason="漏点")
    assert len(_settled()) == 1  # Without a rule a family hears at once.
    with clock.frozen(THURSDAY + timedelta(hours=1, minutes=2)):
        switched_on("absence", 10)
    assert len(told(THURSDAY + timedelta(hours=1, minutes=15))) == 1


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_s5_a_roll_corrected_at_once_frightens_nobody() -> None:
    with clock.frozen(THURSDAY):
        switched_on("absence", 5)
    _roll("陈小宇", at=THURSDAY + timedelta(minutes=1))
    _roll(at=THURSDAY + timedelta(minutes=3), reason="点错了")
    assert told(THURSDAY + timedelta(minutes=20)) == []


def _closed(openid: str, *, is_anonymous: bool = False) -> int:
    """A complaint that its author says is settled."""
    with unit_of_work() as session:
        ticket = desk.open_ticket(
            session,
            openid=openid,
            kind=TicketKind.COMPLAINT,
            text="老师迟到了三次",
            source_key=f"m:{openid}",
            is_anonymous=is_anonymous,
        )
        session.get_one(Ticket, ticket.id).status = "answered"
        settling.agree(session, number=ticket.number, openid=openid)
        return ticket.id


def test_s5_s10_how_it_was_is_asked_once_by_the_rule_instead_of_the_clock() -> None:
    rule = switched_on("ticket_rating", 1, audience=Audience.CUSTOMER)
    ticket_id = _closed("o_demo_guardian")
    _closed("o_shy", is_anonymous=True)
    with unit_of_work() as session:
        session.get_one(Ticket, ticket_id).look_at = clock.now()
        assert watch.look(session, ticket_id)
        assert session.get_one(Ticket, ticket_id).look_at is None
        query = select(OutboxMessage).where(OutboxMessage.template == "ticket_rating")
        assert list(session.scalars(query)) == []
    with clock.frozen(NOON + DAY):
        assert [row.recipient.name for row in previewed(rule).rows] == ["陈建国"]
    for _twice in range(2):
        found = told(NOON + DAY + timedelta(hours=7))
        assert len(found) == 1
        assert "处理得怎么样？回复单号加分数" in found[0][1]
    with unit_of_work() as session:
        number = session.get_one(Ticket, ticket_id).number
        assert f"「{number} 5分」" in found[0][1]
        settling.rate(session, number=number, openid="o_demo_guardian", stars=5)
    with reading() as session:
        assert queries.is_kept(session, "ticket_rating", Audience.CUSTOMER, campus_id=None, at=NOON)


def test_s5_t12_homework_is_asked_for_until_it_is_handed_in() -> None:
    with unit_of_work() as session:
        group = session.scalars(select(ClassGroup).filter_by(name=CLASS)).one()
        teacher = security.staff_members(session, {group.teacher_id})[group.teacher_id]
        view, _ = setting.assign(
            session,
            class_group_id=group.id,
            words="第三课练习",
            due_at=NOON + 2 * DAY,
            member=teacher,
            source_key="m:1",
        )
        own = {row.name: row.id for row in session.scalars(select(Student))}
    rule = switched_on("homework_due", 1)
    shown = [row.notice.values["lines"] for row in previewed(rule, ahead=2 * DAY).rows]
    assert len(shown) == 2
    with unit_of_work() as session:
        id_ = own["李想"]
        handing.hand_in(
            session, homework_id=view.id, student_id=id_, own_ids={id_}, openid="o_family_li"
        )
    for _twice in range(2):
        found = told(NOON + DAY + timedelta(hours=7))
        assert [name for name, _ in found] == ["陈建国"]
    assert "陈小宇的少儿英语三级作业「第三课练习」还没交，11月27日 12:00截止。" in found[0][1]
    assert "陈小雨的少儿英语三级作业" in found[0][1]
    with unit_of_work() as session:
        setting.withdraw(session, homework_id=view.id, member=teacher)
    switched_on("homework_soon", 3)
    assert len(told(NOON + 2 * DAY - timedelta(hours=2))) == 1

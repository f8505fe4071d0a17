"""S5, §4 rule 8: who is told what, once, and nobody else."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier

import pytest
from sqlalchemy import select

from backend.finance import hours
from backend.finance.models import LessonAccount
from backend.finance.schemas import HourKind
from backend.kit import clock
from backend.kit.db import reading, unit_of_work
from backend.outbox import delivery
from backend.outbox import jobs as post_office
from backend.outbox import queries as outbox_reads
from backend.outbox import rules as wording
from backend.outbox import service as outbox
from backend.outbox.models import OutboxMessage
from backend.outbox.schemas import Channel, Notice, NoticeKind, Recipient
from backend.portal import service as portal
from backend.reminders import jobs, planning, queries, service
from backend.reminders.schemas import Audience, Exclusion, Planned
from backend.security.models import AuditEntry
from backend.students.file import consents
from backend.students.file.consents import Purpose
from backend.students.models import Student
from tests.backend.outbox.conftest import outside
from tests.backend.outbox.outside import Outside
from tests.backend.reminders.scene import (
    EVENING,
    NOON,
    draft,
    made,
    previewed,
    switched_on,
    told,
)

TWO_CHILDREN = (
    "陈小宇11月26日（周四）18:30在朝阳校区302教室上少儿英语三级。"
    "陈小雨11月26日（周四）18:30在朝阳校区302教室上少儿英语三级。"
    "去不了请回复「请假」，看课表回复「课表」。"
)
ONE_CHILD = (
    "李想11月26日（周四）18:30在朝阳校区302教室上少儿英语三级。"
    "去不了请回复「请假」，看课表回复「课表」。"
)
__all__ = ["outside"]
CHEN = Recipient(openid="o_demo_guardian", phone="13811112222")
on_sqlite = pytest.mark.parametrize("database", ["sqlite"], indirect=True)


@pytest.mark.usefixtures("school")
def test_s5_two_children_tomorrow_are_one_message_once() -> None:
    switched_on()
    assert told(NOON.replace(hour=17, minute=59)) == []
    for moment in (EVENING, EVENING, EVENING + timedelta(minutes=5), EVENING - timedelta(hours=1)):
        assert told(moment) == [("陈建国", TWO_CHILDREN), ("李强", ONE_CHILD)]


@on_sqlite
@pytest.mark.usefixtures("school")
def test_s5_the_preview_shows_what_is_then_sent() -> None:
    """Sentence by sentence and person by person, with several rules that meet each other."""
    for kind, amount, audience in (
        ("lesson_tomorrow", 1, Audience.GUARDIAN),
        ("lesson_soon", 3, Audience.STUDENT),
        ("lesson_tomorrow", 2, Audience.TEACHER),
        ("follow_up_due", 0, Audience.ADVISOR),
        ("birthday", 0, Audience.GUARDIAN),
    ):
        switched_on(kind, amount, audience=audience)
    ahead = timedelta(days=7)
    with reading() as session:
        rules_on = queries.rules_on(session, at=NOON)
        shown = {
            (row.recipient.name, row.due_at, _sentence(row))
            for rule in rules_on
            for row in service.preview(session, rule.id, ahead=ahead).rows
            if row.excluded is None
        }
    for hour in range(0, 7 * 24 + 1, 2):
        with clock.frozen(NOON + timedelta(hours=hour)):
            jobs.tell_due()
    with reading() as session:
        query = select(OutboxMessage).where(OutboxMessage.dedupe_key.startswith("reminder:"))
        rows = [
            (row.recipient_name, wording.sentence_of(Notice.model_validate_json(row.payload)))
            for row in session.scalars(query)
        ]
    assert sorted(rows) == sorted((name, text) for name, _, text in shown)
    assert len(rows) >= 8


def _sentence(row: Planned) -> str:
    return row.notice.values["lines"] + row.notice.values["next_step"]


@on_sqlite
@pytest.mark.usefixtures("school")
def test_s5_the_preview_and_the_sending_ask_the_same_function(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    rule = switched_on()
    asked: list[int] = []
    real = planning.plan

    def heard(*given: object, **named: object) -> list[Planned]:
        asked.append(1)
        return real(*given, **named)  # type: ignore[arg-type]

    monkeypatch.setattr(planning, "plan", heard)
    previewed(rule)
    jobs.tell_due()
    assert asked == [1, 1]


@pytest.mark.usefixtures("school")
def test_s5_two_workers_at_once_tell_everybody_once() -> None:
    switched_on()
    with clock.frozen(EVENING), ThreadPoolExecutor(2) as pool:
        list(pool.map(lambda _: jobs.tell_due(), range(2)))
    assert len(told(EVENING)) == 2


@on_sqlite
@pytest.mark.usefixtures("school")
def test_s5_what_was_told_before_a_crash_is_not_told_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The units of a run are one message each here, and the second one dies."""
    switched_on()
    monkeypatch.setattr(jobs, "MESSAGES_AT_ONCE", 1)
    real, calls = service.tell, []

    def dying(*given: object, **named: object) -> int:
        calls.append(1)
        if len(calls) == 2:
            raise RuntimeError("the worker dies")
        return real(*given, **named)  # type: ignore[arg-type]

    with monkeypatch.context() as broken, clock.frozen(EVENING):
        broken.setattr(service, "tell", dying)
        with pytest.raises(RuntimeError):
            jobs.tell_due()
    assert told(EVENING + timedelta(minutes=30)) == [
        ("陈建国", TWO_CHILDREN),
        ("李强", ONE_CHILD),
    ]


@on_sqlite
@pytest.mark.usefixtures("school")
def test_s5_after_an_outage_only_what_is_still_to_come_is_told() -> None:
    switched_on()
    after_the_lesson = NOON + timedelta(days=1, hours=7)
    assert told(after_the_lesson) == []
    next_weeks = told(NOON + timedelta(days=8))
    assert [name for name, _ in next_weeks] == ["陈建国", "李强"]
    assert all("12月3日（周四）" in text for _, text in next_weeks)


@on_sqlite
@pytest.mark.usefixtures("school")
def test_s5_whoever_is_left_out_is_shown_with_the_reason() -> None:
    with unit_of_work() as session:
        outbox.opt_out(session, to=CHEN, kind=NoticeKind.REMINDER)
    by_mail = previewed(made(channels=(Channel.MAIL,)))
    assert by_mail.excluded == {Exclusion.NO_CHANNEL: 2}
    too_quiet = previewed(made("lesson_soon", 1, quiet_hours="17:00-19:00"), ahead=timedelta(2))
    assert too_quiet.excluded == {Exclusion.QUIET: 2}
    rule = made()
    shown = previewed(rule)
    assert (shown.told, shown.excluded) == (1, {Exclusion.DECLINED: 1})
    with unit_of_work() as session:
        service.switch_on(session, rule.id, token=shown.token, by="account:1")
    assert told(EVENING) == [("李强", ONE_CHILD)]


@on_sqlite
@pytest.mark.usefixtures("school")
def test_s5_nobody_gets_more_in_a_day_than_the_cap() -> None:
    switched_on(daily_cap=1)
    switched_on("lesson_tomorrow", 1, send_at="19:00", daily_cap=1)
    assert len(told(EVENING)) == 2
    assert len(told(NOON.replace(hour=19, minute=1))) == 2


@on_sqlite
@pytest.mark.usefixtures("school")
def test_s5_the_last_slot_of_a_rule_is_kept_after_midnight() -> None:
    switched_on(send_at="21:00", valid_to=NOON.date() + timedelta(days=1))
    assert len(told(clock.at_local(NOON.date() + timedelta(days=1), 0, 1))) == 2


@on_sqlite
@pytest.mark.usefixtures("school")
def test_s5_a_reminder_that_the_workers_missed_is_not_sent_after_its_lesson(
    outside: Outside,
) -> None:
    switched_on()
    assert len(told(EVENING)) == 2
    with clock.frozen(NOON + timedelta(days=1, hours=7)):
        with unit_of_work() as session:
            message_ids = delivery.ring_due(session)
        for message_id in message_ids:
            post_office.deliver(message_id)
    assert outside.sent == []
    with reading() as session:
        missed = outbox_reads.deliveries(session, state="failed", before=None, limit=9)
    assert {each.result for each in missed} == {"微信客服消息没来得及发，事情已过"}


@on_sqlite
@pytest.mark.usefixtures("school")
def test_s5_quiet_hours_move_a_reminder() -> None:
    rule = made(quiet_hours="17:30-20:15")
    rows = previewed(rule).rows
    assert {row.due_at for row in rows} == {NOON.replace(hour=20, minute=15)}
    at_night = previewed(made(send_at="22:00")).rows
    assert {row.due_at for row in at_night} == {clock.at_local(NOON.date() + timedelta(1), 8)}


@pytest.mark.usefixtures("school")
def test_s5_few_lessons_are_told_once_per_threshold() -> None:
    """§4 rule 8; and again after a renewal."""
    switched_on("lessons_left", 5)
    assert told(EVENING) == []
    _consume(25)
    text = "陈小宇的少儿英语三级还剩5课时。想接着学回复「续费」，看明细回复「课时」。"
    days = [EVENING + timedelta(days=n) for n in range(1, 6)]
    assert told(days[0]) == [("陈建国", text)]
    _consume(2, source="more")
    assert told(days[1]) == [("陈建国", text)]
    switched_on("lessons_left", 3)
    assert told(days[2])[1:] == [("陈建国", text.replace("剩5", "剩3"))]
    assert len(told(days[3])) == 2


def _consume(lessons: int, *, source: str = "test") -> None:
    with unit_of_work() as session:
        student = session.scalars(select(Student).filter_by(name="陈小宇")).one()
        account = session.scalars(
            select(LessonAccount).filter_by(student_id=student.id).order_by(LessonAccount.id)
        ).first()
        assert account
        hours.enter(
            session,
            account_id=account.id,
            kind=HourKind.CONSUME,
            lessons=-lessons,
            source_key=f"consume:{source}",
        )


@pytest.mark.usefixtures("school")
def test_s5_birthdays_are_wished_to_those_in_a_class() -> None:
    with unit_of_work() as session:
        child = session.scalars(select(Student).filter_by(name="陈小雨")).one()
        child.birth_on = NOON.date().replace(year=2019, day=26)
        former = Student(name="毕业生", birth_on=child.birth_on, created_at=clock.now())
        session.add(former)
        portal.agree(session, openid=CHEN.openid or "", purpose=Purpose.MARKETING, way="tap")
    switched_on("birthday", 0, send_at="09:00")
    (wish,) = told(NOON + timedelta(days=1))
    assert wish[0] == "陈建国"
    assert wish[1].startswith("11月26日是陈小雨的生日")


@pytest.mark.usefixtures("school")
def test_s5_nobody_is_sent_advertising_who_has_not_agreed_to_it() -> None:
    """PIPL §13, 广告法 §43: a greeting advertises; silence is no consent, and it can be taken back
    until the last moment."""
    with unit_of_work() as session:
        for child in session.scalars(select(Student)):
            child.birth_on = NOON.date().replace(year=2019, day=26)
    rule = made("birthday", 0, send_at="09:00")
    assert previewed(rule).excluded == {Exclusion.NO_CONSENT: 4}
    with unit_of_work() as session:
        portal.agree(session, openid=CHEN.openid or "", purpose=Purpose.MARKETING, way="tap")
    shown = previewed(rule)
    assert [row.recipient.name for row in shown.rows if not row.excluded] == ["陈建国"]
    with unit_of_work() as session:
        service.switch_on(session, rule.id, token=shown.token, by="account:1")
        persons = {row.person for row in shown.rows} | {"lead:1", "student:1", "student:9999"}
        agreed = consents.agreed_to_marketing(session, persons)
        for person in persons:
            kind, _, number = person.partition(":")
            asked = {"guardian": "guardian_id", "student": "student_id"}.get(kind)
            one = asked and consents.may(session, Purpose.MARKETING, **{asked: int(number)})
            assert (person in agreed) == bool(one), person
    with clock.frozen(NOON + timedelta(days=1)):
        with reading() as session:
            spans = service.due_spans(session, now=clock.now())
            planned = planning.plan(session, spans, now=clock.now())
        with unit_of_work() as session:
            portal.withdraw(session, openid=CHEN.openid or "", purpose=Purpose.MARKETING, way="tap")
            assert service.tell(session, spans, planned) == 0
    assert told(NOON + timedelta(days=1, hours=1)) == []
    careless = Notice(template="greeting", values=dict(planned[0].notice.values))
    with unit_of_work() as session, pytest.raises(wording.NoticeIncomplete):
        outbox.post(session, to=CHEN, notice=careless, dedupe_key="careless")


@on_sqlite
@pytest.mark.usefixtures("school")
def test_s5_a_rule_is_off_until_its_preview_was_looked_at() -> None:
    rule = made()
    old = previewed(rule).token
    with unit_of_work() as session, pytest.raises(service.PreviewFirst):
        service.switch_on(session, rule.id, token="", by="account:1")
    with unit_of_work() as session:
        changed = service.write(
            session, draft(amount=2), by="account:2", rule_id=rule.id, version=rule.version
        )
    assert (changed.is_on, changed.version) == (False, 2)
    with unit_of_work() as session, pytest.raises(service.PreviewFirst):
        service.switch_on(session, rule.id, token=old, by="account:1")
    with unit_of_work() as session, pytest.raises(service.RuleMoved):
        service.write(session, draft(), by="account:3", rule_id=rule.id, version=1)
    with unit_of_work() as session:
        service.switch_on(session, rule.id, token=previewed(changed).token, by="account:1")
        service.switch_off(session, rule.id, by="account:1")
    with reading() as session:
        query = select(AuditEntry.action, AuditEntry.detail).where(
            AuditEntry.subject == f"reminder_rule:{rule.id}"
        )
        entries = session.execute(query.order_by(AuditEntry.id)).all()
    assert [action.partition(".")[2] for action, _ in entries] == [
        *("made", "changed", "switched_on", "switched_off"),
    ]
    changes = entries[1][1]
    assert (changes["before"]["amount"], changes["after"]["amount"]) == (1, 2)


@on_sqlite
@pytest.mark.usefixtures("school")
def test_s5_a_rule_that_changed_since_the_plan_says_nothing() -> None:
    rule = switched_on()
    with clock.frozen(EVENING):
        with reading() as session:
            spans = service.due_spans(session, now=EVENING)
            planned = planning.plan(session, spans, now=EVENING)
        with unit_of_work() as session:
            service.write(session, draft(), by="account:1", rule_id=rule.id, version=rule.version)
        with unit_of_work() as session:
            assert service.tell(session, spans, planned) == 0
            service.finish(session, spans)
    assert told(EVENING) == []


@on_sqlite
@pytest.mark.usefixtures("school")
def test_s5_a_rule_has_to_fit_its_kind() -> None:
    for wrong in (
        draft("no_such"),
        draft(amount=8),
        draft(amount=-1),
        draft(audience=Audience.ADVISOR),
    ):
        with unit_of_work() as session, pytest.raises(service.RuleUnfit):
            service.write(session, wrong, by="account:1")


@pytest.mark.usefixtures("school")
def test_a_promise_of_the_house_becomes_one_rule_however_many_clocks_ring_at_once() -> None:
    begun = Barrier(4)

    def keep(_: int) -> None:
        begun.wait(10)
        with unit_of_work() as session:
            service.keep_usual(session, kind="lesson_soon", audience=Audience.STUDENT)

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(keep, range(4)))
    with reading() as session:
        (rule,) = queries.all_rules(session)
        assert rule.is_on

"""S6: nobody is disturbed at night or with what they do not want, and old words are forgotten."""

from datetime import datetime, timedelta

import pytest
from sqlalchemy import select

from backend.kit import clock, queue
from backend.kit.config import settings
from backend.kit.db import reading, unit_of_work
from backend.outbox import jobs, queries, retention, service
from backend.outbox.models import OutboxMessage
from backend.outbox.schemas import Notice, NoticeKind, Recipient, Status
from tests.backend.outbox.desk import (
    NIGHT,
    NOON,
    PARENT,
    answered,
    delivered,
    expired,
    post,
    standing,
)
from tests.backend.outbox.outside import Outside

MORNING = clock.at_local((NIGHT + timedelta(days=1)).date(), 8)
SERVICE = NoticeKind.SERVICE


@pytest.fixture(autouse=True)
def rings(database: str, monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, ...]]:
    rung: list[tuple[str, ...]] = []

    def defer(*arguments: str) -> bool:
        rung.append(arguments)
        return True

    monkeypatch.setattr(queue, "defer", defer)
    return rung


def due_at(message_id: int) -> datetime | None:
    with reading() as session:
        return session.scalar(select(OutboxMessage.due_at).filter_by(id=message_id))


def test_s6_a_notice_of_the_night_waits_for_the_morning(
    outside: Outside, rings: list[tuple[str, ...]]
) -> None:
    with clock.frozen(NIGHT):
        message_id = post("a", expired())
        assert rings == []
        assert delivered(message_id) == [("pending", "chat")]
        assert due_at(message_id) == MORNING
    with clock.frozen(MORNING):
        assert delivered(message_id) == [("sent", "template")]


def test_s6_answers_and_what_is_urgent_go_at_night_past_what_waits(outside: Outside) -> None:
    with clock.frozen(NIGHT):
        held = post("a", expired())
        urgent = expired().model_copy(update={"urgent": True})
        assert delivered(post("b", answered())) == [("sent", "template")]
        assert delivered(post("c", urgent)) == [("sent", "template")]
        assert standing(held) == ("pending", "chat")


def test_s6_a_retry_does_not_wake_anybody_either(outside: Outside) -> None:
    outside.refuse("sms", "-1", retry=True)
    by_sms = Recipient(phone="13812345678", name="陈建国")
    with clock.frozen(NIGHT.replace(hour=21, minute=29, second=58)):
        message_id = post("a", expired(), to=by_sms)
        assert delivered(message_id) == [("pending", "sms")]
    with clock.frozen(NIGHT):
        assert delivered(message_id) == [("pending", "sms")]
        assert due_at(message_id) == MORNING
    with clock.frozen(MORNING):
        assert delivered(message_id) == [("sent", "sms")]


def test_quiet_hours_can_be_turned_off(outside: Outside, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(settings(), "quiet_hours", "")
    with clock.frozen(NIGHT):
        assert delivered(post("a", expired())) == [("sent", "template")]


def opt(*, out: bool, to: Recipient = PARENT, kind: NoticeKind = SERVICE) -> None:
    with unit_of_work() as session:
        (service.opt_out if out else service.opt_in)(session, to=to, kind=kind)


def test_s6_who_opted_out_is_not_told_until_they_opt_in(outside: Outside) -> None:
    with clock.frozen(NOON):
        opt(out=True)
        opt(out=True)
        assert delivered(post("a", expired())) == [("declined", "chat")]
        by_phone = Recipient(phone=PARENT.phone, name="陈建国")
        assert delivered(post("b", expired(), to=by_phone)) == [("declined", "sms")]
        assert outside.sent == []
        opt(out=False)
        assert delivered(post("c", expired())) == [("sent", "template")]


def test_s6_one_kind_is_not_another_and_work_cannot_be_refused(outside: Outside) -> None:
    lead = Notice(
        template="new_lead",
        values={"customer": "林女士", "interest": "英语", "time": "今天", "number": "7"},
    )
    with clock.frozen(NOON):
        opt(out=True, kind=NoticeKind.MARKETING)
        opt(out=True, kind=NoticeKind.TASK)
        assert delivered(post("a", expired()), post("b", lead)) == [("sent", "template")] * 2


def test_s6_an_opt_out_reaches_what_was_planned_before(outside: Outside) -> None:
    with clock.frozen(NOON):
        message_id = post("a", expired(), in_=timedelta(hours=1))
        opt(out=True)
    with clock.frozen(NOON + timedelta(hours=2)):
        assert delivered(message_id) == [("declined", "chat")]
    assert outside.sent == []


def test_old_words_are_forgotten_and_the_fact_is_kept(
    outside: Outside, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(jobs, "BLANKED_AT_ONCE", 2)
    with clock.frozen(NOON):
        ids = [post(str(number), expired()) for number in range(5)]
        delivered(*ids)
        nowhere = post("stuck", expired(), to=Recipient(name="陈建国"))
    with clock.frozen(NOON + timedelta(days=29)):
        jobs.blank_old()
        assert blanked() == []
    with clock.frozen(NOON + retention.KEPT_FOR):
        jobs.blank_old()
        jobs.blank_old()
        assert blanked() == [("", None, "")] * 5
    assert standing(ids[0]) == ("sent", "template")
    with reading() as session:
        assert [task.id for task in queries.stuck_messages(session)] == [nowhere]
    with unit_of_work() as session:
        service.note_receipt(session, platform_id="msg1", status="failed:user block")
    assert standing(ids[0])[0] == Status.SENT


def blanked() -> list[tuple[str, str | None, str]]:
    with reading() as session:
        rows = session.scalars(select(OutboxMessage).where(OutboxMessage.blanked_at.is_not(None)))
        return [(row.payload, row.phone, row.recipient_name) for row in rows]


def test_typing_is_announced_by_a_worker_and_only_while_it_is_true(
    outside: Outside, rings: list[tuple[str, ...]]
) -> None:
    with clock.frozen(NOON):
        service.announce_typing("o_parent")
    ((job, openid, asked_at),) = rings
    assert (job, openid) == (service.SHOW_TYPING, "o_parent")
    with clock.frozen(NOON + timedelta(seconds=2)):
        jobs.show_typing("o_parent", asked_at)
    with clock.frozen(NOON + timedelta(seconds=9)):
        jobs.show_typing("o_parent", asked_at)
    assert outside.sent == [("typing", "o_parent", None)]

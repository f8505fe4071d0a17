"""Answered once, in order, whole or not at all: on both databases, with real threads."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from backend.kit import clock
from backend.kit.db import reading, unit_of_work
from backend.kit.errors import DomainError
from backend.outbox import service as outbox
from backend.outbox.models import OutboxMessage
from backend.security.models import AuditEntry
from backend.security.service import audit
from bot import conversation, router, turn
from bot.conversation import CUSTOMER, PASSIVE, Message
from bot.flows.talk import Talk
from bot.inbound import Incoming
from bot.phrases import general
from bot.replies import Reply, Text, say
from tests.dialogues.stage import delivered

AT = datetime(2026, 11, 25, 2, tzinfo=UTC)


class SeatTaken(DomainError):
    """A rule with a sentence of its own."""


@pytest.fixture
def answering(monkeypatch: pytest.MonkeyPatch) -> Callable[[Callable[[Talk], Reply]], None]:
    """Let a function of the test answer instead of the router."""

    def use(answer: Callable[[Talk], Reply]) -> None:
        monkeypatch.setattr(router, "answer", answer)

    return use


def _spoken(number: int, *, who: str = "o_one", words: str = "你好") -> Incoming:
    return delivered(who, at=AT, MsgType="text", Content=words, MsgId=str(number))


def _stored(number: int, *, who: str = "o_one", words: str = "你好") -> int:
    with unit_of_work() as session:
        return conversation.receive(session, _spoken(number, who=who, words=words))


def _answer(message_id: int) -> conversation.Answered | None:
    with reading() as session:
        return conversation.answered(session, message_id)


def _text(message_id: int) -> str:
    done = _answer(message_id)
    assert done is not None
    return "".join(b.text for b in done.reply.bubbles if isinstance(b, Text))


def _count(of: type) -> int:
    with reading() as session:
        return session.scalar(select(func.count()).select_from(of)) or 0


def _at_once(calls: int, do: Callable[[int], object]) -> list[object]:
    """The same call from several threads that start together."""
    together = threading.Barrier(calls)

    def one(number: int) -> object:
        together.wait()
        return do(number)

    with ThreadPoolExecutor(calls) as pool:
        return list(pool.map(one, range(calls)))


def test_a_repeat_finds_the_message_even_at_the_same_moment(database: str) -> None:
    ids = _at_once(6, lambda _n: _stored(1))
    assert len(set(ids)) == 1
    assert _count(Message) == 1


def test_taken_up_by_many_answered_once(
    database: str, answering: Callable[[Callable[[Talk], Reply]], None]
) -> None:
    def answer(talk: Talk) -> Reply:
        audit(talk.session, actor="test", action="answered", subject=str(talk.message_id))
        return say("好的")

    answering(answer)
    message_id = _stored(1)
    _at_once(4, lambda _n: turn.take(message_id))
    turn.take(message_id)
    assert _text(message_id) == "好的"
    assert _count(AuditEntry) == 1
    assert _count(OutboxMessage) == 0


def test_one_person_is_answered_in_order(
    database: str, answering: Callable[[Callable[[Talk], Reply]], None]
) -> None:
    order: list[int] = []

    def answer(talk: Talk) -> Reply:
        order.append(talk.message_id)
        return say(str(len(order)))

    answering(answer)
    ids = [_stored(number) for number in range(4)]
    _at_once(4, lambda n: turn.take(ids[3 - n]))
    for message_id in ids:
        turn.take(message_id)
    assert order == ids


def test_a_later_message_waits_for_the_earlier_one(
    database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(turn, "WAIT_FOR_TURN_SECONDS", 0.1)
    first, second = _stored(1), _stored(2)
    turn.take(second)
    assert _answer(second) is None
    turn.take(first)
    turn.take(second)
    assert _answer(second) is not None


def test_whoever_sees_a_message_sees_all_earlier_ones_of_the_same_person(database: str) -> None:
    """Else the later of two that come at once could be answered before the other is to be seen."""
    second: list[int] = []
    writing = threading.Thread(target=lambda: second.append(_stored(2)))
    with unit_of_work() as session:
        first = conversation.receive(session, _spoken(1))
        writing.start()
        writing.join(0.3)
        assert second == []
    writing.join(30)
    assert second > [first]


def test_an_answer_does_not_overtake_one_that_waits_in_the_outbox(database: str) -> None:
    first, second, other = _stored(1), _stored(2), _stored(3, who="o_two")
    turn.take(first, late=True)
    turn.take(second)
    turn.take(other)
    ways = [done.via for each in (first, second, other) if (done := _answer(each))]
    assert ways == [CUSTOMER, CUSTOMER, PASSIVE]
    with clock.frozen(clock.now() + outbox.WAITED_FOR):  # All workers are dead.
        third = _stored(4)
        turn.take(third)
    done = _answer(third)
    assert done is not None
    assert done.via == PASSIVE


def test_other_people_do_not_wait(database: str) -> None:
    _stored(1, who="o_one")
    other = _stored(2, who="o_two")
    turn.take(other)
    assert _answer(other) is not None


def test_a_lease_keeps_others_away_until_it_runs_out(database: str) -> None:
    message_id = _stored(1)
    with clock.frozen(AT):
        with unit_of_work() as session:
            assert conversation.lease(session, message_id) is not None
        with unit_of_work() as session:
            assert conversation.lease(session, message_id) is None
    with clock.frozen(AT + conversation.LEASE), unit_of_work() as session:
        assert conversation.lease(session, message_id) is not None
    with reading() as session:
        assert session.get_one(Message, message_id).attempts == 2


def test_a_broken_rule_undoes_everything_and_is_said_kindly(
    database: str, answering: Callable[[Callable[[Talk], Reply]], None]
) -> None:
    def answer(talk: Talk) -> Reply:
        audit(talk.session, actor="test", action="half", subject="done")
        talk.state.topic["half"] = "done"
        raise SeatTaken(class_name="英语三级周六班")

    answering(answer)
    message_id = _stored(1)
    turn.take(message_id)
    assert _text(message_id) == "抱歉，英语三级周六班刚刚报满了。回复「课程」可以看看其他班。"
    assert _count(AuditEntry) == 0
    with reading() as session:
        assert session.get_one(conversation.Conversation, "o_one").state == {}


def test_a_mistake_of_ours_is_tried_again_and_then_owned(
    database: str, answering: Callable[[Callable[[Talk], Reply]], None]
) -> None:
    tries: list[int] = []

    def answer(talk: Talk) -> Reply:
        tries.append(talk.message_id)
        audit(talk.session, actor="test", action="half", subject="done")
        raise ZeroDivisionError

    answering(answer)
    message_id = _stored(1)
    for _ in range(turn.MAX_ATTEMPTS - 1):
        with pytest.raises(ZeroDivisionError):
            turn.take(message_id)
        assert _answer(message_id) is None
    turn.take(message_id)
    assert _text(message_id) == general.OUR_MISTAKE
    assert len(tries) == turn.MAX_ATTEMPTS
    assert _count(AuditEntry) == 0


def test_the_talk_goes_on_after_a_mistake(
    database: str, answering: Callable[[Callable[[Talk], Reply]], None]
) -> None:
    answering(lambda talk: say("好的") if talk.text == "再来" else say(str(1 // 0)))
    broken, next_one = _stored(1), _stored(2, words="再来")
    for _ in range(turn.MAX_ATTEMPTS):
        try:
            turn.take(broken)
        except ZeroDivisionError:
            continue
    turn.take(next_one)
    assert _text(next_one) == "好的"


@pytest.mark.parametrize("round_", range(3))
def test_giving_up_and_finishing_at_once_leave_one_way(database: str, round_: int) -> None:
    """Either the webhook carries the answer or the outbox does: never both, never neither."""
    message_id = _stored(1)
    seen: list[conversation.Answered | None] = []

    def give_up(_number: int = 0) -> None:
        with unit_of_work() as session:
            seen.append(conversation.give_up_waiting(session, message_id))

    _at_once(2, lambda n: give_up() if n else turn.take(message_id))
    done = _answer(message_id)
    assert done is not None
    carried_by_webhook = seen[0] is not None and seen[0].via == PASSIVE
    assert _count(OutboxMessage) == (0 if carried_by_webhook else 1)
    assert done.via == (PASSIVE if carried_by_webhook else CUSTOMER)


def test_a_late_answer_goes_out_by_itself_and_once(database: str) -> None:
    message_id = _stored(1)
    turn.take(message_id, late=True)
    turn.take(message_id, late=True)
    done = _answer(message_id)
    assert done is not None
    assert done.via == CUSTOMER
    assert _count(OutboxMessage) == 1


def test_what_does_not_fit_follows_behind(
    database: str, answering: Callable[[Callable[[Talk], Reply]], None]
) -> None:
    answering(lambda _talk: say("好" * 1500))
    message_id = _stored(1)
    turn.take(message_id)
    with reading() as session:
        rows = session.scalars(select(OutboxMessage).order_by(OutboxMessage.id)).all()
        keys = [row.dedupe_key for row in rows]
        assert all(row.due_at > clock.now() - timedelta(seconds=60) for row in rows)
    assert keys == [f"reply:{message_id}:1", f"reply:{message_id}:2"]
    done = _answer(message_id)
    assert done is not None
    assert len(done.reply.bubbles) == 3


def test_the_sweep_finds_the_oldest_of_each_person(session: Session) -> None:
    with clock.frozen(AT):
        first = conversation.receive(session, _spoken(1))
        conversation.receive(session, _spoken(2))
        other = conversation.receive(session, _spoken(3, who="o_two"))
        assert conversation.unanswered(session, before=AT) == [first, other]
        assert conversation.unanswered(session, before=AT - timedelta(seconds=1)) == []
        conversation.lease(session, first)
        assert first not in conversation.unanswered(session, before=AT)

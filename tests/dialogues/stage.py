"""A seeded institution with the clock stopped, and people who talk to its bot.

Nothing is pretended: a message is written down and answered by the same calls as the webhook makes,
on a real database; pushes are rows of the outbox; a payment is settled as the platform reports it.
"""

import itertools
from contextlib import AbstractContextManager
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select, text

from backend import wiring
from backend.admissions import siblings, sign_up
from backend.admissions.knowledge import proposals
from backend.admissions.referrals import service as referrals
from backend.admissions.waitlist import offers as waitlist
from backend.finance import attempts, consumption
from backend.finance import queries as orders
from backend.finance import service as finance
from backend.finance.refund_words import RefundApproved
from backend.finance.schemas import (
    OrderClosed,
    OrderPaid,
    OrderView,
    PaymentAttempt,
    PaymentMethod,
)
from backend.gateways.payments import PaymentFact
from backend.kit import clock, events
from backend.kit.config import settings
from backend.kit.db import reading, unit_of_work
from backend.outbox import rules
from backend.outbox.models import OutboxMessage
from backend.outbox.schemas import ChatMessage, Notice
from backend.students import takeovers
from backend.students.schemas import QuestionAnswered
from backend.teaching import queries as teaching
from backend.teaching import service as seats
from backend.teaching.schemas import AttendanceSettled, SeatEnded
from bot import conversation, inbound, jobs, turn
from bot.replies import Bubble, Card

MORNING = datetime(2026, 11, 25, 10, tzinfo=clock.SHANGHAI)  # A Wednesday in office hours.
ROLES = (
    *("prospect", "guardian", "student", "teacher", "advisor", "academic", "accountant"),
    *("principal", "campus_manager", "office", "logistics", "security", "stranger"),
)
_numbers = itertools.count(1)


def openid_of(who: str) -> str:
    """A role of the sandbox's cast by its fixed openid; any other name is an openid."""
    return f"o_demo_{who}" if who in ROLES else who


def delivered(who: str, *, at: datetime, **elements: str) -> inbound.Incoming:
    """A message as the webhook has parsed it."""
    common = {
        "ToUserName": settings().wechat_account,
        "FromUserName": openid_of(who),
        "CreateTime": str(int(at.timestamp())),
    }
    return inbound.parse({**common, **elements})


def spoken(who: str, words: str) -> inbound.Incoming:
    """A text message with an id of its own."""
    number = str(next(_numbers))
    return delivered(who, at=clock.now(), MsgType="text", Content=words, MsgId=number)


class Stage:
    """The talk so far: what everybody heard, and what was pushed to whom."""

    def __init__(self) -> None:
        self.now = MORNING
        self.urls: dict[str, str] = {}
        self._frozen: AbstractContextManager[None] | None = None
        self._seen = 0

    def open(self) -> None:
        """Stop the clock and let admissions listen to finance, and finance to teaching, as `wiring`
        does."""
        events.listen(OrderPaid, sign_up.seat_paid)
        events.listen(OrderPaid, referrals.paid)
        events.listen(RefundApproved, referrals.undone)
        events.listen(OrderClosed, sign_up.let_go)
        events.listen(OrderClosed, siblings.closed)
        events.listen(SeatEnded, waitlist.seat_ended)
        events.listen(QuestionAnswered, proposals.answered)
        wiring.compose_trials()
        wiring.compose_figures()
        wiring.compose_leads()
        wiring.compose_prices()
        wiring.compose_arrears()
        wiring.compose_reminders()
        events.listen(AttendanceSettled, consumption.settle)
        self.set_clock(self.now)
        self._seen = self._newest_push()

    def close(self) -> None:
        if self._frozen is not None:
            self._frozen.__exit__(None, None, None)
            self._frozen = None

    def set_clock(self, at: datetime) -> None:
        self.close()
        self.now = at
        self._frozen = clock.frozen(at)
        self._frozen.__enter__()

    def pass_time(self, by: timedelta) -> None:
        self.set_clock(self.now + by)

    def say(self, who: str, words: str) -> str:
        """A text message; what the person then reads in the chat, cards as title and text."""
        return self.send(spoken(who, words))

    def do(self, who: str, event: str) -> str:
        """`subscribe`, `unsubscribe`, `CLICK:key` or `SCAN:scene`."""
        name, _, key = event.partition(":")
        self.pass_time(timedelta(seconds=1))
        elements = {"MsgType": "event", "Event": name, "EventKey": key}
        return self.send(delivered(who, at=clock.now(), **elements))

    def picture(self, who: str, media_id: str) -> str:
        """A picture, by its id at the platform."""
        self.pass_time(timedelta(seconds=1))
        number = f"9{next(_numbers)}"
        elements = {"MsgType": "image", "MsgId": number, "MediaId": media_id}
        return self.send(delivered(who, at=clock.now(), **elements))

    def send(self, incoming: inbound.Incoming) -> str:
        """Through the same two units as the webhook."""
        with unit_of_work() as session:
            message_id = conversation.receive(session, incoming)
        turn.take(message_id)
        with reading() as session:
            done = conversation.answered(session, message_id)
        assert done is not None, "the bot has not answered"
        return "\n".join(self._read(incoming.openid, bubble) for bubble in done.reply.bubbles)

    def begin_paying(self, who: str) -> PaymentAttempt:
        """Somebody opens the till for their newest order."""
        openid = openid_of(who)
        with unit_of_work() as session:
            order = orders.orders_of(session, openid=openid, limit=1)[0]
            return attempts.begin(
                session, number=order.number, openid=openid, method=PaymentMethod.WECHAT_JSAPI
            )

    def report_paid(self, attempt: PaymentAttempt) -> OrderView:
        """One notification of a payment; the same one may come again."""
        fact = PaymentFact(
            appid=settings().wechat_appid,
            mchid=settings().wechat_pay_mchid,
            out_trade_no=attempt.out_trade_no,
            transaction_id=f"42{attempt.out_trade_no}",
            amount_fen=attempt.amount_fen,
            paid_at=clock.now(),
        )
        with unit_of_work() as session:
            return finance.settle(session, paid=fact)

    def pay(self, who: str) -> OrderView:
        """Somebody pays their newest order."""
        return self.report_paid(self.begin_paying(who))

    def close_expired_orders(self) -> None:
        """What the clock's job does with orders whose time is over."""
        with unit_of_work() as session:
            for order_id in orders.orders_due_for_closing(session, now=clock.now()):
                finance.close_expired(session, order_id=order_id)

    def tend_talks(self) -> None:
        """What the clock's job does with talks that a person leads."""
        with reading() as session:
            due = takeovers.due(session, at=clock.now())
        for takeover_id in due:
            jobs.tend(takeover_id)

    def fill_class(self, name: str, *, but: int) -> None:
        """Others take the seats of a class until only so many are left."""
        with unit_of_work() as session:
            offer = next(o for o in teaching.offers(session) if o.name == name)
            for number in range(offer.seats_left - but):
                seats.hold_seat(
                    session,
                    class_group_id=offer.id,
                    holder=f"other:{number}",
                    until=clock.now() + timedelta(days=30),
                )

    def pushes(self) -> list[tuple[str, str]]:
        """(openid, text) of everything put into the outbox since the last look, but for answers,
        which `send` has read, whichever way they go, and for mere SMS (`texts_to`)."""
        unseen = select(OutboxMessage).where(OutboxMessage.id > self._seen)
        with reading() as session:
            rows = session.scalars(unseen.order_by(OutboxMessage.id)).all()
            self._seen = max((row.id for row in rows), default=self._seen)
            told = [
                row
                for row in rows
                if not row.dedupe_key.startswith("reply:") and (row.openid or not row.phone)
            ]
            return [(row.openid or "", self._pushed(row)) for row in told]

    def texts_to(self, phone: str) -> list[str]:
        """The SMS posted to a phone so far, oldest first."""
        with reading() as session:
            rows = session.scalars(select(OutboxMessage).order_by(OutboxMessage.id)).all()
            return [self._pushed(row) for row in rows if row.phone == phone and not row.openid]

    def value(self, statement: str) -> Any:
        """The one value of a query."""
        with reading() as session:
            return session.execute(text(statement.replace(":", r"\:"))).scalar_one()

    def _read(self, openid: str, bubble: Bubble) -> str:
        if isinstance(bubble, Card):
            self.urls[openid] = bubble.url
            return f"[{bubble.title}] {bubble.description}"
        return bubble.text

    def _pushed(self, row: OutboxMessage) -> str:
        if row.template is None:
            body = ChatMessage.model_validate_json(row.payload).body
            return str(body.get("text", {}).get("content", body))
        notice = Notice.model_validate_json(row.payload)
        if notice.url and row.openid:
            self.urls[row.openid] = notice.url
        return rules.sentence_of(notice)

    def _newest_push(self) -> int:
        with reading() as session:
            return session.scalar(select(OutboxMessage.id).order_by(OutboxMessage.id.desc())) or 0

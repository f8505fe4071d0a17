"""Random histories over the real services: sales, money told twice, late and out of order, lessons
taken, corrected and taken in another class and campus, refunds, months closed and opened. Any
statement of any step may be the last before the process dies.

`World.live` plays one history; `World.prove` looks at what must hold afterwards.
"""

import random
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import event, func, select
from sqlalchemy.orm import Session

from backend.finance import ledger, refunds, service
from backend.finance.books import balances, checks, periods
from backend.finance.models import (
    HourEntry,
    JournalEntry,
    JournalLine,
    LessonAccount,
    Order,
    Payment,
    Period,
    Refund,
)
from backend.finance.posting import Event
from backend.finance.refund_words import RefundCause
from backend.finance.schemas import LedgerAccount, NewLine, OrderView
from backend.gateways.payments import PaymentFact, RefundFact
from backend.kit import clock
from backend.kit.config import settings
from backend.kit.db import engine, reading, unit_of_work
from backend.kit.errors import DomainError
from backend.security.schemas import Role, StaffMember
from tests.backend.finance import scenes
from tests.backend.finance.books.offices import colleague, settle
from tests.backend.finance.scenes import School

BEGINS = datetime(2026, 3, 1, 9, tzinfo=clock.SHANGHAI)
NOISE = (
    *("pay", "pay otherwise", "pay late", "expire", "cancel", "give lessons", "take elsewhere"),
    *("correct", "correct", "withdraw", "approve", "refunded"),
)
BACK = ("ask refund", "approve", "approve", "approve", "refunded")


class Crash(BaseException):
    """The process dies here."""


@dataclass
class Dice:
    """When the next statement is the last."""

    left: int | None = None

    def look(self, _c: Any, _k: Any, statement: str, *_: Any) -> None:
        if self.left is None or not statement.startswith(("INSERT", "UPDATE", "SELECT")):
            return
        self.left -= 1
        if self.left < 0:
            self.left = None
            raise Crash


@dataclass
class Sale:
    """One family's order and where its story stands."""

    order: OrderView
    school: School
    attendances: list[int] = field(default_factory=list)
    revisions: dict[int, int] = field(default_factory=dict)


@dataclass
class World:
    """An institution of two campuses with two accountants, and its clock."""

    seed: int
    chance: random.Random
    home: School
    away: School
    keepers: tuple[StaffMember, StaffMember]
    now: datetime = BEGINS
    pace: timedelta = timedelta(minutes=40)
    histories: int = 0
    crashes: int = 0
    closes: int = 0
    attendances: int = 0
    late: list[PaymentFact] = field(default_factory=list)
    dice: Dice = field(default_factory=Dice)

    def live(self) -> None:
        """One history, and what must hold of it."""
        self.histories += 1
        sale = self._sell()
        for step in self._story():
            self._step(sale, step)
        if self.late and self.chance.random() < 0.5:
            fact = self.late.pop(self.chance.randrange(len(self.late)))
            self._unit(lambda session: _tell(session, fact))
        self._turn_the_month()
        self.prove_one(sale)

    def _story(self) -> list[str]:
        """What would happen in an orderly world, with noise in between and some of it reordered."""
        dice = self.chance
        steps = ["pay", "give lessons", *["take"] * dice.randint(0, 5)]
        steps += BACK if dice.random() < 0.4 else ()
        for _ in range(dice.randint(0, 3)):
            steps.insert(dice.randint(0, len(steps)), dice.choice(NOISE))
        if dice.random() < 0.3:
            one, other = dice.randrange(len(steps)), dice.randrange(len(steps))
            steps[one], steps[other] = steps[other], steps[one]
        return steps

    def _sell(self) -> Sale:
        student = self.home
        with clock.frozen(self.now), unit_of_work() as session:
            school = scenes.learner(session, student)
            lessons, gifts = self.chance.randint(1, 6), self.chance.randint(0, 2)
            net = self.chance.choice((1, 99_999, 120_000, self.chance.randint(1, 500_000)))
            lines = [
                NewLine(
                    description="课程", class_group_id=school.class_group_id,
                    course_id=school.course_id, lesson_count=lessons, gift_count=gifts,
                    list_fen=net + self.chance.randint(0, 20_000), net_fen=net,
                ),
                NewLine(
                    description="教材", class_group_id=school.class_group_id,
                    course_id=school.course_id, list_fen=8000, net_fen=8000, is_material=True,
                ),
            ][: self.chance.randint(1, 2)]  # fmt: skip
            order = service.bill(
                session,
                payer_openid=scenes.GUARDIAN,
                purpose_key=f"history:{self.seed}:{self.histories}",
                lines=lines,
                expires_at=clock.now() + timedelta(hours=2),
            )
            for native in (False, True):
                scenes.begin(session, order, native=native)
        return Sale(order, school)

    def _step(self, sale: Sale, name: str) -> None:
        self.now += self.pace * self.chance.random() * 2
        acts: dict[str, Callable[[Session], object]] = {
            "pay": lambda session: _tell(session, self._fact(sale, 0)),
            "pay otherwise": lambda session: _tell(session, self._fact(sale, 1)),
            "pay late": lambda _session: self.late.append(self._fact(sale, 0)),
            "expire": lambda session: self._expire(session, sale),
            "cancel": lambda session: service.cancel(
                session, number=sale.order.number, openid=scenes.GUARDIAN
            ),
            "give lessons": lambda session: service.open_lesson_accounts(
                session, order_id=sale.order.id, student_id=sale.school.student_id
            ),
            "take": lambda session: self._take(session, sale, self.home),
            "take elsewhere": lambda session: self._take(session, sale, self.away),
            "correct": lambda session: self._correct(session, sale),
            "ask refund": lambda session: refunds.ask(
                session, number=sale.order.number, openid=scenes.GUARDIAN,
                cause=self.chance.choice(list(RefundCause)), reason="",
                source_key=f"ask:{self.seed}:{self.histories}:{self.now.timestamp()}",
            ),
            "approve": lambda session: self._approve(session, sale),
            "refunded": lambda session: _refunded(session, sale),
            "withdraw": lambda session: refunds.withdraw(session, openid=scenes.GUARDIAN),
        }  # fmt: skip
        self._unit(acts[name])

    def _unit(self, act: Callable[[Session], object]) -> None:
        """One unit; in one of four the process dies at some statement of it."""
        self.dice.left = self.chance.randint(0, 30) if self.chance.random() < 0.25 else None
        try:
            with clock.frozen(self.now), unit_of_work() as session:
                act(session)
        except Crash:
            self.crashes += 1
        except DomainError:
            pass
        finally:
            self.dice.left = None

    def _fact(self, sale: Sale, number: int) -> PaymentFact:
        with reading() as session:
            query = select(Payment).where(Payment.order_id == sale.order.id).order_by(Payment.id)
            payment = session.scalars(query).all()[number]
            return PaymentFact(
                appid=settings().wechat_appid,
                mchid=settings().wechat_pay_mchid,
                out_trade_no=payment.out_trade_no,
                transaction_id=f"42{payment.out_trade_no}",
                amount_fen=payment.amount_fen,
                payer_openid=scenes.GUARDIAN,
                paid_at=self.now,
            )

    def _expire(self, session: Session, sale: Sale) -> None:
        with clock.frozen(sale.order.expires_at):
            service.close_expired(session, order_id=sale.order.id)

    def _take(self, session: Session, sale: Sale, where: School) -> None:
        self.attendances += 1
        sale.attendances.append(self.attendances)
        seat = School(
            where.campus_id, sale.school.course_id, where.class_group_id, sale.school.student_id
        )
        settle(session, seat, self.attendances)

    def _correct(self, session: Session, sale: Sale) -> None:
        if sale.attendances:
            one = self.chance.choice(sale.attendances)
            sale.revisions[one] = sale.revisions.get(one, 1) + 1
            lessons = self.chance.randint(0, 1)
            settle(session, sale.school, one, lessons=lessons, revision=sale.revisions[one])

    def _approve(self, session: Session, sale: Sale) -> None:
        query = select(Refund.id).where(Refund.order_id == sale.order.id).order_by(Refund.id.desc())
        refund_id = session.scalar(query.limit(1))
        if refund_id is not None:
            refunds.approve(session, refund_id=refund_id, by=self.chance.choice(self.keepers))

    def _turn_the_month(self) -> None:
        """Close the month that is over; now and then open it again, by two, and close it twice."""
        last = ledger.month_of(clock.local(self.now).date() - timedelta(days=31))
        with reading() as session:
            due = session.scalars(
                select(Period.month).where(Period.closed_at.is_(None), Period.month <= last)
            ).all()
        one, other = self.keepers
        for month in sorted(due):
            self._unit(lambda session, month=month: self._close(session, month, one))  # type: ignore[misc]
        if due and self.chance.random() < 0.3:
            self._unit(lambda session: self._reopen(session, max(due), one, other))

    def _close(self, session: Session, month: date, by: StaffMember) -> None:
        periods.close(session, month=month, by=by)
        periods.close(session, month=month, by=by)
        self.closes += 1

    def _reopen(self, session: Session, month: date, one: StaffMember, other: StaffMember) -> None:
        periods.ask_reopen(session, month=month, by=one, reason="补记")
        periods.reopen(session, month=month, by=other)

    def prove_one(self, sale: Sale) -> None:
        """Of one order: no account below zero, never more back than came in."""
        with reading() as session:
            left = session.execute(
                select(func.sum(HourEntry.lessons))
                .join(LessonAccount, LessonAccount.id == HourEntry.account_id)
                .where(LessonAccount.student_id == sale.school.student_id)
                .group_by(HourEntry.account_id)
            ).scalars()
            assert all(lessons >= 0 for lessons in left)
            money = (
                JournalLine.account == LedgerAccount.BANK,
                JournalEntry.order_id == sale.order.id,
            )
            back, received = (
                session.scalar(
                    select(func.coalesce(func.sum(side), 0))
                    .join(JournalEntry)
                    .where(*money, *which)
                )
                for side, which in (
                    (JournalLine.credit_fen, (JournalEntry.event == Event.REFUND_PAID,)),
                    (JournalLine.debit_fen, (JournalEntry.event == Event.RECEIPT,)),
                )
            )
            assert int(back or 0) <= int(received or 0) <= sale.order.total_fen
            status = session.get_one(Order, sale.order.id).status
            assert (status in ("paid", "refunded")) == bool(received)

    def prove(self) -> None:
        """Of everything: balanced at each campus, liability is the lesson accounts', snapshots are
        what their entries say, and the database's own trial balance is zero."""
        with reading() as session:
            assert checks.lopsided(session) == []
            assert checks.liabilities(session) == []
            assert checks.drifted(session) == []
            rows = ledger.trial_balance(session)
            assert sum(row.debit_fen - row.credit_fen for row in rows) == 0
            moved = balances.movements(
                session, from_month=balances.BEGINNING, until=date(2100, 1, 1)
            )
            assert balances.difference_of(moved) == 0


def happened(session: Session) -> dict[str, int]:
    """How many entries of each event there are: where nothing happens nothing is proved."""
    query = select(JournalEntry.event, func.count()).group_by(JournalEntry.event)
    return {name: int(count) for name, count in session.execute(query)}


def _tell(session: Session, fact: PaymentFact) -> None:
    told = scenes.notification(fact, notice_id=f"EV-{fact.out_trade_no}")
    service.receive(session, notification=told, digest="d" * 64)


def _refunded(session: Session, sale: Sale) -> None:
    """The platform says it twice."""
    query = select(Refund).where(Refund.order_id == sale.order.id).order_by(Refund.id.desc())
    refund = session.scalars(query.limit(1)).one_or_none()
    if refund is not None:
        for _ in range(2):
            refunds.settle(
                session,
                fact=RefundFact(
                    out_trade_no=sale.order.number,
                    out_refund_no=refund.number,
                    refund_id=f"50{refund.number}",
                    amount_fen=refund.amount_fen,
                    status="success",
                ),
            )


@contextmanager
def world(
    seed: int, *, pace: timedelta = timedelta(minutes=40), begins: datetime = BEGINS
) -> Iterator[World]:
    """A fresh institution on the database that is in use."""
    with clock.frozen(begins), unit_of_work() as session:
        home, away = scenes.open_school(session), scenes.open_school(session)
        keepers = (colleague(session, Role.ACCOUNTANT), colleague(session, Role.ACCOUNTANT))
    made = World(seed, random.Random(seed), home, away, keepers, begins, pace)
    made.attendances = seed * 1_000_000
    event.listen(engine(), "before_cursor_execute", made.dice.look)
    try:
        yield made
    finally:
        event.remove(engine(), "before_cursor_execute", made.dice.look)

"""Random histories of payments: told twice, late, out of order, at once, crashing in the middle.

Whatever happens, an order is paid at most once, every fen is in the books, and lessons are given
once (A12, F5, F7).
"""

import threading
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from backend.finance import queries, service
from backend.finance.models import JournalEntry, Order
from backend.finance.schemas import LedgerAccount, OrderPaid, OrderStatus, OrderView
from backend.gateways.payments import PaymentFact
from backend.kit import clock, events
from backend.kit.db import reading, unit_of_work
from backend.kit.errors import DomainError
from tests.backend.finance import scenes

STEPS = ("pay first", "pay second", "pay first otherwise", "expire", "cancel", "give lessons")


class Crash(Exception):
    """The process dies at this point of a unit."""


@dataclass
class History:
    """One order, and what has been published about it by units that were committed."""

    school: scenes.School
    order: OrderView
    facts: dict[str, PaymentFact]
    heard: list[object] = field(default_factory=list)

    def take(self, step: str, *, crash: bool) -> None:
        """One unit; a crash takes back everything in it, as does a broken rule."""
        said: list[object] = []
        _listen_only(said.append)
        try:
            with unit_of_work() as session:
                self._do(session, step)
                if crash:
                    raise Crash
        except (Crash, DomainError):
            return
        self.heard += said

    def _do(self, session: Session, step: str) -> None:
        if step in self.facts:
            told = scenes.notification(self.facts[step], notice_id=f"EV-{self.order.id}-{step}")
            service.receive(session, notification=told, digest="d" * 64)
        elif step == "expire":
            with clock.frozen(self.order.expires_at):
                service.close_expired(session, order_id=self.order.id)
        elif step == "cancel":
            service.cancel(session, number=self.order.number, openid=scenes.GUARDIAN)
        else:
            service.open_lesson_accounts(
                session, order_id=self.order.id, student_id=self.school.student_id
            )


def _listen_only(listener: Callable[[object], None]) -> None:
    events._listeners.clear()
    events.listen(OrderPaid, lambda _session, event: listener(event))


def begin_history() -> History:
    with unit_of_work() as session:
        school = scenes.open_school(session)
        order = scenes.bill(session, school)
        first, second = scenes.begin(session, order), scenes.begin(session, order, native=True)
        facts = {
            "pay first": scenes.fact(first),
            "pay second": scenes.fact(second),
            "pay first otherwise": scenes.fact(first, transaction=f"43{order.number}"),
        }
    return History(school, order, facts)


@given(steps=st.lists(st.tuples(st.sampled_from(STEPS), st.booleans()), max_size=14))
@settings(
    max_examples=40,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@pytest.mark.usefixtures("database", "heard")
def test_whatever_happens_the_books_are_right(steps: list[tuple[str, bool]]) -> None:
    history = begin_history()
    for step, crash in steps:
        history.take(step, crash=crash)
    told = {step for step, crash in steps if step in history.facts and not crash}
    order_id, total_fen = history.order.id, history.order.total_fen
    with reading() as session:
        rows = {row.account: row for row in queries.trial_balance(session)}
        entries = session.scalars(
            select(JournalEntry.source_key).where(JournalEntry.order_id == order_id)
        ).all()
        status = session.get_one(Order, order_id).status
        lessons = queries.lessons_left(session, student_ids=[history.school.student_id])
        surpluses = [row for row in queries.open_surpluses(session) if row.order_id == order_id]
    assert sum(row.debit_fen - row.credit_fen for row in rows.values()) == 0
    kinds = Counter(key.partition(":")[0] for key in entries)
    assert kinds["receipt"] == len(history.heard) == (1 if told else 0)
    assert kinds["surplus"] == len(surpluses) == max(0, len(told) - 1)
    assert sum(row.amount_fen for row in surpluses) == total_fen * max(0, len(told) - 1)
    assert (status == OrderStatus.PAID) == bool(told)
    assert [account.left for account in lessons] in ([], [18])
    assert not lessons or told


@pytest.mark.usefixtures("database")
def test_many_tellings_at_once_are_one(heard: list[object]) -> None:
    history = begin_history()
    told = scenes.notification(history.facts["pay first"])

    def tell() -> None:
        with unit_of_work() as session:
            service.receive(session, notification=told, digest="d" * 64)
            service.open_lesson_accounts(
                session, order_id=history.order.id, student_id=history.school.student_id
            )

    _at_once([tell] * 8)
    assert len(heard) == 1
    with reading() as session:
        rows = {row.account: row.debit_fen for row in queries.trial_balance(session)}
        (account,) = queries.lessons_left(session, student_ids=[history.school.student_id])
    assert rows[LedgerAccount.BANK] == history.order.total_fen
    assert account.left == 18


@pytest.mark.usefixtures("database", "heard")
def test_paying_and_closing_at_once_lose_nothing() -> None:
    for _ in range(5):
        history = begin_history()

        def pay(history: History = history) -> None:
            with unit_of_work() as session:
                service.settle(session, paid=history.facts["pay first"])

        def close(history: History = history) -> None:
            with unit_of_work() as session:
                try:
                    service.cancel(session, number=history.order.number, openid=scenes.GUARDIAN)
                except DomainError:
                    session.rollback()

        _at_once([pay, close, pay, close])
        with reading() as session:
            assert session.get_one(Order, history.order.id).status == OrderStatus.PAID


@pytest.mark.usefixtures("database", "heard")
def test_billing_a_purpose_at_once_is_one_order() -> None:
    with unit_of_work() as session:
        school = scenes.open_school(session)
    numbers: list[str] = []

    def bill() -> None:
        with unit_of_work() as session:
            order = scenes.bill(session, school, purpose_key="sign_up:race")
        numbers.append(order.number)

    _at_once([bill] * 8)
    assert len(numbers) == 8
    assert len(set(numbers)) == 1
    with reading() as session:
        assert session.scalar(select(func.count()).select_from(Order)) == 1


def _at_once(calls: list[Callable[[], None]]) -> None:
    """Run all calls in threads that start together; a failure of one fails the test."""
    start, failures = threading.Barrier(len(calls)), []

    def run(call: Callable[[], None]) -> None:
        start.wait()
        try:
            call()
        except BaseException as error:
            failures.append(error)

    threads = [threading.Thread(target=run, args=(call,)) for call in calls]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []

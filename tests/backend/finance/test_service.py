"""Orders, payments and lesson accounts on real databases (A12, F4, F5, F7)."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from backend.finance import attempts, hours, queries, service
from backend.finance.models import JournalEntry, LessonAccount, Order, Payment, PaymentNotice
from backend.finance.schemas import (
    BilledDifferently,
    CloseReason,
    HourKind,
    LedgerAccount,
    LessonsShort,
    NothingToPay,
    OrderClosed,
    OrderNotPaid,
    OrderNotPayable,
    OrderPaid,
    OrderStatus,
    PaymentMismatch,
    PaymentStatus,
    SurplusReceived,
)
from backend.kit import clock
from backend.kit.errors import NotFound
from backend.security.models import AuditEntry
from tests.backend.finance import scenes

pytestmark = pytest.mark.usefixtures("heard")


@pytest.fixture
def school(session: Session) -> scenes.School:
    return scenes.open_school(session)


def balance(session: Session) -> dict[LedgerAccount, int]:
    """Account → debit minus credit."""
    return {row.account: row.debit_fen - row.credit_fen for row in queries.trial_balance(session)}


def test_billing_a_purpose_twice_is_one_order(session: Session, school: scenes.School) -> None:
    first = scenes.bill(session, school, purpose_key="sign_up:12")
    assert scenes.bill(session, school, purpose_key="sign_up:12") == first
    assert (first.status, first.total_fen) == (OrderStatus.PENDING, 128000)
    assert sum(line.net_fen for line in first.lines) == first.total_fen
    assert first.number.startswith(f"{clock.today():%Y%m%d}")
    assert len(first.number) == 18
    with pytest.raises(BilledDifferently):
        scenes.bill(session, school, purpose_key="sign_up:12", openid="o_another")
    assert queries.order_of_purpose(session, purpose_key="sign_up:12") == first
    assert queries.order_of_purpose(session, purpose_key="sign_up:13") is None


def test_nothing_is_not_billed(session: Session) -> None:
    with pytest.raises(NothingToPay):
        service.bill(session, payer_openid="o", purpose_key="x:1", lines=[], expires_at=clock.now())


def test_an_order_is_seen_by_its_payer_only(session: Session, school: scenes.School) -> None:
    order = scenes.bill(session, school)
    assert queries.order_for(session, number=order.number, openid=scenes.GUARDIAN) == order
    for openid in ("o_demo_stranger", ""):
        with pytest.raises(NotFound):
            queries.order_for(session, number=order.number, openid=openid)
        with pytest.raises(NotFound):
            service.cancel(session, number=order.number, openid=openid)
    assert queries.orders_of(session, openid="o_demo_stranger") == []
    newer = scenes.bill(session, school)
    assert queries.orders_of(session, openid=scenes.GUARDIAN) == [newer, order]


def test_money_is_taken_once_however_often_it_is_told(
    session: Session, school: scenes.School, heard: list[object]
) -> None:
    order = scenes.bill(session, school)
    attempt = scenes.begin(session, order)
    told = scenes.notification(scenes.fact(attempt))
    for _ in range(3):
        service.receive(session, notification=told, digest="d" * 64)
    service.receive(session, notification=told.model_copy(update={"id": "EV-2"}), digest="e" * 64)
    paid = queries.order_for(session, number=order.number, openid=scenes.GUARDIAN)
    assert paid.status == OrderStatus.PAID
    assert paid.paid_at is not None
    assert heard == [
        OrderPaid(
            order_id=order.id,
            number=order.number,
            payer_openid=scenes.GUARDIAN,
            purpose_key=order.purpose_key,
            total_fen=128000,
        )
    ]
    assert balance(session) == {
        LedgerAccount.BANK: 128000,
        LedgerAccount.CONTRACT_LIABILITY: -128000,
    }
    assert session.scalar(select(func.count()).select_from(PaymentNotice)) == 2
    with pytest.raises(OrderNotPayable):
        service.cancel(session, number=order.number, openid=scenes.GUARDIAN)


@pytest.mark.parametrize(
    ("field", "wrong"),
    [
        ("appid", {"appid": "wx0000000000000000"}),
        ("mchid", {"mchid": "1"}),
        ("amount", {"amount_fen": 127999}),
    ],
)
def test_a_fact_that_does_not_fit_changes_nothing(
    session: Session, school: scenes.School, field: str, wrong: dict[str, Any]
) -> None:
    attempt = scenes.begin(session, scenes.bill(session, school))
    with pytest.raises(PaymentMismatch) as caught:
        service.settle(session, paid=scenes.fact(attempt, **wrong))
    assert caught.value.facts == {"field": field}
    assert balance(session) == {}


def test_money_for_nobody_is_refused(session: Session, school: scenes.School) -> None:
    attempt = scenes.begin(session, scenes.bill(session, school))
    with pytest.raises(NotFound):
        service.settle(session, paid=scenes.fact(attempt, out_trade_no="20261123000000"))


def test_money_for_a_closed_order_is_kept_and_said_to_be_late(
    session: Session, school: scenes.School, heard: list[object]
) -> None:
    order = scenes.bill(session, school)
    attempt = scenes.begin(session, order)
    service.cancel(session, number=order.number, openid=scenes.GUARDIAN)
    service.cancel(session, number=order.number, openid=scenes.GUARDIAN)
    assert service.settle(session, paid=scenes.fact(attempt)).status == OrderStatus.PAID
    closed, paid = heard
    assert isinstance(closed, OrderClosed)
    assert closed.reason == CloseReason.CANCELLED
    assert isinstance(paid, OrderPaid)
    assert paid.is_late
    assert balance(session)[LedgerAccount.BANK] == 128000


@pytest.mark.parametrize("same_attempt", [True, False])
def test_money_for_a_paid_order_is_owed_back(
    session: Session, school: scenes.School, heard: list[object], same_attempt: bool
) -> None:
    order = scenes.bill(session, school)
    first, second = scenes.begin(session, order), scenes.begin(session, order, native=True)
    service.settle(session, paid=scenes.fact(first))
    again = scenes.fact(first if same_attempt else second, transaction="4200009")
    for _ in range(2):
        service.settle(session, paid=again)
    assert [type(event) for event in heard] == [OrderPaid, SurplusReceived]
    assert balance(session) == {
        LedgerAccount.BANK: 256000,
        LedgerAccount.CONTRACT_LIABILITY: -128000,
        LedgerAccount.OTHER_PAYABLE: -128000,
    }
    (surplus,) = queries.open_surpluses(session)
    assert (surplus.transaction_id, surplus.amount_fen) == ("4200009", 128000)


def test_orders_close_when_their_time_is_over_and_not_before(
    session: Session, school: scenes.School, heard: list[object]
) -> None:
    order = scenes.bill(session, school)
    attempt = scenes.begin(session, order)
    assert not service.close_expired(session, order_id=order.id)
    assert queries.orders_due_for_closing(session, now=clock.now()) == []
    with clock.frozen(order.expires_at):
        assert queries.orders_due_for_closing(session, now=clock.now()) == [order.id]
        assert service.close_expired(session, order_id=order.id)
        assert not service.close_expired(session, order_id=order.id)
        assert queries.orders_due_for_closing(session, now=clock.now()) == []
        assert queries.payments_due_for_polling(session, now=clock.now()) == [attempt.id]
        with pytest.raises(OrderNotPayable):
            scenes.begin(session, order)
    (closed,) = heard
    assert isinstance(closed, OrderClosed)
    assert closed.reason == CloseReason.EXPIRED


def test_an_attempt_is_taken_up_again_until_it_is_given_up(
    session: Session, school: scenes.School
) -> None:
    order = scenes.bill(session, school)
    first = scenes.begin(session, order)
    assert scenes.begin(session, order) == first
    attempts.keep_prepay(session, payment_id=first.id, prepay_id="wx1")
    assert scenes.begin(session, order).prepay_id == "wx1"
    with clock.frozen(clock.now() + timedelta(minutes=109, seconds=30)):
        assert scenes.begin(session, order).prepay_id is None
    attempts.give_up(session, payment_id=first.id)
    second = scenes.begin(session, order)
    assert second.out_trade_no == f"{order.number}_2"
    service.settle(session, paid=scenes.fact(first))  # It was paid in the last moment after all.
    with pytest.raises(OrderNotPayable):
        attempts.keep_prepay(session, payment_id=second.id, prepay_id="wx2")
    due = queries.payments_due_for_polling(session, now=clock.now())
    assert due == [second.id]  # So that it is closed before it is paid as well.


def test_silence_is_asked_about_ever_more_rarely(session: Session, school: scenes.School) -> None:
    attempt = scenes.begin(session, scenes.bill(session, school))
    assert queries.payments_due_for_polling(session, now=clock.now()) == []
    with clock.frozen(clock.now() + timedelta(minutes=2)):
        assert queries.payments_due_for_polling(session, now=clock.now()) == [attempt.id]
        attempts.ask_later(session, payment_id=attempt.id)
        assert queries.payments_due_for_polling(session, now=clock.now()) == []
    attempts.give_up(session, payment_id=attempt.id)
    attempts.ask_later(session, payment_id=attempt.id)
    payment = session.get_one(Payment, attempt.id)
    assert (payment.status, payment.poll_at) == (PaymentStatus.CLOSED, None)


def test_a_paid_order_gives_its_lessons_once(session: Session, school: scenes.School) -> None:
    order = scenes.bill(session, school)
    with pytest.raises(OrderNotPaid):
        service.open_lesson_accounts(session, order_id=order.id, student_id=school.student_id)
    service.settle(session, paid=scenes.fact(scenes.begin(session, order)))
    for _ in range(2):
        service.open_lesson_accounts(session, order_id=order.id, student_id=school.student_id)
    (account,) = queries.lessons_left(session, student_ids=[school.student_id])
    assert (account.bought, account.given, account.left) == (16, 2, 18)
    assert account.class_group_id == school.class_group_id
    assert queries.lessons_left(session, student_ids=[]) == []


def test_no_account_goes_below_zero(session: Session, school: scenes.School) -> None:
    order = scenes.bill(session, school)
    service.settle(session, paid=scenes.fact(scenes.begin(session, order)))
    service.open_lesson_accounts(session, order_id=order.id, student_id=school.student_id)
    account_id = session.scalars(select(LessonAccount.id)).one()
    for lessons, left in ((-17, 1), (-17, 1)):  # The same cause counts once.
        hours.enter(
            session,
            account_id=account_id,
            kind=HourKind.CONSUME,
            lessons=lessons,
            source_key="consume:lesson:1",
        )
        (account,) = queries.lessons_left(session, student_ids=[school.student_id])
        assert (account.bought, account.left) == (16, left)
    with pytest.raises(LessonsShort):
        hours.enter(
            session,
            account_id=account_id,
            kind=HourKind.CONSUME,
            lessons=-2,
            source_key="consume:lesson:2",
        )


def test_every_step_of_money_is_in_the_books_and_in_the_audit(
    session: Session, school: scenes.School
) -> None:
    order = scenes.bill(session, school)
    service.settle(session, paid=scenes.fact(scenes.begin(session, order)))
    written = session.scalars(
        select(AuditEntry.action).where(AuditEntry.subject == f"order:{order.number}")
    ).all()
    assert written == ["order.billed", "order.paid"]
    entry = session.scalars(select(JournalEntry)).one()
    assert entry.order_id == order.id
    assert entry.source_key.startswith("receipt:")
    assert session.get_one(Order, order.id).status == OrderStatus.PAID

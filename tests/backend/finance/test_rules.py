"""Decisions of the finance room, as tables (F4)."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.finance import rules
from backend.finance.schemas import (
    LedgerAccount,
    NewLine,
    OrderStatus,
    OrderView,
    PageState,
    PriceQuote,
)

NOW = datetime(2026, 11, 23, 6, 0, tzinfo=UTC)


@dataclass(frozen=True)
class Dated:
    """A price as far as choosing goes."""

    name: str
    campus_id: int | None
    effective_from: date
    effective_to: date | None = None
    learner_type: str | None = None


PRICES = [
    Dated("old", None, date(2026, 1, 1), date(2026, 9, 1)),
    Dated("all", None, date(2026, 9, 1)),
    Dated("campus", 7, date(2026, 9, 1), date(2026, 12, 1)),
    Dated("campus, later", 7, date(2026, 10, 1), date(2026, 11, 1)),
    Dated("elsewhere", 8, date(2026, 9, 1)),
]


@pytest.mark.parametrize(
    ("campus_id", "on", "name"),
    [
        (7, date(2025, 12, 31), None),
        (7, date(2026, 8, 31), "old"),
        (7, date(2026, 9, 1), "campus"),
        (7, date(2026, 10, 31), "campus, later"),
        (7, date(2026, 11, 1), "campus"),
        (7, date(2026, 12, 1), "all"),
        (8, date(2026, 10, 1), "elsewhere"),
        (9, date(2026, 10, 1), "all"),
    ],
)
def test_the_price_of_a_day(campus_id: int, on: date, name: str | None) -> None:
    chosen = rules.choose_price(PRICES, campus_id=campus_id, on=on)
    assert (chosen.name if chosen else None) == name


def order(status: OrderStatus, *, seconds_left: int) -> OrderView:
    """An order with so many seconds left."""
    return OrderView(
        id=1,
        number="202611230000000001",
        payer_openid="o",
        purpose_key="p",
        status=status,
        total_fen=1,
        created_at=NOW,
        expires_at=NOW + timedelta(seconds=seconds_left),
        paid_at=None,
        lines=(),
    )


@pytest.mark.parametrize(
    ("status", "seconds_left", "state", "seconds_to_pay"),
    [
        (OrderStatus.PENDING, 3600, PageState.PAYABLE, 3540),
        (OrderStatus.PENDING, 60, PageState.PAYABLE, 0),
        (OrderStatus.PENDING, 59, PageState.EXPIRED, 0),
        (OrderStatus.PENDING, -5, PageState.EXPIRED, 0),
        (OrderStatus.PAID, -5, PageState.PAID, 0),
        (OrderStatus.CLOSED, 600, PageState.CLOSED, 540),
        (OrderStatus.REFUNDED, 600, PageState.REFUNDED, 540),
    ],
)
def test_what_the_page_shows(
    status: OrderStatus, seconds_left: int, state: PageState, seconds_to_pay: int
) -> None:
    given = order(status, seconds_left=seconds_left)
    assert rules.page_state_of(given, now=NOW) == state
    assert rules.is_payable(given, now=NOW) == (state == PageState.PAYABLE)
    assert rules.seconds_to_pay(given, now=NOW) == seconds_to_pay


def test_payments_are_named_after_their_order() -> None:
    number = "202611231234567890"
    names = [rules.out_trade_no_of(number, attempt) for attempt in (1, 2, 12)]
    assert names == [number, f"{number}_2", f"{number}_12"]
    assert all(6 <= len(name) <= 32 for name in names)


def test_questions_about_a_silent_payment_grow_rarer() -> None:
    pauses = [(rules.next_poll_at(n, now=NOW) - NOW).total_seconds() / 60 for n in range(8)]
    assert pauses == [1, 1, 2, 5, 10, 30, 30, 30]


def test_a_receipt_is_balanced_and_says_what_for() -> None:
    postings = rules.receipt_of([(1, 120000), (2, 0), (3, 8000)])
    assert [(p.account, p.amount_fen, p.order_line_id) for p in postings] == [
        (LedgerAccount.BANK, 128000, None),
        (LedgerAccount.CONTRACT_LIABILITY, -120000, 1),
        (LedgerAccount.CONTRACT_LIABILITY, -8000, 3),
    ]
    assert sum(p.amount_fen for p in rules.surplus_of(500)) == 0


def test_a_quote_adds_up() -> None:
    quote = PriceQuote(
        price_id=1,
        course_id=1,
        campus_id=None,
        amount_fen=100000,
        lesson_count=16,
        material_fee_fen=8000,
    )
    assert (quote.per_lesson_fen, quote.total_fen) == (6250, 108000)


@pytest.mark.parametrize(
    "wrong",
    [
        {"net_fen": 2},
        {"net_fen": -1},
        {"lesson_count": -1, "course_id": 1},
        {"lesson_count": 1},
        {"description": ""},
    ],
)
def test_a_line_that_cannot_be(wrong: dict[str, object]) -> None:
    with pytest.raises(ValueError):
        NewLine.model_validate({"description": "书", "list_fen": 1, "net_fen": 1, **wrong})


@given(st.integers(0, 10**7), st.integers(1, 60))
def test_lessons_earn_what_was_paid_and_the_last_takes_the_rounding(net: int, count: int) -> None:
    def so_far(left: int, paid: int = net) -> int:
        return rules.earned_of(net_fen=net, paid_fen=paid, lessons=count, left=left)

    earned = [so_far(left - 1) - so_far(left) for left in range(count, 0, -1)]
    assert so_far(count) == 0 or count == 0
    assert sum(earned) == net
    assert set(earned[:-1]) <= {net // count}
    assert earned[-1] - net // count == net % count
    assert all(so_far(left, paid=net // 2) <= net // 2 for left in range(count + 1))
    assert sum(posting.amount_fen for posting in rules.earning_of(net + 1, 1)) == 0

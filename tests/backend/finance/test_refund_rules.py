"""What a refund comes to (法释〔2025〕4号 §§14, 18–20; clauses.md §4 rule 2)."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.finance import refund_rules as rules
from backend.finance.refund_words import Basis, LineTaken, RefundCause, RefundQuote, RefundTerms
from backend.finance.schemas import LedgerAccount

PAID = date(2026, 11, 1)
LATER = PAID + timedelta(days=20)
AT_LIST = RefundTerms(customer_basis=Basis.LIST)
CUSTOMER, INSTITUTION = RefundCause.CUSTOMER, RefundCause.INSTITUTION


def line(used: int = 0, **other: int) -> LineTaken:
    """16 lessons bought and 2 given, 1,280 yuan in the list, 1,200 paid."""
    facts = {"bought": 16, "gifts": 2, "list_fen": 128000, "net_fen": 120000, **other}
    return LineTaken(order_line_id=1, description="英语", used=used, **facts)


BOOKS = LineTaken(
    order_line_id=2, description="教材费", bought=0, gifts=0, used=0,
    list_fen=8000, net_fen=8000, is_material=True,
)  # fmt: skip


def quoted(
    *lines: LineTaken,
    asked_on: date = LATER,
    cause: RefundCause = CUSTOMER,
    had_before: bool = False,
    terms: RefundTerms | None = None,
) -> RefundQuote:
    return rules.quote_of(
        lines, paid_on=PAID, asked_on=asked_on, cause=cause, had_before=had_before,
        terms=terms or RefundTerms(),
    )  # fmt: skip


@pytest.mark.parametrize(
    ("days", "used", "had_before", "total_fen"),
    [
        (0, 0, False, 128000),
        (7, 0, False, 128000),
        (7, 3, False, 128000),  # The whole principal, also after lessons (§14).
        (7, 3, True, 100000),  # Who knew the course had no seven days.
        (8, 0, False, 128000),
        (8, 3, False, 100000),  # 3 of 18 at 66.66 yuan; the books are in use.
    ],
)
def test_seven_days(days: int, used: int, had_before: bool, total_fen: int) -> None:
    asked_on = PAID + timedelta(days=days)
    found = quoted(line(used), BOOKS, asked_on=asked_on, had_before=had_before)
    assert found.total_fen == total_fen


@pytest.mark.parametrize(
    ("cause", "terms", "used", "total_fen"),
    [
        (CUSTOMER, RefundTerms(), 9, 60000),  # Kinder terms: the discounted price, gifts counted.
        (CUSTOMER, AT_LIST, 9, 48000),  # The law alone: 9 at 80 yuan.
        (INSTITUTION, AT_LIST, 9, 60000),  # The list price is for whoever caused it.
        (RefundCause.NEITHER, AT_LIST, 9, 60000),
        (CUSTOMER, AT_LIST, 18, 0),  # Never below nothing.
        (CUSTOMER, RefundTerms(), 1, 113334),  # 66.66…: what is kept is rounded down.
    ],
)
def test_lessons_taken(cause: RefundCause, terms: RefundTerms, used: int, total_fen: int) -> None:
    assert quoted(line(used), cause=cause, terms=terms).total_fen == total_fen


def test_books_go_back_before_the_first_lesson_or_when_it_is_our_fault() -> None:
    assert quoted(line(0), BOOKS).total_fen == 128000
    assert quoted(line(1), BOOKS).total_fen == 113334
    assert quoted(line(1), BOOKS, cause=INSTITUTION).total_fen == 121334


@given(
    bought=st.integers(1, 200), gifts=st.integers(0, 20), share=st.floats(0, 1),
    net_fen=st.integers(0, 10**7), dearer=st.integers(0, 10**6), days=st.integers(0, 400),
    cause=st.sampled_from(RefundCause), had_before=st.booleans(), basis=st.sampled_from(Basis),
)  # fmt: skip
def test_the_steps_sum_to_a_total_between_nothing_and_what_was_paid(
    bought: int, gifts: int, share: float, net_fen: int, dearer: int, days: int,
    cause: RefundCause, had_before: bool, basis: Basis,
) -> None:  # fmt: skip
    used = round((bought + gifts) * share)
    taken = line(used, bought=bought, gifts=gifts, net_fen=net_fen, list_fen=net_fen + dearer)
    found = quoted(
        taken, BOOKS, asked_on=PAID + timedelta(days=days), cause=cause, had_before=had_before,
        terms=RefundTerms(customer_basis=basis),
    )  # fmt: skip
    assert sum(step.amount_fen for step in found.steps) == found.total_fen
    assert sum(fen for _, fen in found.by_line) == found.total_fen
    assert 0 <= found.total_fen <= net_fen + BOOKS.net_fen
    kinder = quoted(
        taken, BOOKS, asked_on=PAID + timedelta(days=days), cause=INSTITUTION,
        had_before=had_before,
    )  # fmt: skip
    assert kinder.total_fen >= found.total_fen


def test_what_is_kept_is_earned_and_what_goes_back_is_owed() -> None:
    postings = rules.approved_of([(1, 70000), (2, 8000)], [(1, 60000), (2, 8000)])
    by_account: dict[LedgerAccount, int] = {}
    for posting in postings:
        by_account[posting.account] = by_account.get(posting.account, 0) + posting.amount_fen
    assert by_account == {
        LedgerAccount.CONTRACT_LIABILITY: 78000,
        LedgerAccount.REVENUE: -10000,
        LedgerAccount.OTHER_PAYABLE: -68000,
    }
    beyond = rules.approved_of([(1, 70000)], [(1, 120000)])  # §14 after lessons: revenue goes back.
    assert sum(posting.amount_fen for posting in beyond) == 0
    assert (LedgerAccount.REVENUE, 50000) in [(p.account, p.amount_fen) for p in beyond]


@pytest.mark.parametrize(
    ("heads", "amount_fen", "is_agreed"),
    [
        ([], 100, False), ([True], 100, False), ([False, False], 100, True),
        ([False, False], 1_000_000, False), ([False, True], 1_000_000, True),
    ],
)  # fmt: skip
def test_four_eyes(heads: list[bool], amount_fen: int, is_agreed: bool) -> None:
    assert rules.is_agreed(heads, amount_fen=amount_fen) is is_agreed


@pytest.mark.parametrize(
    ("cause", "days", "used", "interest_fen"),
    [
        (CUSTOMER, 7, 0, 0),  # The principal alone (§14).
        (CUSTOMER, 20, 0, 114),  # 1,200 yuan at 1.5% for 23 days, rounded up.
        (INSTITUTION, 20, 0, 227),  # At the lending rate of 3%.
        (RefundCause.NEITHER, 20, 9, 57),
    ],
)
def test_interest(cause: RefundCause, days: int, used: int, interest_fen: int) -> None:
    """§16: on what goes back, shown as a step, beside the sum."""
    found = quoted(line(used), asked_on=PAID + timedelta(days=days), cause=cause)
    assert found.interest_fen == interest_fen
    assert any("利息" in step.label for step in found.steps) == bool(interest_fen)
    assert sum(step.amount_fen for step in found.steps) == found.total_fen


def test_the_lending_rate_is_that_of_the_payment() -> None:
    days = (date(2025, 5, 19), date(2025, 5, 20))
    assert [rules.rate_of(INSTITUTION, day) for day in days] == [31_000, 30_000]

"""Decisions of the finance room, without I/O."""

import calendar
from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta
from typing import Protocol, TypeVar

from backend.finance.schemas import LedgerAccount, OrderStatus, OrderView, PageState, Posting
from backend.kit.money import split

SHORTEST_WINDOW = timedelta(minutes=1)  # WeChat Pay refuses a time_expire closer than this.
PREPAY_LIFE = timedelta(minutes=110)  # A prepay id lasts about two hours; we stop using it earlier.
HOLD_PART = timedelta(days=7)  # How long what is paid in part is kept for the rest.
_POLL_STEPS = [timedelta(minutes=m) for m in (1, 1, 2, 5, 10, 30)]


class _DatedPrice(Protocol):
    @property
    def campus_id(self) -> int | None: ...
    @property
    def learner_type(self) -> str | None: ...
    @property
    def effective_from(self) -> date: ...
    @property
    def effective_to(self) -> date | None: ...


P = TypeVar("P", bound=_DatedPrice)


def choose_price(
    prices: Iterable[P], *, campus_id: int, on: date, learner: str | None = None
) -> P | None:
    """The price that holds at a campus on a day for a type of learners (None: whoever asks): the
    campus's own before the one for all campuses, the learners' own before the one for all, and
    among equals the one that began last."""
    holding = [
        price
        for price in prices
        if price.campus_id in (None, campus_id)
        and (learner is None or price.learner_type in (None, learner))
        and price.effective_from <= on
        and (price.effective_to is None or on < price.effective_to)
    ]
    return max(
        holding,
        key=lambda price: (
            price.campus_id is not None,
            (price.learner_type is not None) == (learner is not None),
            price.effective_from,
        ),
        default=None,
    )


def is_payable(order: OrderView, *, now: datetime) -> bool:
    """Whether there is something left to pay, and still time to begin."""
    in_time = order.expires_at - now >= SHORTEST_WINDOW
    return order.status == OrderStatus.PENDING and order.due_fen > 0 and in_time


def seconds_to_pay(order: OrderView, *, now: datetime) -> int:
    """For how long a payment can still begin; 0 when it is too late."""
    return max(0, int((order.expires_at - SHORTEST_WINDOW - now).total_seconds()))


def page_state_of(order: OrderView, *, now: datetime) -> PageState:
    """What the pay page shows for an order."""
    if order.status == OrderStatus.PENDING and not order.due_fen:
        return PageState.CLEARING
    if order.status == OrderStatus.PENDING:
        return PageState.PAYABLE if is_payable(order, now=now) else PageState.EXPIRED
    return PageState(order.status)


def out_trade_no_of(number: str, attempt: int) -> str:
    """The name of the n-th payment (from 1) of an order at the platform: the order's own number
    first, so that the platform's bill reads like ours, then `…_2`."""
    return number if attempt == 1 else f"{number}_{attempt}"


def next_poll_at(count: int, *, now: datetime) -> datetime:
    """When to ask again about a silent payment after `count` questions."""
    return now + _POLL_STEPS[min(count, len(_POLL_STEPS) - 1)]


def receipt_of(
    nets: Sequence[tuple[int, int]],
    *,
    account: LedgerAccount = LedgerAccount.BANK,
    before: Sequence[tuple[int, int]] = (),
) -> list[Posting]:
    """Dr 银行存款 (or where the money lies) and 预收账款 for what came `before` / Cr 合同负债: one
    leg for each (order line id, fen) above zero."""
    liability, advances = LedgerAccount.CONTRACT_LIABILITY, LedgerAccount.ADVANCES
    legs = [
        *(Posting(account=liability, amount_fen=-fen, order_line_id=id_) for id_, fen in nets),
        *(Posting(account=advances, amount_fen=fen, order_line_id=id_) for id_, fen in before),
    ]
    legs = [each for each in legs if each.amount_fen]
    total_fen = -sum(each.amount_fen for each in legs)
    return [Posting(account=account, amount_fen=total_fen), *legs]


def part_of(
    amount_fen: int,
    nets: Sequence[tuple[int, int]],
    *,
    account: LedgerAccount,
    before: Sequence[tuple[int, int]],
    kept_as: LedgerAccount = LedgerAccount.ADVANCES,
) -> list[Posting]:
    """Dr 银行存款 (or where the money lies) / Cr 预收账款: a part of an order, line by line as much
    as they have still to get, so that what stands for a line never exceeds its price."""
    had = dict(before)
    missing = [net_fen - had.get(line_id, 0) for line_id, net_fen in nets]
    parts = zip(nets, split(amount_fen, missing), strict=True)
    credits = [
        Posting(account=kept_as, amount_fen=-fen, order_line_id=line_id)
        for (line_id, _), fen in parts
        if fen
    ]
    return [Posting(account=account, amount_fen=amount_fen), *credits]


def surplus_of(amount_fen: int, *, account: LedgerAccount = LedgerAccount.BANK) -> list[Posting]:
    """Dr 银行存款 (or where the money lies) / Cr 其他应付款: money that has to go back."""
    return [
        Posting(account=account, amount_fen=amount_fen),
        Posting(account=LedgerAccount.OTHER_PAYABLE, amount_fen=-amount_fen),
    ]


def advances_back_of(before: Sequence[tuple[int, int]]) -> list[Posting]:
    """Dr 预收账款 / Cr 其他应付款: parts of an order that is not paid in full have to go back."""
    return [
        Posting(account=account, amount_fen=sign * fen, order_line_id=line_id)
        for line_id, fen in before
        for account, sign in ((LedgerAccount.ADVANCES, 1), (LedgerAccount.OTHER_PAYABLE, -1))
        if fen
    ]


def earned_of(*, net_fen: int, paid_fen: int, lessons: int, left: int) -> int:
    """What an order line has earned with `left` of its lessons left: paid ÷ (bought + given),
    rounded down, for each delivered one; the last takes the rest (§4, rule 1). Never more than has
    been paid."""
    if left == 0:
        return paid_fen
    return min(net_fen // lessons * (lessons - left), paid_fen)


def earning_of(
    amount_fen: int,
    order_line_id: int,
    *,
    class_group_id: int | None = None,
    teacher_id: int | None = None,
) -> list[Posting]:
    """Dr 合同负债 / Cr 主营业务收入; the other way round for less than nothing."""
    legs = ((LedgerAccount.CONTRACT_LIABILITY, amount_fen), (LedgerAccount.REVENUE, -amount_fen))
    return [
        Posting(
            account=account,
            amount_fen=fen,
            order_line_id=order_line_id,
            class_group_id=class_group_id,
            teacher_id=teacher_id,
        )
        for account, fen in legs
    ]


def expires_on(paid_on: date, months: int | None) -> date | None:
    """The first day on which lessons paid for on a day are no longer good; None without an end. Of
    a month that has no such day it is the last one's morrow."""
    if months is None:
        return None
    year, month = divmod(paid_on.month - 1 + months, 12)
    year, month = paid_on.year + year, month + 1
    last = calendar.monthrange(year, month)[1]
    return date(year, month, min(paid_on.day, last)) + timedelta(days=paid_on.day > last)

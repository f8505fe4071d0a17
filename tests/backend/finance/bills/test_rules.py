"""Our books and a platform's bill, side by side (F7)."""

from datetime import UTC, datetime

import pytest

from backend.finance.bills.rules import differences, effect_on_bank, fee_of, traded_fen
from backend.finance.bills.words import Difference, Ours
from backend.gateways.payments import Bill, BillLine, LineKind, LineStatus

AT = datetime(2026, 11, 24, 9, tzinfo=UTC)
PAYMENT, REFUND = LineKind.PAYMENT, LineKind.REFUND
DONE, UNDER_WAY, FAILED = LineStatus.DONE, LineStatus.UNDER_WAY, LineStatus.FAILED


def line(kind: LineKind = PAYMENT, fen: int = 10_000, fee: int = 60, **other: object) -> BillLine:
    return BillLine.model_validate(
        {"kind": kind, "number": "A1", "platform_id": "42", "amount_fen": fen, "fee_fen": fee,
         "rate_ppm": 6000, "status": DONE, "at": AT, **other}
    )  # fmt: skip


def ours(kind: LineKind = PAYMENT, fen: int = 10_000, *, done: bool = True) -> Ours:
    return Ours(kind=kind, number="A1", amount_fen=fen, is_done=done, order_id=7)


REFUNDED = line(REFUND, 5_000, -30)


@pytest.mark.parametrize(
    ("there", "here", "found", "bank_fen"),
    [
        (line(), ours(), [], []),
        (line(), None, [Difference.MISSING_HERE], [10_000]),
        (line(), ours(done=False), [Difference.STATUS], [0]),
        (line(fen=9_000, fee=54), ours(), [Difference.AMOUNT], [-1_000]),
        (line(fee=600), ours(), [Difference.FEE], [0]),
        (line(fee=61), ours(), [], []),
        (REFUNDED, ours(REFUND, 5_000), [], []),
        (REFUNDED, None, [Difference.MISSING_HERE], [-5_000]),
        (REFUNDED, ours(REFUND, 4_000), [Difference.AMOUNT], [-1_000]),
        (REFUNDED, ours(REFUND, 5_000, done=False), [Difference.STATUS], [0]),
        (line(REFUND, 5_000, -30, status=UNDER_WAY), ours(REFUND, 5_000, done=False), [], []),
        (line(REFUND, 5_000, -30, status=UNDER_WAY), ours(REFUND, 5_000), [], []),
        (line(REFUND, 5_000, 0, status=FAILED), ours(REFUND, 5_000), [Difference.STATUS], [0]),
        (line(REFUND, 5_000, 0, status=FAILED), None, [], []),
    ],
)
def test_each_way_to_disagree(
    there: BillLine, here: Ours | None, found: list[Difference], bank_fen: list[int]
) -> None:
    kept = {(here.kind, here.number): here} if here else {}
    differing = differences(Bill(lines=(there,)), kept, expected=())
    assert [each.difference for each in differing] == found
    assert [effect_on_bank(each) for each in differing] == bank_fen


def test_what_the_bill_does_not_name() -> None:
    (missing,) = differences(Bill(), {}, expected=[ours()])
    assert (missing.difference, missing.order_id) == (Difference.MISSING_THERE, 7)
    assert effect_on_bank(missing) == -10_000


def test_the_account_there_moves_by_the_trades() -> None:
    lines = (line(), REFUNDED.model_copy(update={"number": "R1"}))
    assert traded_fen(lines) == 10_000 - 60 - 5_000 + 30
    kept = {(PAYMENT, "A1"): ours(), (REFUND, "R1"): ours(REFUND, 5_000)}
    assert differences(Bill(lines=lines, moved_fen=4_970), kept, expected=()) == []
    (moved,) = differences(Bill(lines=lines, moved_fen=4_960), kept, expected=())
    assert (moved.difference, effect_on_bank(moved)) == (Difference.MOVED, -10)


def test_fees_round_to_the_fen() -> None:
    assert [fee_of(fen, 6000) for fen in (1, 83, 84, 128_000)] == [0, 0, 1, 768]

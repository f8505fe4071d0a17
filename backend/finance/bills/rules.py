"""How a platform's bill and our books are compared, and when a bill is asked for. Without I/O."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta

from backend.finance.bills.words import Difference, Found, Ours
from backend.gateways.payments import Bill, BillLine, LineKind, LineStatus

READY_HOUR = 10
ASK_AGAIN = (timedelta(minutes=10), timedelta(minutes=30), timedelta(hours=1), timedelta(hours=3))
ALARM_AFTER_TRIES = 4
Key = tuple[LineKind, str]


def next_try(tries: int, *, now: datetime) -> datetime:
    """When to ask for a bill again that could not be had."""
    return now + ASK_AGAIN[min(tries, len(ASK_AGAIN) - 1)]


def fee_of(amount_fen: int, rate_ppm: int) -> int:
    """What a rate comes to, rounded to the fen."""
    return (amount_fen * rate_ppm + 500_000) // 1_000_000


def differences(bill: Bill, ours: Mapping[Key, Ours], *, expected: Iterable[Ours]) -> list[Found]:
    """What does not agree. `ours` are our rows under the bill's numbers, `expected` those of ours
    that have to be in it."""
    found = [each for line in bill.lines if (each := _of_line(line, ours)) is not None]
    found += [each for line in bill.lines if (each := _of_fee(line, ours)) is not None]
    there = {(line.kind, line.number) for line in bill.lines}
    found += [
        Found(
            difference=Difference.MISSING_THERE, kind=each.kind, number=each.number,
            ours_fen=each.amount_fen, theirs_fen=None, order_id=each.order_id,
        )
        for each in expected
        if (each.kind, each.number) not in there
    ]  # fmt: skip
    traded = traded_fen(bill.lines)
    if bill.moved_fen is not None and bill.moved_fen != traded:
        found.append(
            Found(
                difference=Difference.MOVED, kind=None, number="", ours_fen=traded,
                theirs_fen=bill.moved_fen,
            )
        )  # fmt: skip
    return found


def traded_fen(lines: Sequence[BillLine]) -> int:
    """What trades have to move on the account there: money in, money back, fees."""
    signed = (line.amount_fen if line.kind is LineKind.PAYMENT else -line.amount_fen
              for line in lines if line.status is not LineStatus.FAILED)  # fmt: skip
    return sum(signed) - sum(line.fee_fen for line in lines)


def effect_on_bank(found: Found) -> int:
    """What the books would have to move on the bank to agree with the platform."""
    if found.difference in (Difference.STATUS, Difference.FEE):
        return 0  # The payment's own way books it; a fee has been booked as it was taken.
    gap = (found.theirs_fen or 0) - (found.ours_fen or 0)
    return -gap if found.kind is LineKind.REFUND else gap


def _of_line(line: BillLine, ours: Mapping[Key, Ours]) -> Found | None:
    row = ours.get((line.kind, line.number))
    if row is None:
        difference = Difference.MISSING_HERE
        if line.status is LineStatus.FAILED:
            return None
    elif row.amount_fen != line.amount_fen:
        difference = Difference.AMOUNT
    elif row.is_done != (line.status is LineStatus.DONE) and line.status is not (
        LineStatus.UNDER_WAY
    ):
        difference = Difference.STATUS
    else:
        return None
    return Found(
        difference=difference,
        kind=line.kind,
        number=line.number,
        ours_fen=row.amount_fen if row is not None else None,
        theirs_fen=line.amount_fen,
        order_id=row.order_id if row is not None else None,
    )


def _of_fee(line: BillLine, ours: Mapping[Key, Ours]) -> Found | None:
    """A payment's fee that is not the rate of the bill itself, by more than a rounding."""
    if line.kind is not LineKind.PAYMENT or line.rate_ppm is None:
        return None
    expected = fee_of(line.amount_fen, line.rate_ppm)
    if abs(expected - line.fee_fen) <= 1:
        return None
    row = ours.get((line.kind, line.number))
    return Found(
        difference=Difference.FEE, kind=line.kind, number=line.number, ours_fen=expected,
        theirs_fen=line.fee_fen, order_id=row.order_id if row is not None else None,
    )  # fmt: skip

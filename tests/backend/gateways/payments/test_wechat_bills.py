"""WeChat Pay's files, read (F7)."""

from pathlib import Path

import pytest

from backend.gateways.payments import BillUnreadable, LineKind, LineStatus
from backend.gateways.payments.wechat_bills import bill_of, fen_of

BILLS = Path(__file__).parent / "bills"
TRADES, FUNDS = (
    BILLS.joinpath(f"{name}.csv").read_text("utf-8-sig") for name in ("trades", "funds")
)


def test_both_files_are_read_by_their_headings() -> None:
    bill = bill_of(TRADES, FUNDS)
    paid, back = bill.lines
    assert (paid.kind, paid.number, paid.amount_fen, paid.fee_fen) == (
        LineKind.PAYMENT, "A1", 128000, 768,
    )  # fmt: skip
    assert (back.kind, back.number, back.amount_fen, back.fee_fen, back.status) == (
        LineKind.REFUND, "RA1", 8000, -48, LineStatus.UNDER_WAY,
    )  # fmt: skip
    assert paid.rate_ppm == 6000
    assert back.at.isoformat() == "2026-11-24T15:59:59+00:00"
    assert bill.moved_fen == 128000 - 768 - 7952
    assert bill_of("", "").lines == ()


@pytest.mark.parametrize(
    "broken",
    [
        TRADES.replace("`2,`1280.00,`80.00", "`3,`1280.00,`80.00"),
        TRADES[: TRADES.index("总交易单数")],
        TRADES.replace("`0.60%,`1280.00,`0.00,`", "`0.60%"),
        TRADES.replace("`1280.00,`0.00,`0,`0", "`x,`0.00,`0,`0"),
        "<html>504 Gateway Time-out</html>",
    ],
)
def test_half_a_file_is_no_day(broken: str) -> None:
    with pytest.raises(BillUnreadable):
        bill_of(broken, FUNDS)


def test_yuan_become_fen() -> None:
    assert [fen_of(yuan) for yuan in ("0.00600", "-0.48000", "7.685")] == [1, -48, 769]

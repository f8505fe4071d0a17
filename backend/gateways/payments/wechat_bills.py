"""WeChat Pay's bills: CSV whose values start with a backtick, in two parts, each under a heading.

Read by the names of the columns (their order differs between kinds of bills and years), and
against the sums at the end, so that half a file is not taken for a day. No I/O.
"""

from collections.abc import Mapping
from datetime import datetime
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation

from backend.gateways.payments import Bill, BillLine, BillUnreadable, LineKind, LineStatus
from backend.kit import clock

_PART = ",`"
_OF_TRADES = {"交易", "退款", "扣除交易手续费", "退回交易手续费"}
_REFUNDS = {"SUCCESS": LineStatus.DONE, "PROCESSING": LineStatus.UNDER_WAY}


def bill_of(trades: str, funds: str) -> Bill:
    """A day from its two files; an empty one is a day without. Raises BillUnreadable."""
    try:
        lines = [_line(row) for row in _rows(trades, "总交易单数") if row["交易状态"] != "REVOKED"]
        moved = [
            fen_of(row["收支金额(元)"]) * (1 if row["收支类型"] == "收入" else -1)
            for row in _rows(funds.replace("（元）", "(元)"), "资金流水总笔数")
            if row["业务类型"] in _OF_TRADES
        ]
    except (KeyError, ValueError, InvalidOperation) as error:
        raise BillUnreadable(str(error)) from error
    return Bill(lines=tuple(lines), moved_fen=sum(moved))


def fen_of(yuan: str) -> int:
    """Yuan as a bill writes them (`0.60000`) → fen, rounded as the platform does."""
    return int((Decimal(yuan) * 100).quantize(Decimal(1), rounding=ROUND_HALF_UP))


def _line(row: Mapping[str, str]) -> BillLine:
    at = datetime.strptime(row["交易时间"], "%Y-%m-%d %H:%M:%S").replace(tzinfo=clock.SHANGHAI)
    is_refund = row["交易状态"] == "REFUND"
    amount = row.get("申请退款金额", row["退款金额"]) if is_refund else row["应结订单金额"]
    return BillLine(
        kind=LineKind.REFUND if is_refund else LineKind.PAYMENT,
        number=row["商户退款单号" if is_refund else "商户订单号"],
        platform_id=row["微信退款单号" if is_refund else "微信订单号"],
        amount_fen=fen_of(amount),
        fee_fen=fen_of(row["手续费"]),
        rate_ppm=int(Decimal(row["费率"].rstrip("%")) * 10_000) if row.get("费率") else None,
        status=_REFUNDS.get(row["退款状态"], LineStatus.FAILED) if is_refund else LineStatus.DONE,
        at=at.astimezone(clock.UTC),
    )


def _rows(text: str, sums: str) -> list[dict[str, str]]:
    """The rows of a file by column; as many as its last line says."""
    lines = text.lstrip("\ufeff").splitlines()
    if not lines:
        return []
    names = [name.strip() for name in lines[0].split(",")]
    end = next((number for number, line in enumerate(lines) if line.startswith(sums)), None)
    if end is None:
        raise BillUnreadable("the sums are missing")
    rows = [
        dict(zip(names, line.removeprefix("`").split(_PART), strict=True)) for line in lines[1:end]
    ]
    told = int(Decimal(lines[end + 1].removeprefix("`").split(_PART)[0]))
    if told != len(rows):
        raise BillUnreadable(f"{len(rows)} rows instead of {told}")
    return rows

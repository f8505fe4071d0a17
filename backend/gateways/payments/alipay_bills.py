"""Alipay's bill of a day's trades (业务明细): a CSV in GB18030, in a zip with its sums (汇总).

Lines that begin with # are headings and sums; columns are read by name, cells end with a tab. The
number of lines has to be the one that the file names. No I/O.
"""

import csv
import io
import re
import zipfile
from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal, InvalidOperation

from backend.gateways.payments import Bill, BillLine, BillUnreadable, LineKind, LineStatus
from backend.kit import clock

_MOST_BYTES = 50_000_000
_COUNTED = re.compile(r"交易合计[:：]\s*(\d+)\s*笔.*?退款合计[:：]\s*(\d+)\s*笔")


def bill_of(content: bytes) -> Bill:
    """A day from its file; an empty one is a day without. Raises BillUnreadable."""
    text = _text(_unpacked(content))
    rows = [row for row in csv.reader(io.StringIO(text)) if row and row[0][:1] != "#"]
    if not rows:
        return Bill()
    names = [name.strip() for name in rows[0]]
    try:
        lines = [
            _line({name: cell.strip() for name, cell in zip(names, row, strict=False)})
            for row in rows[1:]
        ]
    except (KeyError, ValueError, InvalidOperation) as error:
        raise BillUnreadable(f"a line of another shape: {error}") from error
    counted = _COUNTED.search(text)
    if counted is not None and sum(map(int, counted.groups())) != len(lines):
        raise BillUnreadable("the bill is not whole")
    return Bill(lines=tuple(lines))


def _line(row: Mapping[str, str]) -> BillLine:
    """服务费 is less than nothing where it is taken, more where a refund gives it back."""
    at = datetime.strptime(row["完成时间"], "%Y-%m-%d %H:%M:%S").replace(tzinfo=clock.SHANGHAI)
    is_refund = row["业务类型"] == "退款"
    number = row["退款批次号/请求号"] if is_refund else row["商户订单号"]
    return BillLine(
        kind=LineKind.REFUND if is_refund else LineKind.PAYMENT,
        number=number,
        platform_id=f"{row['支付宝交易号']}:{number}" if is_refund else row["支付宝交易号"],
        amount_fen=abs(_fen(row["订单金额（元）"])),
        fee_fen=-_fen(row["服务费（元）"] or "0"),
        rate_ppm=None,
        status=LineStatus.DONE,
        at=at.astimezone(clock.UTC),
        paid_as=row["商户订单号"] if is_refund else "",
    )


def _fen(yuan: str) -> int:
    amount = Decimal(yuan) * 100
    if amount != amount.to_integral_value():
        raise ValueError(yuan)
    return int(amount)


def _unpacked(content: bytes) -> bytes:
    """The one file that is not the sums'."""
    if not content.startswith(b"PK"):
        return content
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as packed:
            parts = [each for each in packed.infolist() if each.file_size < _MOST_BYTES]
            return packed.read(next(each for each in parts if "汇总" not in _name_of(each)))
    except (zipfile.BadZipFile, StopIteration, OSError) as error:
        raise BillUnreadable("the bill does not open") from error


def _name_of(part: zipfile.ZipInfo) -> str:
    """Names of files are in GBK, which a zip without its UTF-8 flag shows as cp437."""
    if part.flag_bits & 0x800:
        return part.filename
    return part.filename.encode("cp437").decode("gb18030", errors="replace")


def _text(content: bytes) -> str:
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return content.decode("gb18030", errors="replace")

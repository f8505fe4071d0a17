"""Decisions of the till, without I/O: counting a drawer, reading a bank's statement, finding whose
money a line of it is."""

import hashlib
import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal, InvalidOperation

from backend.finance.schemas import LedgerAccount, Posting
from backend.finance.till.words import (
    Candidate,
    CountWrong,
    StatementLine,
    StatementUnread,
    Verdict,
)

FACES = (10000, 5000, 2000, 1000, 500, 100, 50, 10)
"""Notes and coins of the renminbi in use, in fen."""

_ACCOUNTS: Mapping[Verdict, LedgerAccount] = {
    Verdict.LOSS: LedgerAccount.NON_OPERATING_EXPENSE,
    Verdict.OWED: LedgerAccount.OTHER_RECEIVABLE,
    Verdict.GAIN: LedgerAccount.NON_OPERATING_INCOME,
    Verdict.GIVE_BACK: LedgerAccount.OTHER_PAYABLE,
}


def counted_fen(counted: Mapping[str, int]) -> int:
    """What lies in a drawer by {face value in fen: how many}. Raises CountWrong."""
    if any(int(face) not in FACES or not 0 <= n <= 100_000 for face, n in counted.items()):
        raise CountWrong(why="count")
    return sum(int(face) * n for face, n in counted.items())


def fits(verdict: Verdict, difference_fen: int) -> bool:
    """Whether a difference may be booked so."""
    if difference_fen == 0:
        return verdict is Verdict.EVEN
    lacking = (Verdict.LOSS, Verdict.OWED)
    return verdict in (lacking if difference_fen < 0 else (Verdict.GAIN, Verdict.GIVE_BACK))


def difference_of(difference_fen: int, verdict: Verdict, *, campus_id: int) -> list[Posting]:
    """盘盈 Dr 库存现金 / Cr 营业外收入 or 其他应付款; 盘亏 the other way round against 营业外支出
    or 其他应收款 (小企业会计准则, 附录, 1001)."""
    legs = ((LedgerAccount.CASH, difference_fen), (_ACCOUNTS[verdict], -difference_fen))
    return [Posting(account=a, amount_fen=fen, campus_id=campus_id) for a, fen in legs]


def banked_of(amount_fen: int, *, campus_id: int) -> list[Posting]:
    """Dr 银行存款 / Cr 库存现金: the drawer's money was brought to the bank."""
    legs = ((LedgerAccount.BANK, amount_fen), (LedgerAccount.CASH, -amount_fen))
    return [Posting(account=a, amount_fen=fen, campus_id=campus_id) for a, fen in legs]


# Statements. Banks head their columns in many ways; these are what theirs begin with or are called.
_COLUMNS: Mapping[str, tuple[str, ...]] = {
    "booked_on": ("交易日期", "交易时间", "记账日期", "入账日期", "日期"),
    "amount": (
        "贷方发生额",
        "贷方金额",
        "收入金额",
        "转入金额",
        "存入金额",
        "收入",
        "贷方",
        "交易金额",
    ),
    "payer": (
        "对方户名",
        "对方账户名称",
        "对方名称",
        "付款人名称",
        "付款人户名",
        "对方账户名",
        "户名",
    ),
    "memo": ("附言", "用途", "摘要", "备注"),
    "serial": ("交易流水号", "流水号", "凭证号", "交易序号"),
    "direction": ("借贷标志", "借贷", "收支"),
}
_IN = ("贷", "收入", "收", "转入", "C")


def statement_of(headings: Sequence[str], rows: Iterable[Sequence[str]]) -> list[StatementLine]:
    """The incoming lines of a statement; what left the account is passed over. Raises
    StatementUnread where date or amount has no column, or a row cannot be read."""
    at = {name: _place(headings, wanted) for name, wanted in _COLUMNS.items()}
    if at["booked_on"] is None or at["amount"] is None:
        raise StatementUnread(why="columns")
    memos = [n for n, heading in enumerate(headings) if _is(heading, _COLUMNS["memo"])]
    lines = []
    for number, row in enumerate(rows, 1):
        amount_fen = _fen(_cell(row, at["amount"]))
        direction = _cell(row, at["direction"])
        if amount_fen is None or amount_fen <= 0 or (direction and not direction.startswith(_IN)):
            continue
        booked_on = _day(_cell(row, at["booked_on"]))
        if booked_on is None:
            raise StatementUnread(why="row", row=number)
        lines.append(
            StatementLine(
                booked_on=booked_on,
                amount_fen=amount_fen,
                payer=_cell(row, at["payer"])[:80],
                memo=" ".join(filter(None, (_cell(row, n) for n in memos)))[:200],
                serial=_cell(row, at["serial"])[:60],
            )
        )
    return lines


def fingerprints(lines: Sequence[StatementLine]) -> list[str]:
    """A name for each line that is the same in every export: of equal ones the n-th is the n-th."""
    seen: Counter[StatementLine] = Counter()
    names = []
    for line in lines:
        seen[line] += 1
        said = f"{line.model_dump_json()}#{seen[line]}"
        names.append(hashlib.sha256(said.encode()).hexdigest())
    return names


def whose(line: StatementLine, candidates: Iterable[Candidate]) -> int | None:
    """The one order that a line is for: the exact amount, and its number or a transfer's reference
    in the bank's words, else the payer's name. None for nobody or for more than one."""
    fitting = [each for each in candidates if each.due_fen == line.amount_fen]
    said = f"{line.memo} {line.serial}"
    named = [
        each
        for each in fitting
        if each.number in said or any(reference in said for reference in each.references)
    ]
    known = [each for each in fitting if line.payer and line.payer in each.payers]
    best = named or known
    return best[0].order_id if len(best) == 1 else None


def _is(heading: str, wanted: Sequence[str]) -> bool:
    plain = re.sub(r"[\s（(【].*$|\s", "", heading)
    return plain in wanted


def _place(headings: Sequence[str], wanted: Sequence[str]) -> int | None:
    for name in wanted:
        for number, heading in enumerate(headings):
            if _is(heading, (name,)):
                return number
    return None


def _cell(row: Sequence[str], at: int | None) -> str:
    return row[at].strip() if at is not None and at < len(row) else ""


def _fen(text: str) -> int | None:
    try:
        amount = Decimal(re.sub(r"[,，¥￥\s]", "", text) or "0") * 100
    except InvalidOperation:
        return None
    return int(amount) if amount == amount.to_integral_value() else None


def _day(text: str) -> date | None:
    plain = re.sub(r"[年月/.]", "-", text).replace("日", "").strip()[:10].strip("- ")
    for layout in ("%Y-%m-%d", "%Y%m%d"):
        try:
            return datetime.strptime(plain[:8] if layout == "%Y%m%d" else plain, layout).date()  # noqa: DTZ007 - a day has no zone.
        except ValueError:
            continue
    return None

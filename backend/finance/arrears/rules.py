"""When to dun, whom to block, how to cut an order into parts. Without I/O (clauses §4 rule 10)."""

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from itertools import pairwise

from backend.finance.arrears.schemas import Age, Step
from backend.finance.schemas import LedgerAccount, NewLine, Posting
from backend.kit.money import split

LADDER = ((Step.BEFORE, -3), (Step.DUE, 0), (Step.LATE, 3), (Step.BLOCKED, 7))
BLOCK_AFTER = timedelta(days=7)
LONGEST_PROMISE = timedelta(days=14)
MOST_PROMISES = 2
MOST_PARTS = 6
SHORTEST = timedelta(minutes=5)


def step_on(due_on: date, today: date) -> Step | None:
    """The last rung that a day has reached; None before the first. Rungs that were missed (an
    outage, a plan made late) are not caught up with one by one: only the last is said."""
    late = (today - due_on).days
    return next((step for step, days in reversed(LADDER) if late >= days), None)


def is_blocking(due_on: date, today: date, *, promised_on: date | None) -> bool:
    """Whether an open part keeps its family from new bookings: seven days late, and no promise
    that may still be kept."""
    return today >= due_on + BLOCK_AFTER and not is_promised(promised_on, today)


def is_promised(promised_on: date | None, today: date) -> bool:
    """Whether a promise may still be kept: until the end of its day."""
    return promised_on is not None and today <= promised_on


def age_of(due_on: date, today: date) -> Age:
    """The column of the list in which an open part stands."""
    late = (today - due_on).days
    if late < 0:
        return Age.NOT_DUE
    for age, most in ((Age.TO_30, 30), (Age.TO_60, 60), (Age.TO_90, 90)):
        if late <= most:
            return age
    return Age.BEYOND


def due_days(first: date, parts: int) -> list[date]:
    """A part each month on the same day, or the last one of a shorter month."""
    days = []
    for n in range(parts):
        month = first.month - 1 + n
        year, month = first.year + month // 12, month % 12 + 1
        days.append(_in_month(year, month, first.day))
    return days


def _in_month(year: int, month: int, day: int) -> date:
    following = date(year + month // 12, month % 12 + 1, 1)
    return min(following - timedelta(days=1), date(year, month, 1) + timedelta(days=day - 1))


def cut(lines: Sequence[NewLine], weights: Sequence[int]) -> list[list[NewLine]]:
    """An order's lines in parts that sum to it, line by line, in fen and in lessons. Each part pays
    for lessons of its own, so that every fen paid stands for lessons; books come with the first
    part, gifts with the last. Parts that would hold no lesson are left out by whoever asks."""
    parts: list[list[NewLine]] = [[] for _ in weights]
    for line in lines:
        if not line.lesson_count:
            parts[0].append(line)
            continue
        lessons = split(line.lesson_count, list(weights))
        lists, nets = split(line.list_fen, lessons), split(line.net_fen, lessons)
        last = max(n for n, count in enumerate(lessons) if count)
        for n, count in enumerate(lessons):
            if count:
                facts = {
                    "lesson_count": count,
                    "gift_count": line.gift_count if n == last else 0,
                    "list_fen": max(lists[n], nets[n]),
                    "net_fen": nets[n],
                }
                parts[n].append(line.model_copy(update=facts))
    return parts


def affordable(total_fen: int, lessons: int, amount_fen: int) -> int:
    """How many of a part's lessons an amount pays for, counted at what they cost rounded up."""
    each = -(-total_fen // lessons) if lessons else 0
    return min(lessons, amount_fen // each) if each else 0


def is_rising(days: Sequence[date]) -> bool:
    return all(one < other for one, other in pairwise(days))


def credit_of(amount_fen: int, **tags: int | None) -> list[Posting]:
    """Dr 应收账款 / Cr 主营业务收入: a lesson was taught that is not paid yet."""
    return _pair(LedgerAccount.RECEIVABLE, LedgerAccount.REVENUE, amount_fen, tags)


def loss_of(amount_fen: int, **tags: int | None) -> list[Posting]:
    """Dr 营业外支出—坏账损失 / Cr 应收账款: 小企业会计准则 §10, written off when it is lost."""
    return _pair(LedgerAccount.BAD_DEBTS, LedgerAccount.RECEIVABLE, amount_fen, tags)


def _pair(
    debit: LedgerAccount, credit: LedgerAccount, amount_fen: int, tags: Mapping[str, int | None]
) -> list[Posting]:
    return [
        Posting.model_validate({"account": account, "amount_fen": fen, **tags})
        for account, fen in ((debit, amount_fen), (credit, -amount_fen))
    ]


def turned(postings: Sequence[Posting]) -> list[Posting]:
    """The same the other way round."""
    return [each.model_copy(update={"amount_fen": -each.amount_fen}) for each in postings]

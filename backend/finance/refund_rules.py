"""What a refund comes to, step by step, and who has to agree to it. Without I/O.

Sources: 法释〔2025〕4号 §14 (seven days), §16 (interest), §§18–20 (delivered at the discounted
price, at the list price where the consumer ends it, gifts), §9 (no «no refund»); clauses.md §4
rule 2. Where the institution's own terms are kinder, they hold. Every rounding is in the
customer's favour.
"""

from collections.abc import Sequence
from datetime import date, timedelta

from backend.finance.refund_words import (
    Basis,
    LineTaken,
    RefundCause,
    RefundQuote,
    RefundTerms,
    Step,
)
from backend.finance.schemas import LedgerAccount, Posting
from backend.kit.money import yuan

COOLING_OFF = "法释〔2025〕4号第14条"
DELIVERED = "法释〔2025〕4号第18条"
AT_LIST = "法释〔2025〕4号第19条"
INTEREST = "法释〔2025〕4号第16条"
LPR_PPM = (
    (date(2025, 5, 20), 30_000),
    (date(2024, 10, 21), 31_000),
    (date(2024, 7, 22), 33_500),
    (date(2023, 8, 21), 34_500),
    (date(2022, 8, 22), 36_500),
    (date(2000, 1, 1), 42_500),
)
"""一年期贷款市场报价利率 (全国银行间同业拆借中心), by the day from which it held; before those, the
highest that there was."""
DEPOSIT_PPM = 15_000
"""一年期存款基准利率 (中国人民银行), since 2015-10-24."""
TERMS = RefundTerms()
"""The institution's terms in force."""

HEAD_FROM_FEN = 1_000_000
"""From ten thousand yuan on, one of the two who approve is the principal."""

ANSWER_WITHIN = timedelta(days=3)


def quote_of(
    lines: Sequence[LineTaken],
    *,
    paid_on: date,
    asked_on: date,
    cause: RefundCause,
    had_before: bool,
    terms: RefundTerms = TERMS,
) -> RefundQuote:
    """What goes back of an order. `had_before`: the learner had this course from us before they
    contracted, so that §14 gives no seven days (a trial lesson does not count: kinder)."""
    cooling_off = not had_before and asked_on <= paid_on + timedelta(days=terms.cooling_off_days)
    taught = any(line.used for line in lines)
    steps: list[Step] = []
    by_line = []
    for line in lines:
        steps.append(Step(label=f"实付 {line.description}", amount_fen=line.net_fen))
        kept = _kept(line, cooling_off=cooling_off, cause=cause, taught=taught, terms=terms)
        if kept is not None:
            steps.append(kept)
        by_line.append((line.order_line_id, line.net_fen + (kept.amount_fen if kept else 0)))
    if cooling_off:
        days = terms.cooling_off_days
        steps.append(Step(label=f"付款{days}天内全额退", amount_fen=0, source=COOLING_OFF))
    total_fen = sum(fen for _, fen in by_line)
    until = asked_on + ANSWER_WITHIN
    interest_fen = 0
    if not cooling_off:
        interest_fen = interest_of(total_fen, cause=cause, paid_on=paid_on, until=until)
    if interest_fen:
        rate = f"{rate_of(cause, paid_on) / 10_000:g}%"
        label = (
            f"另付利息{yuan(interest_fen)}（年利率{rate}，{(until - paid_on).days}天，单独转账）"
        )
        steps.append(Step(label=label, amount_fen=0, source=INTEREST))
    return RefundQuote(
        steps=tuple(steps),
        by_line=tuple(by_line),
        total_fen=total_fen,
        is_cooling_off=cooling_off,
        interest_fen=interest_fen,
    )


def rate_of(cause: RefundCause, paid_on: date) -> int:
    """The yearly rate in millionths, as of the payment: the lending rate where we caused the end,
    the deposit rate otherwise."""
    if cause is not RefundCause.INSTITUTION:
        return DEPOSIT_PPM
    return next(ppm for since, ppm in LPR_PPM if since <= paid_on)


def interest_of(back_fen: int, *, cause: RefundCause, paid_on: date, until: date) -> int:
    """Interest on what goes back, from the payment until we have promised to answer; rounded up. A
    refund inside the seven days is the principal alone (§14)."""
    days = max(0, (until - paid_on).days)
    return -(-back_fen * rate_of(cause, paid_on) * days // (365 * 1_000_000))


def interest_owed_of(interest_fen: int, order_line_id: int) -> list[Posting]:
    """Dr 财务费用 / Cr 其他应付款, at the campus of the order."""
    legs = ((LedgerAccount.FINANCIAL, interest_fen), (LedgerAccount.OTHER_PAYABLE, -interest_fen))
    return [
        Posting(account=account, amount_fen=fen, order_line_id=order_line_id)
        for account, fen in legs
    ]


def _kept(
    line: LineTaken, *, cooling_off: bool, cause: RefundCause, taught: bool, terms: RefundTerms
) -> Step | None:
    """What the institution keeps of a line, as a negative step; None when that is nothing."""
    if cooling_off:
        return None
    if line.is_material:
        if not taught or cause == RefundCause.INSTITUTION:
            return None
        return Step(label=f"{line.description}已发放使用，不退", amount_fen=-line.net_fen)
    if not line.used or not line.net_fen:
        return None
    at_list = cause == RefundCause.CUSTOMER and terms.customer_basis is Basis.LIST
    if at_list and line.bought and line.list_fen > line.net_fen:
        each, kept_fen = line.list_fen // line.bought, line.list_fen * line.used // line.bought
        label, source = f"已上{line.used}课时，按原价每课时约{yuan(each)}", AT_LIST
    else:
        lessons = line.bought + line.gifts
        each, kept_fen = line.net_fen // lessons, line.net_fen * line.used // lessons
        gifts = f"（含赠送共{lessons}课时）" if line.gifts else ""
        label = f"已上{line.used}课时，每课时约{yuan(each)}{gifts}"
        source = DELIVERED
    return Step(label=label, amount_fen=-min(kept_fen, line.net_fen), source=source)


def needs_head(amount_fen: int) -> bool:
    """Whether the principal has to be one of the two who approve."""
    return amount_fen >= HEAD_FROM_FEN


def is_agreed(approvers_are_head: Sequence[bool], *, amount_fen: int) -> bool:
    """Four eyes: two people have approved, the principal among them for a large sum."""
    return len(approvers_are_head) >= 2 and (not needs_head(amount_fen) or any(approvers_are_head))


def approved_of(
    owed: Sequence[tuple[int, int]], by_line: Sequence[tuple[int, int]]
) -> list[Posting]:
    """Dr 合同负债 what each line is still owed / Cr 其他应付款 what goes back, the difference to
    主营业务收入: what is kept has been earned; what goes back beyond the debt reverses revenue."""
    refunds = dict(by_line)
    postings = []
    for line_id, owed_fen in owed:
        kept_fen = owed_fen - refunds.get(line_id, 0)
        for account, amount_fen in (
            (LedgerAccount.CONTRACT_LIABILITY, owed_fen),
            (LedgerAccount.REVENUE, -kept_fen),
        ):
            if amount_fen:
                postings.append(
                    Posting(account=account, amount_fen=amount_fen, order_line_id=line_id)
                )
    back_fen = sum(refunds.values())
    if back_fen:
        postings.append(Posting(account=LedgerAccount.OTHER_PAYABLE, amount_fen=-back_fen))
    return postings


def paid_back_of(amount_fen: int) -> list[Posting]:
    """Dr 其他应付款 / Cr 银行存款: the money has left the bank."""
    return [
        Posting(account=LedgerAccount.OTHER_PAYABLE, amount_fen=amount_fen),
        Posting(account=LedgerAccount.BANK, amount_fen=-amount_fen),
    ]

"""Posting rules: for each business event, which accounts it may debit and credit, and which line of
the cash-flow statement its money belongs to. `ledger.post` enters nothing that is not in here.

Without I/O. The way of the amounts is the room's rules' business (`rules`, `refund_rules`); this
table says what they may add up to. A new event is a line here, and nothing else.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from backend.finance.chart import EXPENSES, MONEY, OF_PROFIT, LedgerAccount


class Event(StrEnum):
    """What happened, as an accountant would write it on the voucher."""

    RECEIPT = "receipt"
    SURPLUS = "surplus"
    CONSUMPTION = "consumption"
    MATERIAL = "material"
    REFUND = "refund"
    REFUND_PAID = "refund_paid"
    MONEY_MOVED = "money_moved"
    CHEQUE = "cheque"
    CLEARED = "cleared"
    CASH_COUNT = "cash_count"
    FEE = "fee"
    EXPENSE = "expense"
    EXPENSE_PAID = "expense_paid"
    PAYROLL = "payroll"
    PAYROLL_PAID = "payroll_paid"
    PURCHASE = "purchase"
    PURCHASE_PAID = "purchase_paid"
    DEPRECIATION = "depreciation"
    CREDIT = "credit"
    BAD_DEBT = "bad_debt"
    REVERSAL = "reversal"
    OPENING = "opening"
    MANUAL = "manual"


class Flow(StrEnum):
    """行次 of the cash-flow statement (会小企03表) to which money in or out belongs."""

    SALES = "1"
    OTHER_IN = "2"
    SUPPLIERS = "3"
    STAFF = "4"
    TAXES = "5"
    OTHER_OUT = "6"
    INVESTMENTS_BACK = "8"
    INVESTMENT_INCOME = "9"
    ASSETS_SOLD = "10"
    INVESTMENTS_MADE = "11"
    ASSETS_BOUGHT = "12"
    LOANS_TAKEN = "14"
    CAPITAL_IN = "15"
    LOANS_REPAID = "16"
    INTEREST_PAID = "17"
    PROFIT_PAID = "18"
    WITHIN = "0"  # Between our own accounts, and the money there was on the first day.


@dataclass(frozen=True)
class Rule:
    """What an event is called, the accounts it may debit and credit, where its money belongs."""

    name: str
    debit: frozenset[LedgerAccount]
    credit: frozenset[LedgerAccount]
    flow: Flow | None = None


A = LedgerAccount
_ALL = frozenset(A)


def _of(*accounts: LedgerAccount) -> frozenset[LedgerAccount]:
    return frozenset(accounts)


_COLLECTING = MONEY | _of(A.NOTES_RECEIVABLE, A.RECEIVABLE, A.OTHER_RECEIVABLE)
_STOCK = _of(A.RAW_MATERIALS, A.GOODS, A.SUPPLIES)
_CREDITORS = _of(A.PAYABLE, A.NOTES_PAYABLE, A.OTHER_PAYABLE)

RULES: Mapping[Event, Rule] = {
    Event.RECEIPT: Rule(
        "收款",
        _COLLECTING | _of(A.OTHER_PAYABLE, A.ADVANCES),
        _of(A.CONTRACT_LIABILITY, A.RECEIVABLE, A.NOTES_RECEIVABLE, A.TAXES_PAYABLE, A.ADVANCES),
        Flow.SALES,
    ),
    Event.SURPLUS: Rule("多收款", _COLLECTING | _of(A.ADVANCES), _of(A.OTHER_PAYABLE), Flow.SALES),
    Event.CHEQUE: Rule("收到支票", _of(A.NOTES_RECEIVABLE), _of(A.OTHER_PAYABLE)),
    Event.CONSUMPTION: Rule("课消", _of(A.CONTRACT_LIABILITY), _of(A.REVENUE, A.TAXES_PAYABLE)),
    Event.MATERIAL: Rule("教材发放", _of(A.CONTRACT_LIABILITY), _of(A.REVENUE, A.TAXES_PAYABLE)),
    Event.REFUND: Rule(
        "退费审批通过",
        _of(A.CONTRACT_LIABILITY, A.REVENUE, A.FINANCIAL),
        _of(A.OTHER_PAYABLE, A.REVENUE),
    ),
    Event.REFUND_PAID: Rule(
        "退费付出", _of(A.OTHER_PAYABLE), MONEY | _of(A.NOTES_PAYABLE), Flow.SALES
    ),
    Event.MONEY_MOVED: Rule("资金调拨", MONEY, MONEY, Flow.WITHIN),
    Event.CLEARED: Rule(
        "支票到账", MONEY, _of(A.NOTES_RECEIVABLE, A.RECEIVABLE, A.OTHER_RECEIVABLE), Flow.SALES
    ),
    Event.CASH_COUNT: Rule(
        "现金长短款",
        MONEY | _of(A.OTHER_RECEIVABLE, A.NON_OPERATING_EXPENSE),
        MONEY | _of(A.OTHER_PAYABLE, A.NON_OPERATING_INCOME),
    ),
    # What a platform keeps of payments, and gives back of refunds.
    Event.FEE: Rule("手续费", MONEY | _of(A.FINANCIAL), MONEY | _of(A.FINANCIAL), Flow.OTHER_OUT),
    Event.EXPENSE: Rule("费用报销", EXPENSES | _of(A.SUPPLIES), _of(A.OTHER_PAYABLE)),
    Event.EXPENSE_PAID: Rule("报销付款", _of(A.OTHER_PAYABLE), MONEY, Flow.OTHER_OUT),
    Event.PAYROLL: Rule(
        "计提课酬", _of(A.COST, A.SELLING, A.ADMINISTRATION), _of(A.PAYROLL_PAYABLE)
    ),
    Event.PAYROLL_PAID: Rule(
        "发放薪酬", _of(A.PAYROLL_PAYABLE), MONEY | _of(A.TAXES_PAYABLE), Flow.STAFF
    ),
    Event.PURCHASE: Rule(
        "采购入库", _STOCK | EXPENSES | _of(A.FIXED_ASSETS, A.TAXES_PAYABLE), _CREDITORS
    ),
    Event.PURCHASE_PAID: Rule("采购付款", _CREDITORS | _of(A.PREPAID), MONEY, Flow.SUPPLIERS),
    Event.DEPRECIATION: Rule(
        "计提折旧",
        _of(A.COST, A.SELLING, A.ADMINISTRATION),
        _of(A.ACCUMULATED_DEPRECIATION, A.ACCUMULATED_AMORTISATION, A.LONG_PREPAID),
    ),
    Event.CREDIT: Rule("欠费课消", _of(A.RECEIVABLE), _of(A.REVENUE, A.TAXES_PAYABLE)),
    Event.BAD_DEBT: Rule("坏账核销", _of(A.BAD_DEBTS), _of(A.RECEIVABLE, A.OTHER_RECEIVABLE)),
    Event.REVERSAL: Rule("冲销", _ALL, _ALL),
    Event.OPENING: Rule("期初余额", _ALL - OF_PROFIT, _ALL - OF_PROFIT, Flow.WITHIN),
    Event.MANUAL: Rule("手工凭证", _ALL, _ALL),
}


def breaks_rule(event: Event, legs: Iterable[tuple[str, int]]) -> str | None:
    """The first account that an event's legs (account, fen: debit positive) touch on a side that
    its rule does not name; None when all is well."""
    rule = RULES[event]
    for account, amount_fen in legs:
        side = rule.debit if amount_fen > 0 else rule.credit
        if account not in side:
            return f"{'Dr' if amount_fen > 0 else 'Cr'} {account}"
    return None


def flow_of(event: Event, account: str, amount_fen: int, *, named: str | None = None) -> str | None:
    """The cash-flow line of one leg: None unless it is money, else the one that was named, the
    rule's, or other money of operation."""
    if account not in MONEY:
        return None
    if named is not None:
        return Flow(named).value
    of_rule = RULES[event].flow
    if of_rule is not None:
        return of_rule.value
    return (Flow.OTHER_IN if amount_fen > 0 else Flow.OTHER_OUT).value

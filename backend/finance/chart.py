"""会计科目: the chart of accounts of 《小企业会计准则》 (财会〔2011〕17号, 附录), as data.

Codes and names are the standard's. Ours are 2205 合同负债, which the standard books under 2203
预收账款 (the balance sheet shows both on that line), and the few sub-accounts («560113») that the
statutory statements ask for. Accounts below 5 stand in the balance sheet, those from 5 on in the
income statement. Class 4 is not used by a school and left out.
"""

from collections.abc import Mapping
from enum import StrEnum


class LedgerAccount(StrEnum):
    """会计科目, by its statutory code."""

    CASH = "1001"
    BANK = "1002"
    OTHER_MONEY = "1012"
    SHORT_INVESTMENT = "1101"
    NOTES_RECEIVABLE = "1121"
    RECEIVABLE = "1122"
    PREPAID = "1123"
    DIVIDENDS_RECEIVABLE = "1131"
    INTEREST_RECEIVABLE = "1132"
    OTHER_RECEIVABLE = "1221"
    MATERIALS_BUYING = "1401"
    MATERIALS_IN_TRANSIT = "1402"
    RAW_MATERIALS = "1403"
    GOODS = "1405"
    SUPPLIES = "1411"
    LONG_BONDS = "1501"
    LONG_EQUITY = "1511"
    FIXED_ASSETS = "1601"
    ACCUMULATED_DEPRECIATION = "1602"
    CONSTRUCTION = "1604"
    CONSTRUCTION_MATERIALS = "1605"
    DISPOSAL = "1606"
    INTANGIBLES = "1701"
    ACCUMULATED_AMORTISATION = "1702"
    LONG_PREPAID = "1801"
    PENDING_LOSSES = "1901"
    SHORT_LOANS = "2001"
    NOTES_PAYABLE = "2201"
    PAYABLE = "2202"
    ADVANCES = "2203"
    CONTRACT_LIABILITY = "2205"
    PAYROLL_PAYABLE = "2211"
    TAXES_PAYABLE = "2221"
    INTEREST_PAYABLE = "2231"
    PROFIT_PAYABLE = "2232"
    OTHER_PAYABLE = "2241"
    DEFERRED_INCOME = "2401"
    LONG_LOANS = "2501"
    LONG_PAYABLE = "2701"
    CAPITAL = "3001"
    CAPITAL_RESERVE = "3002"
    SURPLUS_RESERVE = "3101"
    PROFIT_OF_YEAR = "3103"
    PROFIT_DISTRIBUTION = "3104"
    REVENUE = "5001"
    OTHER_REVENUE = "5051"
    INVESTMENT_INCOME = "5111"
    NON_OPERATING_INCOME = "5301"
    GOVERNMENT_GRANTS = "530101"
    COST = "5401"
    OTHER_COST = "5402"
    TAXES = "5403"
    SELLING = "5601"
    ADVERTISING = "560113"
    ADMINISTRATION = "5602"
    HOSPITALITY = "560216"
    FINANCIAL = "5603"
    INTEREST = "560301"
    NON_OPERATING_EXPENSE = "5711"
    BAD_DEBTS = "571101"
    INCOME_TAX = "5801"


A = LedgerAccount
NAMES: Mapping[LedgerAccount, str] = {
    A.CASH: "库存现金",
    A.BANK: "银行存款",
    A.OTHER_MONEY: "其他货币资金",
    A.SHORT_INVESTMENT: "短期投资",
    A.NOTES_RECEIVABLE: "应收票据",
    A.RECEIVABLE: "应收账款",
    A.PREPAID: "预付账款",
    A.DIVIDENDS_RECEIVABLE: "应收股利",
    A.INTEREST_RECEIVABLE: "应收利息",
    A.OTHER_RECEIVABLE: "其他应收款",
    A.MATERIALS_BUYING: "材料采购",
    A.MATERIALS_IN_TRANSIT: "在途物资",
    A.RAW_MATERIALS: "原材料",
    A.GOODS: "库存商品",
    A.SUPPLIES: "周转材料",
    A.LONG_BONDS: "长期债券投资",
    A.LONG_EQUITY: "长期股权投资",
    A.FIXED_ASSETS: "固定资产",
    A.ACCUMULATED_DEPRECIATION: "累计折旧",
    A.CONSTRUCTION: "在建工程",
    A.CONSTRUCTION_MATERIALS: "工程物资",
    A.DISPOSAL: "固定资产清理",
    A.INTANGIBLES: "无形资产",
    A.ACCUMULATED_AMORTISATION: "累计摊销",
    A.LONG_PREPAID: "长期待摊费用",
    A.PENDING_LOSSES: "待处理财产损溢",
    A.SHORT_LOANS: "短期借款",
    A.NOTES_PAYABLE: "应付票据",
    A.PAYABLE: "应付账款",
    A.ADVANCES: "预收账款",
    A.CONTRACT_LIABILITY: "合同负债",
    A.PAYROLL_PAYABLE: "应付职工薪酬",
    A.TAXES_PAYABLE: "应交税费",
    A.INTEREST_PAYABLE: "应付利息",
    A.PROFIT_PAYABLE: "应付利润",
    A.OTHER_PAYABLE: "其他应付款",
    A.DEFERRED_INCOME: "递延收益",
    A.LONG_LOANS: "长期借款",
    A.LONG_PAYABLE: "长期应付款",
    A.CAPITAL: "实收资本",
    A.CAPITAL_RESERVE: "资本公积",
    A.SURPLUS_RESERVE: "盈余公积",
    A.PROFIT_OF_YEAR: "本年利润",
    A.PROFIT_DISTRIBUTION: "利润分配",
    A.REVENUE: "主营业务收入",
    A.OTHER_REVENUE: "其他业务收入",
    A.INVESTMENT_INCOME: "投资收益",
    A.NON_OPERATING_INCOME: "营业外收入",
    A.GOVERNMENT_GRANTS: "营业外收入—政府补助",
    A.COST: "主营业务成本",
    A.OTHER_COST: "其他业务成本",
    A.TAXES: "营业税金及附加",
    A.SELLING: "销售费用",
    A.ADVERTISING: "销售费用—广告费和业务宣传费",
    A.ADMINISTRATION: "管理费用",
    A.HOSPITALITY: "管理费用—业务招待费",
    A.FINANCIAL: "财务费用",
    A.INTEREST: "财务费用—利息费用",
    A.NON_OPERATING_EXPENSE: "营业外支出",
    A.BAD_DEBTS: "营业外支出—坏账损失",
    A.INCOME_TAX: "所得税费用",
}

MONEY = frozenset({A.CASH, A.BANK, A.OTHER_MONEY})
"""货币资金: what the cash-flow statement explains."""

INCOME = frozenset(
    {
        A.REVENUE,
        A.OTHER_REVENUE,
        A.INVESTMENT_INCOME,
        A.NON_OPERATING_INCOME,
        A.GOVERNMENT_GRANTS,
    }
)
EXPENSES = frozenset(each for each in A if each >= "5401")
OF_PROFIT = INCOME | EXPENSES
"""Accounts of the income statement."""


def is_of_profit(account: str) -> bool:
    """Whether an account stands in the income statement."""
    return account >= "5"

"""The statutory statements as data: balance sheet (会小企01表), income statement (会小企02表)
and cash-flow statement (会小企03表) of 《小企业会计准则》 (财会〔2011〕17号, 附录). Row numbers and
names are the form's.

A row is a sum of accounts (by the beginning of their code) or of other rows (with a sign). 2205
合同负债 stands on 预收账款, and what the income accounts hold on 未分配利润: profits are not
carried over by entries (表结法).
"""

from collections.abc import Mapping
from dataclasses import dataclass

from backend.finance.posting import Flow


@dataclass(frozen=True)
class Row:
    """One line of a statement. `number` 0 is a heading. `accounts` are summed as debits less
    credits, times `sign`; `rows` are (number, sign) of other lines. `is_of_which`: 其中."""

    number: int
    name: str
    accounts: tuple[str, ...] = ()
    without: tuple[str, ...] = ()
    sign: int = 1
    rows: tuple[tuple[int, int], ...] = ()
    is_of_which: bool = False


def _plus(*numbers: int) -> tuple[tuple[int, int], ...]:
    return tuple((number, 1) for number in numbers)


def _owed(number: int, name: str, *accounts: str) -> Row:
    return Row(number, name, accounts, sign=-1)


ASSETS = (
    Row(0, "流动资产："),
    Row(1, "货币资金", ("1001", "1002", "1012")),
    Row(2, "短期投资", ("1101",)),
    Row(3, "应收票据", ("1121",)),
    Row(4, "应收账款", ("1122",)),
    Row(5, "预付账款", ("1123",)),
    Row(6, "应收股利", ("1131",)),
    Row(7, "应收利息", ("1132",)),
    Row(8, "其他应收款", ("1221",)),
    Row(9, "存货", ("1401", "1402", "1403", "1405", "1411")),
    Row(10, "其中：原材料", ("1403",), is_of_which=True),
    Row(11, "在产品", is_of_which=True),
    Row(12, "库存商品", ("1405",), is_of_which=True),
    Row(13, "周转材料", ("1411",), is_of_which=True),
    Row(14, "其他流动资产", ("1901",)),
    Row(15, "流动资产合计", rows=_plus(*range(1, 10), 14)),
    Row(0, "非流动资产："),
    Row(16, "长期债券投资", ("1501",)),
    Row(17, "长期股权投资", ("1511",)),
    Row(18, "固定资产原价", ("1601",)),
    Row(19, "减：累计折旧", ("1602",), sign=-1),
    Row(20, "固定资产账面价值", rows=((18, 1), (19, -1))),
    Row(21, "在建工程", ("1604",)),
    Row(22, "工程物资", ("1605",)),
    Row(23, "固定资产清理", ("1606",)),
    Row(24, "生产性生物资产"),
    Row(25, "无形资产", ("1701", "1702")),
    Row(26, "开发支出"),
    Row(27, "长期待摊费用", ("1801",)),
    Row(28, "其他非流动资产"),
    Row(29, "非流动资产合计", rows=_plus(16, 17, *range(20, 29))),
    Row(30, "资产总计", rows=_plus(15, 29)),
)
LIABILITIES = (
    Row(0, "流动负债："),
    _owed(31, "短期借款", "2001"),
    _owed(32, "应付票据", "2201"),
    _owed(33, "应付账款", "2202"),
    _owed(34, "预收账款", "2203", "2205"),
    _owed(35, "应付职工薪酬", "2211"),
    _owed(36, "应交税费", "2221"),
    _owed(37, "应付利息", "2231"),
    _owed(38, "应付利润", "2232"),
    _owed(39, "其他应付款", "2241"),
    Row(40, "其他流动负债"),
    Row(41, "流动负债合计", rows=_plus(*range(31, 41))),
    Row(0, "非流动负债："),
    _owed(42, "长期借款", "2501"),
    _owed(43, "长期应付款", "2701"),
    _owed(44, "递延收益", "2401"),
    Row(45, "其他非流动负债"),
    Row(46, "非流动负债合计", rows=_plus(*range(42, 46))),
    Row(47, "负债合计", rows=_plus(41, 46)),
    Row(0, "所有者权益（或股东权益）："),
    _owed(48, "实收资本（或股本）", "3001"),
    _owed(49, "资本公积", "3002"),
    _owed(50, "盈余公积", "3101"),
    _owed(51, "未分配利润", "3103", "3104", "5"),
    Row(52, "所有者权益（或股东权益）合计", rows=_plus(*range(48, 52))),
    Row(53, "负债和所有者权益（或股东权益）总计", rows=_plus(47, 52)),
)
BALANCE_SHEET = (*ASSETS, *LIABILITIES)
INCOME_STATEMENT = (
    Row(1, "一、营业收入", ("5001", "5051"), sign=-1),
    Row(2, "减：营业成本", ("5401", "5402")),
    Row(3, "营业税金及附加", ("5403",)),
    Row(4, "其中：消费税", is_of_which=True),
    Row(5, "营业税", is_of_which=True),
    Row(6, "城市维护建设税", is_of_which=True),
    Row(7, "资源税", is_of_which=True),
    Row(8, "土地增值税", is_of_which=True),
    Row(9, "城镇土地使用税、房产税、车船税、印花税", is_of_which=True),
    Row(10, "教育费附加、矿产资源补偿费、排污费", is_of_which=True),
    Row(11, "销售费用", ("5601",)),
    Row(12, "其中：商品维修费", is_of_which=True),
    Row(13, "广告费和业务宣传费", ("560113",), is_of_which=True),
    Row(14, "管理费用", ("5602",)),
    Row(15, "其中：开办费", is_of_which=True),
    Row(16, "业务招待费", ("560216",), is_of_which=True),
    Row(17, "研究费用", is_of_which=True),
    Row(18, "财务费用", ("5603",)),
    Row(19, "其中：利息费用（收入以“-”号填列）", ("560301",), is_of_which=True),
    Row(20, "加：投资收益（损失以“-”号填列）", ("5111",), sign=-1),
    Row(
        21,
        "二、营业利润（亏损以“-”号填列）",
        rows=((1, 1), (2, -1), (3, -1), (11, -1), (14, -1), (18, -1), (20, 1)),
    ),
    Row(22, "加：营业外收入", ("5301",), sign=-1),
    Row(23, "其中：政府补助", ("530101",), sign=-1, is_of_which=True),
    Row(24, "减：营业外支出", ("5711",)),
    Row(25, "其中：坏账损失", ("571101",), is_of_which=True),
    Row(26, "无法收回的长期债券投资损失", is_of_which=True),
    Row(27, "无法收回的长期股权投资损失", is_of_which=True),
    Row(28, "自然灾害等不可抗力因素造成的损失", is_of_which=True),
    Row(29, "税收滞纳金", is_of_which=True),
    Row(30, "三、利润总额（亏损总额以“-”号填列）", rows=((21, 1), (22, 1), (24, -1))),
    Row(31, "减：所得税费用", ("5801",)),
    Row(32, "四、净利润（净亏损以“-”号填列）", rows=((30, 1), (31, -1))),
)
CASH_FLOW = (
    Row(0, "一、经营活动产生的现金流量："),
    Row(1, "销售产成品、商品、提供劳务收到的现金"),
    Row(2, "收到其他与经营活动有关的现金"),
    Row(3, "购买原材料、商品、接受劳务支付的现金"),
    Row(4, "支付的职工薪酬"),
    Row(5, "支付的税费"),
    Row(6, "支付其他与经营活动有关的现金"),
    Row(
        7,
        "经营活动产生的现金流量净额",
        rows=((1, 1), (2, 1), (3, -1), (4, -1), (5, -1), (6, -1)),
    ),
    Row(0, "二、投资活动产生的现金流量："),
    Row(8, "收回短期投资、长期债券投资和长期股权投资收到的现金"),
    Row(9, "取得投资收益收到的现金"),
    Row(10, "处置固定资产、无形资产和其他非流动资产收回的现金净额"),
    Row(11, "短期投资、长期债券投资和长期股权投资支付的现金"),
    Row(12, "购建固定资产、无形资产和其他非流动资产支付的现金"),
    Row(
        13,
        "投资活动产生的现金流量净额",
        rows=((8, 1), (9, 1), (10, 1), (11, -1), (12, -1)),
    ),
    Row(0, "三、筹资活动产生的现金流量："),
    Row(14, "取得借款收到的现金"),
    Row(15, "吸收投资者投资收到的现金"),
    Row(16, "偿还借款本金支付的现金"),
    Row(17, "偿还借款利息支付的现金"),
    Row(18, "分配利润支付的现金"),
    Row(
        19,
        "筹资活动产生的现金流量净额",
        rows=((14, 1), (15, 1), (16, -1), (17, -1), (18, -1)),
    ),
    Row(20, "四、现金净增加额", rows=_plus(7, 13, 19)),
    Row(21, "加：期初现金余额"),
    Row(22, "五、期末现金余额", rows=_plus(20, 21)),
)
OUTFLOWS = frozenset({3, 4, 5, 6, 11, 12, 16, 17, 18})
"""Lines of the cash-flow statement that say what was paid."""
FLOW_NAMES: Mapping[str, str] = {
    **{str(row.number): row.name for row in CASH_FLOW if row.number and not row.rows},
    Flow.WITHIN: "内部资金调拨（不计入现金流量）",
}

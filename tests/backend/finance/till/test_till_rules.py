"""The till's decisions, as tables (F6)."""

from datetime import date

import pytest

from backend.finance import posting
from backend.finance import rules as finance
from backend.finance.posting import Event
from backend.finance.schemas import LedgerAccount
from backend.finance.till import rules
from backend.finance.till.words import (
    Candidate,
    CountWrong,
    StatementLine,
    StatementUnread,
    Verdict,
)

HEADINGS = {
    "ICBC": [
        "交易日期",
        "摘要",
        "贷方发生额（元）",
        "借方发生额（元）",
        "对方户名",
        "附言",
        "流水号",
    ],
    "CMB": ["交易时间", "收入金额", "支出金额", "对方名称", "用途", "交易序号"],
    "flag": ["日期", "借贷标志", "交易金额", "付款人名称", "备注"],
}
ROWS = {
    "ICBC": [
        ["20261125", "汇款", "1,280.00", "", "陈建国", "订单202611251234567890", "A1"],
        ["20261125", "工资", "", "9,000.00", "王敏", "", "A2"],
    ],
    "CMB": [["2026-11-25 10:22:31", "1280", "", "陈建国", "订单202611251234567890", "A1"]],
    "flag": [
        ["2026年11月25日", "贷", "¥1280.00", "陈建国", "订单202611251234567890"],
        ["2026/11/25", "借", "55", "电力公司", ""],
    ],
}


@pytest.mark.parametrize("bank", HEADINGS)
def test_statements_of_several_banks_are_read(bank: str) -> None:
    (line,) = rules.statement_of(HEADINGS[bank], ROWS[bank])
    assert (line.booked_on, line.amount_fen, line.payer) == (date(2026, 11, 25), 128000, "陈建国")
    assert "202611251234567890" in line.memo


@pytest.mark.parametrize(
    ("headings", "row"), [(["姓名", "金额"], ["陈", "1"]), (["日期", "收入"], ["昨天", "12"])]
)
def test_what_is_no_statement_is_refused(headings: list[str], row: list[str]) -> None:
    with pytest.raises(StatementUnread):
        rules.statement_of(headings, [row])


def test_equal_lines_are_as_many_as_there_are_however_often_imported() -> None:
    line = StatementLine(booked_on=date(2026, 11, 25), amount_fen=1, payer="陈")
    first = rules.fingerprints([line, line])
    assert len(set(first)) == 2
    assert rules.fingerprints([line]) == first[:1]
    assert rules.fingerprints([line, line, line])[:2] == first


CHEN = Candidate(
    order_id=1, number="202611250000000001", due_fen=128000, payers=frozenset({"陈建国"}),
    references=frozenset({"HK77"}),
)  # fmt: skip
TWIN = CHEN.model_copy(update={"order_id": 2, "number": "202611250000000002"})
OTHER = Candidate(order_id=3, number="202611250000000003", due_fen=5000)


@pytest.mark.parametrize(
    ("said", "candidates", "order_id"),
    [
        ({"payer": "陈建国"}, [CHEN, OTHER], 1),
        ({"payer": "陈建国"}, [CHEN, TWIN], None),  # Two fit: a person decides.
        ({"payer": "陈建国", "memo": "学费202611250000000002"}, [CHEN, TWIN], 2),
        ({"payer": "公司", "serial": "HK77"}, [CHEN, OTHER], 1),
        ({"payer": "李四"}, [CHEN, OTHER], None),
        ({"payer": "陈建国", "amount_fen": 127999}, [CHEN], None),
        ({"payer": "", "memo": ""}, [OTHER], None),
    ],
)
def test_whose_money_a_line_is(
    said: dict[str, object], candidates: list[Candidate], order_id: int | None
) -> None:
    line = StatementLine.model_validate(
        {"booked_on": date(2026, 11, 25), "amount_fen": 128000, **said}
    )
    assert rules.whose(line, candidates) == order_id


def test_a_drawer_is_counted_by_face_value() -> None:
    assert rules.counted_fen({"10000": 12, "100": 3, "10": 5}) == 120350
    for wrong in ({"300": 1}, {"100": -1}):
        with pytest.raises(CountWrong):
            rules.counted_fen(wrong)


@pytest.mark.parametrize(
    ("difference_fen", "fitting"),
    [
        (0, {Verdict.EVEN}),
        (-500, {Verdict.LOSS, Verdict.OWED}),
        (500, {Verdict.GAIN, Verdict.GIVE_BACK}),
    ],
)
def test_a_difference_is_booked_only_as_what_it_is(
    difference_fen: int, fitting: set[Verdict]
) -> None:
    assert {each for each in Verdict if rules.fits(each, difference_fen)} == fitting
    for verdict in fitting - {Verdict.EVEN}:
        legs = [
            (each.account, each.amount_fen)
            for each in rules.difference_of(difference_fen, verdict, campus_id=1)
        ]
        assert posting.breaks_rule(Event.CASH_COUNT, legs) is None
        assert (LedgerAccount.CASH, difference_fen) in legs


def test_parts_never_stand_for_more_than_a_line_costs() -> None:
    """Whatever the parts, line by line: the advance stays within the price, and sums up."""
    nets = [(1, 1), (2, 1), (3, 119_998)]
    had: dict[int, int] = {}
    for part in (1, 1, 60_000, 59_997):
        legs = finance.part_of(part, nets, account=LedgerAccount.CASH, before=list(had.items()))
        assert sum(each.amount_fen for each in legs) == 0
        for each in legs[1:]:
            assert each.order_line_id is not None
            had[each.order_line_id] = had.get(each.order_line_id, 0) - each.amount_fen
        assert all(had.get(line, 0) <= net for line, net in nets)
    legs = finance.receipt_of(nets, account=LedgerAccount.CASH, before=list(had.items()))
    assert sum(each.amount_fen for each in legs) == 0
    assert legs[0].amount_fen == 120_000 - sum(had.values())

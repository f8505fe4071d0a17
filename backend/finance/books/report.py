"""The monthly analysis in sentences: each finding and each piece of advice names the figures it
comes from, and each figure opens the rows behind it. Pure: figures in, sentences out.

A sentence is composed from its figures' own words, so it cannot say a number that it does not cite.
"""

from collections.abc import Mapping, Sequence
from datetime import date
from urllib.parse import urlencode

from pydantic import BaseModel, ConfigDict

from backend.finance.books.analysis import Contribution, Earned, Effects, RollForward
from backend.finance.books.statements import Statements
from backend.finance.chart import NAMES, OF_PROFIT, LedgerAccount
from backend.kit.money import yuan

ODD_SHARE, ODD_FEN = 50, 500_000
"""An account is odd when it moves half away from its own average, and by 5,000 yuan at least."""
THIN_COVER = 50
"""Percent of what is left to teach that should be there as money."""


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True)


class Figure(_Frozen):
    """A number as it is said, what it is, and where its rows are."""

    name: str
    words: str
    url: str


class Sentence(_Frozen):
    """A finding or a piece of advice, with the figures in it."""

    text: str
    figures: tuple[Figure, ...]
    is_advice: bool = False


class Sources(_Frozen):
    """All that a report is written from. `by_course` and `by_course_before` are the month's and the
    former month's; `profits` are (month, revenue, net profit) of the last months; `averages` what
    each account moved on average in the months before."""

    now: Statements
    before: Statements
    rolled: RollForward
    effects: Effects
    by_course: tuple[Earned, ...]
    contributions: tuple[Contribution, ...]
    course_names: Mapping[int, str]
    class_names: Mapping[int, str]
    moved: Mapping[str, int]
    averages: Mapping[str, int]


def sentences(sources: Sources) -> list[Sentence]:
    """The report of a month: results, why, what is owed, classes, oddities; advice last."""
    return [
        *_results(sources),
        *_why(sources),
        *_liability(sources),
        *_classes(sources),
        *_oddities(sources),
    ]


def rows_url(month: date, campus_id: int | None, **wanted: object) -> str:
    """Where the entries behind a figure are."""
    chosen = {"month": f"{month:%Y-%m}", "campus": campus_id, **wanted}
    return "/books/entries?" + urlencode({key: value for key, value in chosen.items() if value})


def _money(sources: Sources, name: str, fen: int, **wanted: object) -> Figure:
    url = rows_url(sources.now.month, sources.now.campus_id, **wanted)
    return Figure(name=name, words=yuan(fen), url=url)


def _share(sources: Sources, name: str, part: int, whole: int, **wanted: object) -> Figure:
    percent = part * 1000 // whole / 10 if whole else 0.0
    url = rows_url(sources.now.month, sources.now.campus_id, **wanted)
    return Figure(name=name, words=f"{percent:.1f}%", url=url)


def _say(text: str, *figures: Figure, is_advice: bool = False) -> Sentence:
    return Sentence(
        text=text.format(*(each.words for each in figures)), figures=figures, is_advice=is_advice
    )


def _results(sources: Sources) -> list[Sentence]:
    now, before = sources.now.income, sources.before.income
    revenue_fen, former_fen = now.fen(1, second=True), before.fen(1, second=True)
    profit_fen = now.fen(32, second=True)
    revenue = _money(sources, "本月营业收入", revenue_fen, account="5001")
    former = Figure(
        name="上月营业收入",
        words=yuan(former_fen),
        url=rows_url(sources.before.month, sources.now.campus_id, account="5001"),
    )
    profit = _money(sources, "本月净利润", profit_fen, account="5")
    change = _money(sources, "变动额", abs(revenue_fen - former_fen), account="5001")
    verb = "增加" if revenue_fen >= former_fen else "减少"
    said = [
        _say(f"本月营业收入{{}}，上月{{}}，{verb}{{}}。", revenue, former, change),
        _say(f"本月净{'利润' if profit_fen >= 0 else '亏损（负数）'}{{}}。", profit),
    ]
    if profit_fen < 0:
        costs = _money(sources, "本月营业成本", now.fen(2, second=True), account="5401")
        fees = _money(sources, "本月管理费用", now.fen(14, second=True), account="5602")
        said.append(
            _say(
                "本月亏损{}：建议先核对营业成本{}和管理费用{}里最大的几笔，再定下月预算。",
                *(profit, costs, fees),
                is_advice=True,
            )
        )
    return said


def _why(sources: Sources) -> list[Sentence]:
    found = sources.effects
    if not found.before_fen or found.now_fen == found.before_fen:
        return []
    parts = [
        _money(sources, name, fen, account="5001", by="course")
        for name, fen in (
            ("单价影响", found.price_fen),
            ("课时量影响", found.volume_fen),
            ("课程结构影响", found.mix_fen),
        )
    ]
    said = [_say("收入变动中，单价影响{}，课时量影响{}，课程结构影响{}。", *parts)]
    if found.volume_fen < 0 and -found.volume_fen * 2 >= abs(found.now_fen - found.before_fen):
        said.append(
            _say(
                "课时量少带来{}，是收入变动的主要原因：建议检查停课、请假较多的班级，安排补课和续费跟进。",
                parts[1],
                is_advice=True,
            )
        )
    if sources.by_course and sources.by_course[0].fen > 0:
        best, whole = sources.by_course[0], sum(each.fen for each in sources.by_course)
        wanted = {"account": "5001", "course": best.key}
        name = sources.course_names.get(best.key or 0, "未分课程")
        figures = (
            _money(sources, f"{name}收入", best.fen, **wanted),
            _share(sources, f"{name}占比", best.fen, whole, **wanted),
        )
        said.append(_say(f"收入最多的课程是{_plain(name)}，{{}}，占{{}}。", *figures))
    return said


def _liability(sources: Sources) -> list[Sentence]:
    rolled = sources.rolled
    account = LedgerAccount.CONTRACT_LIABILITY
    figures = [
        _money(sources, name, fen, account=account, event=event)
        for name, fen, event in (
            ("期初合同负债", rolled.opening_fen, ""),
            ("本月收款", rolled.received_fen, "receipt"),
            ("本月课消", rolled.earned_fen, "consumption"),
            ("本月退费", rolled.refunded_fen, "refund"),
            ("期末合同负债", rolled.closing_fen, ""),
        )
    ]
    said = [_say("合同负债期初{}，收款{}，课消{}，退费{}，期末{}。", *figures)]
    money_fen, owed_fen = sources.now.balance_sheet.fen(1), rolled.closing_fen
    if owed_fen > 0:
        money = _money(sources, "期末货币资金", money_fen, account="100")
        cover = _share(sources, "资金覆盖率", money_fen, owed_fen, account=account)
        said.append(_say("期末货币资金{}，是未上课学费的{}。", money, cover))
        if money_fen * 100 < owed_fen * THIN_COVER:
            said.append(
                _say(
                    "资金只够未上课学费的{}：建议暂缓大额支出，先保证退费和课酬。",
                    *(cover,),
                    is_advice=True,
                )
            )
    return said


def _classes(sources: Sources) -> list[Sentence]:
    losing = [each for each in sources.contributions if each.fen < 0]
    if not losing:
        return []
    worst = losing[0]
    name = sources.class_names.get(worst.class_group_id, "班级")
    wanted = {"class": worst.class_group_id}
    figures = (
        _money(sources, f"{name}收入", worst.revenue_fen, account="5001", **wanted),
        _money(sources, f"{name}课酬", worst.teacher_fen, account="5401", **wanted),
        Figure(
            name=f"{name}教室成本",
            words=yuan(worst.room_fen),
            url=f"/books/analysis?month={sources.now.month:%Y-%m}#classes",
        ),
        _money(sources, f"{name}贡献", worst.fen, **wanted),
    )
    return [
        _say(f"{_plain(name)}收入{{}}，课酬{{}}，教室{{}}，贡献{{}}，是最低的班级。", *figures),
        _say(
            f"{_plain(name)}贡献{{}}：建议招满、合班或调整开班人数。",
            figures[3],
            is_advice=True,
        ),
    ]


def _oddities(sources: Sources) -> list[Sentence]:
    said = []
    for account, average in sorted(sources.averages.items()):
        fen = sources.moved.get(account, 0)
        gap = fen - average
        if account < "5" or abs(gap) < ODD_FEN or abs(gap) * 100 < abs(average) * ODD_SHARE:
            continue
        name = NAMES[LedgerAccount(account)]
        figures = (
            _money(sources, f"本月{name}", fen, account=account),
            _money(sources, f"{name}前几个月平均", average, account=account, trend=1),
        )
        said.append(_say(f"{name}本月{{}}，前几个月平均{{}}，明显异常。", *figures))
        if account >= "54" and gap > 0:
            said.append(
                _say(f"{name}{{}}超出平常：建议打开明细逐笔核对。", figures[0], is_advice=True)
            )
    return said


def averages_of(earlier: Sequence[Mapping[str, int]]) -> dict[str, int]:
    """What each account of profit moved on average in the months before (two at least)."""
    if len(earlier) < 2:
        return {}
    accounts = {account for month in earlier for account in month if account in OF_PROFIT}
    return {
        account: sum(month.get(account, 0) for month in earlier) // len(earlier)
        for account in accounts
    }


def _plain(name: str) -> str:
    """A name as part of a format."""
    return name.replace("{", "").replace("}", "")

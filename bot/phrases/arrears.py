"""Sentences about instalments and what is owed."""

from collections.abc import Mapping, Sequence
from datetime import date

from backend.finance.arrears.schemas import Age, PartView
from backend.finance.arrears.words import AGES
from backend.finance.schemas import OrderView
from backend.kit import clock
from backend.kit.money import yuan

NOTHING_OWED = "您现在没有欠费，也没有待付的分期款。查订单请回复「我的订单」。"
NEXT = "现在付请回复「付分期」，想晚几天请说哪天，例如「下周五付」。"
STAFF_NONE = "现在没有逾期的分期款。全部待付的见：{url}"
STAFF_TITLE = "欠费列表"
PROMISED = "好的，记下了：{day}付{amount}。那天之前不再提醒您；提前付请回复「付分期」。"
TOO_FAR = "最晚可以约到{day}。请换个日期告诉我，或回复「转人工」和财务老师商量。"
TOO_OFTEN = "已经改过两次日期了。现在付请回复「付分期」，有困难请回复「转人工」和财务老师商量。"
ONE_LESSON = "至少付1课时的，这一期每课时约{each}。请换个金额，或回复「付分期」付全部。"
SOME = "{amount}可以先付{lessons}课时，共{total}，其余的照原来的日期付。"
PLAN_NOTHING = "请先报名，出了待付款的订单再说分几期，例如「分3期付」。报名请回复「报名」。"
PLAN_BEGUN = (
    "这笔订单已经打开过付款页，改不成分期了。请回复「取消订单」重新报名，付款前先说「分3期付」。"
)
PLAN_UNFIT = "这笔订单不能这样分：每期至少1课时，最多6期。请换个期数，或回复「转人工」问财务老师。"


def owed(parts: Sequence[PartView], names: Mapping[int, str], today: date) -> str:
    """What a family has still to pay, soonest first."""
    lines = [f"{_whom(part, names)}{_when(part, today)}" for part in parts]
    total = yuan(sum(part.amount_fen for part in parts))
    return "\n".join([*lines, f"一共还有{total}。{NEXT}"])


def _whom(part: PartView, names: Mapping[int, str]) -> str:
    name = names.get(part.student_id or 0)
    child = f"{name}的" if name else ""
    return (
        f"{child}{part.description}第{part.place}期{yuan(part.amount_fen)}（{part.lessons}课时），"
    )


def _when(part: PartView, today: date) -> str:
    if part.promised_on is not None and part.promised_on >= today:
        return f"已约好{_day(part.promised_on)}付"
    late = part.days_late(today)
    return f"逾期{late}天" if late > 0 else f"{_day(part.due_on)}到期"


def planned(parts: Sequence[PartView]) -> str:
    """A plan that has just been made."""
    lines = [
        f"第{part.place}期{yuan(part.amount_fen)}（{part.lessons}课时），"
        + ("现在付" if part.place == 1 else f"{_day(part.due_on)}前付")
        for part in parts
    ]
    return (
        "好的，分期安排如下：\n" + "\n".join(lines) + "\n每期的课时在付款后到账，到期前会提醒您。"
    )


def card(order: OrderView) -> str:
    """What the payment card of an instalment says."""
    return (
        f"{order.lines[0].description}\n订单号 {order.number}\n"
        f"请在{clock.local(order.expires_at):%H:%M}前点这里用微信支付，付款后课时自动到账。"
    )


def overdue(
    parts: Sequence[PartView],
    names: Mapping[int, str],
    ages: Mapping[Age, int],
    today: date,
    *,
    most: int = 5,
) -> str:
    """Who owes what, for the accountant."""
    lines = [
        f"{n}. {names.get(part.student_id or 0, '学员')}：{yuan(part.amount_fen)}，"
        f"逾期{part.days_late(today)}天"
        + (f"，承诺{_day(part.promised_on)}付" if part.promised_on else "")
        for n, part in enumerate(parts[:most], 1)
    ]
    total = yuan(sum(part.amount_fen for part in parts))
    by_age = "，".join(
        f"{AGES[age]}{yuan(fen)}" for age, fen in ages.items() if fen and age is not Age.NOT_DUE
    )
    return f"逾期{len(parts)}笔，共{total}（{by_age}）：\n" + "\n".join(lines) + "\n点开看全部："


def _day(on: date) -> str:
    return f"{on.month}月{on.day}日"

"""Sentences for somebody who finds it dear."""

from collections.abc import Sequence

from backend.finance.prices.schemas import Occasion, PromotionView
from backend.kit.money import yuan

ADVISOR = "找顾问谈"
PARTS = "可以分期付，报名下单后回复「分3期付」"
_WHEN = {
    Occasion.CAMPAIGN: "现在报名就有",
    Occasion.EARLY_BIRD: "开课前{days}天以上报名就有",
    Occasion.SIBLING: "两个孩子一起报，后报的孩子有",
}


def ways(found: Sequence[str], *, names_class: bool) -> str:
    """What costs less, numbered without being a choice, and who can be asked for more."""
    listed = "\n".join(f"· {each}" for each in found)
    more = "" if names_class else "告诉我想学哪门课，我帮您找便宜些的班。"
    return (
        f"理解，学费是笔不小的开支。可以省一点的办法：\n{listed}\n"
        f"{more}还想再商量，回复「{ADVISOR}」。"
    )


def cheaper_class(name: str, fen: int, than_fen: int) -> str:
    return f"{name} {yuan(fen)}，便宜{yuan(than_fen - fen)}，想报回复「报名{name}」"


def bundle(lessons: int, fen: int) -> str:
    return f"先买{lessons}课时包，{yuan(fen)}，报名时回复「{lessons}课时包」"


def discount(each: PromotionView) -> str:
    """A promotion that holds today."""
    off = f"打{each.percent / 10:g}折" if each.percent < 100 else ""
    less = f"减{yuan(each.amount_fen)}" if each.amount_fen else ""
    gift = f"赠{each.gift_lessons}课时" if each.gift_lessons else ""
    least = f"满{yuan(each.from_fen)}" if each.from_fen else ""
    when = _WHEN[each.occasion].format(days=each.days_before)
    return f"{each.name}：{least}{off}{less}{gift}，{when}"

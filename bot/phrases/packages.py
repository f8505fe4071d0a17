"""Sentences about packages."""

from collections.abc import Mapping, Sequence

from backend.finance.prices.schemas import PackageView, Quote
from backend.kit.money import yuan

NONE = "目前没有在售的套餐。想看单门课的价格，直接告诉我科目，比如「英语多少钱」。"
ASK_CAMPUS = "想在哪个校区上课？回复序号就行：\n{listed}"
NO_CAMPUS = "没有这个校区，请回复校区前的序号，比如「1」。"
LATER = "付款后由教务老师和您约时间排班"
NEXT = "想要哪个，回复「报第1个」这样就行；想比单门课的价格，直接问科目。"


def listed(found: Sequence[tuple[PackageView, Quote]], names: Mapping[int, str]) -> str:
    """What is on sale, numbered: contents, price, what it saves, with a seat or without."""
    lines = []
    for number, (package, quote) in enumerate(found, 1):
        contents = "＋".join(f"{names[i.course_id]}{i.lesson_count}课时" for i in package.items)
        saved = quote.list_fen - quote.total_fen
        less = f"，比分开买省{yuan(saved)}" if saved > 0 else ""
        seat = "含一个班的名额" if package.takes_seat else "只买课时，排班以后再定"
        lines.append(
            f"{number}. {package.name}：{contents}，{yuan(quote.total_fen)}{less}（{seat}）"
        )
    return "\n".join([*lines, NEXT])

"""Sentences that put classes side by side."""

from backend.admissions.advice import Suggestion, Wish
from backend.kit.money import yuan
from bot.phrases import courses

_NEXT = "想报哪个回复序号就行，想先听一节回复「试听」。"


def side_by_side(
    found: list[tuple[int, Suggestion]], wish: Wish, *, better: Suggestion | None
) -> str:
    """What differs, class by class; then what they have in common, and which suits better."""
    facts = {
        "时间": [courses.slots(each.offer.weekly) for _, each in found],
        "校区": [each.offer.campus_name for _, each in found],
        "老师": [f"{each.offer.teacher_name}老师" for _, each in found],
        "适合": [
            courses.grades(each.offer).removeprefix("适合") or "不限年级" for _, each in found
        ],
        "内容": [each.offer.summary for _, each in found],
        "价格": [
            f"{yuan(each.price.total_fen)}/{each.price.lesson_count}课时"
            if each.price
            else "请咨询顾问"
            for _, each in found
        ],
        "开课": [
            f"{each.offer.starts_on.month}月{each.offer.starts_on.day}日" for _, each in found
        ],
        "名额": [
            f"还剩{each.offer.seats_left}个" if each.offer.seats_left else "已满，可候补"
            for _, each in found
        ],
    }
    differs = {name: values for name, values in facts.items() if len(set(values)) > 1}
    same = [
        {"开课": f"{values[0]}开课", "名额": f"名额{values[0]}"}.get(name, values[0])
        for name, values in facts.items()
        if len(set(values)) == 1
    ]
    blocks = [
        f"{number}. {each.offer.name}\n"
        + "\n".join(f"{name}：{values[place]}" for name, values in differs.items())
        for place, (number, each) in enumerate(found)
    ]
    told = "\n\n".join(blocks)
    if same:
        told += f"\n\n一样的：{'、'.join(same)}。"
    if better is not None:
        told += f"\n\n按您说的，「{better.offer.name}」更合适{_why(better, wish)}。"
    elif wish != Wish():
        told += "\n\n按您说的，这几个都合适，看哪个时间和价格更方便。"
    return f"{told}\n\n{_NEXT}"


def _why(better: Suggestion, wish: Wish) -> str:
    line = courses.reasons(better, wish).strip().partition("；")[0]
    return f"（{line.removeprefix('合适：')}）" if line.startswith("合适") else ""

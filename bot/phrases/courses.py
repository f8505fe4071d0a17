"""Sentences about what is on offer."""

from collections.abc import Mapping, Sequence

from backend.admissions.advice import Facet, Suggestion, Wish
from backend.finance.prices.schemas import Quote
from backend.finance.schemas import PriceQuote
from backend.kit.money import yuan
from backend.logistics.schemas import CampusView
from backend.teaching.schemas import ClassOffer, WeeklySlot
from bot.phrases.general import WEEKDAYS
from bot.phrases.prices import cost

IS_FULL = "这个班满了，想等名额请回复「候补」，想看别的告诉我科目或时间。"
ALL_FULL = "这几个都满了，想等名额请回复「候补」，想看别的告诉我科目或时间。"
NEXT = "想报名请回复「报名」，想先请顾问介绍请回复「转人工」。"
REFUND_POLICY = (
    "付款后7天内、还没上课的，可以全额退；已经上课的，按剩余课时退。"
    "想申请退费请回复「我要退费」，老师会和您核对金额。"
)
ENROLLMENT = (
    "报名很简单：在这里回复「报名」，填孩子姓名、年级、班级和您的手机号，"
    "微信付款后名额就为您留好了，不用带材料到店。"
)
NO_CLASSES = "目前没有正在招生的班。回复「转人工」，顾问会在开新班时第一时间通知您。"


def slots(weekly: Sequence[WeeklySlot]) -> str:
    """`周六09:00–10:30、周日09:00–10:30`."""
    return "、".join(f"{WEEKDAYS[slot.weekday]}{_span(slot)}" for slot in weekly)


def grades(offer: ClassOffer) -> str:
    """`适合小学三–四年级`, empty when the class is open to all."""
    if offer.grade_from is None or offer.grade_to is None:
        return ""
    low, high = _grade(offer.grade_from), _grade(offer.grade_to)
    if low == high:
        return f"适合{low}"
    same_school = low[:2] == high[:2]
    return f"适合{low.removesuffix('年级') if same_school else low}至{high[2:] if same_school else high}"


def offer(number: int, suggestion: Suggestion, wish: Wish, quote: Quote | None) -> str:
    """One class in a few short lines, numbered for «第一个», with what speaks for it and against."""
    found, price = suggestion.offer, suggestion.price
    seats = f"还剩{found.seats_left}个名额" if found.seats_left else "已报满，可以「候补」"
    costs = f"{yuan(price.total_fen)}/{price.lesson_count}课时" if price else "价格请咨询顾问"
    if quote is not None:
        costs += f"（您现在报{yuan(quote.total_fen)}）"
    facts = [found.campus_name, f"{found.teacher_name}老师", grades(found)]
    return (
        f"{number}. {found.name}\n"
        f"{slots(found.weekly)} · {' · '.join(fact for fact in facts if fact)}\n"
        f"{costs}，{found.starts_on.month}月{found.starts_on.day}日开课，{seats}"
        f"{reasons(suggestion, wish)}"
    )


def head(what: str, count: int, *, is_near: bool, by_price: bool) -> str:
    """What the list is of."""
    if by_price:
        return "按价格从低到高是这些："
    return f"暂时没有完全合适的{what}，最接近的是：" if is_near else f"有{count}个{what}在招："


def reasons(suggestion: Suggestion, wish: Wish) -> str:
    """`\n合适：周末、3500元以内；差一点：在海淀校区`; empty where nothing was wished for."""
    found = suggestion.offer
    days = "、".join(dict.fromkeys(WEEKDAYS[slot.weekday] for slot in found.weekly))
    over = yuan(suggestion.over_fen)
    met = {
        Facet.DAY: f"{days}上课",
        Facet.PART: f"{wish.part}上课",
        Facet.CAMPUS: f"就在{found.campus_name}",
        Facet.BUDGET: f"没超{yuan(wish.budget_fen or 0)}预算",
        Facet.GOAL: f"课程里有您要的{wish.goal}",
    }
    missed = {
        Facet.DAY: f"是{days}上课",
        Facet.PART: f"不在{wish.part}",
        Facet.CAMPUS: f"在{found.campus_name}",
        Facet.BUDGET: f"超预算{over}",
        Facet.GOAL: f"不专攻{wish.goal}",
    }
    fits = [met[facet] for facet in suggestion.meets]
    lacks = [missed[facet] for facet in suggestion.misses if facet in missed]
    if wish.grade and fits:
        fits.insert(0, wish.grade)
    told = [f"合适：{'、'.join(fits)}"] if fits else []
    if lacks:
        told.append(f"差一点：{'、'.join(lacks)}")
    return f"\n{'；'.join(told)}" if told else ""


def offers(
    what: str,
    found: Sequence[Suggestion],
    wish: Wish,
    quotes: Mapping[int, Quote],
    *,
    more: int,
    unsaid: Sequence[str],
    head: str,
) -> str:
    """Up to three classes with price, seats and reasons; `quotes` has what is cheaper for whoever
    asks, and what is `unsaid` would narrow the rest."""
    listed = "\n\n".join(
        offer(n, each, wish, quotes.get(each.offer.id)) for n, each in enumerate(found, 1)
    )
    narrower = f"，告诉我{'或'.join(unsaid[:2])}我帮您挑" if unsaid else ""
    rest = f"\n\n另有{more}个班{narrower}。" if more else ""
    follows = NEXT
    if not any(each.offer.seats_left for each in found):
        follows = ALL_FULL if len(found) > 1 else IS_FULL
    return f"{head}\n\n{listed}{rest}\n\n{follows}"


def facts(
    found: ClassOffer,
    facets: Sequence[str],
    *,
    price: PriceQuote | None,
    quote: Quote | None,
    campus: CampusView | None,
) -> str:
    """The facts of a class that were asked for, each in a clause of its own, without its name."""
    begins = f"{found.starts_on.month}月{found.starts_on.day}日"
    said = {
        "teacher": f"{found.teacher_name}老师授课",
        "place": f"在{found.campus_name}上课" + (f"，{campus.address}" if campus else ""),
        "when": f"{slots(found.weekly)}上课",
        "start": f"{begins}开课",
        "count": f"一期共{found.lesson_count}次课，每次{found.weekly[0].minutes}分钟"
        if found.weekly
        else f"一期共{found.lesson_count}次课",
        "price": f"一期{cost(quote)}" if quote else _cost(price),
        "seats": f"还剩{found.seats_left}个名额" if found.seats_left else "已经报满，可以「候补」",
        "fit": "，".join(each for each in (grades(found), found.summary) if each),
    }
    return "；".join(said[facet] for facet in facets)


def of_classes(named: Mapping[str, Sequence[str]]) -> str:
    """Facts, each with the names of the classes that have it in common."""
    return "\n".join(
        f"{''.join(f'「{name}」' for name in names)}{told}。" for told, names in named.items()
    )


def _cost(price: PriceQuote | None) -> str:
    if price is None:
        return "价格请咨询顾问"
    material = f"（含材料费{yuan(price.material_fee_fen)}）" if price.material_fee_fen else ""
    return f"一期{yuan(price.total_fen)}{material}，共{price.lesson_count}课时"


def after_facts(found: Sequence[ClassOffer]) -> str:
    """What one can do next about the classes just asked about."""
    if len(found) == 1:
        return "想报这个班请回复「报名」，想先听一节请回复「试听」。"
    return "想报哪个班，告诉我班名或第几个就行；想先听一节请回复「试听」。"


def which_one(found: Sequence[ClassOffer]) -> str:
    """Somebody said yes to a list of classes."""
    if len(found) == 1:
        return (
            f"好的，要报「{found[0].name}」吗？回复「报名」我马上为您办，想先听一节请回复「试听」。"
        )
    listed = "\n".join(f"{number}. {each.name}" for number, each in enumerate(found, 1))
    return f"好的，您想报哪一个？回复数字就行：\n{listed}"


def nothing_fits(what: str, subjects: list[str]) -> str:
    """Nothing on offer for what was asked; says what there is."""
    return f"目前没有正好合适的{what}。在招的有{'、'.join(subjects)}，想了解哪一门？"


def overview(subjects: list[str]) -> str:
    """What there is, to somebody who asked in general."""
    return f"我们现在开设{'、'.join(subjects)}。孩子几年级，想学哪一门？告诉我，我来挑合适的班。"


def campuses(found: list[CampusView]) -> str:
    """Addresses, opening hours and phones."""
    parts = []
    for campus in found:
        lines = [f"【{campus.name}】{campus.address}"]
        if campus.transport:
            lines.append(campus.transport)
        if campus.opening_hours:
            lines.append(f"营业时间：{campus.opening_hours}")
        if campus.phone:
            lines.append(f"电话：{campus.phone}")
        parts.append("\n".join(lines))
    return "\n\n".join(parts) + "\n\n欢迎随时来看看，来之前回复「试听」可以先约时间。"


def nearest(campus: CampusView, kilometres: float) -> str:
    """The campus nearest to a location somebody sent."""
    return (
        f"离您最近的是{campus.name}，约{kilometres:.1f}公里：{campus.address}。"
        "想了解这里的课程请回复「课程」。"
    )


def teachers(found: list[ClassOffer]) -> str:
    """Who teaches what."""
    by_teacher: dict[str, list[str]] = {}
    for each in found:
        taught = by_teacher.setdefault(each.teacher_name, [])
        if each.course_name not in taught:
            taught.append(each.course_name)
    lines = "\n".join(f"{name}老师：{'、'.join(taught)}" for name, taught in by_teacher.items())
    return f"{lines}\n\n想听哪位老师的课？回复「试听」，顾问帮您安排。"


def _span(slot: WeeklySlot) -> str:
    minutes = slot.start.hour * 60 + slot.start.minute + slot.minutes
    return f"{slot.start:%H:%M}–{minutes // 60 % 24:02d}:{minutes % 60:02d}"


def _grade(number: int) -> str:
    if number == 0:
        return "幼儿园"
    if number <= 6:
        return f"小学{'一二三四五六'[number - 1]}年级"
    if number <= 9:
        return f"初{'一二三'[number - 7]}"
    return f"高{'一二三'[number - 10]}"

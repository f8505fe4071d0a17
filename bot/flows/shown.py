"""Questions about the classes listed last: «第二个还有位子吗», «周六的那个多少钱», «老师是谁».

Whoever asks so does not want the list again, but the one fact, about the one class (C2).
"""

import re

from backend.finance import queries as finance
from backend.finance.prices.schemas import Quote
from backend.finance.schemas import PriceQuote
from backend.kit import clock
from backend.logistics import queries as logistics
from backend.teaching import queries as teaching
from backend.teaching.schemas import ClassOffer
from bot.flows import courses, pricing
from bot.flows.talk import Talk
from bot.interpreter import words
from bot.phrases import courses as phrases
from bot.replies import Reply, say

INTENTS = frozenset(
    [
        "ask_price",
        "ask_course",
        "ask_class_time",
        "ask_teacher",
        "ask_campus",
        "ask_enrollment",
        "my_schedule",
    ]
)
"""What such a question may be taken for."""
_REDUCED = re.compile(
    r"(?:优惠|打折|折扣|打完折|活动)(?:后|完|下来|价)|折后|到手|实[际付]|一共|总共"
)
SHORT = 12  # Characters of one that was not understood and still names what it asks for.
FACETS: tuple[tuple[str, re.Pattern[str]], ...] = tuple(
    (facet, re.compile(pattern))
    for facet, pattern in (
        ("teacher", r"老师|教练|谁[教上带]|师资"),
        ("place", r"在?哪[里儿]?[上开]|地点|地址|教室|几楼|哪个校区|在哪|怎么走|位置"),
        ("when", r"几点|周几|星期几|礼拜几|什么时[间候]上|上课时间|下课|多久一次|哪几天|每周"),
        ("start", r"开课|开班|开始|哪天开|几号|结束|结课|什么时候开"),
        ("count", r"[几多]少?[次节堂]|课时|课次|多长|一节课多|上多久"),
        ("price", r"多少[钱錢]|价[格钱]|学费|费用|收费|几多钱|啥价|优惠后|折后|到手|[付交]多少"),
        ("seats", r"位[子置]|名额|[报招]?满|还能报|剩"),
        ("fit", r"难度|适合|几年级|年龄|多大|基础|程度|内容|[学教讲]什么|学啥"),
    )
)
_ORDINAL = re.compile(r"第([一二两三四1-4])[个种项班节]?|([1-4一二三四])号班?")
_ONE = re.compile(r"它|[这那该此][个门]?班|[这那]个(?!月|星期|礼拜|周|老师)|[这那]门课|这课")
_TO_PERSON = re.compile(r"转人工|真人|客服|(?:找|叫|问|请|让)(?:一?[个位]|一下|问)?老师")
_THE_SCHOOL = re.compile(r"你们|学校|机构|(?<!个)校区|停车|电话|地铁|公交|营业|开门|关门|总部")
_NUMBERS = {"一": 1, "二": 2, "两": 2, "三": 3, "四": 4}
_DAY = re.compile(r"(?:周|星期|礼拜)([一二三四五六日天])|周末")


def about(talk: Talk) -> Reply | None:
    """The facts asked about the classes listed last; None when the message asks something else."""
    is_unread = not talk.meaning.wishes and len(talk.plain) <= SHORT
    text = words.simplified(talk.text)
    is_about = is_unread or talk.meaning.wants(*INTENTS) or bool(_REDUCED.search(text))
    if not talk.state.shown or not is_about or _TO_PERSON.search(text):
        return None
    facets = [facet for facet, pattern in FACETS if pattern.search(text)]
    pointed = _ONE.search(text) or _ORDINAL.search(text)
    if talk.meaning.wants("my_schedule") and not pointed:
        return None
    if not facets or (_THE_SCHOOL.search(text) and not pointed) or _turns_elsewhere(talk, text):
        return None
    listed = {
        offer.id: offer for offer in teaching.offers(talk.session, class_group_ids=talk.state.shown)
    }
    chosen = _chosen(text, [listed[id_] for id_ in talk.state.shown if id_ in listed])
    if not chosen:
        return None
    talk.state.shown = [offer.id for offer in chosen]
    talk.state.misunderstood = 0
    courses.note_lead(talk)
    return say(_answer(talk, chosen, facets))


def _turns_elsewhere(talk: Talk, text: str) -> bool:
    """Whether the message names another subject, grade or campus than the talk was about."""
    topic = talk.state.topic
    subject, grade = words.subject(text), words.grade(text)
    campus = next((each.value for each in talk.named if each.name == "campus"), None)
    return bool(
        (subject and subject != topic.get("subject"))
        or (grade and grade != topic.get("grade"))
        or (campus and campus != topic.get("campus"))
    )


def _chosen(text: str, listed: list[ClassOffer]) -> list[ClassOffer]:
    """The classes meant: by number, by day, the only one, or all that were listed."""
    numbered = _ORDINAL.search(text)
    if numbered:
        digit = numbered.group(1) or numbered.group(2)
        place = _NUMBERS.get(digit) or int(digit)
        return listed[place - 1 : place]
    days = {"一二三四五六日".index(day.replace("天", "日")) for day in _DAY.findall(text) if day}
    if days:
        return [offer for offer in listed if any(slot.weekday in days for slot in offer.weekly)]
    return listed


def _answer(talk: Talk, chosen: list[ClassOffer], facets: list[str]) -> str:
    prices: dict[tuple[int, int], PriceQuote] = {}
    quotes: dict[int, Quote] = {}
    if "price" in facets:
        wanted = [(offer.course_id, offer.campus_id) for offer in chosen]
        prices = finance.prices_for(talk.session, wanted, on=clock.today())
        quotes = pricing.reduced(talk, chosen)
    places = {}
    if "place" in facets:
        places = {campus.id: campus for campus in logistics.campuses(talk.session)}
    named: dict[str, list[str]] = {}
    for offer in chosen:
        told = phrases.facts(
            offer,
            facets,
            price=prices.get((offer.course_id, offer.campus_id)),
            quote=quotes.get(offer.id),
            campus=places.get(offer.campus_id),
        )
        named.setdefault(told, []).append(offer.name)
    return phrases.of_classes(named) + "\n\n" + phrases.after_facts(chosen)

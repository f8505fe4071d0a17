"""Consultation: what is on offer, when, where, by whom, for how much (A13, C2)."""

import re

from backend.admissions import service as admissions
from backend.kit.log import mask_phones
from backend.logistics import queries as logistics
from backend.teaching import queries as teaching
from bot.flows import finder, study
from bot.flows.talk import Talk
from bot.interpreter import wanted, words
from bot.phrases import courses as phrases
from bot.phrases.sign_up import guessed as guessed_grade
from bot.replies import Reply, say
from bot.times import Kind

_INTEREST = "课程"  # Of somebody who tapped the menu and said nothing.
_SHORT = 20  # Characters; longer ones carry more than a subject, a grade or a day.
_PLACE = re.compile(
    r"在哪|哪里|哪儿|地址|位置|怎么[走去到]|电话|停车|几点|[地公][铁交]|路|联系|营业|开门|多远|[远近]"
)
_DAY = re.compile(r"(?<![上下这本])(?:周|星期|礼拜)([一二三四五六日天])")
_CHEAPER = re.compile(r"便宜一?[点些]儿?的|最便宜|实惠一?[点些]?的|(?:价格|学费)低一?[点些]?的")
_DAY_NAMES = re.compile(r"周末|工作日|平时|上午|下午|早上|晚上")
_ONLY_GRADE = re.compile(
    r"(?:我|俺|家|的|孩子|小孩|小朋友|娃娃?|宝宝|宝贝|儿子|女儿|闺女|孙子|孙女|他|她|今年|现在|才|刚|快|满|是|有"
    r"|男孩|女孩|[上读念]|在读|不对|其实|应该|了|多|呢|吧|啊|哦|[，,。 ])*"
)
_TONE = re.compile(
    r"(?:我|俺|家|的|孩子|小孩|娃|宝宝|他|她|要|想|有|学|上|读|看|来|就|那|班|课|呢|吗|吧|啊|哦|呀"
    r"|[，,。、；;?？ ])*"
)


def consult(talk: Talk) -> Reply:
    """List the classes that fit what was said now and before, with price and seats left."""
    wish = read_wish(talk)
    talk.state.topic.pop("asked", None)
    note_lead(talk)
    subjects = talk.catalogue.subjects
    if not subjects:
        return say(phrases.NO_CLASSES)
    guessed = guess(talk)
    if wish["subject"] and wish["subject"] not in subjects:
        return say(phrases.nothing_fits(f"{wish['subject']}课", subjects))
    if not any(wish.values()):
        return say(phrases.overview(subjects))
    found, what = finder.find_classes(talk), finder.describe(wish)
    if found:
        return say(guessed + finder.list_classes(talk, found, what))
    near = finder.find_classes(talk, is_loose=True) if wish["subject"] else []
    if near:
        return say(guessed + finder.list_classes(talk, near, what, is_near=True))
    return say(guessed + phrases.nothing_fits(what, subjects))


def guess(talk: Talk) -> str:
    """«6岁一般是一年级，…»: the grade is guessed from an age in this message; empty otherwise."""
    found = words.age(talk.text)
    if found is None or found[0] != talk.state.topic.get("age"):
        return ""
    return f"{guessed_grade(*found)}\n\n"


def told_grade(talk: Talk) -> Reply | None:
    """«今年八岁», and «他上二年级了» in a consultation: what there is for that; None when
    the message says more."""
    found = words.AGE.search(talk.plain)
    if found is None and (talk.state.topic.get("subject") or talk.state.topic.get("age")):
        found = words.GRADE.search(talk.plain)
    if found is None or not _ONLY_GRADE.fullmatch(_without_child(talk.plain, found)):
        return None
    if not (words.age(talk.text) or words.grade(talk.text)):
        return None
    talk.state.misunderstood = 0
    return consult(talk)


def refine(talk: Talk) -> Reply | None:
    """«周末的», «三年级», «英语» say nothing by themselves and everything in a consultation."""
    text = words.simplified(talk.text)
    if len(text) > _SHORT:
        return None
    names_subject = words.subject(text) is not None
    narrows = bool(words.grade(text) or words.age(text)) or bool(_weekdays(talk, text))
    narrows = narrows or bool(_beside(text))
    if not names_subject and not (narrows and talk.state.topic.get("subject")):
        return None
    talk.state.misunderstood = 0
    return consult(talk)


def cheaper(talk: Talk) -> Reply | None:
    """«有便宜点的吗» in a consultation: the same subject from the cheapest on; None otherwise."""
    text = words.simplified(talk.text)
    if len(text) > _SHORT or not _CHEAPER.search(text):
        return None
    wish = read_wish(talk)
    found = finder.find_classes(talk, is_loose=True) if wish["subject"] else []
    if len(found) < 2:
        return None
    talk.state.misunderstood = 0
    note_lead(talk)
    return say(finder.list_classes(talk, found, finder.describe(wish), by_price=True))


def only_narrows(talk: Talk) -> bool:
    """Whether a message of a consultation holds nothing but what is looked for: «三年级 周末».
    «帮我写英语作文» does not."""
    if not talk.state.topic.get("subject"):
        return False
    rest = words.simplified(talk.text)
    for pattern in (words.GRADE, words.AGE, words.SUBJECT, _DAY, _DAY_NAMES):
        rest = pattern.sub("", rest)
    return len(rest) < len(talk.text) and _TONE.fullmatch(rest) is not None


def _beside(text: str) -> dict[str, object]:
    """Part of the day, goal and budget in a text."""
    found = {
        "part": wanted.part_of_day(text),
        "goal": wanted.goal(text),
        "budget_fen": wanted.budget(text),
    }
    return {key: value for key, value in found.items() if value}


def _without_child(text: str, found: re.Match[str]) -> str:
    """The text without its grade or age, and without the child's name."""
    name = wanted.child(text)
    rest = text.replace(found.group(), "")
    return rest.replace(f"叫{name}", "").replace("名字", "") if name else rest


def narrows(talk: Talk) -> bool:
    """Whether the message changes what is looked for; it is remembered when it does."""
    before = {key: value for key, value in talk.state.topic.items() if key != "at"}
    read_wish(talk)
    return before != {key: value for key, value in talk.state.topic.items() if key != "at"}


def read_wish(talk: Talk) -> dict[str, object]:
    """What is wanted, from this message and, where it is silent, from the talk so far."""
    text = words.simplified(talk.text)
    catalogue = talk.catalogue
    named = {each.name: each.value for each in reversed(talk.named)}
    course_id = catalogue.courses.get(named.get("course", ""))
    subject = words.subject(text) or _subject_on_offer(named.get("subject", ""), catalogue.subjects)
    grade, age = _grade_in(talk, text)
    campuses = talk.known.names["campus"]
    campus = named.get("campus") if named.get("campus") in campuses else None
    campus = campus or next((each for each in campuses if _is_meant(each, text)), None)
    if subject and subject != talk.state.topic.get("subject"):
        for key in ("course_id", "goal", *finder.SOFT):
            talk.state.topic.pop(key, None)
        talk.state.shown = []
    talk.remember(
        subject=subject,
        course_id=course_id,
        grade=grade,
        age=age,
        weekdays=list(_weekdays(talk, text)) or None,
        campus=campus,
        child_name=wanted.child(text),
        **_beside(text),
    )
    topic = talk.state.topic
    return {key: topic.get(key) for key in ("subject", "course_id", "grade", "goal", *finder.SOFT)}


def _is_meant(campus: str, text: str) -> bool:
    """«海淀那边» is the campus whose name goes on after it."""
    short = campus.removesuffix("校区")
    return len(short) > 1 and short in text


def _grade_in(talk: Talk, text: str) -> tuple[str | None, str | None]:
    """The grade that is named, else one guessed from an age, with that age; a guess never takes
    the place of what was named before."""
    topic, named = talk.state.topic, words.grade(text)
    if named is not None:
        topic.pop("age", None)
        return named, None
    found = words.age(text)
    if found is None or (topic.get("grade") and not topic.get("age")):
        return None, None
    return found[1], found[0]


def _subject_on_offer(named: str, on_offer: list[str]) -> str | None:
    return named if named in on_offer else words.subject(named)


def campus(talk: Talk) -> Reply:
    """Where we are and when we are open; «海淀校区的呢» in a consultation asks for its classes."""
    named = {each.value for each in talk.named if each.name == "campus"}
    if named and talk.state.topic.get("subject") and not _PLACE.search(words.simplified(talk.text)):
        return consult(talk)
    found = logistics.campuses(talk.session)
    return say(phrases.campuses([each for each in found if each.name in named] or found))


def nearest_campus(talk: Talk) -> Reply:
    """The campus nearest to a location that somebody sent."""
    facts = talk.incoming.facts
    try:
        latitude, longitude = float(facts["Location_X"]), float(facts["Location_Y"])
    except (KeyError, ValueError):
        return campus(talk)
    placed = logistics.campuses_by_distance(talk.session, latitude=latitude, longitude=longitude)
    return say(phrases.nearest(*placed[0])) if placed else campus(talk)


def teachers(talk: Talk) -> Reply:
    """Who teaches what, for the subject in question; a family of ours asks for its own teachers."""
    asks_own = talk.speaker.is_known and talk.state.topic.get("asked")
    if asks_own and words.subject(talk.text) is None:
        return study.teachers(talk)
    read_wish(talk)
    note_lead(talk)
    found = teaching.offers(talk.session, subject=talk.state.topic.get("subject"))
    return say(phrases.teachers(found)) if found else say(phrases.NO_CLASSES)


def enrollment(talk: Talk) -> Reply:
    """How to sign up."""
    note_lead(talk)
    return say(phrases.ENROLLMENT)


def refund_policy(_talk: Talk) -> Reply:
    """What happens to the money (法释〔2025〕4号 §14)."""
    return say(phrases.REFUND_POLICY)


def note_lead(talk: Talk) -> None:
    """Whoever asks about courses and is not staff becomes a lead with an advisor (A13, A17)."""
    if talk.speaker.account_id is None:
        admissions.open_lead(
            talk.session, openid=talk.openid, interest=mask_phones(talk.text[:200]) or _INTEREST
        )


def _weekdays(talk: Talk, text: str) -> tuple[int, ...]:
    for name, days in finder.DAY_SETS:
        if name in text:
            return days
    for span in talk.meaning.times:
        if span.kind is Kind.RECURRENCE and span.weekdays:
            return tuple(span.weekdays)
    # «周六有英语吗» asks for a class that meets on Saturdays, not for the coming one.
    return tuple(
        sorted({"一二三四五六日".index(d.replace("天", "日")) for d in _DAY.findall(text)})
    )

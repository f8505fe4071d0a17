"""Consultation: what is on offer, when, where, by whom, for how much (A13, C2)."""

import re

from backend.admissions import service as admissions
from backend.finance import queries as finance
from backend.kit import clock
from backend.kit.log import mask_phones
from backend.logistics import queries as logistics
from backend.teaching import queries as teaching
from backend.teaching.schemas import ClassOffer
from bot.flows import study
from bot.flows.talk import Talk
from bot.interpreter import words
from bot.phrases import courses as phrases
from bot.phrases.general import WEEKDAYS
from bot.phrases.sign_up import guessed as guessed_grade
from bot.replies import Reply, say
from bot.times import Kind

SHOWN = 3
_INTEREST = "课程"  # Of somebody who tapped the menu and said nothing.
_SHORT = 20  # Characters; longer ones carry more than a subject, a grade or a day.
_PLACE = re.compile(
    r"在哪|哪里|哪儿|地址|位置|怎么[走去到]|电话|停车|几点|[地公][铁交]|路|联系|营业|开门|多远|[远近]"
)
_DAY = re.compile(r"(?<![上下这本])(?:周|星期|礼拜)([一二三四五六日天])")
_ONLY_GRADE = re.compile(
    r"(?:我|俺|家|的|孩子|小孩|小朋友|娃娃?|宝宝|宝贝|儿子|女儿|闺女|孙子|孙女|他|她|今年|现在|才|刚|快|满|是|有"
    r"|男孩|女孩|[上读念]|在读|不对|其实|应该|了|多|呢|吧|啊|哦|[，,。 ])*"
)
_DAY_SETS = (("周末", (5, 6)), ("工作日", (0, 1, 2, 3, 4)), ("平时", (0, 1, 2, 3, 4)))


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
    found = find_classes(talk)
    if not found:
        return say(guessed + phrases.nothing_fits(describe(wish), subjects))
    return say(guessed + list_classes(talk, found, describe(wish)))


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
    if found is None or not _ONLY_GRADE.fullmatch(talk.plain.replace(found.group(), "")):
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
    if not names_subject and not (narrows and talk.state.topic.get("subject")):
        return None
    talk.state.misunderstood = 0
    return consult(talk)


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
    campus = named.get("campus") if named.get("campus") in talk.known.names["campus"] else None
    if subject and subject != talk.state.topic.get("subject"):
        talk.state.topic.pop("course_id", None)
        talk.state.topic.pop("weekdays", None)
        talk.state.topic.pop("campus", None)
        talk.state.shown = []
    talk.remember(
        subject=subject,
        course_id=course_id,
        grade=grade,
        age=age,
        weekdays=list(_weekdays(talk, text)) or None,
        campus=campus,
    )
    topic = talk.state.topic
    return {key: topic.get(key) for key in ("subject", "course_id", "grade", "weekdays", "campus")}


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


def find_classes(talk: Talk, *, grade: str | None = None) -> list[ClassOffer]:
    """Classes for the topic of the talk; those with free seats first."""
    topic = talk.state.topic
    grade = grade or topic.get("grade")
    found = teaching.offers(
        talk.session,
        subject=topic.get("subject"),
        course_id=topic.get("course_id"),
        grade=words.grade_number(grade) if grade else None,
        weekdays=topic.get("weekdays") or (),
    )
    campus = topic.get("campus")
    found = [offer for offer in found if campus in (None, offer.campus_name)]
    return sorted(found, key=lambda offer: offer.seats_left == 0)


def list_classes(talk: Talk, found: list[ClassOffer], what: str) -> str:
    """Up to three classes as text; remembers them for «第二个»."""
    shown = found[:SHOWN]
    prices = finance.prices_for(
        talk.session,
        [(offer.course_id, offer.campus_id) for offer in shown],
        on=clock.today(),
    )
    talk.state.shown = [offer.id for offer in shown]
    priced = [(offer, prices.get((offer.course_id, offer.campus_id))) for offer in shown]
    return phrases.offers(what, priced, more=len(found) - len(shown))


def describe(wish: dict[str, object]) -> str:
    """«三年级周末英语班»: what was looked for."""
    weekdays = wish["weekdays"]
    wanted: list[int] = weekdays if isinstance(weekdays, list) else []
    named = "".join(WEEKDAYS[day] for day in wanted)
    days = next((name for name, days in _DAY_SETS if list(days) == wanted), named)
    grade = f"{wish['grade'] or ''}"
    if grade.endswith("班"):  # «大班美术班» would be read as a class's name.
        grade = f"适合{grade}的"
    return f"{wish.get('campus') or ''}{grade}{days}{wish['subject'] or ''}班"


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
    for name, days in _DAY_SETS:
        if name in text:
            return days
    for span in talk.meaning.times:
        if span.kind is Kind.RECURRENCE and span.weekdays:
            return tuple(span.weekdays)
    # «周六有英语吗» asks for a class that meets on Saturdays, not for the coming one.
    return tuple(
        sorted({"一二三四五六日".index(d.replace("天", "日")) for d in _DAY.findall(text)})
    )

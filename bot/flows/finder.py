"""The course finder: which classes suit what was said, at most three, each with its reasons."""

from collections.abc import Mapping, Sequence

from backend.admissions import advice
from backend.finance import queries as finance
from backend.kit import clock
from backend.teaching import queries as teaching
from backend.teaching.schemas import ClassOffer
from bot.flows import pricing
from bot.flows.talk import Talk
from bot.interpreter import words
from bot.phrases import courses as phrases
from bot.phrases.general import WEEKDAYS

SOFT = ("weekdays", "part", "campus")
"""Wishes that narrow the list while something fits them, and give way when nothing does."""
_ASKABLE = (("grade", "年级"), ("weekdays", "时间"), ("campus", "校区"))
DAY_SETS = (("周末", (5, 6)), ("工作日", (0, 1, 2, 3, 4)), ("平时", (0, 1, 2, 3, 4)))


def find_classes(
    talk: Talk, *, grade: str | None = None, is_loose: bool = False
) -> list[ClassOffer]:
    """Classes for the topic of the talk; those with free seats first. `is_loose` looks past the
    wishes that can give way."""
    topic = talk.state.topic
    grade = grade or topic.get("grade")
    found = teaching.offers(
        talk.session,
        subject=topic.get("subject"),
        course_id=topic.get("course_id"),
        grade=words.grade_number(grade) if grade else None,
        weekdays=() if is_loose else topic.get("weekdays") or (),
    )
    campus, part = (None, None) if is_loose else (topic.get("campus"), topic.get("part"))
    found = [
        offer
        for offer in found
        if campus in (None, offer.campus_name)
        and (part is None or any(advice.is_at(slot, part) for slot in offer.weekly))
    ]
    return sorted(found, key=lambda offer: offer.seats_left == 0)


def wish_of(topic: Mapping[str, object], *, grade: object = None) -> advice.Wish:
    """What the talk is about, as the advice reads it."""
    wanted = {key: topic.get(key) for key in ("grade", "part", "campus", "goal", "budget_fen")}
    days = topic.get("weekdays")
    wanted["grade"] = grade or wanted["grade"]
    return advice.Wish.model_validate(
        {**wanted, "weekdays": tuple(days) if isinstance(days, list) else ()}
    )


def weighed(
    talk: Talk, found: Sequence[ClassOffer], *, grade: object = None
) -> list[advice.Suggestion]:
    """Classes with price and reasons, what suits best first."""
    prices = finance.prices_for(
        talk.session,
        [(offer.course_id, offer.campus_id) for offer in found],
        on=clock.today(),
    )
    return advice.suggestions(found, prices, wish_of(talk.state.topic, grade=grade))


def list_classes(
    talk: Talk,
    found: Sequence[ClassOffer],
    what: str,
    *,
    is_near: bool = False,
    by_price: bool = False,
) -> str:
    """Up to three classes as text; remembers them for «第二个». `is_near`: none fits altogether;
    `by_price`: the cheapest first, whatever else was wished for."""
    topic = talk.state.topic
    suggested = weighed(talk, found)
    if by_price:
        suggested.sort(key=lambda each: each.price.total_fen if each.price else 10**9)
    shown = suggested[: advice.SUGGESTED]
    talk.state.shown = [each.offer.id for each in shown]
    unsaid = [name for key, name in _ASKABLE if not topic.get(key)]
    return phrases.offers(
        what,
        shown,
        wish_of(topic),
        pricing.reduced(talk, [each.offer for each in shown]),
        more=len(suggested) - len(shown),
        unsaid=unsaid,
        head=phrases.head(what, len(suggested), is_near=is_near, by_price=by_price),
    )


def describe(wish: Mapping[str, object]) -> str:
    """«三年级周末英语班»: what was looked for."""
    weekdays = wish.get("weekdays")
    wanted: list[int] = weekdays if isinstance(weekdays, list) else []
    named = "".join(WEEKDAYS[day] for day in wanted)
    days = next((name for name, days in DAY_SETS if list(days) == wanted), named)
    grade = f"{wish.get('grade') or ''}"
    if grade.endswith("班"):  # «大班美术班» would be read as a class's name.
        grade = f"适合{grade}的"
    when = f"{days}{wish.get('part') or ''}"
    return f"{wish.get('campus') or ''}{grade}{when}{wish.get('subject') or ''}班"

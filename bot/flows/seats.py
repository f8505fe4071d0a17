"""转班, 停课 and 复课 by chat, each with a look before it is done."""

import re
from datetime import date, timedelta

from backend.finance import queries as finance
from backend.kit import clock
from backend.kit.errors import DomainError, NotFound
from backend.security.schemas import Role
from backend.students.schemas import Child
from backend.teaching import queries as teaching
from backend.teaching.life import pauses, seats
from backend.teaching.schemas import Clash, ClassOffer
from bot.flows import form, people, whose
from bot.flows.absences import picked
from bot.flows.form import Form, Narrowed, Read, Step, Unfit, Value
from bot.flows.talk import Talk
from bot.phrases import seats as phrases
from bot.replies import Reply, say
from bot.times import Kind

_YES = re.compile(r"^(确认|确定|对的?|是的?|没问题|好的?|可以|嗯+|ok)[了吧啊]?$")
_BACK = re.compile(r"复课|(恢复|回来|继续)上课|想回来上")


def change(talk: Talk) -> Reply:
    """「转班」."""
    return _begin(talk, CHANGE)


def pause(talk: Talk) -> Reply:
    """「停课」, or 「复课」."""
    return _resume(talk) if _BACK.search(talk.plain) else _begin(talk, PAUSE)


def _begin(talk: Talk, wanted: Form) -> Reply:
    children = whose.learners(talk)
    if not children:
        return people.pass_to(Role.ACADEMIC)(talk)
    sitting = seats.classes_of(talk.session, [child.id for child in children])
    named = [each for each in sitting if each[2] in talk.plain] or sitting
    if not named:
        return say(phrases.NO_CLASS)
    only = [named[0][0], named[0][1]] if len(named) == 1 else None
    return form.start(talk, wanted, options=[[s, c] for s, c, _ in named], seat=only)


def _resume(talk: Talk) -> Reply:
    children = {child.id: child for child in whose.learners(talk)}
    if not children:
        return people.pass_to(Role.ACADEMIC)(talk)
    told = []
    for student_id, class_id, _ in pauses.paused_classes(talk.session, children):
        name = teaching.class_name(talk.session, class_id)
        try:
            with talk.session.begin_nested():
                days = pauses.resume(
                    talk.session,
                    student_id=student_id,
                    class_group_id=class_id,
                    on=clock.today(),
                    by=f"wechat:{talk.openid}",
                )
        except Clash:
            told.append(phrases.CLASH)
        except NotFound:
            continue
        else:
            told.append(phrases.resumed(children[student_id].name, name, days))
    return say("\n\n".join(told) or phrases.NOT_PAUSED)


def _who(talk: Talk, student_id: int) -> Child:
    return next(child for child in whose.children(talk) if child.id == student_id)


def _seat_labels(talk: Talk) -> list[str]:
    return [
        f"{_who(talk, s).name} {teaching.class_name(talk.session, c)}"
        for s, c in talk.state.slots["options"]
    ]


def _ask_seat(talk: Talk) -> Reply:
    labels = _seat_labels(talk)
    return say(phrases.which_class(labels), tuple(labels))


def _read_seat(talk: Talk, text: str) -> Read:
    options = talk.state.slots["options"]
    place = picked(text, _seat_labels(talk))
    if place is not None:
        return Value(options[place])
    ids = {child.id for child in whose.named(talk.plain, whose.children(talk))}
    theirs = [each for each in options if each[0] in ids]
    if len(theirs) == 1:
        return Value(theirs[0])
    if theirs and len(theirs) < len(options):
        talk.state.slots["options"] = theirs
        return Narrowed()
    return None


def _offers(talk: Talk) -> list[ClassOffer]:
    """Classes at the same price: the lessons that are left are worth the same there."""
    student_id, class_id = talk.state.slots["seat"]
    ids = seats.classes_to_change_to(
        talk.session, student_id=student_id, from_class=class_id, on=_from(talk)
    )
    found = teaching.offers(talk.session, class_group_ids=[*ids, class_id])
    pairs = [(offer.course_id, offer.campus_id) for offer in found]
    prices = finance.prices_for(talk.session, pairs, on=clock.today())
    cost = {
        offer.id: price.amount_fen if price else None
        for offer in found
        for price in [prices.get((offer.course_id, offer.campus_id))]
    }
    return [o for o in found if o.id != class_id and cost[o.id] == cost.get(class_id)]


def _from(_talk: Talk) -> date:
    return clock.today() + timedelta(days=1)


def _offer_labels(found: list[ClassOffer]) -> list[str]:
    return [
        phrases.offer(
            each.name,
            each.campus_name,
            [(slot.weekday, f"{slot.start:%H:%M}") for slot in each.weekly],
            each.seats_left,
        )
        for each in found
    ]


def _ask_new(talk: Talk) -> Reply:
    found = _offers(talk)
    if not found:
        name = teaching.class_name(talk.session, talk.state.slots["seat"][1])
        talk.state.leave()
        return say(phrases.NO_OTHER.format(name=name))
    labels = _offer_labels(found)
    return say(phrases.which_new(labels), tuple(labels))


def _read_new(talk: Talk, text: str) -> Read:
    found = _offers(talk)
    named = [each for each in found if each.name in text]
    if len(named) == 1:
        return Value(named[0].id)
    place = picked(text, _offer_labels(found))
    return None if place is None else Value(found[place].id)


def _ask_change(talk: Talk) -> Reply:
    student_id, old = talk.state.slots["seat"]
    before = teaching.class_name(talk.session, old)
    after = teaching.class_name(talk.session, talk.state.slots["new"])
    return say(phrases.check_change(_who(talk, student_id).name, before, after, _from(talk)))


def _read_yes(talk: Talk, _text: str) -> Read:
    return Value(True) if _YES.match(talk.plain) else None


def _finish_change(talk: Talk) -> Reply:
    (student_id, old), new = talk.state.slots["seat"], talk.state.slots["new"]
    talk.state.leave()
    try:
        with talk.session.begin_nested():
            seats.change_class(
                talk.session,
                student_id=student_id,
                from_class=old,
                to_class=new,
                on=_from(talk),
                by=f"wechat:{talk.openid}",
            )
    except DomainError:
        return say(phrases.GONE)
    name = teaching.class_name(talk.session, new)
    return say(phrases.changed(_who(talk, student_id).name, name, _from(talk)))


def _ask_days(_talk: Talk) -> Reply:
    return say(phrases.ASK_PAUSE)


def _days(talk: Talk) -> tuple[date, date | None] | None:
    """The days of rest that a message names: from a day to another, or without end."""
    spans = [span for span in talk.meaning.times if span.start_at and span.kind != Kind.RECURRENCE]
    if not spans or spans[0].start_at is None:
        return None
    from_on = clock.local(spans[0].start_at).date()
    end_at = spans[0].end_at
    if len(spans) > 1 and spans[1].start_at is not None:
        end_at = spans[1].start_at
    to_on = clock.local(end_at).date() if end_at else None
    if to_on is not None and to_on <= from_on + timedelta(days=1):
        to_on = None
    return from_on, to_on


def _read_days(talk: Talk, _text: str) -> Read:
    found = _days(talk)
    if found is None:
        return None
    if found[0] < clock.today():
        return Unfit(phrases.PAUSE_CHECK, sure=True)
    return Value([found[0].isoformat(), found[1].isoformat() if found[1] else None])


def _spot_days(talk: Talk, text: str) -> list[str | None] | None:
    read = _read_days(talk, text)
    return read.value if isinstance(read, Value) else None


def _pause_slots(talk: Talk) -> tuple[int, int, date, date | None]:
    student_id, class_id = talk.state.slots["seat"]
    from_on, to_on = talk.state.slots["days"]
    until = date.fromisoformat(to_on) if to_on else None
    return student_id, class_id, date.fromisoformat(from_on), until


def _ask_pause(talk: Talk) -> Reply:
    student_id, class_id, from_on, to_on = _pause_slots(talk)
    name = teaching.class_name(talk.session, class_id)
    return say(phrases.check_pause(_who(talk, student_id).name, name, from_on, to_on))


def _finish_pause(talk: Talk) -> Reply:
    student_id, class_id, from_on, to_on = _pause_slots(talk)
    talk.state.leave()
    pauses.pause(
        talk.session,
        student_id=student_id,
        class_group_id=class_id,
        from_on=from_on,
        to_on=to_on,
        by=f"wechat:{talk.openid}",
    )
    name = teaching.class_name(talk.session, class_id)
    return say(phrases.paused(_who(talk, student_id).name, name))


_SEAT = Step("seat", ("哪个班", "班级"), _ask_seat, _read_seat)
CHANGE = Form(
    name="change_class",
    steps=(
        _SEAT,
        Step("new", ("新班", "转到"), _ask_new, _read_new),
        Step("agreed", ("确认",), _ask_change, _read_yes, confirms=True),
    ),
    finish=_finish_change,
    cancelled=phrases.CHANGE_CANCELLED,
    back="刚才说到转班，",
)
PAUSE = Form(
    name="pause_study",
    steps=(
        _SEAT,
        Step("days", ("日期", "时间"), _ask_days, _read_days, spot=_spot_days),
        Step("agreed", ("确认",), _ask_pause, _read_yes, confirms=True),
    ),
    finish=_finish_pause,
    cancelled=phrases.PAUSE_CANCELLED,
    back="刚才说到停课，",
)

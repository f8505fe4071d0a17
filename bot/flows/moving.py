"""调课 by one sentence: 「周三的课挪到周四晚上」, 「把王老师周三的课挪到周四」; and the answers of
those who were told of a change: 「知道了 12」, 「不方便 12」 (T5).

Read by patterns that have to fit: it moves families' evenings, and the model knows no such wish.
"""

import re
from datetime import datetime, timedelta
from typing import Any

from backend.kit import clock
from backend.kit.errors import NotFound
from backend.security import queries as security
from backend.security.permissions import may, scope_of
from backend.security.schemas import Permission, Role, Scope
from backend.teaching import queries as teaching
from backend.teaching.drafts import moving, telling, views
from backend.teaching.drafts import words as told
from backend.teaching.drafts.schemas import Forbidden, Move, Unwise, WorldChanged
from backend.teaching.schemas import Clash, LessonOver, LessonView
from bot import times
from bot.flows import form, people
from bot.flows.absences import picked
from bot.flows.form import Form, Read, Step, Value
from bot.flows.talk import Talk
from bot.interpreter import words
from bot.phrases import moving as phrases
from bot.phrases import staff as staff_phrases
from bot.phrases.absences import slot
from bot.replies import Reply, say

_MOVES = re.compile(
    r"^(?:请|麻烦|帮我?)*(?:把|将)?(?P<what>.{0,40}?课)(?:程|次)?(?:时间)?"
    r"(?:给我|帮我|都|统一)*(?:挪|改|调整?|移|换|推迟|提前|延)(?P<into>到|至|成|为)(?P<to>.{1,30})$"
)
_ANSWERS = re.compile(r"^(知道了|收到|不方便)[\s,，:：]*(\d{1,9})(?:[\s,，:：]+(.{1,200}))?$")
_NO = "不方便"
_YES = re.compile(r"^(确认(?:调课)?|确定|对的?|是的?|没问题|好的?|可以|同意|嗯+|ok)[了吧啊]?$")
_INSISTS = re.compile(
    r"^(?:坚持|仍然|还是|强制|一定|必须|就)(?:要|得)?(?:这样|这么|这个时间)?(?:改|挪|调|移)?[,，、\s]*"
    r"(?:因为|原因是?|由于)[:：\s]*(.{2,60})$"
)
_MOST, _MINUTE = 8, timedelta(minutes=1)


def heard(talk: Talk) -> Reply | None:
    """A sentence that moves lessons, of whoever keeps the timetable; None for anything else."""
    answered = _answered(talk)
    if answered is not None:
        return answered
    match = _MOVES.match(talk.plain)
    if match is None or talk.speaker.role is None:
        return None
    if not may(talk.speaker.role, Permission.KEEP_TIMETABLE):
        if scope_of(talk.speaker.role, Permission.TAKE_ATTENDANCE) is Scope.OWN:
            return people.pass_to(Role.ACADEMIC)(talk)
        return say(staff_phrases.OTHER_ROLE)
    window = _window(match["to"])
    if window is None:
        # «改成线上课» is about something else.
        return say(phrases.WHEN_TO) if match["into"] in "到至" else None
    found = _meant(talk, match["what"])
    if not found:
        return say(phrases.WHICH_UNKNOWN)
    if len(found) > _MOST:
        return say(phrases.TOO_MANY.format(count=len(found)))
    from_at, to_at = window
    return form.start(
        talk,
        MOVE,
        options=[each.id for each in found],
        from_at=from_at.isoformat(),
        to_at=to_at.isoformat(),
        to=match["to"],
        lesson_id=found[0].id if len(found) == 1 else None,
    )


def _answered(talk: Talk) -> Reply | None:
    match = _ANSWERS.match(talk.plain)
    if match is None:
        return None
    said, number, text = match.groups()
    try:
        if said == _NO:
            ticket = telling.object_to(
                talk.session, receipt_id=int(number), by=talk.speaker, text=text or ""
            )
            return say(phrases.OBJECTED.format(ticket=ticket))
        telling.note_seen(talk.session, receipt_id=int(number), by=talk.speaker)
        return say(phrases.SEEN.format(number=number))
    except NotFound:
        return say(phrases.NOT_YOURS)


def _window(text: str) -> tuple[datetime, datetime] | None:
    """The half-open time that a lesson is to go to."""
    spans = [each for each in times.find(text, clock.local(clock.now())) if each.start_at]
    if not spans or spans[0].start_at is None:
        return None
    end_at = spans[0].end_at or clock.day_of(spans[0].start_at.date())[1]
    return spans[0].start_at.astimezone(clock.UTC), end_at.astimezone(clock.UTC)


def _meant(talk: Talk, text: str) -> list[LessonView]:
    """The coming lessons that the first half of the sentence speaks of."""
    plain = text
    named = [name for name in talk.catalogue.classes if name in plain]
    for name in named:
        plain = plain.replace(name, "")
    spans = [each for each in times.find(plain, clock.local(clock.now())) if each.start_at]
    now = clock.now()
    from_at, to_at = now, now + moving.AROUND
    if spans and spans[0].start_at is not None:
        from_at = spans[0].start_at
        to_at = spans[0].end_at or clock.day_of(from_at.date())[1]
        if spans[0].kind is times.Kind.DATETIME:
            from_at, to_at = clock.day_of(clock.local(from_at).date())
    elif not named:
        return []
    found = [
        each
        for each in teaching.lessons_of_day(
            talk.session,
            from_at=max(from_at, now),
            to_at=to_at,
            teacher_id=None,
            campus_id=campus_of(talk),
            limit=400,
        )
        if each.starts_at > now
    ]
    teachers = [name for name in talk.catalogue.teachers if name in plain or _title(name, plain)]
    subject = words.subject(plain)
    return [
        each
        for each in found
        if (not named or each.class_name in named)
        and (not teachers or each.teacher_name in teachers)
        and (not subject or named or subject in each.course_name)
    ]


def _title(name: str, text: str) -> bool:
    return f"{name[0]}老师" in text


def campus_of(talk: Talk) -> int | None:
    """The only campus whose lessons the speaker may move; None for all."""
    if scope_of(talk.speaker.role, Permission.KEEP_TIMETABLE) is Scope.ALL:
        return None
    member = security.staff_member(talk.session, talk.speaker.account_id or 0)
    return (member.campus_id or 0) if member else 0


def _lessons(talk: Talk) -> list[LessonView]:
    return teaching.lessons(talk.session, talk.state.slots["options"])


def _ask_lesson(talk: Talk) -> Reply:
    labels = [f"{slot(each)}（{each.teacher_name}老师）" for each in _lessons(talk)]
    return say(phrases.which(labels), tuple(labels))


def _read_lesson(talk: Talk, text: str) -> Read:
    found = _lessons(talk)
    labels = [f"{slot(each)}（{each.teacher_name}老师）" for each in found]
    place = picked(text, labels)
    if place is None:
        named = [n for n, each in enumerate(found) if each.class_name in talk.plain]
        place = named[0] if len(named) == 1 else None
    return None if place is None else Value(found[place].id)


def _ask_place(talk: Talk) -> Reply:
    """The places that are free; else what would have to give way; else what stands in the way."""
    slots = talk.state.slots
    lesson_id = slots["lesson_id"]
    from_at, to_at = (datetime.fromisoformat(slots[key]) for key in ("from_at", "to_at"))
    lesson = teaching.lesson(talk.session, lesson_id)
    try:
        free = moving.slots(
            talk.session, lesson_id=lesson_id, from_at=from_at, to_at=to_at, limit=5
        )
        if free:
            slots["places"] = [[_stored(each.move)] for each in free]
            labels = [told.slot(each) for each in free]
            return say(phrases.free(slot(lesson), labels), tuple(labels))
        return _not_free(talk, lesson, from_at, to_at)
    except (LessonOver, NotFound):
        talk.state.leave()
        return say(phrases.OVER)


def _not_free(talk: Talk, lesson: LessonView, from_at: datetime, to_at: datetime) -> Reply:
    slots, session = talk.state.slots, talk.session
    repaired = moving.repair(
        session, lesson_id=lesson.id, from_at=from_at, to_at=to_at, campus_id=campus_of(talk)
    )
    if repaired:
        slots["places"] = [[_stored(each) for each in repaired]]
        lines = [told.move(each) for each in views.moves(session, repaired)]
        return say(phrases.repair(slots["to"], lines))
    insisted = _as_asked(talk, lesson, from_at, to_at)
    why = ""
    if insisted is not None:
        hard, soft = moving.hindrances(session, [insisted])
        why = told.rules(hard or soft)
        if not hard and soft:
            slots["insisted"] = [_stored(insisted)]
    near = moving.slots(session, lesson_id=lesson.id, limit=3)
    slots["places"] = [[_stored(each.move)] for each in near]
    labels = [told.slot(each) for each in near]
    if not near and "insisted" not in slots:
        talk.state.leave()
        return say(phrases.nothing(slots["to"], why))
    reply = phrases.elsewhere(slots["to"], why, labels, can_insist="insisted" in slots)
    return say(reply, tuple(labels))


def _as_asked(talk: Talk, lesson: LessonView, from_at: datetime, to_at: datetime) -> Move | None:
    """The lesson within the time that was named, at its usual hour if that is in it, its people and
    room unchanged."""
    usual, on = clock.local(lesson.starts_at), clock.local(from_at).date()
    at = clock.at_local(on, usual.hour, usual.minute)
    if not from_at <= at < to_at:
        # «周四上午» begins at six; nobody means that.
        at = max(from_at, min(clock.at_local(on, 9), to_at - _MINUTE))
    return moving.as_asked(talk.session, lesson.id, at) if at > clock.now() else None


def _read_place(talk: Talk, text: str) -> Read:
    slots = talk.state.slots
    places: list[list[dict[str, Any]]] = slots.get("places", [])
    insists = _INSISTS.match(talk.plain)
    if insists and "insisted" in slots:
        slots["reason"] = insists.group(1)
        slots["overrides"] = True
        return Value(slots["insisted"])
    labels = [told.slot(each) for each in views.slots(talk.session, [_read(p[0]) for p in places])]
    if len(places) == 1 and _YES.match(talk.plain):
        return Value(places[0])
    place = picked(text, labels)
    return None if place is None else Value(places[place])


def _ask_agreed(talk: Talk) -> Reply:
    moves = [_read(each) for each in talk.state.slots["place"]]
    lines = [told.move(each) for each in views.moves(talk.session, moves)]
    return say(phrases.confirm(lines), (phrases.YES,))


def _read_agreed(talk: Talk, text: str) -> Read:
    return Value(True) if _YES.match(talk.plain) else None


def _finish(talk: Talk) -> Reply:
    slots = talk.state.slots
    moves = [_read(each) for each in slots["place"]]
    lines = [told.move(each) for each in views.moves(talk.session, moves)]
    talk.state.leave()
    try:
        with talk.session.begin_nested():
            moving.move(
                talk.session,
                moves,
                by=talk.speaker.account_id or 0,
                reason=slots.get("reason", ""),
                overrides=bool(slots.get("overrides")),
                campus_id=campus_of(talk),
            )
    except (WorldChanged, Clash):
        return say(phrases.CHANGED_MEANWHILE)
    except (Forbidden, Unwise) as refused:
        return say(phrases.REFUSED.format(why=told.rules(refused.facts["rules"])))
    except (LessonOver, NotFound):
        return say(phrases.OVER)
    return say(phrases.done(lines))


def _stored(move: Move) -> dict[str, Any]:
    return move.model_dump(mode="json")


def _read(stored: dict[str, Any]) -> Move:
    return Move.model_validate(stored)


MOVE = Form(
    name="move_lesson",
    steps=(
        Step("lesson_id", ("哪节课",), _ask_lesson, _read_lesson),
        Step("place", ("时间", "挪到什么时候"), _ask_place, _read_place),
        Step("agreed", ("确认",), _ask_agreed, _read_agreed, confirms=True),
    ),
    finish=_finish,
    cancelled=phrases.CANCELLED,
    back="刚才说到调课，",
)

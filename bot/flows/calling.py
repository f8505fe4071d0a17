"""点名 by chat: which lesson, one sentence, a look at what was understood, done in seconds."""

import re

from backend.kit.errors import DomainError, NotAllowed
from backend.security import queries as security
from backend.security import service as links
from backend.security.permissions import scope_of
from backend.security.schemas import Permission, Scope, StaffMember
from backend.students import queries as students
from backend.teaching import queries as teaching
from backend.teaching.life import calling, summaries
from backend.teaching.life import queries as life
from backend.teaching.schemas import LessonView, Mark, Marked, NotInLesson, TooEarly
from bot.flows import form, roll
from bot.flows.absences import picked
from bot.flows.form import Form, Read, Step, Unfit, Value
from bot.flows.staff import only_for
from bot.flows.talk import Talk
from bot.interpreter import words
from bot.phrases import absences as slots
from bot.phrases import calling as phrases
from bot.replies import Reply, say, show

_CORRECTS = re.compile(r"更正|改(一下)?点?名|点错|考勤.{0,4}(改|错)|改考勤")
_SUMMARY = re.compile(r"^(?:课堂)?(?:小结|反馈|点评)[：: ，,]*(.{4,300})$", re.DOTALL)
_SUMMARY_BARE = re.compile(r"^(?:写|发)?(?:课堂|课后)?(?:小结|反馈|点评)$")
_TO_ONE = re.compile(r"^([一-鿿·]{2,5})[：:，, ]+(.+)$", re.DOTALL)
_YES = re.compile(r"^(确认|确定|对的?|是的?|没错|没问题|好的?|可以|提交|嗯+|ok)[了吧啊]?$")
"""What agrees to a roll as it was read out."""


def _begin(talk: Talk) -> Reply:
    """「点名」, 「更正点名」, or the roll itself: 「今天都到了，李想请假」."""
    corrects = bool(_CORRECTS.search(talk.plain))
    found = _to_call(talk, is_called=corrects)
    if not found:
        return say(phrases.NOTHING_TO_CORRECT if corrects else phrases.NOTHING_TO_CALL)
    named = [each for each in found if each.class_name in talk.plain]
    found = named or found
    only = found[0].id if len(found) == 1 else None
    return form.start(talk, ROLL, options=[each.id for each in found], lesson_id=only)


def overheard(talk: Talk) -> Reply | None:
    """«李想请假，其他都到了» of somebody who has a roll to call; None for a leave of their own."""
    if scope_of(talk.speaker.role, Permission.TAKE_ATTENDANCE) is None:
        return None
    for lesson in _to_call(talk):
        names = _names(talk, lesson.id)
        is_named = any(name in talk.plain or name[1:] in talk.plain for name in names.values())
        if is_named and isinstance(roll.read(talk.plain, names), dict):
            return form.start(talk, ROLL, options=[lesson.id], lesson_id=lesson.id)
    return None


def summarise(talk: Talk) -> Reply | None:
    """「小结 今天学了……」 after the roll-call; None for anything else."""
    match = _SUMMARY.match(words.simplified(talk.text).strip())
    if talk.speaker.account_id is not None and _SUMMARY_BARE.match(talk.plain):
        return say(phrases.HOW_TO_SUMMARISE)
    if match is None or talk.speaker.account_id is None:
        return None
    told = talk.text.strip()[match.start(1) :]
    found = life.to_call(talk.session, teacher_id=talk.speaker.account_id, is_called=True, limit=1)
    if not found:
        return say(phrases.NOT_THERE)
    lesson_id, student_id = found[0].id, None
    to_one = _TO_ONE.match(told)
    if to_one:
        names = _names(talk, lesson_id)
        student_id = next((i for i, n in names.items() if to_one.group(1) in (n, n[1:])), None)
        told = to_one.group(2) if student_id else told
    try:
        count = summaries.write(
            talk.session,
            lesson_id=lesson_id,
            words=told,
            member=_member(talk),
            student_id=student_id,
            key=talk.source_key,
        )
    except (NotInLesson, NotAllowed):
        return say(phrases.NOT_THERE)
    return say(phrases.summary_sent(count))


def _to_call(talk: Talk, *, is_called: bool = False) -> list[LessonView]:
    """Lessons to call, or to correct: one's own, of one's campus, or all."""
    scope = scope_of(talk.speaker.role, Permission.TAKE_ATTENDANCE)
    return life.to_call(
        talk.session,
        teacher_id=talk.speaker.account_id if scope is Scope.OWN else None,
        campus_id=_member(talk).campus_id or 0 if scope is Scope.CAMPUS else None,
        is_called=is_called,
    )


def _member(talk: Talk) -> StaffMember:
    account_id = talk.speaker.account_id or 0
    return security.staff_members(talk.session, {account_id})[account_id]


def _lesson(talk: Talk) -> LessonView:
    return teaching.lesson(talk.session, talk.state.slots["lesson_id"])


def _names(talk: Talk, lesson_id: int) -> dict[int, str]:
    ids = [place.student_id for place in life.places_of(talk.session, lesson_id)]
    children = students.students(talk.session, ids)
    guests = life.guests_of(talk.session, lesson_id)  # Under the number that calling knows them by.
    return {id_: children[id_].name for id_ in ids} | {-guest.id: guest.name for guest in guests}


def _ask_lesson(talk: Talk) -> Reply:
    found = teaching.lessons(talk.session, talk.state.slots["options"])
    labels = [slots.slot(each) for each in found]
    return say(phrases.which(labels), tuple(labels))


def _read_lesson(talk: Talk, text: str) -> Read:
    found = teaching.lessons(talk.session, talk.state.slots["options"])
    place = picked(text, [slots.slot(each) for each in found])
    return None if place is None else Value(found[place].id)


def _ask_marks(talk: Talk) -> Reply:
    view = _lesson(talk)
    names = _names(talk, view.id)
    if not names:
        talk.state.leave()
        return say(phrases.NOBODY)
    away = {p.student_id for p in life.places_of(talk.session, view.id) if p.status is Mark.LEAVE}
    expected = [
        name if id_ > 0 else phrases.GUEST.format(name=name)
        for id_, name in names.items()
        if id_ not in away
    ]
    text = phrases.roll(view, expected, [names[id_] for id_ in names if id_ in away])
    path = f"/lessons/{view.id}/roll-call"
    card = show(
        title=phrases.PAGE_TITLE,
        description=phrases.PAGE_TEXT.format(slot=slots.slot(view)),
        url=links.personal_link(talk.openid, path),
    )
    return say(text, ("全到",)).then(card)


def _marks_in(talk: Talk, text: str) -> list[list[object]] | roll.Unread | None:
    lesson_id = talk.state.slots.get("lesson_id")
    if lesson_id is None:
        return None
    names = _names(talk, lesson_id)
    is_called = life.is_called(talk.session, lesson_id)
    reading = roll.corrections if is_called else roll.read
    found = reading(words.simplified(text), names)
    if not isinstance(found, dict):
        return found
    away = {p.student_id for p in life.places_of(talk.session, lesson_id) if p.status is Mark.LEAVE}
    named = {id_ for id_, name in names.items() if name in text or name[1:] in text}
    return [
        [id_, str(mark), minutes]
        for id_, (mark, minutes) in found.items()
        if id_ not in away - named  # Whoever is on leave stays so unless they are spoken of.
    ]


def _read_marks(talk: Talk, text: str) -> Read:
    text = "全到" if words.ordinal(text) == 1 else text
    found = _marks_in(talk, text)
    if isinstance(found, roll.Unread):
        names = list(_names(talk, talk.state.slots["lesson_id"]).values())
        return Unfit(
            phrases.SAME_NAME.format(name=found.name)
            if found.name
            else phrases.WHO.format(name=names[0]),
            sure=True,
        )
    return Value(found) if found else None


def _spot_marks(talk: Talk, text: str) -> list[list[object]] | None:
    found = _marks_in(talk, text)
    return found if isinstance(found, list) else None


def _needs_no_reason(talk: Talk) -> bool:
    lesson_id = talk.state.slots.get("lesson_id")  # Several lessons may wait for their roll.
    return lesson_id is None or not life.needs_reason(talk.session, lesson_id)


def _ask_reason(_talk: Talk) -> Reply:
    return say(phrases.ASK_REASON)


def _read_reason(_talk: Talk, text: str) -> Read:
    return Value(text.strip()) if len(text.strip()) >= 2 else None


def _ask_check(talk: Talk) -> Reply:
    view, names = _lesson(talk), _names(talk, talk.state.slots["lesson_id"])
    told: dict[Mark, list[str]] = {mark: [] for mark in calling.CALLABLE}
    for id_, mark, minutes in talk.state.slots["marks"]:
        late = f"（{minutes}分钟）" if minutes else ""
        told[Mark(mark)].append(f"{names[id_]}{late}")
    return say(phrases.check(view, told))


def _read_check(talk: Talk, text: str) -> Read:
    if _YES.match(talk.plain):
        return Value(True)
    again = _spot_marks(talk, text)
    if again:
        talk.state.slots["marks"] = again
        return form.Narrowed()
    return None


def _finish(talk: Talk) -> Reply:
    filled, view = talk.state.slots, _lesson(talk)
    talk.state.leave()
    is_correction = life.is_called(talk.session, view.id)
    marks = [Marked(student_id=i, mark=Mark(m), late_minutes=n) for i, m, n in filled["marks"]]
    try:
        with talk.session.begin_nested():
            count = calling.call(
                talk.session,
                lesson_id=view.id,
                marks=marks,
                member=_member(talk),
                reason=filled.get("reason", ""),
            )
    except TooEarly as error:
        return say(phrases.too_early(error.facts["from_at"]))
    except DomainError:
        return say(phrases.REFUSED)
    return say(phrases.done(view, count, is_correction))


ROLL = Form(
    name="take_attendance",
    steps=(
        Step("lesson_id", ("哪节课",), _ask_lesson, _read_lesson),
        Step("marks", ("点名", "名单"), _ask_marks, _read_marks, spot=_spot_marks),
        Step("reason", ("原因",), _ask_reason, _read_reason, skip=_needs_no_reason),
        Step("check", ("确认",), _ask_check, _read_check, confirms=True),
    ),
    finish=_finish,
    cancelled=phrases.CANCELLED,
    back="刚才点到一半，",
)
begin = only_for(Permission.TAKE_ATTENDANCE, _begin)

"""请假 by one sentence, taking it back, and making a missed lesson up (clauses §4, rules 3 and 4).

Only ever for the speaker's own children: the ids come from the speaker's identity.
"""

import re
from collections.abc import Sequence

from backend.kit import clock
from backend.kit.errors import NotFound
from backend.security.permissions import scope_of
from backend.security.schemas import Permission, Role, Scope
from backend.students.schemas import Child
from backend.teaching import queries as teaching
from backend.teaching.life import leaves, makeups
from backend.teaching.life import queries as life
from backend.teaching.schemas import Clash, LessonOver, LessonView, MakeupGone, SeatTaken
from bot.flows import form, people, staffing, study, whose
from bot.flows.form import Form, Narrowed, Read, Step, Unfit, Value
from bot.flows.talk import Talk
from bot.interpreter import words
from bot.phrases import absences as phrases
from bot.replies import Reply, say

_BARE = re.compile(r"^(我|我们|想|要|帮|老师|孩子|娃|请个?假|请一?次假|[，,。!！ ])+$")
_ALL = re.compile(r"^(全部|全都?|都请?|两节都?|都不去|都不来|都请假)[的了吧]?$")
_BACK = re.compile(
    r"又(能|可以)(去|来|上)|(能|可以)(去|来|上课?)了|不(用)?请假了|(取消|撤[销回])请?假|请?假.{0,3}(取消|撤[销回])"
)
_NAME_ALONE = 6
_LATER = re.compile(
    r"^(好的?|嗯+|谢谢.*|知道了|收到|明白了?|先不(约|补)|不[约补]了?|(以后|到时候)再[说约补]"
    r"|再说吧?|[,，!！。 ])+$"
)


def leave(talk: Talk) -> Reply:
    """«娃明天发烧去不了»: recorded at once when it is plain which lesson, else asked for."""
    children = whose.learners(talk)
    if not children:
        if scope_of(talk.speaker.role, Permission.TAKE_ATTENDANCE) is Scope.OWN:
            return staffing.teacher_leave(talk)
        return people.pass_to(Role.ACADEMIC)(talk)
    names = {child.id: child.name for child in children}
    from_at, to_at, when = study.window(talk)
    from_at = max(from_at, clock.now())
    found = teaching.lessons_of_students(talk.session, list(names), from_at=from_at, to_at=to_at)
    subject = words.subject(talk.plain)
    if subject:
        found = [each for each in found if subject in each.course_name] or found
    if not found:
        if when == study.NO_TIME_NAMED:
            return say(phrases.NO_LESSONS)
        return say(phrases.NO_LESSON_THEN.format(who="、".join(names.values()), when=when))
    options = [[each.student_id, each.id] for each in found[:8]]
    is_plain = len(found) == 1 and bool(talk.plain) and not _BARE.match(talk.plain)
    return form.start(
        talk, LEAVE, options=options, words=talk.text, chosen=options if is_plain else None
    )


def makeup(talk: Talk) -> Reply:
    """「补课」: what may be made up, and when."""
    children = whose.learners(talk)
    if not children:
        return people.pass_to(Role.ACADEMIC)(talk)
    found = life.open_absences(talk.session, [child.id for child in children])
    if not found:
        return say(phrases.NO_ABSENCE)
    only = found[0].id if len(found) == 1 else None
    return form.start(talk, MAKEUP, absences=[each.id for each in found], absence_id=only)


def taken_back(talk: Talk) -> Reply | None:
    """«又能去了»: the leave is taken back; None when the message says nothing of the kind."""
    if not _BACK.search(talk.plain) or not (children := whose.learners(talk)):
        return None
    names = {child.id: child.name for child in children}
    found = life.leaves_of(talk.session, list(names))
    from_at, to_at, when = study.window(talk)
    if when != study.NO_TIME_NAMED:
        found = [each for each in found if from_at <= each[1].starts_at < to_at] or found
    if not found:
        return say(phrases.NO_LEAVE) if "假" in talk.plain else None
    if talk.state.flow in (MAKEUP.name, LEAVE.name):
        talk.state.leave()
    talk.state.misunderstood = 0
    if len(found) > 1:
        return say(phrases.which_leave([f"{names[s]} {phrases.slot(each)}" for s, each in found]))
    student_id, lesson = found[0]
    try:
        with talk.session.begin_nested():
            leaves.revoke(talk.session, student_id=student_id, lesson_id=lesson.id)
    except SeatTaken:
        return say(phrases.NOT_BACK_FULL)
    except Clash as error:
        return say(
            phrases.NOT_BACK_CLASH.format(class_name=error.facts.get("class_name", "别的班"))
        )
    except (LessonOver, NotFound):
        return say(phrases.LESSON_OVER)
    return say(phrases.revoked(names[student_id], lesson))


def picked(text: str, labels: Sequence[str]) -> int | None:
    """Which line of a list somebody means, from 0: by its words, its number, or the only one that
    has a day in common with the message."""
    plain = words.simplified(text).strip(" 。.!！,，")
    if plain in labels:
        return labels.index(plain)
    number = words.ordinal(text)
    if number is not None:
        return number - 1 if number <= len(labels) else None
    days = re.findall(
        r"周[一二三四五六日]|\d{1,2}月\d{1,2}日|\d{1,2}[:：]\d{2}", plain.replace("星期", "周")
    )
    fitting = [n for n, label in enumerate(labels) if days and all(day in label for day in days)]
    return fitting[0] if len(fitting) == 1 else None


def _children(talk: Talk) -> dict[int, Child]:
    return {child.id: child for child in whose.children(talk)}


def _lessons(talk: Talk) -> list[tuple[int, LessonView]]:
    """The lessons put to choice, each with its learner."""
    options = talk.state.slots["options"]
    by_id = {each.id: each for each in teaching.lessons(talk.session, [o[1] for o in options])}
    return [(student_id, by_id[lesson_id]) for student_id, lesson_id in options]


def _labels(talk: Talk) -> list[str]:
    names = _children(talk)
    return [f"{names[s].name} {phrases.slot(each)}" for s, each in _lessons(talk)]


def _ask_lesson(talk: Talk) -> Reply:
    labels = _labels(talk)
    if len(labels) > 1:
        labels.append(phrases.ALL_OF_THEM)
    return say(phrases.which_lesson(labels), tuple(labels))


def _read_lesson(talk: Talk, text: str) -> Read:
    options = talk.state.slots["options"]
    place = picked(text, [*_labels(talk), phrases.ALL_OF_THEM])
    if _ALL.match(talk.plain) or place == len(options):
        return Value(options)
    if place is not None:
        return Value([options[place]])
    ids = {child.id for child in whose.named(talk.plain, whose.children(talk))}
    theirs = [each for each in options if each[0] in ids]
    if len(theirs) == 1:
        return Value(theirs)
    if theirs and len(theirs) < len(options):
        talk.state.slots["options"] = theirs
        return Narrowed()
    return None


def _finish_leave(talk: Talk) -> Reply:
    slots, children = talk.state.slots, _children(talk)
    talk.state.leave()
    told, rights = [], []
    for student_id, lesson_id in slots["chosen"]:
        try:
            with talk.session.begin_nested():
                taken = leaves.ask(
                    talk.session,
                    student_id=student_id,
                    lesson_id=lesson_id,
                    words=slots["words"],
                    by=f"wechat:{talk.openid}",
                )
        except (LessonOver, NotFound):
            told.append(phrases.LESSON_OVER)
            continue
        told.append(phrases.leave_taken(children[student_id].name, taken))
        rights += [taken.absence_id] if taken.absence_id else []
    reply = say("\n\n".join(told))
    if len(rights) != 1 or not makeups.offers(talk.session, absence_id=rights[0], limit=1):
        return reply
    return reply.then(form.start(talk, MAKEUP, absences=rights, absence_id=rights[0]))


def _absence_labels(talk: Talk) -> dict[str, int]:
    children = _children(talk)
    found = life.open_absences(talk.session, list(children))
    wanted = talk.state.slots["absences"]
    return {
        phrases.missed(children[each.student_id].name, each): each.id
        for each in found
        if each.id in wanted
    }


def _ask_absence(talk: Talk) -> Reply:
    labels = list(_absence_labels(talk))
    return say(phrases.which_absence(labels), tuple(labels))


def _read_absence(talk: Talk, text: str) -> Read:
    labels = _absence_labels(talk)
    place = picked(text, list(labels))
    return None if place is None else Value(list(labels.values())[place])


def _ask_makeup(talk: Talk) -> Reply:
    absence_id = talk.state.slots["absence_id"]
    found = makeups.offers(talk.session, absence_id=absence_id)
    view = life.absence(talk.session, absence_id)
    if not found:
        talk.state.leave()
        until = f"{view.expires_on.month}月{view.expires_on.day}日"
        return say(phrases.NO_OFFERS.format(until=until))
    talk.state.slots["offered"] = [each.id for each in found]
    labels = tuple(phrases.slot(each) for each in found)
    return say(phrases.offers(found, view.expires_on), labels)


def _read_makeup(talk: Talk, text: str) -> Read:
    offered = talk.state.slots.get("offered", [])
    found = teaching.lessons(talk.session, offered)
    labels = [phrases.slot(each) for each in found]
    place = picked(text, labels)
    if place is not None:
        return Value(found[place].id)
    weekdays = re.findall(
        r"周[一二三四五六日]", talk.plain.replace("星期", "周").replace("周天", "周日")
    )
    fitting = [label for label in labels if any(day in label for day in weekdays)]
    if weekdays and not fitting:
        return Unfit(phrases.not_then(weekdays, labels), sure=True)
    return Unfit(phrases.some_then(fitting, labels), sure=True) if fitting else None


def _sibling(talk: Talk) -> Reply | None:
    """«小雨» after a leave for 小宇: nobody makes up another child's lesson."""
    absence_id = talk.state.slots.get("absence_id")
    if absence_id is None or len(talk.plain) > _NAME_ALONE:
        return None
    own = _children(talk)
    missing = own.get(life.absence(talk.session, absence_id).student_id)
    named = whose.named(talk.plain, list(own.values()))
    if missing is None or len(named) != 1 or named[0].id == missing.id:
        return None
    return say(phrases.for_other_child(missing.name, named[0].name))


def _finish_makeup(talk: Talk) -> Reply:
    slots = talk.state.slots
    child = _children(talk)[life.absence(talk.session, slots["absence_id"]).student_id]
    try:
        with talk.session.begin_nested():
            booked = makeups.book(
                talk.session, absence_id=slots["absence_id"], lesson_id=slots.pop("lesson_id")
            )
    except (MakeupGone, Clash, NotFound):
        return say(phrases.MAKEUP_GONE).then(form.advance(talk, MAKEUP))
    talk.state.leave()
    return say(phrases.makeup_booked(child.name, booked))


def _beside_makeup(talk: Talk) -> Reply | None:
    if not _LATER.match(talk.plain):
        return _sibling(talk)
    talk.state.leave()
    return say(phrases.MAKEUP_CANCELLED)


LEAVE = Form(
    name="request_leave",
    steps=(Step("chosen", ("哪节课",), _ask_lesson, _read_lesson),),
    finish=_finish_leave,
    cancelled=phrases.LEAVE_CANCELLED,
    back="刚才说到请假，",
)
MAKEUP = Form(
    name="request_makeup",
    steps=(
        Step("absence_id", ("补哪节",), _ask_absence, _read_absence),
        Step("lesson_id", ("补课时间",), _ask_makeup, _read_makeup),
    ),
    finish=_finish_makeup,
    cancelled=phrases.MAKEUP_CANCELLED,
    back="刚才说到补课，",
    beside=_beside_makeup,
)

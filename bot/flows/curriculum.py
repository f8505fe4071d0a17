"""What is taught: 「下节课上什么」, 「今天讲到哪了」, 「讲完了第3单元」 of whoever teaches,
「孩子学到哪了」 of a family, 「三级数学的课程标准」 of staff (T1, T2).

Read by patterns, because the model knows no such wish; whose classes, the timetable says.
"""

import re
from datetime import timedelta

from backend.admissions.eligibility import placing
from backend.kit.errors import NotAllowed, NotFound
from backend.security import queries as security
from backend.security.permissions import may
from backend.security.schemas import Permission
from backend.security.service import personal_link
from backend.teaching import queries as teaching
from backend.teaching.curriculum import plans, queries
from backend.teaching.curriculum.schemas import NoStandard, NotTaughtYet, Plan, UnitUnknown
from backend.teaching.homework import teachers
from bot.flows import form, whose
from bot.flows.absences import picked
from bot.flows.form import Form, Read, Step, Value
from bot.flows.talk import Talk
from bot.phrases import curriculum as phrases
from bot.replies import Reply, say, show

_WHAT = r"(?:什么|啥|哪里|哪儿|到哪|哪个单元|哪一?课|第几)"
NEXT = re.compile(
    rf"下(?:一)?(?:节|次|堂)课?(?:该|要|是|的)?(?:内容)?(?:上|讲|教|学)?(?:的)?{_WHAT}"
)
WHERE = re.compile(
    r"(?:讲|上|教|学)到(?:了)?(?:哪|第几)|(?:教学|学习|课程|上课)(?:的)?进度|教学计划$"
    r"|(?:今天|最近|这节课|上节课)(?:都)?学了?(?:些)?(?:什么|啥|哪些)"
)
NOTES = re.compile(
    r"^.{0,24}?(?:(?:讲|上|教|学)(?:完|到|了)|进入|开始).{0,4}第[一二两三四五六七八九十\d]{1,3}.{0,3}单元"
    r"|^.{0,24}?第[一二两三四五六七八九十\d]{1,3}个?单元.{0,4}(?:讲|上|教|学)(?:完|了|到)"
)
_DONE = re.compile(r"(?<!没)(?<!没有)(?:讲|上|教|学)完|结束")
_ON = re.compile(r"没有?(?:讲|上|教|学)完|(?:讲|上|教|学)(?:到|了)|进入|开始")
_ASKS = re.compile(r"[吗呢么?？]|什么|几|哪")
PLACED = re.compile(
    r"(?:定级|分级|水平|入学)?测[评试](?:的)?(?:结果|成绩|分数|多少分)|定级(?:结果|怎么样|了吗|多少)"
    r"|(?:该|应该|适合|建议)(?:上|读|学|报)(?:几|哪一?|什么)级"
)
_STANDARD = re.compile(r"课程标准|课标|教学大纲")
_ABOUT = re.compile(r"课程标准|课标|教学大纲|的|看看|看一下|查一下|查|看|发我|给我|一下|请|[?？]")
_DIGITS = {each: n for n, each in enumerate("零一二三四五六七八九十")} | {"两": 2}
JUST_TAUGHT = timedelta(hours=24)
_MOST = 6


def heard(talk: Talk) -> Reply | None:
    """What is said about the teaching of a class; None for anything else."""
    text, role = talk.plain, talk.speaker.role
    is_family = talk.speaker.guardian_id is not None or talk.speaker.student_id is not None
    if role is not None and may(role, Permission.SEE_LESSONS):
        if _STANDARD.search(text):
            return _standard(talk)
        if may(role, Permission.TAKE_ATTENDANCE):
            if NOTES.search(text) and not _ASKS.search(text):
                return _note(talk)
            if NEXT.search(text):
                return _next(talk)
            if WHERE.search(text):
                return _where(talk)
    if PLACED.search(text) and talk.speaker.account_id is None:
        return _placed(talk)
    if is_family and (WHERE.search(text) or NEXT.search(text)):
        talk.state.misunderstood = 0
        return _children(talk)
    return None


def _plans(talk: Talk) -> tuple[list[Plan], int]:
    """The plans of the speaker's classes, or of those that the words name, and of how many classes
    there is none."""
    own = _classes(talk)
    found = queries.plans(talk.session, list(own))
    return list(found.values()), len(own) - len(found)


def _classes(talk: Talk) -> dict[int, str]:
    account_id = talk.speaker.account_id or 0
    if may(talk.speaker.role, Permission.KEEP_CURRICULUM):
        own = {id_: name for name, id_ in talk.catalogue.classes.items()}
    else:
        own = teachers.classes_of(talk.session, account_id)
    named = {id_: name for id_, name in own.items() if name in talk.plain}
    if named or not may(talk.speaker.role, Permission.KEEP_CURRICULUM):
        return named or own
    return teachers.classes_of(talk.session, account_id) or own


def _next(talk: Talk) -> Reply:
    """「下节课上什么」: the next lesson of each class, and what the unit of the first holds."""
    found, without = _plans(talk)
    if not found:
        return say(phrases.NO_PLAN if without else phrases.NO_CLASS)
    rows = [(plan.next.meeting.starts_at, plan) for plan in found if plan.next is not None]
    coming = [plan for _, plan in sorted(rows, key=lambda each: each[0])]
    contents: dict[str, str] = {}
    if coming:
        units = queries.standard(talk.session, coming[0].standard_id).units
        contents = {unit.key: unit.content[:120] for unit in units}
    return say(phrases.next_lessons(coming[:_MOST], contents, without))


def _where(talk: Talk) -> Reply:
    """「今天讲到哪了」: where each class stands, and the page."""
    found, without = _plans(talk)
    if not found:
        return say(phrases.NO_PLAN if without else phrases.NO_CLASS)
    taught = teachers.just_taught(talk.session, talk.speaker.account_id or 0, within=JUST_TAUGHT)
    today = [plan for plan in found if plan.class_group_id in taught]
    shown = (today if today and "今天" in talk.plain else found)[:_MOST]
    path = f"/console/plans/{shown[0].class_group_id}" if len(shown) == 1 else "/console/plans"
    page = show(
        title=phrases.PLAN_TITLE,
        description=phrases.PLAN_TEXT,
        url=personal_link(talk.openid, path),
    )
    return say(phrases.standing(shown)).then(page)


def taught_in(text: str) -> list[tuple[int, bool]]:
    """The units that words name, each with whether it is finished: 「讲完了第3单元，开始第4单元」.
    A clause without a verb goes with the one before."""
    found: dict[int, bool] = {}
    is_done = False
    for clause in re.split(r"[，,；;。]", text):
        if _ON.search(clause) and not _DONE.search(clause):
            is_done = False
        elif _DONE.search(clause):
            is_done = True
        for said in re.findall(r"第[一二两三四五六七八九十\d、和及第]+(?=个?单元)", clause):
            for number in re.findall(r"[一二两三四五六七八九十]+|\d+", said):
                found[_number(number)] = is_done
    return [(number, is_finished) for number, is_finished in found.items() if 0 < number < 100]


def _number(said: str) -> int:
    if said.isdecimal():
        return int(said[:3])
    tens, has_tens, ones = said.rpartition("十")
    if not has_tens:
        return _DIGITS[said[0]]
    return _DIGITS.get(tens, 1) * 10 + (_DIGITS[ones] if ones else 0)


def _note(talk: Talk) -> Reply:
    """「讲完了第3单元」 for the class just taught, named, or the only one."""
    taught = taught_in(talk.plain)
    if not taught:
        return say(phrases.HOW_TO_NOTE)
    own = _classes(talk)
    if not own:
        return say(phrases.NO_CLASS)
    is_named = any(name in talk.plain for name in own.values())
    just = [] if is_named else teachers.just_taught(
        talk.session, talk.speaker.account_id or 0, within=JUST_TAUGHT
    )  # fmt: skip
    options = [id_ for id_ in just if id_ in own] or list(own)
    if len(options) > _MOST:
        return say(phrases.HOW_TO_NOTE)
    return form.start(
        talk,
        NOTE,
        options=options,
        taught=[list(each) for each in taught],
        class_id=options[0] if len(options) == 1 else None,
    )


def _names(talk: Talk) -> list[str]:
    options = talk.state.slots["options"]
    names = teaching.class_names(talk.session, options)
    return [names[id_] for id_ in options if id_ in names]


def _ask_class(talk: Talk) -> Reply:
    names = _names(talk)
    return say(phrases.which_class(names), tuple(names))


def _read_class(talk: Talk, text: str) -> Read:
    names = _names(talk)
    place = picked(text, names)
    if place is None:
        place = next((n for n, name in enumerate(names) if name in text), None)
    return None if place is None else Value(talk.state.slots["options"][place])


def _finish(talk: Talk) -> Reply:
    slots = talk.state.slots
    talk.state.leave()
    account_id = talk.speaker.account_id or 0
    member = security.staff_members(talk.session, {account_id})[account_id]
    try:
        plan = queries.plan(talk.session, slots["class_id"])
        if plan is None:
            return say(phrases.NO_PLAN)
        if plan.last is None:
            return say(phrases.NOT_BEGUN)
        lesson_id = plan.last.meeting.lesson_id
        taught = [(number, is_finished) for number, is_finished in slots["taught"]]
        after = plans.cover(talk.session, lesson_id=lesson_id, taught=taught, member=member)
    except UnitUnknown as unknown:
        return say(phrases.unknown_unit(unknown.facts["last"]))
    except NotAllowed:
        return say(phrases.NOT_YOURS)
    except (NotFound, NoStandard, NotTaughtYet):
        return say(phrases.NO_PLAN)
    row = next(row for row in after.rows if row.meeting.lesson_id == lesson_id)
    return say(phrases.noted(after, row))


def _children(talk: Talk) -> Reply:
    """「孩子学到哪了」: how far the classes are in which the speaker's own children sit."""
    children = whose.learners(talk)
    names = {child.id: child.name for child in children}
    seats = [each for each in teaching.seats_of(talk.session, list(names)) if each.is_active]
    if not seats:
        return say(phrases.NO_SEAT)
    found = queries.plans(talk.session, {each.class_group_id for each in seats})
    told = []
    for id_, name in names.items():
        own = [
            found[each.class_group_id]
            for each in seats
            if each.student_id == id_ and each.class_group_id in found
        ]
        if own:
            told.append(phrases.for_child(name, own))
    return say("\n".join([*told, phrases.FAMILY_END]) if told else phrases.NO_FAMILY_PLAN)


def _placed(talk: Talk) -> Reply | None:
    """「定级结果」: the own children's placements, and the level to begin with; None without any,
    so that whoever asks for advice is advised."""
    found = placing.found(talk.session, talk.openid)
    if not found:
        return None
    talk.state.misunderstood = 0
    return say(phrases.placed(found))


def _standard(talk: Talk) -> Reply:
    """「三级数学的课程标准」: in short, with the page."""
    about = _ABOUT.sub("", talk.plain)
    found = queries.courses_called(talk.session, about) if about else {}
    if not found:
        return say(phrases.WHICH_COURSE)
    if len(found) > 1:
        return say(phrases.which_course(list(found.values())[:_MOST]))
    ((course_id, name),) = found.items()
    view = queries.in_force(talk.session, [course_id]).get(course_id)
    if view is None:
        return say(phrases.no_standard(name))
    page = show(
        title=f"{name}{phrases.STANDARD_TITLE}",
        description=f"第{view.version}版，{len(view.units)}个单元{view.hours}课时",
        url=personal_link(talk.openid, f"/console/curriculum/versions/{view.id}"),
    )
    return say(phrases.standard(view)).then(page)


NOTE = Form(
    name="note_progress",
    steps=(Step("class_id", ("哪个班",), _ask_class, _read_class),),
    finish=_finish,
    cancelled=phrases.CANCELLED,
    back="刚才的进度还没登记，",
)

"""作业 by chat: set and taken back in a sentence, asked for, handed in by words or pictures (T12).

Whoever teaches sets for their own classes; families hand in for their own children: the ids come
from the speaker's identity and from the timetable, never from the message.
"""

import re
from datetime import datetime, timedelta

from backend.kit import clock
from backend.kit.errors import DomainError, NotAllowed, NotFound
from backend.security import queries as security
from backend.security.permissions import may
from backend.security.schemas import Permission, Role, StaffMember
from backend.security.service import personal_link
from backend.students import attachments, takeovers
from backend.students import queries as students
from backend.students.schemas import AttachmentKind, Purpose
from backend.teaching.homework import handing, queries, setting, teachers
from backend.teaching.homework.schemas import Assigned, HandInView, TooSoon, Withdrawn
from bot import times
from bot.flows import form, people, whose
from bot.flows.absences import picked
from bot.flows.form import Form, Read, Step, Value
from bot.flows.talk import Talk
from bot.interpreter import words
from bot.phrases import homework as phrases
from bot.replies import Reply, say, show

SETS = re.compile(
    r"^(?:请|帮我|我要?)*(?:布置|发布|留)(?:一?下|个|一个|点)?(?:今天|本周|这周|课后|家庭|回家)?的?作业"
    r"(?:给(?P<to>[^：:，,]{2,20}))?"
    r"(?:$|[：:，,。 \n]+|(?=第|完成|背|抄|读|做|写|预习|复习|练习|课本|\d))(?P<rest>.*)$",
    re.DOTALL,
)
TAKES_BACK = re.compile(r"^(?:撤回|撤销|取消)(?:刚才|刚刚|今天)?的?(?:布置的?)?作业[了吧]?$")
STANDING = re.compile(
    r"^(?:(?:看看?|查)?(?:谁|哪些人|还有谁)(?:没有?|已经)?交了?作业了?|作业(?:情况|交得怎么样|提交情况))[吗呢]?$"
)
ASKS = re.compile(
    r"有(?:没有)?(?:什么|啥|哪些)?(?:新的?)?作业[吗呢]?$|作业(?:是|有)(?:什么|啥|哪些)"
    r"|(?:布置|留)(?:了)?(?:什么|啥|哪些)?作业|(?:还有|哪些|什么)作业(?:没有?|要)[交做写]"
)
HANDS_IN = re.compile(
    r"^(?P<who>.{0,8}?)的?(?:(?:来|想|要)?(?:交|提交|上交)(?:一?下)?(?:今天|昨天)?的?作业了?"
    r"|作业(?:已经|都)?(?:交|写|做|完成|弄)(?:完|好)?(?:了|啦))[：:，,。！! ]*(?P<rest>.*)$",
    re.DOTALL,
)
DONE = re.compile(r"^(?:已经?|都)?(?:完成|做完|写完)(?:了|啦)?$")
_ASKS_BACK = re.compile(r"[?？吗呢没]$|哪|怎么|什么|多少")
_ASKS = re.compile(r"[?？吗呢没]$|^.{0,8}(?:没|不|怎么|什么|哪|能|可以|晚|忘|老师).{0,8}作业")
_BY = re.compile(r"(?:之|以)?前(?=交|提交|上交|完成|做完|写完|给我|发|上传|[，,。.；; ]|$)")
_NEXT = re.compile(r"下(?:节|次|堂)课(?:之?前|时|的?时候)?(?:要?交|完成)?")
_BEFORE_TIME = re.compile(r"[，,。；; ]*(?:请|要|必须|最晚|最迟|截止到?|在|于|[，,。；; ])*$")
_AFTER_TIME = re.compile(
    r"^(?:之前|以前|前|截止|内)?(?:要|必须|请)*"
    r"(?:[交发]给我|[交发]上来|发来|交|提交|上交|上传|完成|做完|写完)?(?:作业)?[，,。；;！! ]*"
)
_SHORT = 12  # Characters of a question beside «作业写完了», which is no homework.
_EVENING = 20
JUST_TAUGHT = timedelta(hours=24)
PICTURES_WITHIN = timedelta(minutes=30)
TAKEN_BACK_WITHIN = timedelta(days=1)
LOOKED_BACK = timedelta(days=14)


def heard(talk: Talk) -> Reply | None:
    """What is said about homework in plain words; None for all else."""
    if talk.speaker.account_id is not None and may(talk.speaker.role, Permission.TAKE_ATTENDANCE):
        match = SETS.match(words.simplified(talk.text).strip())
        if match:
            return _set(talk, match)
        if TAKES_BACK.match(talk.plain):
            return _take_back(talk)
        if STANDING.match(talk.plain):
            return _standing(talk)
    is_family = talk.speaker.guardian_id is not None or talk.speaker.student_id is not None
    if talk.state.flow == HAND_IN.name:
        return None  # What is said now is what is handed in.
    if is_family and ASKS.search(talk.plain.rstrip("?？")):
        talk.state.misunderstood = 0
        return asked(talk)
    match = HANDS_IN.match(words.simplified(talk.text).strip())
    if is_family and match and not _ASKS.search(talk.plain):
        return _begin_hand_in(talk, match.group("rest").strip())
    return None


def _member(talk: Talk) -> StaffMember:
    account_id = talk.speaker.account_id or 0
    return security.staff_members(talk.session, {account_id})[account_id]


def _set(talk: Talk, match: re.Match[str]) -> Reply:
    """「布置作业：第三课练习，周五前交」 for the class named, just taught, or the only one."""
    rest = match.group("rest").strip()
    if len(rest) < 2 or (len(rest) < _SHORT and _ASKS_BACK.search(rest)):
        return say(phrases.HOW_TO_SET)
    own = teachers.classes_of(talk.session, talk.speaker.account_id or 0)
    if not own:
        return say(phrases.NOT_YOURS)
    told = match.group("to") or ""
    named = [id_ for id_, name in own.items() if name in told or name in rest]
    for id_ in named:
        rest = rest.replace(f"给{own[id_]}", "").replace(own[id_], "").strip("：:，,。 ")
    taught = teachers.just_taught(talk.session, talk.speaker.account_id or 0, within=JUST_TAUGHT)
    options = named or taught or list(own)
    due_at, rest = _due_in(rest)
    if len(rest) < 2:
        return say(phrases.HOW_TO_SET)
    return form.start(
        talk,
        SET,
        options=options,
        words=rest,
        due_at=due_at and due_at.isoformat(),
        source=talk.source_key,
        class_id=options[0] if len(options) == 1 else None,
    )


def _due_in(rest: str) -> tuple[datetime | None, str]:
    """By when, and what is left of the words; a day alone means its evening at eight. None where no
    time is named: before the next lesson."""
    for found in _NEXT.finditer(rest):
        return None, _without(rest, found.start(), found.end())
    plain = _BY.sub("", rest)
    spans = [each for each in times.find(plain, clock.local(clock.now())) if each.start_at]
    if not spans:
        return None, rest
    span = spans[-1]
    start = clock.local(span.start_at or clock.now())
    if span.kind is times.Kind.DATETIME:
        at = start
    elif span.kind is times.Kind.INTERVAL and span.end_at is not None:
        last = clock.local(span.end_at - timedelta(minutes=1))
        at = last.replace(hour=min(last.hour, _EVENING), minute=0, second=0, microsecond=0)
    else:
        at = start.replace(hour=_EVENING, minute=0, second=0, microsecond=0)
    where = rest.find(span.text)
    if where < 0:
        return at, rest
    return at, _without(rest, where, where + len(span.text))


def _without(rest: str, begins: int, ends: int) -> str:
    """The words without a time and what goes with it (「周五前交」)."""
    before, after = _BEFORE_TIME.sub("", rest[:begins]), _AFTER_TIME.sub("", rest[ends:])
    return f"{before}，{after}" if before and after else before or after


def _ask_class(talk: Talk) -> Reply:
    names = _class_names(talk)
    return say(phrases.which_class(names), tuple(names))


def _class_names(talk: Talk) -> list[str]:
    own = teachers.classes_of(talk.session, talk.speaker.account_id or 0)
    return [own[id_] for id_ in talk.state.slots["options"] if id_ in own]


def _read_class(talk: Talk, text: str) -> Read:
    names = _class_names(talk)
    place = picked(text, names)
    if place is None:
        place = next((n for n, name in enumerate(names) if name in text), None)
    return None if place is None else Value(talk.state.slots["options"][place])


def _finish_set(talk: Talk) -> Reply:
    filled = talk.state.slots
    talk.state.leave()
    class_id = filled["class_id"]
    due_at = datetime.fromisoformat(filled["due_at"]) if filled.get("due_at") else None
    later = clock.local(clock.now() + timedelta(days=7)).replace(hour=_EVENING, minute=0, second=0)
    by = due_at or queries.next_lesson_of(talk.session, class_id) or later
    try:
        with talk.session.begin_nested():
            view, count = setting.assign(
                talk.session,
                class_group_id=class_id,
                words=filled["words"],
                due_at=by.astimezone(clock.UTC),
                member=_member(talk),
                source_key=f"chat:{filled['source']}",
            )
    except TooSoon:
        return say(phrases.TOO_SOON)
    except (NotAllowed, NotFound):
        return say(phrases.NOT_YOURS)
    except DomainError:
        return say(phrases.HOW_TO_SET)
    return say(phrases.assigned(view, count, guessed=due_at is None))


def _take_back(talk: Talk) -> Reply:
    since = clock.now() - TAKEN_BACK_WITHIN
    view = queries.latest_of(talk.session, talk.speaker.account_id or 0, since=since)
    if view is None:
        return say(phrases.NOTHING_SET)
    try:
        setting.withdraw(talk.session, homework_id=view.id, member=_member(talk))
    except NotAllowed:
        return say(phrases.NOT_YOURS)
    return say(phrases.withdrawn(view))


def _standing(talk: Talk) -> Reply:
    """「作业情况」: who has handed in what the teacher set last, and the page."""
    since = clock.now() - LOOKED_BACK
    view = queries.latest_of(talk.session, talk.speaker.account_id or 0, since=since)
    if view is None:
        return say(phrases.NO_STANDING)
    handed = queries.handed_in(talk.session, view.id)
    learners = queries.learners_of(talk.session, view.class_group_id)
    names = students.students(talk.session, learners)
    done = [names[id_].name for id_ in learners if id_ in handed]
    missing = [names[id_].name for id_ in learners if id_ not in handed]
    return say(phrases.standing(view, done, missing)).then(
        show(
            title=phrases.PAGE_TITLE,
            description=f"{view.class_name}：{view.words[:40]}",
            url=personal_link(talk.openid, f"/console/homework/{view.id}"),
        )
    )


def asked(talk: Talk) -> Reply:
    """「有什么作业」: each child's, with the time by which it is due."""
    children = whose.learners(talk)
    if not children and may(talk.speaker.role, Permission.TAKE_ATTENDANCE):
        return _standing(talk)
    if not children:
        return people.pass_to(Role.ACADEMIC)(talk)
    names = {child.id: child.name for child in children}
    found = queries.assigned(talk.session, list(names))
    return say(phrases.for_children(names, found) if found else phrases.NONE)


def _begin_hand_in(talk: Talk, said: str) -> Reply:
    """「作业交了」 with what was just sent, or with what comes now."""
    children = whose.learners(talk)
    found = queries.assigned(talk.session, [child.id for child in children], only_open=True)
    if not found:
        again = queries.assigned(talk.session, [child.id for child in children])
        found = [each for each in again if each.handed_in]
    if not found:
        return say(phrases.NOTHING_TO_HAND_IN)
    options = [[each.student_id, each.homework.id] for each in found[:8]]
    has_sent = attachments.count_loose(talk.session, openid=talk.openid) > 0
    is_content = len(said) >= 2 and not (len(said) < _SHORT and _ASKS_BACK.search(said))
    content = said if is_content else "" if has_sent else None
    return form.start(
        talk,
        HAND_IN,
        options=options,
        chosen=options[0] if len(options) == 1 else None,
        content=content,
    )


def _labels(talk: Talk) -> list[str]:
    options = talk.state.slots["options"]
    known = {(each.student_id, each.homework.id): each for each in _own(talk)}
    names = {child.id: child.name for child in whose.children(talk)}
    return [
        phrases.label(known[student_id, homework_id], names)
        for student_id, homework_id in options
        if (student_id, homework_id) in known
    ]


def _own(talk: Talk) -> list[Assigned]:
    return queries.assigned(talk.session, [child.id for child in whose.children(talk)])


def _ask_homework(talk: Talk) -> Reply:
    labels = _labels(talk)
    return say(phrases.which_homework(labels), tuple(labels))


def _read_homework(talk: Talk, text: str) -> Read:
    place = picked(text, _labels(talk))
    if place is None:
        named = whose.named(talk.plain, whose.children(talk))
        fitting = [
            n
            for n, (student_id, _) in enumerate(talk.state.slots["options"])
            if any(child.id == student_id for child in named)
        ]
        place = fitting[0] if len(fitting) == 1 else None
    return None if place is None else Value(talk.state.slots["options"][place])


def _ask_content(_talk: Talk) -> Reply:
    return say(phrases.ASK_CONTENT, ("已完成",))


def _read_content(talk: Talk, text: str) -> Read:
    return Value("" if DONE.match(talk.plain) else text.strip()) if text.strip() else None


def _finish_hand_in(talk: Talk) -> Reply:
    filled = talk.state.slots
    talk.state.leave()
    student_id, homework_id = filled["chosen"]
    names = {child.id: child.name for child in whose.children(talk)}
    try:
        handed = handing.hand_in(
            talk.session,
            homework_id=homework_id,
            student_id=student_id,
            own_ids=set(names),
            openid=talk.openid,
            words=filled["content"],
        )
    except Withdrawn:
        return say(phrases.GONE)
    except NotFound:
        return say(phrases.NOTHING_TO_HAND_IN)
    pieces = handing.take_pictures(talk.session, handed, openid=talk.openid)
    view = queries.homework(talk.session, homework_id)
    return say(phrases.handed(names[student_id], view, pieces))


def pictured(talk: Talk, kind: AttachmentKind) -> Reply | None:
    """A picture while homework is being handed in, or just after; None for all others."""
    waits = talk.state.flow == HAND_IN.name
    latest = None if waits else _just_handed(talk)
    if not waits and latest is None:
        return None
    attachments.receive(
        talk.session,
        openid=talk.openid,
        kind=kind,
        media_id=talk.incoming.key,
        purpose=Purpose.HOMEWORK,
        source_key=talk.source_key,
    )
    if latest is not None:
        return say(phrases.added(handing.take_pictures(talk.session, latest, openid=talk.openid)))
    talk.state.slots["content"] = ""
    return form.advance(talk, HAND_IN)


def _just_handed(talk: Talk) -> HandInView | None:
    """What a picture out of nowhere belongs to: homework handed in a moment ago, unless the talk
    has gone on to something else since."""
    if talk.state.flow is not None or takeovers.of_customer(talk.session, talk.openid):
        return None
    latest = queries.latest_hand_in(talk.session, talk.openid, since=clock.now() - PICTURES_WITHIN)
    newer = students.tickets_of(talk.session, talk.openid, limit=1)
    if latest is not None and newer and newer[0].opened_at > latest.changed_at:
        return None
    return latest


SET = Form(
    name="set_homework",
    steps=(Step("class_id", ("哪个班",), _ask_class, _read_class),),
    finish=_finish_set,
    cancelled=phrases.SET_CANCELLED,
    back="刚才的作业还没布置，",
)
HAND_IN = Form(
    name="hand_in",
    steps=(
        Step("chosen", ("哪份作业",), _ask_homework, _read_homework),
        Step("content", ("作业",), _ask_content, _read_content),
    ),
    finish=_finish_hand_in,
    cancelled=phrases.HAND_IN_CANCELLED,
    back="刚才的作业还没交完，",
)

"""Staff at work on tickets from their own chat (S8, S9): short commands that begin with what to do
and the ticket's number. What one may do with which ticket, the services decide."""

import re
from collections.abc import Callable
from datetime import timedelta
from functools import partial

from backend.kit import clock
from backend.kit.config import settings
from backend.kit.errors import NotAllowed, NotFound
from backend.kit.links import spelled_out
from backend.security import queries as staff
from backend.security.permissions import may
from backend.security.schemas import Permission, Role
from backend.students import queries as students
from backend.students.schemas import TicketView
from backend.students.tickets import (
    answering,
    correcting,
    saved,
    settling,
    staffing,
    tasks,
    triage,
)
from backend.students.tickets import words as names
from backend.students.tickets.view import case_of
from bot.flows import refunds
from bot.flows.staff import only_for, own_leads
from bot.flows.talk import Talk
from bot.interpreter import words
from bot.phrases import staff as phrases
from bot.phrases import tickets as sentences
from bot.replies import SILENCE, Reply, say
from bot.times import find

_T = r"(T\d{6,12})"
_SEP = r"[\s:：,，]*"
_REST = _SEP + r"(.*)$"
_MINE = re.compile(r"^(我的|待办|手头的?)工单$")
_AWAY = re.compile(r"^(我)?(不在岗|今天不在|休假|请假中|外出)[\s:：,，]*(到|至)?(.*)$")
_BACK = re.compile(r"^我?(回来了|在岗了?|回岗了?)$")
_SAVED = re.compile(rf"^[/／]\s*(\S{{1,20}})\s+{_T}$|^回复\s*{_T}\s*[/／]\s*(\S{{1,20}})$", re.I)
_DONE = re.compile(r"^完成(?:任务)?\s*(\d{1,9})[\s:：,，]*(.*)$", re.DOTALL)
_WITHOUT = re.compile(r"不等任务[:：,，\s]*(.+)$", re.DOTALL)
_ROLES = {
    "教务": Role.ACADEMIC,
    "财务": Role.ACCOUNTANT,
    "后勤": Role.LOGISTICS,
    "行政": Role.OFFICE,
    "招生": Role.ADVISOR,
    "顾问": Role.ADVISOR,
    "主管": Role.CAMPUS_MANAGER,
    "安全": Role.SECURITY,
}
MOST = 8
LINES = 6


def heard(talk: Talk) -> Reply | None:
    """What a member of staff says about tickets; None for everything else."""
    if talk.speaker.account_id is None:
        return None
    text = words.simplified(talk.text).strip()
    for pattern, flow in _ALONE:
        if match := pattern.match(talk.plain):
            return _guarded(talk, partial(flow, talk, match))
    for pattern, about in _ABOUT:
        if match := pattern.match(text):
            rest = talk.text.strip()[match.start(2) :].strip()
            number = match.group(1).upper()
            return _guarded(talk, partial(_done, about, talk, number, rest))
    return None


def _guarded(talk: Talk, act: Callable[[], Reply]) -> Reply:
    """For those who answer tickets at all; others hear that it is not theirs to do."""
    return only_for(Permission.ANSWER_TICKET, lambda _talk: act())(talk)


def _done(about: Callable[[Talk, str, str], Reply], talk: Talk, number: str, rest: str) -> Reply:
    try:
        return about(talk, number, rest)
    except NotFound:
        return say(phrases.NO_SUCH_TICKET.format(number=number))
    except NotAllowed:
        return say(phrases.OTHERS_TICKET.format(number=number))


def _acknowledge(talk: Talk, number: str, _rest: str) -> Reply:
    view = answering.acknowledge(talk.session, number=number, account_id=_me(talk))
    return say(sentences.ACKNOWLEDGED.format(number=number, deadline=_deadline(view)))


def _ask(talk: Talk, number: str, rest: str) -> Reply:
    if not rest:
        return say(sentences.STAFF_HELP)
    answering.ask(talk.session, number=number, account_id=_me(talk), text=rest)
    return say(sentences.ASKED.format(number=number))


def _note(talk: Talk, number: str, rest: str) -> Reply:
    if not rest:
        return say(sentences.STAFF_HELP)
    answering.comment(talk.session, number=number, account_id=_me(talk), text=rest)
    return say(sentences.NOTED.format(number=number))


def _correct(talk: Talk, number: str, rest: str) -> Reply:
    category, severity = triage.correction_in(words.simplified(rest))
    if category is None and severity is None:
        return say(sentences.NO_CORRECTION.format(number=number))
    view = correcting.correct(
        talk.session, number=number, account_id=_me(talk), category=category, severity=severity
    )
    return say(
        sentences.CORRECTED.format(
            number=number,
            category=names.CATEGORIES[view.category],
            severity=names.SEVERITIES[view.severity],
            owner=view.owner_name or "主管",
            deadline=_deadline(view),
        )
    )


def _hand(talk: Talk, number: str, rest: str) -> Reply:
    name = rest.removeprefix("给").removesuffix("老师").strip()
    to = [m for m in staff.staff_with_roles(talk.session, list(Role)) if m.name == name]
    if len(to) != 1:
        return say(sentences.NO_COLLEAGUE.format(name=name[:10], number=number))
    view = correcting.hand_over(talk.session, number=number, account_id=_me(talk), to_id=to[0].id)
    return say(sentences.HANDED.format(number=number, owner=view.owner_name))


def _task(talk: Talk, number: str, rest: str) -> Reply:
    role = next((role for name, role in _ROLES.items() if rest.startswith(name)), None)
    what = re.sub(r"^\S{2}[\s:：,，]*", "", rest)
    if role is None or not what:
        return say(sentences.NO_ROLE.format(number=number))
    task_id = tasks.give(talk.session, number=number, account_id=_me(talk), role=role, text=what)
    return say(sentences.TASK_GIVEN.format(task=task_id, number=number))


def _resolve(talk: Talk, number: str, rest: str) -> Reply:
    plain = words.simplified(rest)
    cause = names.cause_named(plain)
    if cause is None:
        return say(sentences.CAUSE_NEEDED.format(number=number, causes=sentences.CAUSES))
    said = rest[len(names.CAUSES[cause]) :].strip(" ,，:：")
    without = _WITHOUT.search(said)
    said = said[: without.start()].strip(" ,，;；") if without else said
    if not said:
        return say(sentences.RESULT_NEEDED.format(number=number))
    try:
        settling.resolve(
            talk.session,
            number=number,
            account_id=_me(talk),
            cause=cause,
            text=said,
            override=without.group(1).strip() if without else "",
        )
    except settling.TasksOpen:
        return say(sentences.TASKS_OPEN.format(number=number))
    except settling.NotNow:
        return say(sentences.IS_CLOSED.format(number=number))
    return say(sentences.RESOLVED.format(number=number))


def _show(talk: Talk, number: str, _rest: str) -> Reply:
    found = case_of(talk.session, number, _me(talk))
    said = [
        f"{names.NOTES[line.kind]}：{spelled_out(line.text)[:80]}" for line in found.lines[-LINES:]
    ]
    opening = f"{found.customer}：{spelled_out(found.ticket.text)[:200]}"
    url = f"{settings().public_url}/oauth/start?next=/tickets/{number}"
    return say(sentences.case(found.ticket, _deadline(found.ticket), [opening, *said], url))


def _mine(talk: Talk, _match: re.Match[str]) -> Reply:
    return _tickets(talk) or say(sentences.NONE_OPEN)


def _tickets(talk: Talk) -> Reply | None:
    found = students.open_tickets_of_owner(talk.session, _me(talk), limit=MOST)
    return say(*sentences.mine(found)) if found else None


def waiting(talk: Talk) -> Reply:
    """「我的待办」: what waits for this member of staff, tickets before leads."""
    told = (_tickets(talk) if may(talk.speaker.role, Permission.ANSWER_TICKET) else None) or SILENCE
    if may(talk.speaker.role, Permission.SEE_LEADS):
        told = told.then(own_leads(talk) or SILENCE)
    member = staff.staff_member(talk.session, _me(talk))
    if member and may(member.role, Permission.APPROVE_REFUND):
        told = told.then(refunds.to_approve(talk, member) or SILENCE)
    return told if told.bubbles else say(phrases.NO_TASKS)


tasks_of = only_for(Permission.OPEN_DESK, waiting)
mine = only_for(Permission.ANSWER_TICKET, lambda talk: _tickets(talk) or say(sentences.NONE_OPEN))


def _finish(talk: Talk, match: re.Match[str]) -> Reply:
    task_id, note = int(match.group(1)), match.group(2).strip() or "完成"
    try:
        ticket = tasks.finish(talk.session, task_id=task_id, account_id=_me(talk), note=note)
    except (NotFound, NotAllowed):
        return say(sentences.NO_TASK.format(task=task_id))
    return say(sentences.TASK_DONE.format(task=task_id, number=ticket.number))


def _saved(talk: Talk, match: re.Match[str]) -> Reply:
    name, number = match.group(1) or match.group(4), match.group(2) or match.group(3)
    text = saved.filled(talk.session, name=name, number=number, account_id=_me(talk))
    if text is None:
        known = "、".join(each.name for each in saved.all_answers(talk.session)) or "暂无"
        return say(sentences.NO_SAVED.format(name=name, names=known))

    def answer(talk: Talk, number: str, _rest: str) -> Reply:
        answering.answer_ticket(talk.session, number=number, account_id=_me(talk), text=text)
        return say(phrases.ANSWERED.format(number=number.upper()))

    return _done(answer, talk, number.upper(), "")


def _away(talk: Talk, match: re.Match[str]) -> Reply:
    """Until the time that is named, else until tomorrow morning."""
    until = clock.day_of(clock.today())[1]
    for each in find(match.group(4) or "", now=clock.local(clock.now())):
        if each.start_at is not None and each.start_at > clock.now():
            until = each.start_at
            break
    until = min(until, clock.now() + timedelta(days=60))
    staffing.be_away(talk.session, account_id=_me(talk), until=until)
    return say(sentences.AWAY.format(until=f"{clock.local(until):%m月%d日%H:%M}"))


def _back(talk: Talk, _match: re.Match[str]) -> Reply:
    staffing.come_back(talk.session, account_id=_me(talk))
    return say(sentences.BACK)


def _me(talk: Talk) -> int:
    return talk.speaker.account_id or 0


def _deadline(view: TicketView) -> str:
    return f"{clock.local(sentences.due_of(view)):%m月%d日 %H:%M}"


_ALONE: tuple[tuple[re.Pattern[str], Callable[[Talk, re.Match[str]], Reply]], ...] = (
    (_MINE, _mine),
    (_DONE, _finish),
    (_SAVED, _saved),
    (_AWAY, _away),
    (_BACK, _back),
)
_ABOUT: tuple[tuple[re.Pattern[str], Callable[[Talk, str, str], Reply]], ...] = tuple(
    (re.compile(rf"^{said}\s*{_T}{rest}", re.DOTALL | re.IGNORECASE), flow)
    for said, rest, flow in (
        ("(?:收到|我来处理)", _REST, _acknowledge),
        ("(?:追问|询问)", _REST, _ask),
        ("(?:备注|内部备注)", _REST, _note),
        ("(?:转交|改派|转给)", _REST, _hand),
        ("(?:任务|派任务)", _REST, _task),
        ("(?:办结|解决)", _REST, _resolve),
        ("工单", _SEP + r"改[为成]?" + _REST, _correct),
        ("工单", r"()[\s。！!]*$", _show),
    )
)

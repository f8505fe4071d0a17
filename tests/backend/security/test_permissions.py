"""The one table of who may do what, and everything that has to follow it (G1, S1, X3)."""

import inspect
import itertools
import re
from importlib import import_module
from pathlib import Path

import pytest

from backend.cron import ROWS, Row
from backend.kit.errors import NotAllowed
from backend.security import permissions
from backend.security.schemas import Permission, Role, Scope, Speaker
from bot import router
from bot.flows import leading, people, staff
from bot.phrases import staff as phrases
from bot.replies import say

# What the institution's rules say, written by hand and not read from the table it is held against:
# one letter for each role in this order, O own, C campus, A all, - refused.
ORDER = (
    *(Role.PRINCIPAL, Role.CAMPUS_MANAGER, Role.ADVISOR, Role.TEACHER, Role.ACADEMIC),
    *(Role.ACCOUNTANT, Role.OFFICE, Role.LOGISTICS, Role.SECURITY, Role.AUDITOR),
)
EXPECTED = {
    Permission.OPEN_DESK: "OOOOOOOOOO",
    Permission.SEE_LEADS: "ACO-------",
    Permission.CLAIM_LEAD: "ACO-------",
    Permission.LOG_FOLLOW_UP: "ACO-------",
    Permission.ASSIGN_LEADS: "AC--------",
    Permission.IMPORT_LEADS: "A---------",
    Permission.SEE_FIGURES: "ACO--A----",
    Permission.KEEP_FIGURES: "AC---A----",
    Permission.KEEP_ENTRY: "A---A-----",
    Permission.SEE_PAYMENTS: "AC---A---A",
    Permission.APPROVE_REFUND: "AC---A----",
    Permission.APPROVE_LARGE_REFUND: "A---------",
    Permission.PAY_OUT: "-----A----",
    Permission.QUOTE_PRICES: "AAA-AA----",
    Permission.KEEP_PRICES: "A----A----",
    Permission.APPROVE_PRICES: "A----A----",
    Permission.KEEP_ARREARS: "AC---A----",
    Permission.APPROVE_WRITE_OFF: "A----A----",
    Permission.TAKE_MONEY: "AC---AC---",
    Permission.CONFIRM_SHIFT: "AC---A----",
    Permission.MATCH_BANK: "A----A----",
    Permission.KEEP_PAPERS: "A----A----",
    Permission.SEE_BOOKS: "AC---A---A",
    Permission.KEEP_BOOKS: "-----A----",
    Permission.APPROVE_VOUCHER: "AC---A----",
    Permission.SEE_TICKETS: "ACOOOOOOO-",
    Permission.ANSWER_TICKET: "ACOOOOOOO-",
    Permission.MANAGE_TICKETS: "AC--------",
    Permission.LEAD_TALK: "ACOOOOOOO-",
    Permission.TAKE_TALK: "AC--------",
    Permission.SEE_STUCK_MESSAGES: "AC----A-A-",
    Permission.SEE_LESSONS: "AC-OA-----",
    Permission.TAKE_ATTENDANCE: "AC-OA-----",
    Permission.KEEP_TIMETABLE: "AC--A-----",
    Permission.ENTER_SCORES: "---OA-----",
    Permission.KEEP_CURRICULUM: "A---A-----",
    Permission.APPROVE_STANDARD: "A---A-----",
    Permission.KEEP_ATTENDANCE_RULES: "AC--A-----",
    Permission.BOOK_ROOM: "ACOOOOOOO-",
    Permission.SEE_STOCK: "ACCCCCCAC-",
    Permission.REQUEST_SUPPLIES: "OOOOOOOOO-",
    Permission.REQUEST_EXPENSE: "OOOOOOOOO-",
    Permission.DECIDE_REQUEST: "ACOOOOOOO-",
    Permission.REPORT_FAULT: "OOOOOOOOOO",
    Permission.FIND_DOCUMENT: "AAAAAAAAAA",
    Permission.TEACH_BOT: "A---A-----",
    Permission.SEE_PEOPLE: "A-------A-",
    Permission.CHANGE_PEOPLE: "A-------A-",
    Permission.FIND_STUDENTS: "ACOOAA----",
    Permission.TAG_STUDENTS: "ACOOA-----",
    Permission.KEEP_TAGS: "A---A-----",
    Permission.MERGE_STUDENTS: "A---A-----",
    Permission.IMPORT_STUDENTS: "A---A-----",
    Permission.EXPORT_STUDENTS: "AC--A-----",
    Permission.EXPORT_UNMASKED: "A---------",
    Permission.READ_AUDIT: "A-------AA",
    Permission.KEEP_REMINDERS: "AC--A-----",
    Permission.REVIEW_DETAILS: "A---A---A-",
    Permission.SEE_STUDENT: "ACOOAA----",
    Permission.CHANGE_STUDENT: "AC--A-----",
    Permission.UNMASK_STUDENT: "ACO-A-----",
    Permission.SEE_HEALTH_NOTE: "AC-OA-----",
    Permission.DECIDE_ERASURE: "A-------A-",
    Permission.ROTATE_KEYS: "--------A-",
}
LETTER = {None: "-", Scope.OWN: "O", Scope.CAMPUS: "C", Scope.ALL: "A"}


@pytest.mark.parametrize("permission", Permission)
def test_the_table_is_what_the_rules_say(permission: Permission) -> None:
    found = "".join(LETTER[permissions.scope_of(role, permission)] for role in ORDER)
    assert found == EXPECTED[permission]


def test_whoever_has_no_role_may_nothing() -> None:
    assert not permissions.may(None)
    assert not any(permissions.may(None, permission) for permission in Permission)
    with pytest.raises(NotAllowed):
        permissions.must(None)
    with pytest.raises(NotAllowed):
        permissions.must(Role.TEACHER, Permission.SEE_LESSONS, Permission.READ_AUDIT)


def test_every_role_has_its_row_and_an_auditor_changes_nothing() -> None:
    assert set(permissions.TABLE) == set(Role) == set(ORDER)
    looking = re.compile("see_|read_|find_|open_|report_")
    assert all(looking.match(each) for each in permissions.TABLE[Role.AUDITOR])


class Words:
    """As much of a talk as a guard looks at."""

    def __init__(self, speaker: Speaker, text: str = "认领 1") -> None:
        self.speaker, self.text, self.plain = speaker, text, text


SPEAKERS: dict[str | None, Speaker] = {
    None: Speaker(openid="o_stranger"),
    "guardian": Speaker(openid="o_guardian", guardian_id=1),
    **{role: Speaker(openid=f"o_{role}", account_id=1, role=role, name="员工") for role in Role},
}
COMMANDS = {
    "claim": Permission.CLAIM_LEAD,
    "answer": Permission.ANSWER_TICKET,
    "staff_leads": Permission.SEE_LEADS,
    "staff_tasks": Permission.OPEN_DESK,
    "log_followup": Permission.LOG_FOLLOW_UP,
    "approve": Permission.DECIDE_REQUEST,
    "reject": Permission.DECIDE_REQUEST,
    "request_supplies": Permission.REQUEST_SUPPLIES,
    "request_expense": Permission.REQUEST_EXPENSE,
    "staff_report": Permission.SEE_FIGURES,
    "stock_query": Permission.SEE_STOCK,
    "take_attendance": Permission.TAKE_ATTENDANCE,
    "book_room": Permission.BOOK_ROOM,
    "find_document": Permission.FIND_DOCUMENT,
}
TYPED = {"claim": staff.claim, "answer": staff.answer}


@pytest.mark.parametrize(
    ("command", "who"), list(itertools.product(COMMANDS, SPEAKERS)), ids=lambda each: str(each)
)
def test_a_chat_command_refuses_whom_the_table_refuses(
    command: str, who: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What a guard lets through is told by what lies behind it, here a flow that only says so."""
    flow = TYPED.get(command) or router.INTENTS[command]
    needed = COMMANDS[command]
    assert flow.__dict__["needs"] == {needed}
    through = staff.only_for(needed, lambda _talk: say("办好了"))
    speaker = SPEAKERS[who]
    reply = through(Words(speaker))  # type: ignore[arg-type]
    if permissions.may(speaker.role, needed):
        assert reply == say("办好了")
    else:
        refused = phrases.OTHER_ROLE if speaker.account_id else phrases.STAFF_ONLY
        assert flow(Words(speaker)) == reply == say(refused)  # type: ignore[arg-type]


def test_every_command_that_asks_for_staff_is_in_the_list() -> None:
    guarded = {name for name, flow in router.INTENTS.items() if "needs" in flow.__dict__}
    assert guarded | set(TYPED) == set(COMMANDS)
    assert all("needs" in router.MENU[key].__dict__ for key in ("leads", "report"))
    assert all("needs" not in vars(flow) for flow in (people.to_person, people.outside))


@pytest.mark.parametrize("said", ["接管 3", "回复 3 您好", "切 3", "结束", "记录 2"])
def test_an_auditor_leads_no_talk(said: str) -> None:
    reply = leading.lead(Words(SPEAKERS[Role.AUDITOR], said))  # type: ignore[arg-type]
    assert reply == say(phrases.OTHER_ROLE)
    assert leading.lead(Words(SPEAKERS["guardian"], said)) is None  # type: ignore[arg-type]


def test_only_the_table_decides_by_role() -> None:
    """A comparison with named roles elsewhere would be a second table."""
    second = re.compile(r"(?<!Account)\.role (?:==|!=|is|in|not in) (?:\(|\{|frozenset|Role\.)")
    found = [
        f"{path}:{number}"
        for root in ("backend", "bot")
        for path in Path(root).rglob("*.py")
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1)
        if second.search(line)
    ]
    assert found == []


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.job)
def test_a_job_of_the_clock_acts_for_nobody(row: Row) -> None:
    """None of them takes an account; whoever runs a job for somebody asks `permissions.must`."""
    module, _, name = row.job.rpartition(".")
    assert not inspect.signature(getattr(import_module(module), name)).parameters

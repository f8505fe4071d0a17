"""What surrounds a page of the console: who is looking, and what they may open."""

from dataclasses import dataclass

from flask import current_app, g, request, url_for

from backend.kit.db import reading
from backend.logistics import queries as logistics
from backend.security import permissions, words
from backend.security.schemas import StaffMember

# Whether an entry shows is what its view asks for: there is no second list of permissions. Pages of
# the talks and of their review are the bot's, and an application may be made without them.
ENTRIES = (
    ("我的工作台", "portal_pages.desk"),
    ("客户线索", "admissions_pages.leads.listed"),
    ("客户对话", "talk_pages.talks"),
    ("工单", "students_pages.tickets.board.shown"),
    ("工单分析", "students_pages.tickets.improvement.figures"),
    ("听懂客户", "review_pages.queued"),
    ("退费审批", "finance_pages.refund_list"),
    ("提醒规则", "portal_pages.reminders.listed"),
    ("消息送达", "portal_pages.reminders.deliveries"),
    ("学员与家长", "portal_pages.customers.listed"),
    ("资料审核", "portal_pages.reviews.listed"),
    ("学员档案", "portal_pages.files.listed"),
    ("资料删除", "portal_pages.files.wishes"),
    ("员工账号", "portal_pages.people.listed"),
    ("审计记录", "security_pages.audit.trail_page"),
    ("密钥轮换", "security_pages.keys.progress"),
    ("我的账号", "security_pages.account.account"),
)


@dataclass(frozen=True)
class Entry:
    """One line of the navigation."""

    label: str
    url: str
    is_here: bool


@dataclass(frozen=True)
class Shell:
    """The frame of one reader's pages."""

    name: str
    role: str
    campus: str | None
    entries: list[Entry]


def shell() -> Shell | None:
    """The frame for whoever the gate let in; None on pages that nobody has signed in for."""
    member: StaffMember | None = g.get("staff")
    if member is None:
        return None
    campus = None
    if member.campus_id is not None:
        with reading() as session:
            names, _ = logistics.names(session, campus_ids={member.campus_id}, venue_ids=set())
        campus = names.get(member.campus_id)
    views = current_app.view_functions
    entries = [
        Entry(label, url_for(endpoint), request.endpoint == endpoint)
        for label, endpoint in ENTRIES
        if endpoint in views and permissions.may(member.role, *views[endpoint].__dict__["needs"])
    ]
    return Shell(member.name, words.ROLES[member.role], campus, entries)

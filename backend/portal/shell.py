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
    (
        "日常",
        (
            ("我的工作台", "portal_pages.desk"),
            ("客户线索", "admissions_pages.leads.listed"),
            ("候补名单", "admissions_pages.waitlists.listed"),
            ("推荐奖励", "admissions_pages.referrals.listed"),
            ("入学条件", "admissions_pages.eligibility.shown"),
            ("招生数据", "admissions_pages.figures.shown"),
            ("客户对话", "talk_pages.talks"),
            ("工单", "students_pages.tickets.board.shown"),
            ("工单分析", "students_pages.tickets.improvement.figures"),
            ("消息送达", "portal_pages.reminders.deliveries"),
            ("作业", "teaching_pages.homework.listed"),
            ("成绩", "teaching_pages.scores.listed"),
        ),
    ),
    (
        "学员",
        (
            ("学员与家长", "portal_pages.customers.listed"),
            ("资料审核", "portal_pages.reviews.listed"),
            ("资料删除", "portal_pages.files.wishes"),
        ),
    ),
    (
        "教学",
        (
            ("课表与排课", "teaching_pages.timetable.week.shown"),
            ("课程体系", "teaching_pages.curriculum.listed"),
            ("教学计划", "teaching_pages.curriculum.plans.listed"),
            ("考勤规则", "teaching_pages.policies.shown"),
        ),
    ),
    (
        "财务",
        (
            ("收银台", "finance_pages.till.shown"),
            ("交班审核", "finance_pages.till.shift_list"),
            ("转账与支票", "finance_pages.till.statement"),
            ("收据", "finance_pages.papers.receipts_page"),
            ("发票", "finance_pages.papers.invoices_page"),
            ("退费审批", "finance_pages.refund_list"),
            ("收费与优惠", "finance_pages.prices.listed"),
            ("算一笔报价", "finance_pages.prices.reckon"),
            ("欠费", "finance_pages.arrears.listed"),
            ("渠道对账", "finance_pages.bills.listed"),
            ("经营分析", "finance_pages.books.reports.shown"),
            ("财务报表", "finance_pages.books.reading.shown"),
            ("明细账", "finance_pages.books.reading.rows"),
            ("凭证与报销", "finance_pages.books.keeping.listed"),
            ("预算", "finance_pages.books.planning.budget"),
            ("结账", "finance_pages.books.keeping.months"),
            ("成本与资产", "finance_pages.books.planning.listed"),
        ),
    ),
    (
        "设置",
        (
            ("线索规则", "admissions_pages.lead_rules.shown"),
            ("提醒规则", "portal_pages.reminders.listed"),
            ("听懂客户", "review_pages.queued"),
            ("知识库", "admissions_pages.knowledge.listed"),
            ("员工账号", "portal_pages.people.listed"),
            ("审计记录", "security_pages.audit.trail_page"),
            ("密钥轮换", "security_pages.keys.progress"),
            ("我的账号", "security_pages.account.account"),
        ),
    ),
)
FILES = "/students/"  # A learner's file belongs to the list that leads to it.


@dataclass(frozen=True)
class Entry:
    """One line of the navigation."""

    label: str
    url: str
    is_here: bool


@dataclass(frozen=True)
class Shell:
    """The frame of one reader's pages. `groups` has only entries that they may open, and no empty
    group."""

    name: str
    role: str
    campus: str | None
    groups: list[tuple[str, list[Entry]]]

    @property
    def here(self) -> str:
        """What the navigation calls the present page."""
        return next((each.label for _, part in self.groups for each in part if each.is_here), "")


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
    open_to = {
        endpoint: url_for(endpoint)
        for _, part in ENTRIES
        for _, endpoint in part
        if endpoint in views and permissions.may(member.role, *views[endpoint].__dict__["needs"])
    }
    here = _nearest(request.path, list(open_to.values()))
    groups = [
        (
            name,
            [
                Entry(label, open_to[endpoint], open_to[endpoint] == here)
                for label, endpoint in part
                if endpoint in open_to
            ],
        )
        for name, part in ENTRIES
    ]
    return Shell(
        member.name, words.ROLES[member.role], campus, [each for each in groups if each[1]]
    )


def _nearest(path: str, urls: list[str]) -> str:
    """The entry under which a page lies: the longest address that its own goes on from. Everything
    goes on from the desk's, which therefore stands for itself alone."""
    if path.startswith(FILES):
        path = url_for("portal_pages.customers.listed")
    desk = url_for("portal_pages.desk")
    above = [
        each
        for each in urls
        if path == each or (each != desk and path.startswith(f"{each.rstrip('/')}/"))
    ]
    return max(above, key=len, default="")

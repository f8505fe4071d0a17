"""To a person: what the bot does not do itself becomes a ticket of whoever is responsible, at once
and in the customer's words; the customer hears until when somebody will answer (C3, S8)."""

from collections.abc import Callable

from backend.admissions import service as admissions
from backend.security.schemas import Role
from backend.students import service as students
from backend.students.schemas import TicketKind, TicketView
from bot.flows.talk import Talk
from bot.phrases import general as phrases
from bot.replies import Reply, say

_TITLES = {
    Role.ADVISOR: "招生顾问",
    Role.ACADEMIC: "教务老师",
    Role.ACCOUNTANT: "财务老师",
    Role.PRINCIPAL: "校长",
    Role.OFFICE: "行政老师",
    Role.LOGISTICS: "后勤老师",
}


def to_person(talk: Talk) -> Reply:
    """「转人工」: the advisor for a prospect, the academic office for a family of ours."""
    is_ours = talk.speaker.guardian_id or talk.speaker.student_id
    ticket = _open(talk, Role.ACADEMIC if is_ours else Role.ADVISOR)
    return say(phrases.turned_to_person(ticket.respond_due_at))


def pass_to(role: Role) -> Callable[[Talk], Reply]:
    """A flow that hands the message to a role."""

    def passed(talk: Talk) -> Reply:
        ticket = _open(talk, role)
        return say(phrases.passed_on(_TITLES[role], ticket.respond_due_at))

    return passed


def _open(talk: Talk, role: Role) -> TicketView:
    """A prospect's own advisor answers for them; otherwise the role, a manager, or the head."""
    owner_id, customer = None, talk.speaker.name or "在读学员家长"
    if role is Role.ADVISOR and talk.speaker.account_id is None:
        lead = admissions.open_lead(
            talk.session, openid=talk.openid, interest=talk.text[:200] or "咨询"
        )
        owner_id, customer = lead.advisor_id, f"客户{lead.id}"
    return students.open_ticket(
        talk.session,
        openid=talk.openid,
        kind=TicketKind.REQUEST,
        text=talk.text or "（发来一条非文字消息）",
        source_key=talk.source_key,
        roles=(role, Role.CAMPUS_MANAGER, Role.PRINCIPAL),
        owner_id=owner_id,
        customer=customer,
    )

"""How people call what a ticket is and where it stands."""

from collections.abc import Mapping

from backend.students.schemas import (
    Cause,
    ClosedBy,
    NoteKind,
    Severity,
    TicketCategory,
    TicketKind,
    TicketStatus,
)

CATEGORIES: Mapping[TicketCategory, str] = {
    TicketCategory.TEACHING: "教学",
    TicketCategory.SERVICE: "服务",
    TicketCategory.MONEY: "收费",
    TicketCategory.VENUE: "场地",
    TicketCategory.SAFETY: "安全",
    TicketCategory.OTHER: "其他",
}
SEVERITIES: Mapping[Severity, str] = {
    Severity.CRITICAL: "紧急",
    Severity.SERIOUS: "严重",
    Severity.NORMAL: "一般",
    Severity.MINOR: "轻微",
}
STATUSES: Mapping[TicketStatus, str] = {
    TicketStatus.OPEN: "待答复",
    TicketStatus.ANSWERED: "处理中",
    TicketStatus.WAITING: "等客户补充",
    TicketStatus.RESOLVED: "等客户确认",
    TicketStatus.CLOSED: "已办结",
}
KINDS: Mapping[TicketKind, str] = {
    TicketKind.COMPLAINT: "投诉",
    TicketKind.FEEDBACK: "建议",
    TicketKind.REQUEST: "请求",
}
CAUSES: Mapping[Cause, str] = {
    Cause.TEACHING_QUALITY: "教学质量",
    Cause.TEACHER_CONDUCT: "老师言行",
    Cause.SCHEDULE: "排课调课",
    Cause.FEE: "收费差错",
    Cause.CONTRACT: "合同理解",
    Cause.FACILITY: "场地设备",
    Cause.SAFETY: "安全管理",
    Cause.ATTITUDE: "服务态度",
    Cause.COMMUNICATION: "通知沟通",
    Cause.SYSTEM: "系统故障",
    Cause.UNFOUNDED: "与事实不符",
    Cause.OTHER: "其他原因",
}
NOTES: Mapping[NoteKind, str] = {
    NoteKind.SAID: "客户",
    NoteKind.ANSWER: "答复客户",
    NoteKind.QUESTION: "询问客户",
    NoteKind.INTERNAL: "内部备注",
    NoteKind.EVENT: "处理记录",
}
CLOSED_BY: Mapping[ClosedBy, str] = {
    ClosedBy.CUSTOMER: "客户确认",
    ClosedBy.SILENCE: "客户未回复，自动办结",
    ClosedBy.TALK: "对话结束",
}


def cause_named(text: str) -> Cause | None:
    """The cause that a text begins with, as staff type it."""
    return next((cause for cause, name in CAUSES.items() if text.startswith(name)), None)

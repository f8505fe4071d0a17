"""Who may do what, and for whom: the one table that decides (G1, S1, X3).

Pages and routes ask it through `gate.staff_only`, chat commands and the menu through
`bot.flows.staff`, jobs that run for somebody through `must`. What is not in the table is refused.
The scope says whose things a permission covers: one's own, those of one's campus, or all.
"""

from collections.abc import Mapping

from backend.kit.errors import NotAllowed
from backend.security.schemas import Permission, Role, Scope

P = Permission
OWN, CAMPUS, ALL = Scope.OWN, Scope.CAMPUS, Scope.ALL

_EVERYBODY: Mapping[Permission, Scope] = {
    P.OPEN_DESK: OWN,
    P.REPORT_FAULT: OWN,
    P.FIND_DOCUMENT: ALL,
}
_AT_WORK: Mapping[Permission, Scope] = {
    **_EVERYBODY,
    P.ANSWER_TICKET: OWN,
    P.LEAD_TALK: OWN,
    P.REQUEST_SUPPLIES: OWN,
    P.REQUEST_EXPENSE: OWN,
    P.BOOK_ROOM: OWN,
    P.SEE_STOCK: CAMPUS,
    P.DECIDE_REQUEST: OWN,
}
_KEEPING_FILES = (P.SEE_STUDENT, P.CHANGE_STUDENT, P.UNMASK_STUDENT, P.SEE_HEALTH_NOTE)
_MANAGING = (
    *_KEEPING_FILES,
    *(P.SEE_LEADS, P.CLAIM_LEAD, P.LOG_FOLLOW_UP, P.ASSIGN_LEADS),
    *(P.SEE_FIGURES, P.KEEP_FIGURES, P.SEE_PAYMENTS),
    P.APPROVE_REFUND,
    *(P.SEE_BOOKS, P.APPROVE_VOUCHER),
    *(P.SEE_TICKETS, P.ANSWER_TICKET, P.MANAGE_TICKETS),
    *(P.LEAD_TALK, P.TAKE_TALK, P.SEE_STUCK_MESSAGES),
    *(P.KEEP_TIMETABLE, P.KEEP_ATTENDANCE_RULES),
    *(P.SEE_LESSONS, P.TAKE_ATTENDANCE, P.BOOK_ROOM, P.SEE_STOCK, P.DECIDE_REQUEST),
)
_KEEPING_STUDENTS = (
    *(P.FIND_STUDENTS, P.TAG_STUDENTS, P.KEEP_TAGS, P.MERGE_STUDENTS),
    *(P.IMPORT_STUDENTS, P.EXPORT_STUDENTS),
)

_PRICING = (
    *(P.QUOTE_PRICES, P.KEEP_PRICES, P.APPROVE_PRICES),
    *(P.KEEP_ARREARS, P.APPROVE_WRITE_OFF),
    *(P.TAKE_MONEY, P.CONFIRM_SHIFT, P.MATCH_BANK, P.KEEP_PAPERS),
)

TABLE: Mapping[Role, Mapping[Permission, Scope]] = {
    Role.PRINCIPAL: {
        **_AT_WORK,
        **dict.fromkeys((*_MANAGING, *_KEEPING_STUDENTS, P.EXPORT_UNMASKED), ALL),
        P.TEACH_BOT: ALL,
        P.IMPORT_LEADS: ALL,
        P.KEEP_ENTRY: ALL,
        P.KEEP_CURRICULUM: ALL,
        P.APPROVE_STANDARD: ALL,
        P.DECIDE_ERASURE: ALL,
        P.SEE_PEOPLE: ALL,
        P.CHANGE_PEOPLE: ALL,
        P.READ_AUDIT: ALL,
        P.KEEP_REMINDERS: ALL,
        P.REVIEW_DETAILS: ALL,
        P.APPROVE_LARGE_REFUND: ALL,
        **dict.fromkeys(_PRICING, ALL),
    },
    Role.CAMPUS_MANAGER: {
        **_AT_WORK,
        **dict.fromkeys(_MANAGING, CAMPUS),
        P.KEEP_REMINDERS: CAMPUS,
        **dict.fromkeys((P.FIND_STUDENTS, P.TAG_STUDENTS, P.EXPORT_STUDENTS), CAMPUS),
        P.QUOTE_PRICES: ALL,
        **dict.fromkeys((P.KEEP_ARREARS, P.TAKE_MONEY, P.CONFIRM_SHIFT), CAMPUS),
    },
    Role.ADVISOR: {
        **_AT_WORK,
        **dict.fromkeys((P.SEE_LEADS, P.CLAIM_LEAD, P.LOG_FOLLOW_UP, P.SEE_TICKETS), OWN),
        **dict.fromkeys((P.FIND_STUDENTS, P.TAG_STUDENTS), OWN),
        **dict.fromkeys((P.SEE_STUDENT, P.UNMASK_STUDENT), OWN),
        P.SEE_FIGURES: OWN,
        P.QUOTE_PRICES: ALL,
    },
    Role.TEACHER: {
        **_AT_WORK,
        **dict.fromkeys((P.SEE_LESSONS, P.TAKE_ATTENDANCE, P.SEE_TICKETS), OWN),
        P.ENTER_SCORES: OWN,
        **dict.fromkeys((P.FIND_STUDENTS, P.TAG_STUDENTS), OWN),
        **dict.fromkeys((P.SEE_STUDENT, P.SEE_HEALTH_NOTE), OWN),
    },
    Role.ACADEMIC: {
        **_AT_WORK,
        P.QUOTE_PRICES: ALL,
        P.KEEP_REMINDERS: ALL,
        P.KEEP_ENTRY: ALL,
        P.KEEP_TIMETABLE: ALL,
        P.KEEP_ATTENDANCE_RULES: ALL,
        P.ENTER_SCORES: ALL,
        P.KEEP_CURRICULUM: ALL,
        P.APPROVE_STANDARD: ALL,
        **dict.fromkeys(_KEEPING_STUDENTS, ALL),
        **dict.fromkeys((P.SEE_LESSONS, P.TAKE_ATTENDANCE, P.TEACH_BOT, P.REVIEW_DETAILS), ALL),
        **dict.fromkeys(_KEEPING_FILES, ALL),
        P.SEE_TICKETS: OWN,
    },
    Role.ACCOUNTANT: {
        **_AT_WORK,
        **dict.fromkeys(_PRICING, ALL),
        **dict.fromkeys((P.SEE_FIGURES, P.SEE_PAYMENTS, P.APPROVE_REFUND, P.PAY_OUT), ALL),
        **dict.fromkeys((P.SEE_BOOKS, P.KEEP_BOOKS, P.APPROVE_VOUCHER), ALL),
        P.KEEP_FIGURES: ALL,
        **dict.fromkeys((P.FIND_STUDENTS, P.SEE_STUDENT), ALL),
        P.SEE_TICKETS: OWN,
    },
    Role.OFFICE: {
        **_AT_WORK,
        P.SEE_STUCK_MESSAGES: ALL,
        P.SEE_TICKETS: OWN,
        P.TAKE_MONEY: CAMPUS,
    },
    Role.LOGISTICS: {**_AT_WORK, P.SEE_STOCK: ALL, P.SEE_TICKETS: OWN},
    Role.SECURITY: {
        **_AT_WORK,
        **dict.fromkeys((P.SEE_PEOPLE, P.CHANGE_PEOPLE, P.READ_AUDIT, P.SEE_STUCK_MESSAGES), ALL),
        **dict.fromkeys((P.DECIDE_ERASURE, P.ROTATE_KEYS), ALL),
        P.SEE_TICKETS: OWN,
        P.REVIEW_DETAILS: ALL,
    },
    # An auditor looks and changes nothing.
    Role.AUDITOR: {**_EVERYBODY, **dict.fromkeys((P.READ_AUDIT, P.SEE_PAYMENTS, P.SEE_BOOKS), ALL)},
}

SECOND_FACTOR = frozenset({Role.PRINCIPAL, Role.ACCOUNTANT, Role.SECURITY, Role.AUDITOR})
"""Roles that sign in to the console with a second factor or not at all (X6)."""


def scope_of(role: Role | None, permission: Permission) -> Scope | None:
    """How far a permission reaches for a role; None where it has none."""
    return TABLE[role].get(permission) if role is not None else None


def may(role: Role | None, *needed: Permission) -> bool:
    """Whether a role has each of these permissions. Whoever has no role may nothing at all."""
    return role is not None and all(permission in TABLE[role] for permission in needed)


def must(role: Role | None, *needed: Permission) -> None:
    """Raise NotAllowed where `may` says no: for jobs and services that act for somebody."""
    if not may(role, *needed):
        raise NotAllowed()


def roles_with(permission: Permission, *, beyond: Scope | None = None) -> frozenset[Role]:
    """Everybody who has a permission; with `beyond`, for more than that scope."""
    return frozenset(role for role in TABLE if scope_of(role, permission) not in (None, beyond))

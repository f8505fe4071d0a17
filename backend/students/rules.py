"""Pure decisions of the students room: attachments, and who leads a talk."""

from collections.abc import Collection
from datetime import date, datetime, timedelta

from backend.security.permissions import roles_with
from backend.security.schemas import Permission, Role, Scope, StaffMember
from backend.students.schemas import AttachmentKind, TakeoverStep

ANSWER_WITHIN = timedelta(minutes=5)  # Of office time, then the owner of a talk is nudged.
REASSIGN_AFTER = timedelta(minutes=10)  # Of office time, then somebody else gets the talk.
RESUME_AFTER = timedelta(minutes=30)  # Of silence after the owner's last answer.
BUSY = 5  # So many talks at once; a customer's usual advisor is passed over then.
MAY_ANSWER_ANY = roles_with(Permission.ANSWER_TICKET, beyond=Scope.OWN)
TALKING = frozenset({Role.ADVISOR, Role.ACADEMIC, Role.ACCOUNTANT, Role.OFFICE, *MAY_ANSWER_ANY})
"""Roles whose people may be handed a talk."""


MEBIBYTE = 1024 * 1024
MOST_BYTES = {
    AttachmentKind.IMAGE: 2 * MEBIBYTE,
    AttachmentKind.VOICE: 2 * MEBIBYTE,
    AttachmentKind.VIDEO: 10 * MEBIBYTE,
    AttachmentKind.FILE: 10 * MEBIBYTE,
}
FETCH_WITHIN = timedelta(days=3)
"""So long does the platform keep what was sent."""
_RETRY_AFTER = (10, 60, 300, 1800, 7200)
_BEGINNINGS: dict[AttachmentKind, tuple[tuple[int, bytes, str], ...]] = {
    AttachmentKind.IMAGE: (
        (0, b"\xff\xd8\xff", "image/jpeg"),
        (0, b"\x89PNG\r\n\x1a\n", "image/png"),
        (0, b"GIF8", "image/gif"),
        (8, b"WEBP", "image/webp"),
    ),
    AttachmentKind.VOICE: (
        (0, b"#!AMR", "audio/amr"),
        (0, b"ID3", "audio/mpeg"),
        (0, b"\xff\xfb", "audio/mpeg"),
        (0, b"RIFF", "audio/wav"),
    ),
    AttachmentKind.VIDEO: ((4, b"ftyp", "video/mp4"),),
    AttachmentKind.FILE: ((0, b"%PDF-", "application/pdf"), (0, b"PK\x03\x04", "application/zip")),
}


def content_type_of(kind: AttachmentKind, content: bytes) -> str | None:
    """What bytes are by their beginning, whatever the sender calls them; None for anything that
    this kind of message does not carry."""
    for offset, beginning, content_type in _BEGINNINGS[kind]:
        if content[offset : offset + len(beginning)] == beginning:
            return content_type
    return None


def next_fetch_at(attempts: int, *, received_at: datetime, now: datetime) -> datetime | None:
    """When to try the n-th download again (n from 1); None when the platform has it no more."""
    after = timedelta(seconds=_RETRY_AFTER[min(attempts, len(_RETRY_AFTER)) - 1])
    return now + after if now + after < received_at + FETCH_WITHIN else None


def choose_owner(loads: dict[int, int], preferred_id: int | None) -> int | None:
    """Who takes a talk: the usual person unless busy, else whoever leads the fewest (C3).

    `loads` holds the open talks of every candidate; None without candidates.
    """
    if preferred_id is not None and loads.get(preferred_id, BUSY) < BUSY:
        return preferred_id
    return min(loads, key=lambda account_id: (loads[account_id], account_id), default=None)


def may_lead(
    member: StaffMember, *, owner: StaffMember, role: Role, had: Collection[int] = ()
) -> bool:
    """Who may read and take a talk: whoever has or had it, a colleague of its role, a manager; the
    latter two at the owner's campus, where both have one (G1)."""
    if member.id == owner.id or member.id in had:
        return True
    is_here = member.campus_id is None or owner.campus_id in (None, member.campus_id)
    return is_here and (member.role == role or member.role in MAY_ANSWER_ANY)


def next_takeover_step(*, has_begun: bool, is_waiting: bool, was_nudged: bool) -> TakeoverStep:
    """What to do with a talk whose `due_at` has come."""
    if not has_begun:
        return TakeoverStep.BEGIN
    if not is_waiting:
        return TakeoverStep.RESUME
    return TakeoverStep.REASSIGN if was_nudged else TakeoverStep.NUDGE


OF_AGE = 18
REISSUED_AFTER = timedelta(days=90)
"""A number given up is kept back at least so long before somebody else gets it (电信网码号资源管理
办法 and the operators' rules): a phone that was confirmed within it cannot have a new owner."""
REVIEWERS = (Role.ACADEMIC, Role.PRINCIPAL, Role.SECURITY)
"""Who is asked first to look at a change of details."""


def is_of_age(birth_on: date | None, *, today: date) -> bool:
    """Whether a learner acts for themselves (民法典 §17). An unknown birthday is no proof of it."""
    if birth_on is None:
        return False
    had_birthday = (today.month, today.day) >= (birth_on.month, birth_on.day)
    return today.year - birth_on.year - (0 if had_birthday else 1) >= OF_AGE


def is_spelling(before: str, after: str) -> bool:
    """Whether a name is only spelled otherwise: the same surname and length, one character."""
    if len(before) != len(after) or before[:1] != after[:1]:
        return False
    return sum(old != new for old, new in zip(before, after, strict=True)) <= 1


def may_be_reissued(confirmed_at: datetime | None, *, now: datetime) -> bool:
    """Whether the number may belong to somebody else by now, so that a code to it is no longer
    enough."""
    return confirmed_at is None or now - confirmed_at >= REISSUED_AFTER

"""Changes of one person's own settings and consents, at every address of theirs."""

from collections.abc import Collection

from sqlalchemy.orm import Session

from backend.outbox import service as outbox
from backend.outbox.schemas import NoticeKind
from backend.portal import queries
from backend.security import queries as security
from backend.students.file import consents

DECLINABLE = (NoticeKind.SERVICE, NoticeKind.REMINDER, NoticeKind.MARKETING)


def wish(session: Session, *, openid: str, kinds: Collection[NoticeKind], wanted: bool) -> None:
    """Somebody wants these kinds of notices, or no more of them. Again changes nothing (S6)."""
    to = queries.recipient(session, security.speaker(session, openid))
    for kind in kinds:
        (outbox.opt_in if wanted else outbox.opt_out)(session, to=to, kind=kind)


def agree(session: Session, *, openid: str, purpose: consents.Purpose, way: str) -> bool:
    """Somebody consents to a purpose. False when they had."""
    is_new = consents.give(session, security.speaker(session, openid), purpose, way=way)
    if purpose is consents.Purpose.MARKETING:
        wish(session, openid=openid, kinds=[NoticeKind.MARKETING], wanted=True)
    return is_new


def withdraw(session: Session, *, openid: str, purpose: consents.Purpose, way: str) -> bool:
    """Somebody takes a consent back, and what rests on it stops. False when there was none."""
    had = consents.withdraw(session, security.speaker(session, openid), purpose, way=way)
    if purpose is consents.Purpose.MARKETING:
        wish(session, openid=openid, kinds=[NoticeKind.MARKETING], wanted=False)
    return had

"""Changes of one person's own settings, at every address of theirs."""

from collections.abc import Collection

from sqlalchemy.orm import Session

from backend.outbox import service as outbox
from backend.outbox.schemas import NoticeKind
from backend.portal import queries
from backend.security import queries as security

DECLINABLE = (NoticeKind.SERVICE, NoticeKind.REMINDER, NoticeKind.MARKETING)


def wish(session: Session, *, openid: str, kinds: Collection[NoticeKind], wanted: bool) -> None:
    """Somebody wants these kinds of notices, or no more of them. Again changes nothing (S6)."""
    to = queries.recipient(session, security.speaker(session, openid))
    for kind in kinds:
        (outbox.opt_in if wanted else outbox.opt_out)(session, to=to, kind=kind)

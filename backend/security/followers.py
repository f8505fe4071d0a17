"""Telling the platform who is who, so that everybody finds the menu of their role in the chat."""

from itertools import groupby

import structlog
from sqlalchemy import update
from sqlalchemy.orm import Session

from backend.gateways import ports
from backend.kit.db import reading, unit_of_work
from backend.kit.errors import GatewayError
from backend.security import queries, rules
from backend.security.models import WechatIdentity

log = structlog.get_logger(__name__)
AT_ONCE = 500
NOT_THEIRS = frozenset({"40003", "49003", "43004", "50005"})
"""No openid of this account, or nobody who follows it."""


def tag_followers() -> int:
    """Move everybody whose role has changed to the tag of their audience; returns how many.

    The platform is told first and the row follows: a crash between the two repeats the call, which
    changes nothing. Raises GatewayError when later is the better time.
    """
    with reading() as session:
        due = queries.tags_due(session, limit=AT_ONCE)
    due.sort(key=lambda each: (each[1] or "", each[2] or ""))
    for (wanted, current), group in groupby(due, key=lambda each: each[1:]):
        openids = [openid for openid, *_ in group]
        absent = _move(openids, wanted, current)
        with unit_of_work() as session:
            _note(session, set(openids) - absent, wanted)
            _note(session, absent, rules.ABSENT)
    return len(due)


def _note(session: Session, openids: set[str], tag: str | None) -> None:
    session.execute(
        update(WechatIdentity).where(WechatIdentity.openid.in_(openids)).values(menu_tag=tag)
    )


def _move(openids: list[str], wanted: str | None, current: str | None) -> set[str]:
    """One call for all; one by one when the platform stumbles over somebody. Returns those whom it
    does not take: they have left, or never were there. Writing or following puts them right."""
    try:
        ports.menus().tag(openids, add=wanted, remove=current)
    except GatewayError as error:
        if error.retry or error.code not in NOT_THEIRS:
            raise
        if len(openids) > 1:
            return {one for openid in openids for one in _move([openid], wanted, current)}
        log.info("menu_tag_refused", openid=openids[0], code=error.code)
        return set(openids)
    return set()

"""Channels that refuse everything until a person has repaired something: stop, tell, try again.

Nothing is lost meanwhile: what has another channel takes it, everything else waits.
"""

import re
from collections.abc import Iterable
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from backend.kit import clock
from backend.kit.db import upsert
from backend.kit.events import publish
from backend.outbox.models import ChannelStop
from backend.outbox.schemas import Channel, ChannelStopped, Outcome
from backend.outbox.templates import FIXES

WECHAT = (Channel.CHAT, Channel.SUBSCRIPTION, Channel.TEMPLATE)
OWN_CODES = frozenset({"45009", "48001", "48004"})
"""Codes that concern one call of the account; the others below stop all three."""
ACCOUNT_CODES = frozenset({"40001", "40013", "40125", "40164", "50002"})
GATEWAY_CODES = frozenset(
    {
        *("http_401", "http_403", "smtp_535", "InvalidAccessKeyId.NotFound"),
        *("SignatureDoesNotMatch", "isv.AMOUNT_NOT_ENOUGH", "isv.OUT_OF_SERVICE"),
        "isv.SMS_SIGNATURE_ILLEGAL",
    }
)
"""The key for SMS or mail is wrong, or the account there is empty or shut."""
FIRST_PROBE_AFTER = timedelta(minutes=1)
LAST_PROBE_AFTER = timedelta(minutes=30)
_IP = re.compile(r"\b\d{1,3}(?:\.\d{1,3}){3}\b")


def is_stop(channel: Channel, code: str) -> bool:
    """Whether a refusal means that this channel is closed to everybody."""
    return code in (OWN_CODES | ACCOUNT_CODES if channel in WECHAT else GATEWAY_CODES)


def in_force(session: Session) -> dict[Channel, datetime]:
    """The stopped channels, and when each may be tried again."""
    rows = session.execute(select(ChannelStop.channel, ChannelStop.probe_at)).all()
    return {Channel(channel): probe_at for channel, probe_at in rows}


def begin(session: Session, channel: Channel, outcome: Outcome, *, is_probe: bool) -> datetime:
    """Stop a channel, or keep it stopped after a vain trial, and tell whoever can repair it.

    Returns when it will be tried again: after one minute, then after ever longer, at most 30. What
    was already on its way when the channel stopped changes nothing.
    """
    now = clock.now()
    stopped = WECHAT if outcome.code in ACCOUNT_CODES else (channel,)
    facts = {"code": outcome.code, "error": (outcome.error or "")[:300]}
    for each in sorted(stopped):
        new = {"channel": each, **facts, "failures": 0, "since_at": now, "probe_at": now}
        session.execute(upsert(session, ChannelStop).values(new).on_conflict_do_nothing())
    rows = _locked(session, stopped)
    for each, row in rows.items():
        if row.failures and not (is_probe and each == channel):
            continue
        row.code, row.error = facts["code"], facts["error"]
        row.failures += 1
        wait = FIRST_PROBE_AFTER * 2 ** min(row.failures - 1, 10)
        row.probe_at = now + min(wait, LAST_PROBE_AFTER)
    fix = fix_of(outcome.code, facts["error"])
    publish(session, ChannelStopped(channel=channel, code=outcome.code, fix=fix, at=now))
    return rows[channel].probe_at


def claim_probe(session: Session, channel: Channel) -> bool:
    """Let one letter through to see whether the channel works again; False when somebody has."""
    now = clock.now()
    row = _locked(session, (channel,)).get(channel)
    if row is None:
        return True
    if row.probe_at > now:
        return False
    row.probe_at = now + FIRST_PROBE_AFTER
    return True


def end(session: Session, channel: Channel) -> None:
    """The channel works again, and with it whatever had been stopped for the same reason."""
    rows = _locked(session, WECHAT if channel in WECHAT else (channel,))
    if channel not in rows:
        return
    code = rows[channel].code
    for each, row in rows.items():
        if each == channel or (code in ACCOUNT_CODES and row.code == code):
            session.delete(row)


def fix_of(code: str, error: str) -> str:
    """What a person has to do, in one sentence; the refused IP address is named."""
    found = _IP.search(error)
    return FIXES.get(code, FIXES[""]).format(ip=found.group() if found else "本服务器的出口IP")


def _locked(session: Session, channels: Iterable[Channel]) -> dict[Channel, ChannelStop]:
    query = select(ChannelStop).where(ChannelStop.channel.in_(list(channels)))
    rows = session.scalars(
        query.order_by(ChannelStop.channel)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    return {Channel(row.channel): row for row in rows}

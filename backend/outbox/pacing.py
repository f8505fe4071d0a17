"""How much may still be said to a person in the chat, and when nobody is to be disturbed.

Sources: the platform's page on customer messages (2024 revision: 5 messages in 48 hours after a
message, 3 within a minute after a menu click, a follow or a scan, 48 hours without a limit after a
payment), and `wechat.md` §2.
"""

from dataclasses import dataclass, replace
from datetime import datetime, time, timedelta

from backend.kit import clock
from backend.outbox.schemas import Interaction

UNLIMITED = 1000
KEPT_FOR_REPLIES = 2
"""Notices leave so many messages of the budget to the bot's own answers."""
REMEMBERED_SENDS = 8
"""More sends than any window allows are as good as all of them: nothing is left either way."""
SHUT_UNTIL = datetime(2999, 1, 1, tzinfo=clock.UTC)
"""`gone_at` of a WeChat that is shut: nothing that is done from it is newer."""
CLOCKS_DIFFER_BY = timedelta(seconds=2)


@dataclass(frozen=True)
class Window:
    """What an interaction opens: so many messages, for so long, with a margin for the way there."""

    allowance: int
    lasts: timedelta
    margin: timedelta


WINDOWS = {
    Interaction.MESSAGE: Window(5, timedelta(hours=48), timedelta(minutes=1)),
    Interaction.MOMENT: Window(3, timedelta(minutes=1), timedelta(seconds=5)),
    Interaction.PAYMENT: Window(UNLIMITED, timedelta(hours=48), timedelta(minutes=1)),
}


@dataclass(frozen=True)
class Standing:
    """Where we stand with one person: the last interaction of each kind, when the platform told us
    that every window was closed or that the person had gone, and our latest sends (epoch seconds).
    """

    opened: dict[Interaction, datetime]
    closed_at: datetime | None = None
    gone_at: datetime | None = None
    sends: tuple[float, ...] = ()


def is_gone(standing: Standing) -> bool:
    """Whether the person left, or the platform refused them, and has not come back since."""
    gone_at = standing.gone_at
    return gone_at is not None and all(at <= gone_at for at in standing.opened.values())


def is_shut(standing: Standing) -> bool:
    """Whether nothing may go to this WeChat in any way, because it is in the wrong hands."""
    return standing.gone_at == SHUT_UNTIL


def messages_left(standing: Standing, now: datetime) -> int:
    """How many customer messages the platform is sure to accept now.

    Which of two open windows the platform charges is not documented, so a send counts against both
    and the better one decides: this may be less than the platform would allow, never more.
    """
    void = max((at for at in (standing.closed_at, standing.gone_at) if at), default=None)
    best = 0
    for kind, opened_at in standing.opened.items():
        window = WINDOWS[kind]
        is_void = void is not None and opened_at <= void
        if is_void or now >= opened_at + window.lasts - window.margin:
            continue
        since = (opened_at - CLOCKS_DIFFER_BY).timestamp()
        spent = sum(1 for sent in standing.sends if sent >= since)
        left = window.allowance if window.allowance == UNLIMITED else window.allowance - spent
        best = max(best, left)
    return best


def with_send(standing: Standing, at: datetime) -> Standing:
    """The standing after one more message has been handed to the platform."""
    return replace(standing, sends=(*standing.sends, at.timestamp())[-REMEMBERED_SENDS:])


def without_send(standing: Standing, at: datetime) -> Standing:
    """The standing after a message handed over at that moment was refused: it cost nothing."""
    sends = list(standing.sends)
    if at.timestamp() in sends:
        sends.remove(at.timestamp())
    return replace(standing, sends=tuple(sends))


def waking_after(now: datetime, quiet: str) -> datetime | None:
    """The end of the quiet hours that `now` lies in, None outside of them.

    `quiet` is `21:30-08:00` on a clock in Shanghai, half-open; empty means that none are kept.
    """
    if not quiet.strip():
        return None
    starts, ends = (time.fromisoformat(part.strip()) for part in quiet.split("-"))
    local = clock.local(now)
    shown = local.time()
    crosses_midnight = starts > ends
    is_evening = crosses_midnight and shown >= starts
    is_morning = shown < ends and (crosses_midnight or shown >= starts)
    if not (is_evening or is_morning):
        return None
    on = local.date() + timedelta(days=1) if is_evening else local.date()
    return clock.at_local(on, ends.hour, ends.minute)

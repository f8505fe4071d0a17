"""When a rule fires, how a reminder is worded, and what makes it the only one (clauses §4 rule 8).

A rule's number shifts moments: what is due at an event is told so many days or hours before it.
"""

import hashlib
from collections.abc import Sequence
from datetime import datetime, time, timedelta

from backend.kit import clock
from backend.outbox.schemas import Channel, Notice, NoticeKind
from backend.reminders.schemas import (
    Audience,
    Contact,
    Fact,
    Kind,
    Line,
    RuleDraft,
    RuleView,
    Timing,
    Wording,
)

LATEST = timedelta(hours=24)
"""After an outage nothing older than this is caught up with."""
MOST_LINES = 6
GREETING = "greeting"
STAFF = (Audience.TEACHER, Audience.ADVISOR)


def slots_between(send_at: time, from_at: datetime, to_at: datetime) -> list[datetime]:
    """Each day's moment of sending in [from_at, to_at)."""
    found, on = [], clock.local(from_at).date()
    while (at := clock.at_local(on, send_at.hour, send_at.minute)) < to_at:
        if at >= from_at:
            found.append(at)
        on += timedelta(days=1)
    return found


def is_daily(kind: Kind) -> bool:
    """Whether a rule of this kind speaks at a time of the day, and not when something happens."""
    return kind.timing in (Timing.DAYS, Timing.DAYS_AFTER, Timing.BELOW)


def ahead_of(kind: Kind, rule: RuleDraft) -> timedelta:
    """How long before its event a rule speaks; less than nothing where it speaks after it."""
    unit = {
        Timing.DAYS: timedelta(days=1),
        Timing.HOURS: timedelta(hours=1),
        Timing.MINUTES: timedelta(minutes=1),
        Timing.AFTER: timedelta(minutes=-1),
        Timing.DAYS_AFTER: timedelta(days=-1),
        Timing.BELOW: timedelta(0),
    }[kind.timing]
    return rule.amount * unit


def events_between(
    kind: Kind, rule: RuleDraft, from_at: datetime, to_at: datetime
) -> tuple[datetime, datetime] | None:
    """The half-open interval of the events that a rule tells of during [from_at, to_at); None when
    it tells of none."""
    ahead = ahead_of(kind, rule)
    if not is_daily(kind):
        return (from_at + ahead, to_at + ahead) if from_at < to_at else None
    slots = slots_between(rule.send_at, from_at, to_at)
    if not slots:
        return None
    if kind.timing is Timing.BELOW:
        return from_at, to_at
    first, last = (clock.local(slot).date() + ahead for slot in (slots[0], slots[-1]))
    return clock.at_local(first), clock.at_local(last + timedelta(days=1))


def fires_at(
    kind: Kind, rule: RuleDraft, at: datetime | None, from_at: datetime, to_at: datetime
) -> datetime:
    """When a fact found for [from_at, to_at) is told."""
    if kind.timing is Timing.BELOW or at is None:
        return slots_between(rule.send_at, from_at, to_at)[0]
    if not is_daily(kind):
        return at - ahead_of(kind, rule)
    on = clock.local(at).date() - ahead_of(kind, rule)
    return clock.at_local(on, rule.send_at.hour, rule.send_at.minute)


def is_valid(rule: RuleDraft, at: datetime) -> bool:
    """Whether a rule holds on the day of a moment."""
    on = clock.local(at).date()
    return rule.valid_from <= on and (rule.valid_to is None or on < rule.valid_to)


def line_of(wording: Wording, rule: RuleView, fact: Fact, contact: Contact) -> Line:
    """One reminder to one person. The key holds the threshold: at another one, one is told anew."""
    values = {**fact.values, "name": contact.name}
    what, whom, when = (pattern.format_map(values) for pattern in wording.card)
    return Line(
        key=f"{rule.id}:{rule.amount}:{fact.subject}:{contact.person}",
        rule_id=rule.id,
        text=wording.line.format_map(values),
        next_step=wording.next_step.format_map(values),
        card=(what, whom, when),
    )


def template_of(kind: Kind, audience: Audience) -> str:
    """The notice that carries a kind: staff cannot decline their work, a greeting is no card, and a
    service that reaches nobody is a task for a person."""
    if audience in STAFF:
        return "reminder_staff"
    by_notice = {NoticeKind.MARKETING: GREETING, NoticeKind.SERVICE: "reminder_service"}
    return by_notice.get(kind.notice, "reminder")


def is_advertising(template: str) -> bool:
    """Whether a notice needs consent to advertising."""
    return template == GREETING


def notice_of(
    template: str,
    lines: Sequence[Line],
    channels: tuple[Channel, ...],
    good_until: datetime | None = None,
) -> Notice:
    """Everything for one person at one moment as one notice; what is said twice is said once."""
    texts = list(dict.fromkeys(line.text for line in lines))
    said = "".join(texts[:MOST_LINES])
    more = len(texts) - MOST_LINES
    said += f"另外还有{more}项。" if more > 0 else ""
    what, whom, when = lines[0].card
    if len(texts) > 1:
        what = f"{what}等{len(texts)}项"
    steps = dict.fromkeys(line.next_step for line in lines)
    return Notice(
        template=template,
        values={
            "lines": said, "next_step": "".join(steps), "what": what, "whom": whom, "when": when,
        },
        channels=channels,
        good_until=good_until,
    )  # fmt: skip


def message_key_of(person: str, keys: Sequence[str]) -> str:
    """The outbox's key of a message: the same lines make the same one."""
    digest = hashlib.sha256("|".join(sorted(keys)).encode()).hexdigest()[:24]
    return f"reminder:{person}:{digest}"

"""Who is told what between two moments: asked by the preview and by the sending alike.

It reads everything due in the interval: pages of facts, then contacts, wishes and what has been
told, in a number of statements that grows with the pages of a thousand and not with the people.
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import TypeVar

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from backend.kit import clock
from backend.outbox import queries as outbox
from backend.outbox import service as post_office
from backend.outbox.schemas import Channel
from backend.reminders import registry, rules
from backend.reminders.models import ReminderTold
from backend.reminders.schemas import (
    Contact,
    Exclusion,
    Fact,
    Kind,
    Line,
    Planned,
    Question,
    RuleView,
)

IN_ONE_STATEMENT = 5000
T = TypeVar("T")


@dataclass(frozen=True)
class Span:
    """A rule, and the half-open interval for which it is asked."""

    rule: RuleView
    from_at: datetime
    to_at: datetime


@dataclass(frozen=True)
class _Due:
    """A line on its way into somebody's message."""

    rule: RuleView
    template: str
    fires_at: datetime
    until: datetime | None
    contact: Contact
    line: Line


def plan(session: Session, spans: Sequence[Span], *, now: datetime) -> list[Planned]:
    """The messages that these rules make in their intervals, soonest first, and those that do not
    go out with the reason. What a rule has told, and what is over by `now`, is left out."""
    dues = [due for span in spans for due in _dues(session, span, now)]
    told = _told(session, [due.line.key for due in dues])
    together: dict[tuple[str, str, datetime], list[_Due]] = defaultdict(list)
    for due in dues:
        if due.line.key not in told:
            together[due.contact.person, due.template, due.fires_at].append(due)
    messages = [_message(parts, now) for parts in together.values()]
    messages.sort(key=lambda made: (made.fires_at, made.person, made.template))
    return _judged(session, messages, {span.rule.id: span.rule for span in spans})


def _dues(session: Session, span: Span, now: datetime) -> Iterator[_Due]:
    """Everything one rule has to say in its interval, to whomever."""
    rule, kind = span.rule, registry.kind(span.rule.kind)
    if kind is None or rule.audience not in kind.wordings:
        return
    found = [fact for fact in _facts(session, kind, span) if not fact.until or fact.until > now]
    contacts: dict[int, list[Contact]] = defaultdict(list)
    reach = registry.reach(rule.audience)
    for some in _parts(sorted({fact.who for fact in found})):
        for contact in reach(session, some):
            contacts[contact.who].append(contact)
    for fact in found:
        at = rules.fires_at(kind, rule, fact.at, span.from_at, span.to_at)
        if not (span.from_at <= at < span.to_at and rules.is_valid(rule, at)):
            continue
        for contact in contacts[fact.who]:
            yield _Due(
                rule=rule,
                template=rules.template_of(kind, rule.audience),
                fires_at=at,
                until=fact.until,
                contact=contact,
                line=rules.line_of(kind.wordings[rule.audience], rule, fact, contact),
            )


def _facts(session: Session, kind: Kind, span: Span) -> Iterator[Fact]:
    interval = rules.events_between(kind, span.rule, span.from_at, span.to_at)
    after: tuple[int, int] | None = (0, 0)
    while interval is not None and after is not None:
        asked = Question(
            amount=span.rule.amount,
            audience=span.rule.audience,
            campus_id=span.rule.campus_id,
            from_at=interval[0],
            to_at=interval[1],
            after=after,
            on_since=span.rule.changed_at if span.rule.is_on else None,
        )
        page = kind.find(session, asked)
        yield from page.facts
        after = page.after


def _message(parts: list[_Due], now: datetime) -> Planned:
    """What comes together for one person becomes one message, over the channels that all of its
    rules allow and after the quiet hours of each."""
    first = parts[0]
    due_at = max(first.fires_at, now)
    for due in parts:
        due_at = max(due_at, post_office.awake_at(due_at, due.rule.quiet_hours))
    allowed = [set(due.rule.channels or Channel) for due in parts]
    channels = tuple(each for each in Channel if all(each in some for some in allowed))
    in_time = [due for due in parts if due.until is None or due_at < due.until]
    lines = tuple(due.line for due in in_time or parts)
    ends = [due.until for due in in_time]
    good_until = None if None in ends else max((end for end in ends if end), default=None)
    return Planned(
        person=first.contact.person,
        recipient=first.contact.recipient,
        template=first.template,
        fires_at=first.fires_at,
        due_at=due_at,
        channels=channels,
        lines=lines,
        notice=rules.notice_of(first.template, lines, channels, good_until),
        excluded=None if in_time else Exclusion.QUIET,
    )


def _judged(session: Session, messages: list[Planned], known: dict[int, RuleView]) -> list[Planned]:
    """Each message with the reason why it does not go out, if there is one."""
    wanted = outbox.wanted(session, [(made.recipient, made.notice) for made in messages])
    had = _had(session, messages)
    unasked = without_consent(session, messages)
    judged = []
    for made, is_wanted in zip(messages, wanted, strict=True):
        on = clock.local(made.due_at).date()
        cap = min(known[line.rule_id].daily_cap for line in made.lines)
        if made.excluded:
            reason: Exclusion | None = made.excluded
        elif not made.channels or not outbox.can_reach(made.recipient, made.notice):
            reason = Exclusion.NO_CHANNEL
        elif made.person in unasked and rules.is_advertising(made.template):
            reason = Exclusion.NO_CONSENT
        elif not is_wanted:
            reason = Exclusion.DECLINED
        elif had[made.person, on] >= cap:
            reason = Exclusion.CAPPED
        else:
            reason = None
            had[made.person, on] += 1
        judged.append(made.model_copy(update={"excluded": reason}))
    return judged


def without_consent(session: Session, messages: Sequence[Planned]) -> set[str]:
    """Persons to whom advertising would go among these messages and who have not agreed to it."""
    persons = {made.person for made in messages if rules.is_advertising(made.template)}
    return persons - registry.agreed_to_advertising(session, persons) if persons else set()


def _told(session: Session, keys: list[str]) -> set[str]:
    found: set[str] = set()
    for some in _parts(keys):
        found.update(session.scalars(select(ReminderTold.key).where(ReminderTold.key.in_(some))))
    return found


def _had(session: Session, messages: list[Planned]) -> dict[tuple[str, date], int]:
    """How many messages each person has been given on each of these days."""
    had: dict[tuple[str, date], int] = defaultdict(int)
    days = {clock.local(made.due_at).date() for made in messages}
    for some in _parts(sorted({made.person for made in messages})):
        query = (
            select(
                ReminderTold.person,
                ReminderTold.told_on,
                func.count(func.distinct(ReminderTold.message_key)),
            )
            .where(ReminderTold.person.in_(some), ReminderTold.told_on.in_(days))
            .group_by(ReminderTold.person, ReminderTold.told_on)
        )
        had.update({(person, on): count for person, on, count in session.execute(query)})
    return had


def _parts(values: Sequence[T]) -> Iterator[Sequence[T]]:
    """As many at a time as one statement takes."""
    for first in range(0, len(values), IN_ONE_STATEMENT):
        yield values[first : first + IN_ONE_STATEMENT]

"""Changes of the reminders room: rules by people, and what the clock makes of them."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from backend.kit import clock, crypto
from backend.kit.db import take_turn, upsert
from backend.kit.errors import DomainError, NotFound
from backend.outbox import service as outbox
from backend.reminders import planning, queries, registry, rules
from backend.reminders.models import ReminderRule, ReminderTold
from backend.reminders.planning import Span
from backend.reminders.schemas import (
    Audience,
    Exclusion,
    Outlook,
    Planned,
    Preview,
    RuleDraft,
    RuleView,
    Timing,
)
from backend.security import service as security

LOOKED_PURPOSE = "reminder_preview"
LOOK_SECONDS = 3600
ROWS_SHOWN = 50
PREVIEWS = {"24h": timedelta(hours=24), "7d": timedelta(days=7)}


class RuleUnfit(DomainError):
    """The kind does not have this audience, or not this number."""


class RuleMoved(DomainError):
    """Somebody else has changed the rule meanwhile."""

    status = 409


class PreviewFirst(DomainError):
    """A rule is switched on from the preview of what it now says, within the hour."""

    status = 409


def write(
    session: Session, draft: RuleDraft, *, by: str, rule_id: int | None = None, version: int = 0
) -> RuleView:
    """A new rule, or another wording of one: off in either case until somebody has looked at the
    preview. Raises RuleUnfit, RuleMoved, NotFound."""
    kind = registry.kind(draft.kind)
    least, _, most = kind.amounts if kind else (0, 0, -1)
    if kind is None or draft.audience not in kind.wordings or not least <= draft.amount <= most:
        raise RuleUnfit()
    now = clock.now()
    values = {**draft.model_dump(), "channels": [each.value for each in draft.channels]}
    if rule_id is None:
        row = ReminderRule(**values, is_on=False, version=1, done_until=now, changed_at=now)
        session.add(row)
        before: dict[str, Any] | None = None
    else:
        row = _locked(session, rule_id)
        if row.version != version:
            raise RuleMoved()
        before = _shown(row)
        for name, value in values.items():
            setattr(row, name, value)
        row.is_on, row.version, row.changed_at = False, row.version + 1, now
    session.flush()
    _note(session, row, "reminder.changed" if before else "reminder.made", by, before)
    return RuleView.model_validate(row)


def keep_usual(session: Session, *, kind: str, audience: Audience) -> None:
    """A reminder that the house promises by itself is on in its usual form, unless somebody has
    ever written a rule of the kind: then that one holds, also when it is off. Raises RuleUnfit."""
    found = registry.kind(kind)
    if found is None or audience not in found.wordings:
        raise RuleUnfit()
    take_turn(session, f"usual:{kind}")
    known = select(ReminderRule.id).where(ReminderRule.kind == kind).limit(1)
    if session.scalar(known) is not None:
        return
    draft = RuleDraft(
        kind=kind,
        amount=found.amounts[1],
        audience=audience,
        send_at=found.usual_time,
        valid_from=clock.today(),
    )
    made = write(session, draft, by="system")
    row = _locked(session, made.id)
    row.is_on = True
    _note(session, row, "reminder.switched_on", "system", None)


def preview(session: Session, rule_id: int, *, ahead: timedelta) -> Preview:
    """Who would get what from now on if the rule were on, together with the rules that are; of what
    nobody can know before it happens, who would have got what until now. Raises NotFound."""
    now, rule = clock.now(), queries.rule(session, rule_id)
    kind = registry.kind(rule.kind)
    others = [each for each in queries.rules_on(session, at=now) if each.id != rule_id]
    begins = now - ahead if kind is not None and kind.timing is Timing.AFTER else now
    spans = [Span(each, begins, begins + ahead) for each in (rule, *others)]
    rows = [
        made
        for made in planning.plan(session, spans, now=begins)
        if any(line.rule_id == rule_id for line in made.lines)
    ]
    claims = {"rule": rule.id, "version": rule.version, "at": now.timestamp()}
    return Preview(
        rows=rows[:ROWS_SHOWN],
        told=sum(made.excluded is None for made in rows),
        excluded={
            why: count for why in Exclusion if (count := sum(m.excluded is why for m in rows))
        },
        token=crypto.sign(LOOKED_PURPOSE, claims),
    )


def outlook(
    session: Session, *, from_at: datetime, to_at: datetime, campus_id: int | None
) -> Outlook:
    """What the rules in force will say between two moments, all of them or those of a campus."""
    wanted = [
        rule
        for rule in queries.rules_on(session, at=clock.now())
        if campus_id is None or rule.campus_id == campus_id
    ]
    planned = planning.plan(
        session, [Span(rule, from_at, to_at) for rule in wanted], now=clock.now()
    )
    going = [made for made in planned if made.excluded is None]
    return Outlook(
        told=len(going),
        people=len({made.person for made in going}),
        left_out=len(planned) - len(going),
    )


def switch_on(session: Session, rule_id: int, *, token: str, by: str) -> None:
    """The preview has been looked at: from now on the rule is kept. Again changes nothing. Raises
    PreviewFirst, NotFound."""
    row = _locked(session, rule_id)
    if row.is_on:
        return
    try:
        seen = crypto.unsign(LOOKED_PURPOSE, token, max_age_seconds=LOOK_SECONDS)
    except crypto.LinkInvalid:
        raise PreviewFirst() from None
    if (seen["rule"], seen["version"]) != (row.id, row.version):
        raise PreviewFirst()
    before = _shown(row)
    row.is_on, row.done_until, row.changed_at = True, clock.now(), clock.now()
    _note(session, row, "reminder.switched_on", by, before)


def switch_off(session: Session, rule_id: int, *, by: str) -> None:
    """Nothing more is told by this rule; what waits in the outbox goes out. Again changes
    nothing. Raises NotFound."""
    row = _locked(session, rule_id)
    if row.is_on:
        before = _shown(row)
        row.is_on, row.changed_at = False, clock.now()
        _note(session, row, "reminder.switched_off", by, before)


def due_spans(session: Session, *, now: datetime) -> list[Span]:
    """Every rule in force from where it was left until now; not further back than a day."""
    earliest = now - rules.LATEST
    return [
        Span(rule, max(rule.done_until, earliest), now)
        for rule in queries.rules_on(session, at=now, since=earliest)
        if rule.done_until < now
    ]


def tell(session: Session, spans: Sequence[Span], messages: Sequence[Planned]) -> int:
    """Post a batch of a plan, in a number of statements that does not grow with it; returns how
    many messages are new. Rules that changed since the plan was made say nothing; a line that has
    been told meanwhile is left out, so that twice, at once and again are harmless; so is
    advertising to whoever has taken their consent back."""
    agreed = {(span.rule.id, span.rule.version) for span in spans}
    query = select(ReminderRule).where(ReminderRule.id.in_({id_ for id_, _ in agreed}))
    rows = session.scalars(
        query.order_by(ReminderRule.id).with_for_update().execution_options(populate_existing=True)
    )
    valid = {row.id for row in rows if row.is_on and (row.id, row.version) in agreed}
    unasked = planning.without_consent(session, messages)
    kept = []
    for made in messages:
        lines = tuple(line for line in made.lines if line.rule_id in valid)
        is_wanted = made.person not in unasked or not rules.is_advertising(made.template)
        if made.excluded is None and lines and is_wanted:
            kept.append(made.model_copy(update={"lines": lines}))
    new = _claim(session, kept)
    postings = []
    for made in kept:
        lines = tuple(line for line in made.lines if line.key in new)
        if lines:
            notice = rules.notice_of(made.template, lines, made.channels, made.notice.good_until)
            notice = notice.model_copy(update={"is_agreed": rules.is_advertising(made.template)})
            key = rules.message_key_of(made.person, [line.key for line in made.lines])
            postings.append((made.recipient, notice, key, made.due_at))
    return outbox.post_all(session, postings)


def _claim(session: Session, messages: Sequence[Planned]) -> set[str]:
    """Write down that these lines are told; returns those that were not yet."""
    now = clock.now()
    told = [
        {
            "key": line.key,
            "rule_id": line.rule_id,
            "person": made.person,
            "told_on": clock.local(made.due_at).date(),
            "message_key": rules.message_key_of(made.person, [each.key for each in made.lines]),
            "at": now,
        }
        for made in messages
        for line in made.lines
    ]
    if not told:
        return set()
    told.sort(key=lambda row: str(row["key"]))  # Two at once wait for each other, in one order.
    statement = upsert(session, ReminderTold).values(told)
    made = statement.on_conflict_do_nothing(index_elements=["key"]).returning(ReminderTold.key)
    return set(session.scalars(made))


def finish(session: Session, spans: Sequence[Span]) -> None:
    """What fell due in these intervals has been told; an older report changes nothing."""
    until = {span.rule.id: (span.rule.version, span.to_at) for span in spans}
    query = select(ReminderRule).where(ReminderRule.id.in_(until)).order_by(ReminderRule.id)
    for row in session.scalars(query.with_for_update()):
        version, to_at = until[row.id]
        if row.version == version and row.done_until < to_at:
            row.done_until = to_at


def _locked(session: Session, rule_id: int) -> ReminderRule:
    row = session.get(ReminderRule, rule_id, with_for_update=True)
    if row is None:
        raise NotFound()
    return row


def _shown(row: ReminderRule) -> dict[str, Any]:
    return RuleView.model_validate(row).model_dump(mode="json", exclude={"done_until", "id"})


def _note(
    session: Session, row: ReminderRule, action: str, by: str, before: dict[str, Any] | None
) -> None:
    subject = f"reminder_rule:{row.id}"
    after = _shown(row)
    security.audit(session, actor=by, action=action, subject=subject, before=before, after=after)

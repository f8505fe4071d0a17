"""Reads of the reminders room."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from backend.kit.errors import NotFound
from backend.outbox.schemas import NoticeKind
from backend.reminders import registry, rules
from backend.reminders.models import ReminderRule
from backend.reminders.schemas import Audience, Kind, RuleView


def kinds() -> list[Kind]:
    """What people can be reminded of."""
    return registry.kinds()


def names_by_notice(*, is_staff: bool) -> dict[NoticeKind, list[str]]:
    """Which reminders families decline with which kind of notice; those of staff are their work."""
    found: dict[NoticeKind, list[str]] = {NoticeKind.TASK: []} if is_staff else {}
    for kind in registry.kinds():
        of_family = any(audience not in rules.STAFF for audience in kind.wordings)
        if of_family:
            found.setdefault(kind.notice, []).append(kind.name)
        if is_staff and any(audience in rules.STAFF for audience in kind.wordings):
            found[NoticeKind.TASK].append(kind.name)
    return found


def all_rules(session: Session, *, campus_id: int | None = None) -> list[RuleView]:
    """All rules, or those of one campus."""
    query = select(ReminderRule).order_by(ReminderRule.id)
    if campus_id is not None:
        query = query.where(ReminderRule.campus_id == campus_id)
    return [RuleView.model_validate(row) for row in session.scalars(query)]


def rule(session: Session, rule_id: int) -> RuleView:
    """One rule. Raises NotFound."""
    row = session.get(ReminderRule, rule_id)
    if row is None:
        raise NotFound()
    return RuleView.model_validate(row)


def rules_on(session: Session, *, at: datetime, since: datetime | None = None) -> list[RuleView]:
    """The rules in force at a moment; with `since` also those that have run out from then on."""
    rows = session.scalars(
        select(ReminderRule).where(ReminderRule.is_on.is_(True)).order_by(ReminderRule.id)
    )
    views = [RuleView.model_validate(row) for row in rows]
    return [
        view
        for view in views
        if rules.is_valid(view, at)
        or (since is not None and rules.is_valid(view, max(since, view.done_until)))
    ]


def is_kept(
    session: Session,
    kind: str,
    audience: Audience,
    *,
    campus_id: int | None,
    at: datetime,
    amount: int | None = None,
) -> bool:
    """Whether a rule (of an amount) tells an audience of a kind at that campus now: what a rule
    tells, the room that has the fact does not say by itself as well."""
    return any(
        rule.kind == kind
        and rule.audience is audience
        and rule.campus_id in (None, campus_id)
        and amount in (None, rule.amount)
        for rule in rules_on(session, at=at)
    )

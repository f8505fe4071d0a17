"""What waits in the outbox, and what a person has to take over."""

from collections.abc import Callable, Collection, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, SQLColumnExpression, exists, func, or_, select, true
from sqlalchemy.orm import Session

from backend.kit import clock
from backend.outbox import ledger, permission, rules, stops
from backend.outbox.models import ChannelStop, OutboxAttempt, OutboxMessage, ReplyLedger
from backend.outbox.schemas import (
    Channel,
    ChannelStopped,
    ChatMessage,
    DeliveryView,
    KindWish,
    Letter,
    Notice,
    NoticeKind,
    Recipient,
    Status,
    StuckMessage,
    SubscriptionView,
)
from backend.outbox.templates import (
    ALWAYS_TOLD,
    CHANNEL_NAMES,
    KIND_NAMES,
    SUBSCRIPTIONS,
    TEMPLATES,
)

Among = Callable[[SQLColumnExpression[Any], SQLColumnExpression[Any]], ColumnElement[bool]]
"""Whose messages a reader may see: a condition on the columns of openids and of the blind indexes
of phones. None sees all."""


def is_readable(among: Among | None) -> ColumnElement[bool]:
    """The messages that a reader may see, as a condition."""
    return among(OutboxMessage.openid, OutboxMessage.phone_index) if among else true()


def stuck_messages(
    session: Session, *, limit: int = 100, among: Among | None = None
) -> list[StuckMessage]:
    """Tasks for a person, oldest first: no channel reached these recipients."""
    rows = session.scalars(
        select(OutboxMessage)
        .where(OutboxMessage.status == Status.STUCK, is_readable(among))
        .order_by(OutboxMessage.id)
        .limit(limit)
    ).all()
    last_attempts = (
        select(func.max(OutboxAttempt.id))
        .where(OutboxAttempt.message_id.in_([row.id for row in rows]))
        .group_by(OutboxAttempt.message_id)
    )
    errors = {
        message_id: error or ""
        for message_id, error in session.execute(
            select(OutboxAttempt.message_id, OutboxAttempt.error).where(
                OutboxAttempt.id.in_(last_attempts)
            )
        )
    }
    return [
        StuckMessage(
            id=row.id,
            recipient_name=row.recipient_name,
            phone=row.phone,
            text=rules.letter_text_of(
                Notice.model_validate_json(row.payload), value_limit=rules.LONG_VALUE
            ),
            error=errors.get(row.id, "no channel is known for this person"),
        )
        for row in rows
    ]


def unsent_counts(session: Session) -> dict[Status, int]:
    """How many messages wait, failed or are stuck: the metrics page shows them."""
    shown = (Status.PENDING, Status.FAILED, Status.STUCK)
    rows = session.execute(
        select(OutboxMessage.status, func.count())
        .where(OutboxMessage.status.in_(shown))  # Not «!= sent», which no index knows.
        .group_by(OutboxMessage.status)
    )
    counts = {Status(status): count for status, count in rows}
    return {status: counts.get(status, 0) for status in shown}


def told(
    session: Session, openids: Collection[str], *, limit: int, with_answers: bool = True
) -> list[tuple[datetime, str, str]]:
    """When which notice reached these people over which channel, the newest first; what it said is
    not shown again, and is forgotten after a while. Without `with_answers`, what answers a ticket
    is left out: its time alone would tell who opened one without a name."""
    query = (
        select(OutboxMessage.sent_at, OutboxMessage.template, OutboxMessage.channel)
        .where(
            OutboxMessage.openid.in_(openids),
            OutboxMessage.template.is_not(None),
            OutboxMessage.status == Status.SENT,
            OutboxMessage.sent_at.is_not(None),
        )
        .order_by(OutboxMessage.id.desc())
        .limit(limit)
    )
    if not with_answers:
        is_answer = OutboxMessage.template.startswith("ticket_", autoescape=True)
        query = query.where(~is_answer, OutboxMessage.template != "attachment_lost")
    return [
        (
            at or clock.now(),
            TEMPLATES[name].title if name and name in TEMPLATES else "通知",
            CHANNEL_NAMES.get(by or "", ""),
        )
        for at, name, by in session.execute(query)
    ]


def stopped_channels(session: Session) -> list[ChannelStopped]:
    """Channels that wait for a person's repair, and what to do; `at` is since when."""
    rows = session.scalars(select(ChannelStop).order_by(ChannelStop.channel))
    return [
        ChannelStopped(
            channel=Channel(row.channel),
            code=row.code,
            fix=stops.fix_of(row.code, row.error),
            at=row.since_at,
        )
        for row in rows
    ]


def deliveries(
    session: Session, *, state: str, before: int | None, limit: int, among: Among | None = None
) -> list[DeliveryView]:
    """Notices by what became of them, the newest first, before one id: `failed` are those that
    nobody got, `pending` those on their way, `sent` those that left. Two statements."""
    statuses = {
        "failed": (Status.STUCK, Status.FAILED),
        "pending": (Status.PENDING,),
        "sent": (Status.SENT,),
    }[state]
    query = select(OutboxMessage).where(
        OutboxMessage.status.in_(statuses), OutboxMessage.template.is_not(None), is_readable(among)
    )
    if before is not None:
        query = query.where(OutboxMessage.id < before)
    return _delivery_views(session, query.order_by(OutboxMessage.id.desc()).limit(limit))


def latest_of(session: Session, openid: str, *, limit: int) -> list[DeliveryView]:
    """The latest notices to one person, and what became of each."""
    query = select(OutboxMessage).where(
        OutboxMessage.openid == openid, OutboxMessage.template.is_not(None)
    )
    return _delivery_views(session, query.order_by(OutboxMessage.id.desc()).limit(limit))


def _delivery_views(session: Session, query: Select[OutboxMessage]) -> list[DeliveryView]:
    rows = session.scalars(query).all()
    last = (
        select(func.max(OutboxAttempt.id))
        .where(OutboxAttempt.message_id.in_([row.id for row in rows]))
        .group_by(OutboxAttempt.message_id)
    )
    attempts = {
        attempt.message_id: attempt
        for attempt in session.scalars(select(OutboxAttempt).where(OutboxAttempt.id.in_(last)))
    }
    views = []
    for row in rows:
        attempt = attempts.get(row.id)
        template = TEMPLATES.get(row.template or "")
        text = ""
        if row.payload and template:
            text = rules.sentence_of(Notice.model_validate_json(row.payload))
        views.append(
            DeliveryView(
                id=row.id,
                recipient_name=row.recipient_name,
                title=template.title if template else "通知",
                text=text,
                at=row.sent_at or row.due_at,
                result=rules.result_in_words(
                    row.status,
                    CHANNEL_NAMES.get(row.channel or "", ""),
                    receipt=attempt.receipt if attempt else None,
                    code=attempt.code if attempt else "",
                ),
                is_task=row.status == Status.STUCK,
            )
        )
    return views


def channel_names() -> dict[str, str]:
    """The channels as people call them, best first."""
    return dict(CHANNEL_NAMES)


def always_told() -> tuple[tuple[str, str], ...]:
    """What cannot be declined, and why."""
    return ALWAYS_TOLD


def kind_names() -> dict[NoticeKind, str]:
    """The kinds that may be declined, as people call them."""
    return {kind: name for kind, (name, _) in KIND_NAMES.items()}


def wishes(session: Session, to: Recipient) -> list[KindWish]:
    """Each kind of notice that may be declined, and whether this person wants it."""
    declined = ledger.declined_kinds(session, to)
    return [
        KindWish(kind=kind, name=name, purpose=purpose, is_wanted=kind not in declined)
        for kind, (name, purpose) in KIND_NAMES.items()
    ]


def wanted(session: Session, notices: Sequence[tuple[Recipient, Notice]]) -> list[bool]:
    """Of each notice whether its recipient takes such ones, at one address at least, by one
    statement for all."""
    declined = ledger.declined_among(session, [to for to, _ in notices])

    def is_open(to: Recipient, notice: Notice, channel: Channel) -> bool:
        address = rules.letter_address_of(to, channel)
        return not declined.is_closed(address, rules.declinable_kind(notice))

    return [
        not declined.is_unwanted(to, rules.declinable_kind(notice))
        and any(is_open(to, notice, channel) for channel in rules.rungs_of(to, notice))
        for to, notice in notices
    ]


def can_reach(to: Recipient, notice: Notice) -> bool:
    """Whether there is any channel for this to this person."""
    return bool(rules.rungs_of(to, notice))


def subscriptions(session: Session, openid: str, *, is_staff: bool) -> list[SubscriptionView]:
    """The subscription templates that concern a person, and how many notices they agreed to."""
    left = ledger.consents(session, openid)
    found = []
    for name, (title, purpose) in SUBSCRIPTIONS.items():
        kinds = {each.kind for each in TEMPLATES.values() if each.wechat == name}
        template_id = permission.subscription_id(name)
        if template_id and kinds and (is_staff or kinds != {NoticeKind.TASK}):
            found.append(
                SubscriptionView(
                    template_id=template_id,
                    title=title,
                    purpose=purpose,
                    left=left.get(template_id, 0),
                )
            )
    return found


def heard_since(openid: SQLColumnExpression[str], at: datetime) -> ColumnElement[bool]:
    """Whether somebody has written, tapped or paid since: a condition on a column of openids."""
    moments = (ReplyLedger.message_at, ReplyLedger.moment_at, ReplyLedger.paid_at)
    return exists().where(ReplyLedger.openid == openid, or_(*(each >= at for each in moments)))


def letter_of(row: OutboxMessage) -> Letter:
    """A row as everything a sender needs."""
    assert row.channel is not None
    kind: type[Notice] | type[ChatMessage] = Notice if row.template else ChatMessage
    return Letter(
        message_id=row.id,
        dedupe_key=row.dedupe_key,
        channel=Channel(row.channel),
        tries=row.tries,
        recipient=Recipient(
            openid=row.openid, phone=row.phone, email=row.email, name=row.recipient_name
        ),
        content=kind.model_validate_json(row.payload),
    )

"""What the outbox does for rooms: say something once, after the transaction that decided it."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import or_, select, update
from sqlalchemy.orm import Session

from backend.gateways.visitors import is_visitor
from backend.kit import clock, crypto, queue
from backend.kit.config import settings
from backend.kit.db import ring_after_commit, upsert
from backend.kit.errors import NotFound
from backend.kit.events import publish
from backend.outbox import ledger, pacing, queries, results, rules
from backend.outbox.models import OutboxAttempt, OutboxMessage
from backend.outbox.schemas import (
    Channel,
    ChatMessage,
    Interaction,
    Letter,
    MessageStuck,
    Notice,
    NoticeKind,
    Outcome,
    Recipient,
    Status,
)
from backend.outbox.templates import CHANNEL_NAMES

DELIVER = "backend.outbox.jobs.deliver"
SHOW_TYPING = "backend.outbox.jobs.show_typing"
WAITED_FOR = timedelta(seconds=60)
"""Longer than the lease of a worker that was killed in the act (`delivery.LEASE`)."""
STOP_PURPOSE = "stop"
STOP_SECONDS = 5 * 365 * 24 * 3600  # Old letters must still be good for this.


def post(
    session: Session,
    *,
    to: Recipient,
    notice: Notice,
    dedupe_key: str,
    due_at: datetime | None = None,
) -> None:
    """Tell somebody something, once per key, after this unit has committed and from `due_at` on.

    A second post under the same key does nothing, even when two units race. At night it waits for
    the morning unless it is urgent; who opted out of its kind is not told. Raises
    rules.NoticeIncomplete when the notice's template or one of its values is missing.
    """
    rules.check(notice)
    due_at = due_at or clock.now()
    wakes_at = pacing.waking_after(due_at, settings().quiet_hours)
    if wakes_at is not None and rules.is_held_at_night(notice):
        due_at = wakes_at
    kind = rules.declinable_kind(notice)
    declined = kind is not None and ledger.is_declined(session, to, kind)
    _insert(session, to, notice, dedupe_key, due_at, is_declined=declined)


def post_all(session: Session, postings: Sequence[tuple[Recipient, Notice, str, datetime]]) -> int:
    """`post` for many at once (recipient, notice, key, due at), with three statements however many
    there are; returns how many are new. The sweep rings for them: none of this is pressing."""
    if not postings:
        return 0
    declined = ledger.declined_among(session, [to for to, *_ in postings])
    rows = []
    for to, notice, key, due_at in postings:
        rules.check(notice)
        kind = rules.declinable_kind(notice)
        is_declined = declined.is_unwanted(to, kind)
        at = due_at if not rules.is_held_at_night(notice) else awake_at(due_at)
        rows.append(_row(to, notice, key, at, is_declined=is_declined))
    statement = upsert(session, OutboxMessage).values(rows)
    made = statement.on_conflict_do_nothing(index_elements=["dedupe_key"])
    return len(session.scalars(made.returning(OutboxMessage.id)).all())


def withdraw(session: Session, *, dedupe_prefix: str) -> int:
    """Take back what was posted under keys that begin so and has not gone out; returns how many.
    What a worker has in hand at this moment goes out."""
    waiting = (
        OutboxMessage.dedupe_key.startswith(dedupe_prefix, autoescape=True),
        OutboxMessage.status == Status.PENDING,
        or_(OutboxMessage.leased_until.is_(None), OutboxMessage.leased_until < clock.now()),
    )
    taken = update(OutboxMessage).where(*waiting).values(status=Status.DECLINED)
    return len(session.scalars(taken.returning(OutboxMessage.id)).all())


def awake_at(at: datetime, quiet_hours: str = "") -> datetime:
    """The first moment from `at` on that lies in neither the house's quiet hours nor these."""
    for _ in range(4):  # One may end in the other.
        for quiet in (settings().quiet_hours, quiet_hours):
            at = pacing.waking_after(at, quiet) or at
    return at


def say(
    session: Session,
    *,
    to: Recipient,
    message: ChatMessage,
    dedupe_key: str,
    due_at: datetime | None = None,
) -> None:
    """Say the bot's own words in the chat, once per key; without an openid they are not said."""
    _insert(session, to, message, dedupe_key, due_at)


def is_speaking(session: Session, openid: str) -> bool:
    """Whether words of the bot's own are still on their way into this chat, so that whatever is
    said beside the outbox would overtake them. What hangs for longer is waited for no more: with
    all workers dead, an answer out of order is better than none."""
    waiting = select(OutboxMessage.id).where(
        OutboxMessage.openid == openid,
        OutboxMessage.status == Status.PENDING,
        OutboxMessage.template.is_(None),
        OutboxMessage.created_at > clock.now() - WAITED_FOR,
    )
    return session.scalar(waiting.limit(1)) is not None


def _insert(
    session: Session,
    to: Recipient,
    content: Notice | ChatMessage,
    dedupe_key: str,
    due_at: datetime | None,
    *,
    is_declined: bool = False,
) -> None:
    now = clock.now()
    due_at = due_at or now
    row = _row(to, content, dedupe_key, due_at, is_declined=is_declined)
    status = row["status"]
    statement = upsert(session, OutboxMessage).values(row)
    message_id = session.scalar(
        statement.on_conflict_do_nothing(index_elements=["dedupe_key"]).returning(OutboxMessage.id)
    )
    if message_id is None:
        return
    if status == Status.STUCK and isinstance(content, Notice):
        publish(
            session,
            MessageStuck(
                message_id=message_id,
                template=content.template,
                recipient_name=to.name,
                text=rules.sentence_of(content),
            ),
        )
    elif status == Status.PENDING and due_at <= now:
        _ring(session, message_id, to.openid)


def _row(
    to: Recipient,
    content: Notice | ChatMessage,
    dedupe_key: str,
    due_at: datetime,
    *,
    is_declined: bool,
) -> dict[str, Any]:
    """A message as it begins: declined, on its way, or at once at the end of the ladder."""
    rungs = rules.rungs_of(to, content)
    hopeless = Status.FAILED if rules.may_be_lost(content) else Status.STUCK
    return {
        "dedupe_key": dedupe_key,
        "template": None if isinstance(content, ChatMessage) else content.template,
        "openid": to.openid,
        "phone": to.phone,
        "phone_index": crypto.blind_index(to.phone, context="phone") if to.phone else None,
        "email": to.email,
        "recipient_name": to.name,
        "payload": content.model_dump_json(),
        "status": Status.DECLINED if is_declined else Status.PENDING if rungs else hopeless,
        "channel": rungs[0] if rungs else None,
        "tries": 0,
        "created_at": clock.now(),
        "due_at": due_at,
        "next_try_at": due_at,
    }


def _ring(session: Session, message_id: int, openid: str | None) -> None:
    """One ring serves everything that waits for the same person."""

    def ring() -> None:
        queue.defer(DELIVER, message_id)

    ring_after_commit(session, f"outbox:{openid or message_id}", ring)


def note_interaction(session: Session, *, openid: str, kind: Interaction, at: datetime) -> None:
    """A person wrote, tapped, paid or left at a moment of WeChat's clock: what may be said to them
    in the chat changes. Belongs into the unit that writes the inbound message down; repeats and
    late arrivals change nothing. Our own website's window is always open: nothing is counted."""
    if is_visitor(openid):
        return
    ledger.note_interaction(session, openid, kind, at)


def note_consent(session: Session, *, openid: str, template_id: str, is_accepted: bool) -> None:
    """A person agreed to one more notice of a subscription template, or wants none at all."""
    by = 1 if is_accepted else None
    ledger.change_consent(session, openid, template_id, by=by, at=clock.now())


def note_subscriptions(
    session: Session, *, openid: str, event: str, listed: Sequence[Mapping[str, str]]
) -> None:
    """What a subscribe_msg_*_event reports, one item for each template; call it once per event.

    A yes in the popup is good for one notice; switching a template on in the settings is no yes.
    """
    for item in listed:
        if event == "subscribe_msg_sent_event":
            arrived = item.get("ErrorCode") == "0"
            status = "success" if arrived else item.get("ErrorStatus", "failed")
            note_receipt(session, platform_id=item.get("MsgID", ""), status=status)
            continue
        is_accepted = item.get("SubscribeStatusString") == "accept"
        if event == "subscribe_msg_popup_event" or not is_accepted:
            template_id = item.get("TemplateId", "")
            note_consent(session, openid=openid, template_id=template_id, is_accepted=is_accepted)


def shut(session: Session, *, openid: str) -> None:
    """A WeChat is in the wrong hands: notices pass it over, down the ladder, until `reopen`."""
    ledger.shut(session, openid, pacing.SHUT_UNTIL)


def reopen(session: Session, *, openid: str) -> None:
    """A WeChat is back with its owner."""
    ledger.shut(session, openid, None)


def opt_out(session: Session, *, to: Recipient, kind: NoticeKind) -> None:
    """A person wants no more notices of a kind, at any of these addresses."""
    ledger.opt(session, ledger.addresses_of(to), kind, out=True)


def opt_in(session: Session, *, to: Recipient, kind: NoticeKind) -> None:
    """A person wants notices of a kind again."""
    ledger.opt(session, ledger.addresses_of(to), kind, out=False)


def readdress(session: Session, addresses: Iterable[str]) -> None:
    """The index key has changed: what was declined at these addresses stays declined."""
    ledger.readdress(session, addresses)


def stop_link(letter: Letter, kind: NoticeKind) -> str:
    """An address at which whoever reads this very letter ends its kind where it was read: a phone
    that somebody typed may be another's, and says nothing about the openid beside it."""
    to = rules.letter_address_of(letter.recipient, letter.channel)
    claims = {
        "message": letter.message_id,
        "channel": letter.channel,
        "addresses": ledger.indexes_of(to),
        "kind": kind,
    }
    return f"{settings().public_url}/stop/{crypto.sign(STOP_PURPOSE, claims)}"


def stop_of(token: str) -> tuple[NoticeKind, Channel]:
    """What a stop link would end, and where. Raises LinkInvalid."""
    claims = _stop_claims(token)
    return NoticeKind(claims["kind"]), Channel(claims["channel"])


def follow_stop(session: Session, token: str) -> None:
    """End what a stop link is for, at the address where its letter went; again changes nothing.
    Raises LinkInvalid, also where no such letter was ever sent."""
    claims = _stop_claims(token)
    sent = select(OutboxAttempt.id).where(
        OutboxAttempt.message_id == claims["message"], OutboxAttempt.channel == claims["channel"]
    )
    if session.scalar(sent.limit(1)) is None:
        raise crypto.LinkInvalid(expired=False)
    ledger.close(session, claims["addresses"], NoticeKind(claims["kind"]))


def _stop_claims(token: str) -> dict[str, Any]:
    claims = crypto.unsign(STOP_PURPOSE, token, max_age_seconds=STOP_SECONDS)
    if "message" not in claims:  # From when a link ended a kind everywhere.
        raise crypto.LinkInvalid(expired=True)
    return claims


def announce_typing(openid: str) -> None:
    """An answer takes long: show 「对方正在输入」. A nicety, done by a worker, soon or never."""
    queue.defer(SHOW_TYPING, openid, clock.now().isoformat())


def name_of(channel: Channel) -> str:
    """A channel as people call it."""
    return CHANNEL_NAMES[channel]


def note_receipt(
    session: Session, *, platform_id: str, status: str, channel: str | None = None
) -> bool:
    """The platform reports what became of a template message (TEMPLATESENDJOBFINISH), of a
    subscription notice (subscribe_msg_sent_event, `success` or its ErrorStatus), or the provider
    named by `channel` of an SMS or a mail: ids of different ones may be the same. Returns whether
    the id is one of ours.

    Anything but `success` sends the message down the ladder. Unknown ids are not ours; a repeat
    changes nothing.
    """
    reporting = (channel,) if channel else (Channel.SUBSCRIPTION, Channel.TEMPLATE)
    attempt = session.scalars(
        select(OutboxAttempt)
        .where(OutboxAttempt.platform_id == platform_id, OutboxAttempt.channel.in_(reporting))
        .order_by(OutboxAttempt.id.desc())
    ).first()
    if not platform_id or attempt is None:
        return False
    if attempt.receipt is not None:
        return True
    attempt.receipt = status[:60]
    row = session.get(OutboxMessage, attempt.message_id, with_for_update=True)
    if row is None or status.strip() == "success" or row.status != Status.SENT or row.blanked_at:
        return True
    if row.channel != attempt.channel:
        return True  # It has gone on to another channel meanwhile.
    row.sent_at = None
    results.settle(session, row, Outcome(error=status, code="receipt"))
    _ring(session, row.id, row.openid)
    return True


def mark_told(session: Session, *, message_id: int, among: queries.Among | None = None) -> None:
    """A person has told the recipient: the task is done. A repeat changes nothing. Raises NotFound
    for what this person may not see."""
    mine = select(OutboxMessage).where(OutboxMessage.id == message_id, queries.is_readable(among))
    row = session.scalars(mine.with_for_update(of=OutboxMessage)).one_or_none()
    if row is None:
        raise NotFound()
    if row.status == Status.STUCK:
        row.status, row.sent_at = Status.SENT, clock.now()

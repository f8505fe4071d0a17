"""Tables of the outbox.

Contents and addresses are personal data (names of children, phones), hence ciphertext at rest.
"""

from datetime import datetime

from sqlalchemy import JSON, ForeignKey, Index, String, false
from sqlalchemy.orm import Mapped, mapped_column

from backend.kit.db import IS_ADDRESS, Base, Encrypted, UtcDateTime, index_of
from backend.outbox.schemas import Channel, NoticeKind, Status


class OutboxMessage(Base):
    """One thing to say to one person.

    It may be sent from `next_try_at` on, unless `leased_until` is still ahead. `channel` is the
    rung being tried, later the one that worked; `tries` counts attempts on this rung. `rung_at` is
    when the sweep last rang for it: a long outage does not fill the queue with repeats. From
    `blanked_at` on, only the fact of the message is left, no longer what was said or where to.
    """

    __tablename__ = "outbox_message"
    __table_args__ = (
        Index("ix_outbox_message_ready", "status", "next_try_at"),
        Index("ix_outbox_message_line", "openid", "status"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    dedupe_key: Mapped[str] = mapped_column(String(190), unique=True)
    template: Mapped[str | None] = mapped_column(String(40))
    openid: Mapped[str | None] = mapped_column(String(64))
    phone: Mapped[str | None] = mapped_column(Encrypted("outbox_message.phone"), info=IS_ADDRESS)
    phone_index: Mapped[str | None] = mapped_column(String(64), info=index_of("phone", "phone"))
    email: Mapped[str | None] = mapped_column(Encrypted("outbox_message.email"), info=IS_ADDRESS)
    recipient_name: Mapped[str] = mapped_column(String(40))
    payload: Mapped[str] = mapped_column(Encrypted("outbox_message.payload"))
    status: Mapped[Status] = mapped_column(String(10), default=Status.PENDING)
    channel: Mapped[Channel | None] = mapped_column(String(10))
    tries: Mapped[int] = mapped_column(default=0)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    due_at: Mapped[datetime] = mapped_column(UtcDateTime)
    next_try_at: Mapped[datetime] = mapped_column(UtcDateTime)
    leased_until: Mapped[datetime | None] = mapped_column(UtcDateTime)
    rung_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    sent_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    blanked_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class OutboxAttempt(Base):
    """One attempt on one channel, written when it starts: `finished_at` None means that the worker
    died in it, and nobody knows whether the message went out. `tries` 0 means that the channel was
    passed over without a call; `code` says why."""

    __tablename__ = "outbox_attempt"

    id: Mapped[int] = mapped_column(primary_key=True)
    message_id: Mapped[int] = mapped_column(ForeignKey("outbox_message.id"), index=True)
    channel: Mapped[Channel] = mapped_column(String(10))
    tries: Mapped[int]
    started_at: Mapped[datetime] = mapped_column(UtcDateTime)
    finished_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    code: Mapped[str] = mapped_column(String(40), default="")
    error: Mapped[str | None] = mapped_column(String(300))
    platform_id: Mapped[str | None] = mapped_column(String(40), index=True)
    receipt: Mapped[str | None] = mapped_column(String(60))


class ReplyLedger(Base):
    """What may still be said to a person in the chat, as we count it (see `pacing.Standing`).

    `message_at`, `moment_at`, `paid_at`: their last interaction of each kind, by WeChat's clock.
    `sends`: epoch seconds of our latest customer messages.
    """

    __tablename__ = "outbox_reply_ledger"

    openid: Mapped[str] = mapped_column(String(64), primary_key=True)
    message_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    moment_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    paid_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    closed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    gone_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    sends: Mapped[list[float]] = mapped_column(JSON, default=list)


class NoticeConsent(Base):
    """How many notices of one subscription template a person has agreed to and not yet got."""

    __tablename__ = "outbox_notice_consent"

    openid: Mapped[str] = mapped_column(String(64), primary_key=True)
    template_id: Mapped[str] = mapped_column(String(64), primary_key=True)
    remaining: Mapped[int]
    changed_at: Mapped[datetime] = mapped_column(UtcDateTime)


class OptOut(Base):
    """A kind of notice that is no longer wanted at an address (openid, or blind index of a phone
    or mail): by a person, who then hears it nowhere, or (`only_here`) by whoever reads letters to
    that address, which need not be the person who gave it."""

    __tablename__ = "outbox_opt_out"

    address: Mapped[str] = mapped_column(String(64), primary_key=True)
    kind: Mapped[NoticeKind] = mapped_column(String(10), primary_key=True)
    since_at: Mapped[datetime] = mapped_column(UtcDateTime)
    only_here: Mapped[bool] = mapped_column(default=False, server_default=false())


class ChannelStop(Base):
    """A channel that refuses everything until a person repairs it; one letter tries it at
    `probe_at`, all others wait or take another channel. The row goes when it works again."""

    __tablename__ = "outbox_channel_stop"

    channel: Mapped[Channel] = mapped_column(String(10), primary_key=True)
    code: Mapped[str] = mapped_column(String(40))
    error: Mapped[str] = mapped_column(String(300))
    failures: Mapped[int]
    since_at: Mapped[datetime] = mapped_column(UtcDateTime)
    probe_at: Mapped[datetime] = mapped_column(UtcDateTime)

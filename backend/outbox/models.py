"""Tables of the outbox.

Contents and addresses are personal data (names of children, phones), hence ciphertext at rest.
"""

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from backend.kit.db import Base, Encrypted, UtcDateTime
from backend.outbox.schemas import Channel, Status


class OutboxMessage(Base):
    """One thing to say to one person.

    It may be sent from `next_try_at` on, unless `leased_until` is still ahead. `channel` is the
    rung being tried, later the one that worked; `tries` counts attempts on this rung. `rung_at` is
    when the sweep last rang for it: a long outage does not fill the queue with repeats.
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
    phone: Mapped[str | None] = mapped_column(Encrypted("outbox_message.phone"))
    email: Mapped[str | None] = mapped_column(Encrypted("outbox_message.email"))
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


class OutboxAttempt(Base):
    """One attempt on one channel, written when it starts: `finished_at` None means that the worker
    died in it, and nobody knows whether the message went out."""

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

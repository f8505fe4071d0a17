"""The queue's table."""

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import JSON, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from backend.kit.db import Base, Encrypted, UtcDateTime


class Status(StrEnum):
    """OPEN → LABELLED → LEARNED (and back, when its model is taken back), or DISMISSED."""

    OPEN = "open"
    LABELLED = "labelled"
    LEARNED = "learned"
    DISMISSED = "dismissed"


class Misunderstanding(Base):
    """One customer's message that was probably read wrongly: the sentence, without its talk.

    `text` has its phones masked; `sentence` is the same with the entities marked; equal texts have
    equal `text_index`. `guesses` are [intent, confidence]; `taught_at`: when it was last given to a
    training; `learned_by`: the model that was published with it.
    """

    __tablename__ = "bot_misunderstanding"
    __table_args__ = (
        Index("ix_bot_misunderstanding_status_text_index", "status", "text_index"),
        Index("ix_bot_misunderstanding_status_created_at", "status", "created_at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    message_id: Mapped[int] = mapped_column(ForeignKey("bot_message.id"), unique=True)
    text: Mapped[str] = mapped_column(Encrypted("bot_misunderstanding.text"))
    text_index: Mapped[str] = mapped_column(String(64))
    sentence: Mapped[str] = mapped_column(Encrypted("bot_misunderstanding.sentence"))
    why: Mapped[str] = mapped_column(String(10))
    guesses: Mapped[list[Any]] = mapped_column(JSON)
    model: Mapped[str] = mapped_column(String(20))
    status: Mapped[Status] = mapped_column(String(10), default=Status.OPEN)
    intent: Mapped[str | None] = mapped_column(String(40))
    labelled_by: Mapped[int | None] = mapped_column(ForeignKey("security_account.id"))
    labelled_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    taught_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    learned_by: Mapped[str | None] = mapped_column(String(20))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)

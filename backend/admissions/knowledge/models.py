"""Tables of the knowledge that the bot answers from."""

from datetime import date, datetime

from sqlalchemy import JSON, ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from backend.kit.db import Base, Encrypted, UtcDateTime


class Entry(Base):
    """条目: holds on [valid_from, valid_until), everywhere or at one campus. `owner_id` looks at it
    again on `review_on`; `told_on` is the review day of which they have been told."""

    __tablename__ = "admissions_knowledge"
    __table_args__ = (Index("ix_admissions_knowledge_review", "retired_at", "review_on"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    question: Mapped[str] = mapped_column(String(80))
    phrasings: Mapped[list[str]] = mapped_column(JSON)
    answer: Mapped[str] = mapped_column(Text)
    campus_id: Mapped[int | None] = mapped_column(ForeignKey("logistics_campus.id"))
    owner_id: Mapped[int] = mapped_column(ForeignKey("security_account.id"))
    valid_from: Mapped[date]
    valid_until: Mapped[date | None]
    review_on: Mapped[date]
    told_on: Mapped[date | None]
    retired_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    revision: Mapped[int] = mapped_column(default=0)
    source_key: Mapped[str] = mapped_column(String(120), unique=True)


class Proposal(Base):
    """建议: what a customer asked and a person answered, phones masked, until somebody decides.
    `source_key` names the talk or ticket: one of each."""

    __tablename__ = "admissions_knowledge_proposal"
    __table_args__ = (Index("ix_admissions_knowledge_proposal_open", "decided_at", "id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    question: Mapped[str] = mapped_column(Encrypted("admissions_knowledge_proposal.question"))
    answer: Mapped[str] = mapped_column(Encrypted("admissions_knowledge_proposal.answer"))
    answered_by_id: Mapped[int] = mapped_column(ForeignKey("security_account.id"))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    decided_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    decided_by_id: Mapped[int | None] = mapped_column(ForeignKey("security_account.id"))
    entry_id: Mapped[int | None] = mapped_column(ForeignKey("admissions_knowledge.id"))
    source_key: Mapped[str] = mapped_column(String(120), unique=True)

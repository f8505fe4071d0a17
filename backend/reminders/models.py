"""Tables of the reminders room."""

from datetime import date, datetime, time

from sqlalchemy import JSON, ForeignKey, Index, String, Time
from sqlalchemy.orm import Mapped, mapped_column

from backend.kit.db import Base, UtcDateTime
from backend.reminders.schemas import Audience


class ReminderRule(Base):
    """提醒规则: a kind switched on (or not) for an audience. `done_until` is the moment up to which
    it has been seen to; `version` grows with each change."""

    __tablename__ = "reminders_rule"

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(String(40))
    amount: Mapped[int]
    audience: Mapped[Audience] = mapped_column(String(10))
    campus_id: Mapped[int | None] = mapped_column(ForeignKey("logistics_campus.id"), index=True)
    send_at: Mapped[time] = mapped_column(Time)
    quiet_hours: Mapped[str] = mapped_column(String(11))
    daily_cap: Mapped[int]
    channels: Mapped[list[str]] = mapped_column(JSON)
    valid_from: Mapped[date]
    valid_to: Mapped[date | None]
    is_on: Mapped[bool] = mapped_column(default=False)
    version: Mapped[int] = mapped_column(default=1)
    done_until: Mapped[datetime] = mapped_column(UtcDateTime)
    changed_at: Mapped[datetime] = mapped_column(UtcDateTime)


class ReminderTold(Base):
    """已提醒: that a rule has told a person of a subject, once per threshold. `message_key` is the
    outbox's: several lines may share a message; `told_on` the day whose cap it counts against."""

    __tablename__ = "reminders_told"
    __table_args__ = (Index("ix_reminders_told_person_told_on", "person", "told_on"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(String(160), unique=True)
    rule_id: Mapped[int] = mapped_column(ForeignKey("reminders_rule.id"), index=True)
    person: Mapped[str] = mapped_column(String(40))
    told_on: Mapped[date]
    message_key: Mapped[str] = mapped_column(String(190), index=True)
    at: Mapped[datetime] = mapped_column(UtcDateTime)

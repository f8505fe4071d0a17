"""Tables about who gets a lead, and what is known beside it."""

from datetime import datetime, time
from typing import Any

from sqlalchemy import JSON, ForeignKey, Index, String, Time, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from backend.kit.db import Base, Encrypted, UtcDateTime


class AssignmentRule(Base):
    """分派规则: which leads go to which advisors (A17). The first fitting rule that finds somebody
    decides; `place` is their order. An empty condition fits every lead. `needs` is a skill of the
    advisor; `turn` is how one of several is chosen: in turn, or the one with the fewest leads."""

    __tablename__ = "admissions_assignment_rule"

    id: Mapped[int] = mapped_column(primary_key=True)
    place: Mapped[int]
    name: Mapped[str] = mapped_column(String(40))
    is_active: Mapped[bool] = mapped_column(default=True)
    campus_id: Mapped[int | None] = mapped_column(ForeignKey("logistics_campus.id"))
    subject: Mapped[str] = mapped_column(String(20), default="")
    language: Mapped[str] = mapped_column(String(10), default="")
    source: Mapped[str] = mapped_column(String(40), default="")
    from_time: Mapped[time | None] = mapped_column(Time)
    to_time: Mapped[time | None] = mapped_column(Time)
    needs: Mapped[str] = mapped_column(String(20), default="")
    turn: Mapped[str] = mapped_column(String(8), default="turn")
    claim_minutes: Mapped[int | None]
    changed_by: Mapped[int] = mapped_column(ForeignKey("security_account.id"))
    changed_at: Mapped[datetime] = mapped_column(UtcDateTime)


class AdvisorDesk(Base):
    """What is known of an advisor for assignment: skills and languages, how many open leads at
    most, and their hours (local). Who has no row can everything, without a measure."""

    __tablename__ = "admissions_advisor_desk"

    account_id: Mapped[int] = mapped_column(ForeignKey("security_account.id"), primary_key=True)
    skills: Mapped[list[str]] = mapped_column(JSON, default=list)
    languages: Mapped[list[str]] = mapped_column(JSON, default=list)
    most_open: Mapped[int | None]
    from_time: Mapped[time | None] = mapped_column(Time)
    to_time: Mapped[time | None] = mapped_column(Time)


class Offer(Base):
    """A lead in front of an advisor: what became of it. One is open per lead, held by the index.
    Whoever put it off sees it `again`, `put_off` times at most."""

    __tablename__ = "admissions_offer"
    __table_args__ = (
        Index(
            "uq_admissions_offer_open",
            "lead_id",
            unique=True,
            sqlite_where=text("ended_at IS NULL"),
            postgresql_where=text("ended_at IS NULL"),
        ),
        Index("ix_admissions_offer_lead_id_id", "lead_id", "id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    lead_id: Mapped[int] = mapped_column(ForeignKey("admissions_lead.id"))
    account_id: Mapped[int] = mapped_column(ForeignKey("security_account.id"), index=True)
    rule_id: Mapped[int | None]
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    put_off: Mapped[int] = mapped_column(default=0)
    again: Mapped[bool] = mapped_column(default=False)
    outcome: Mapped[str | None] = mapped_column(String(10))
    ended_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class LeadPolicy(Base):
    """The measures of the advisors' work, one row; without it those of `schemas.Policy` hold."""

    __tablename__ = "admissions_lead_policy"

    id: Mapped[int] = mapped_column(primary_key=True)
    measures: Mapped[dict[str, Any]] = mapped_column(JSON)
    changed_by: Mapped[int] = mapped_column(ForeignKey("security_account.id"))
    changed_at: Mapped[datetime] = mapped_column(UtcDateTime)


class LeadTag(Base):
    """标签 on a lead."""

    __tablename__ = "admissions_lead_tag"
    __table_args__ = (
        UniqueConstraint("lead_id", "name", name="uq_admissions_lead_tag_lead_id_name"),
        Index("ix_admissions_lead_tag_name", "name"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    lead_id: Mapped[int] = mapped_column(ForeignKey("admissions_lead.id"))
    name: Mapped[str] = mapped_column(String(12))
    account_id: Mapped[int] = mapped_column(ForeignKey("security_account.id"))
    at: Mapped[datetime] = mapped_column(UtcDateTime)


class LeadMerge(Base):
    """合并: `gone_id` went into `kept_id`. `moved` are the rows that went along, by table, and what
    was filled in, so that it can be undone."""

    __tablename__ = "admissions_lead_merge"

    id: Mapped[int] = mapped_column(primary_key=True)
    kept_id: Mapped[int] = mapped_column(ForeignKey("admissions_lead.id"), index=True)
    gone_id: Mapped[int] = mapped_column(ForeignKey("admissions_lead.id"), index=True)
    account_id: Mapped[int | None] = mapped_column(ForeignKey("security_account.id"))
    moved: Mapped[dict[str, Any]] = mapped_column(JSON)
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    undone_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class Arrival(Base):
    """来路: one coming of somebody to a lead, by a form, a partner, a workbook or a friend. `key`
    makes the same coming one; `reference` is the partner's own; `privacy_version` what was agreed
    to."""

    __tablename__ = "admissions_arrival"

    id: Mapped[int] = mapped_column(primary_key=True)
    lead_id: Mapped[int] = mapped_column(ForeignKey("admissions_lead.id"), index=True)
    way: Mapped[str] = mapped_column(String(10))
    source: Mapped[str] = mapped_column(String(40))
    reference: Mapped[str | None] = mapped_column(String(64))
    partner_id: Mapped[int | None] = mapped_column(ForeignKey("admissions_partner.id"))
    privacy_version: Mapped[str | None] = mapped_column(String(40))
    key: Mapped[str] = mapped_column(String(120), unique=True)
    at: Mapped[datetime] = mapped_column(UtcDateTime)


class Partner(Base):
    """合作平台: who may send us leads. `key` names it in a request, `secret` signs."""

    __tablename__ = "admissions_partner"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(40))
    short: Mapped[str] = mapped_column(String(20), unique=True)
    key: Mapped[str] = mapped_column(String(40), unique=True)
    secret: Mapped[str] = mapped_column(Encrypted("admissions_partner.secret"))
    campus_id: Mapped[int | None] = mapped_column(ForeignKey("logistics_campus.id"))
    is_active: Mapped[bool] = mapped_column(default=True)
    made_by: Mapped[int] = mapped_column(ForeignKey("security_account.id"))
    made_at: Mapped[datetime] = mapped_column(UtcDateTime)


class PartnerNonce(Base):
    """A request that was taken, so that it is not taken again; forgotten after a day."""

    __tablename__ = "admissions_partner_nonce"

    partner_id: Mapped[int] = mapped_column(ForeignKey("admissions_partner.id"), primary_key=True)
    nonce: Mapped[str] = mapped_column(String(64), primary_key=True)
    at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)


class LeadSheet(Base):
    """导入: one workbook of leads, read and checked, and carried out once somebody says so.
    `to_pool`: nobody is given them."""

    __tablename__ = "admissions_lead_sheet"

    id: Mapped[int] = mapped_column(primary_key=True)
    title: Mapped[str] = mapped_column(String(80))
    status: Mapped[str] = mapped_column(String(10), index=True)
    begun_by: Mapped[int] = mapped_column(ForeignKey("security_account.id"))
    begun_at: Mapped[datetime] = mapped_column(UtcDateTime)
    finished_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    to_pool: Mapped[bool] = mapped_column(default=True)


class LeadSheetRow(Base):
    """导入行: `content` (JSON) is what it says, `problems` what is wrong per column; `outcome` is
    written in the unit that does it."""

    __tablename__ = "admissions_lead_sheet_row"
    __table_args__ = (
        UniqueConstraint("sheet_id", "number", name="uq_admissions_lead_sheet_row_sheet_id_number"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    sheet_id: Mapped[int] = mapped_column(ForeignKey("admissions_lead_sheet.id"))
    number: Mapped[int]
    content: Mapped[str] = mapped_column(Encrypted("admissions_lead_sheet_row.content"))
    problems: Mapped[dict[str, Any]] = mapped_column(JSON)
    plan: Mapped[str] = mapped_column(String(10))
    outcome: Mapped[str | None] = mapped_column(String(10))
    lead_id: Mapped[int | None] = mapped_column(ForeignKey("admissions_lead.id"))

"""Tables of prices: packages, promotions, uses of codes, frozen quotes, proposed changes."""

from datetime import date, datetime
from typing import Annotated, Any

from sqlalchemy import (
    JSON,
    BigInteger,
    CheckConstraint,
    ForeignKey,
    Index,
    String,
    false,
    text,
    true,
)
from sqlalchemy.orm import Mapped, mapped_column, relationship

from backend.kit.db import Base, UtcDateTime

Fen = Annotated[int, mapped_column(BigInteger)]


class Package(Base):
    """套餐: lessons of several courses for one price, on days [effective_from, effective_to). One
    that `takes_seat` is sold with a class of one of its courses, any other as lessons alone."""

    __tablename__ = "finance_package"
    __table_args__ = (CheckConstraint("total_fen > 0", name="total_positive"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(40))
    campus_id: Mapped[int | None] = mapped_column(ForeignKey("logistics_campus.id"), index=True)
    total_fen: Mapped[Fen]
    takes_seat: Mapped[bool] = mapped_column(default=True, server_default=true())
    effective_from: Mapped[date]
    effective_to: Mapped[date | None]
    items: Mapped[list["PackageItem"]] = relationship(order_by="PackageItem.id", lazy="selectin")


class PackageItem(Base):
    """One course of a package, and how many lessons of it."""

    __tablename__ = "finance_package_item"
    __table_args__ = (CheckConstraint("lesson_count > 0", name="has_lessons"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    package_id: Mapped[int] = mapped_column(ForeignKey("finance_package.id"), index=True)
    course_id: Mapped[int] = mapped_column(ForeignKey("teaching_course.id"), index=True)
    lesson_count: Mapped[int]


class Promotion(Base):
    """优惠, on the days [effective_from, effective_to). With a `code` it is a coupon, used at most
    `limit_total` times, by one person `limit_per_person` times (within `period_days`, if set). One
    that `is_personal` was made for one family, from an approved one, and is in nobody's list."""

    __tablename__ = "finance_promotion"
    __table_args__ = (
        CheckConstraint("percent > 0 AND percent <= 100", name="percent_in_range"),
        CheckConstraint(
            "amount_fen >= 0 AND from_fen >= 0 AND gift_lessons >= 0", name="not_negative"
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(40))
    occasion: Mapped[str] = mapped_column(String(12))
    percent: Mapped[int] = mapped_column(default=100)
    amount_fen: Mapped[Fen] = mapped_column(default=0)
    from_fen: Mapped[Fen] = mapped_column(default=0)
    gift_lessons: Mapped[int] = mapped_column(default=0)
    days_before: Mapped[int] = mapped_column(default=0)
    course_id: Mapped[int | None] = mapped_column(ForeignKey("teaching_course.id"), index=True)
    campus_id: Mapped[int | None] = mapped_column(ForeignKey("logistics_campus.id"), index=True)
    learner_type: Mapped[str | None] = mapped_column(String(10))
    code: Mapped[str | None] = mapped_column(String(24), unique=True)
    is_personal: Mapped[bool] = mapped_column(default=False, server_default=false())
    limit_total: Mapped[int | None]
    limit_per_person: Mapped[int | None]
    period_days: Mapped[int | None]
    effective_from: Mapped[date]
    effective_to: Mapped[date | None]


class CodeUse(Base):
    """用码记录: a code held by an order that waits, used by one that is paid, or freed again.
    `person` is the family (`guardian:7`), or the WeChat of somebody who has none yet."""

    __tablename__ = "finance_code_use"
    __table_args__ = (
        Index("uq_finance_code_use_order", "promotion_id", "order_id", unique=True),
        Index("ix_finance_code_use_person", "promotion_id", "person"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    promotion_id: Mapped[int] = mapped_column(ForeignKey("finance_promotion.id"))
    order_id: Mapped[int] = mapped_column(ForeignKey("finance_order.id"), index=True)
    openid: Mapped[str] = mapped_column(String(64))
    person: Mapped[str] = mapped_column(String(80))
    status: Mapped[str] = mapped_column(String(8))
    at: Mapped[datetime] = mapped_column(UtcDateTime)


class OrderQuote(Base):
    """报价底稿: how an order's price came about, as the payer saw it; never changed."""

    __tablename__ = "finance_order_quote"

    order_id: Mapped[int] = mapped_column(ForeignKey("finance_order.id"), primary_key=True)
    steps: Mapped[list[dict[str, Any]]] = mapped_column(JSON)
    learner_type: Mapped[str] = mapped_column(String(10))
    quoted_at: Mapped[datetime] = mapped_column(UtcDateTime)


_WAITING = text("status = 'proposed'")


class PriceChange(Base):
    """价格变更: proposed by one person, in force once another has approved it (four eyes). `draft`
    is what was proposed, to the letter; `made_id` the row it became."""

    __tablename__ = "finance_price_change"
    __table_args__ = (
        CheckConstraint("decided_by IS NULL OR decided_by <> proposed_by", name="four_eyes"),
        Index(
            "ix_finance_price_change_waiting",
            "proposed_at",
            sqlite_where=_WAITING,
            postgresql_where=_WAITING,
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(String(12))
    draft: Mapped[dict[str, Any]] = mapped_column(JSON)
    status: Mapped[str] = mapped_column(String(10))
    proposed_by: Mapped[int] = mapped_column(ForeignKey("security_account.id"))
    proposed_at: Mapped[datetime] = mapped_column(UtcDateTime)
    decided_by: Mapped[int | None] = mapped_column(ForeignKey("security_account.id"))
    decided_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    note: Mapped[str | None] = mapped_column(String(200))
    made_id: Mapped[int | None]
    source_key: Mapped[str] = mapped_column(String(64), unique=True)


class FeeRuleSwitch(Base):
    """Whether a legal cap binds a type of learners here, where the rule itself says otherwise."""

    __tablename__ = "finance_fee_rule_switch"

    rule: Mapped[str] = mapped_column(String(40), primary_key=True)
    learner_type: Mapped[str] = mapped_column(String(10), primary_key=True)
    is_on: Mapped[bool]

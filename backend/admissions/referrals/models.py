"""The table of referrals."""

from datetime import datetime

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from backend.kit.db import Base, UtcDateTime


class Referral(Base):
    """推荐: a lead that a guardian sent and that has paid, once per lead. `promotion_id` is the
    老带新 in force then, `coupon_id` what it became after `due_at`."""

    __tablename__ = "admissions_referral"

    id: Mapped[int] = mapped_column(primary_key=True)
    lead_id: Mapped[int] = mapped_column(ForeignKey("admissions_lead.id"), unique=True)
    sign_up_id: Mapped[int] = mapped_column(ForeignKey("admissions_sign_up.id"), unique=True)
    guardian_id: Mapped[int] = mapped_column(ForeignKey("students_guardian.id"), index=True)
    promotion_id: Mapped[int] = mapped_column(ForeignKey("finance_promotion.id"))
    coupon_id: Mapped[int | None] = mapped_column(ForeignKey("finance_promotion.id"))
    code: Mapped[str | None] = mapped_column(String(24))
    status: Mapped[str] = mapped_column(String(8), index=True)
    paid_at: Mapped[datetime] = mapped_column(UtcDateTime)
    due_at: Mapped[datetime] = mapped_column(UtcDateTime)
    ended_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

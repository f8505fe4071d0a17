"""The words of referrals."""

from datetime import datetime
from enum import StrEnum

from pydantic import BaseModel, ConfigDict


class ReferralStatus(StrEnum):
    """Where a referral stands."""

    WAITING = "waiting"  # 等退费期过
    GIVEN = "given"  # 已发券
    VOID = "void"  # 期内退费，没有发
    TAKEN = "taken"  # 退费后收回


class ReferralView(BaseModel):
    """A referral as its family and staff see it."""

    model_config = ConfigDict(frozen=True, from_attributes=True)

    id: int
    lead_id: int
    guardian_id: int
    promotion_id: int
    coupon_id: int | None
    code: str | None
    status: ReferralStatus
    paid_at: datetime
    due_at: datetime

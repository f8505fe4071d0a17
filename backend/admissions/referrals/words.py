"""What the states of a referral are called."""

from collections.abc import Mapping

from backend.admissions.referrals.schemas import ReferralStatus

STATUSES: Mapping[ReferralStatus, str] = {
    ReferralStatus.WAITING: "等退费期过",
    ReferralStatus.GIVEN: "已发奖励券",
    ReferralStatus.VOID: "期内退费，不发",
    ReferralStatus.TAKEN: "退费后收回",
}

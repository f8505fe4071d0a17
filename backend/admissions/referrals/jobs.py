"""The clock's door of referrals."""

from backend.admissions.referrals import service
from backend.kit.db import reading, unit_of_work


def reward_due() -> None:
    """Coupons for the families whose friends have stayed."""
    with reading() as session:
        due = service.due(session)
    for referral_id in due:
        with unit_of_work() as session:
            service.reward(session, referral_id=referral_id)

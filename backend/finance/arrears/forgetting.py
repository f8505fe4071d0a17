"""What prices and arrears keep of a family that goes: the facts, without whose WeChat it was."""

from sqlalchemy import update
from sqlalchemy.orm import Session

from backend.finance.arrears.models import InstalmentPlan, Promise
from backend.finance.prices.models import CodeUse


def pseudonymise(session: Session, *, openid: str, into: str) -> None:
    """Plans, promises and uses of codes no longer say whose they were (see `family`)."""
    plans = update(InstalmentPlan).where(InstalmentPlan.payer_openid == openid)
    session.execute(plans.values(payer_openid=into))
    said = update(Promise).where(Promise.said_by == f"wechat:{openid}")
    session.execute(said.values(said_by=into))
    used = update(CodeUse).where(CodeUse.openid == openid)
    session.execute(used.values(openid=into))
    alone = update(CodeUse).where(CodeUse.person == openid)
    session.execute(alone.values(person=into))

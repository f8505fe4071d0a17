"""Referrals as they come about, are rewarded, and are taken back."""

from collections.abc import Collection
from datetime import timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from backend.admissions import lead_list
from backend.admissions.intake import referring
from backend.admissions.models import Lead, SignUp
from backend.admissions.referrals.models import Referral
from backend.admissions.referrals.schemas import ReferralStatus, ReferralView
from backend.admissions.schemas import SignUpStatus
from backend.finance import refund_rules
from backend.finance.prices import codes
from backend.finance.prices import queries as prices
from backend.finance.prices.schemas import Occasion, PromotionView
from backend.finance.refund_words import RefundApproved
from backend.finance.schemas import OrderPaid
from backend.kit import clock
from backend.kit.db import upsert
from backend.outbox import service as outbox
from backend.outbox.schemas import Notice, Recipient
from backend.security import queries as people
from backend.security import service as security
from backend.security.schemas import Permission, StaffMember
from backend.students import queries as students

HOLDS = timedelta(days=180)
WAIT = timedelta(days=refund_rules.TERMS.cooling_off_days + 1)
"""The days in which everything may go back, and the day of the payment."""


def rule(session: Session) -> PromotionView | None:
    """The 老带新 in force today, the latest; None where nothing is promised."""
    today = clock.today()
    found = [
        each
        for each in prices.promotions(session, on=today)
        if each.occasion is Occasion.REFERRAL and each.effective_from <= today
    ]
    return found[-1] if found else None


def paid(session: Session, event: OrderPaid) -> None:
    """Listener: the first sign-up of a lead that a family of ours has sent is paid. Who sends
    themselves, or somebody who is with us, is nobody's friend."""
    query = select(SignUp).where(SignUp.order_number == event.number)
    signed = session.scalars(query).one_or_none()
    promised = rule(session)
    if signed is None or promised is None or signed.lead_id is None:
        return
    if signed.status != SignUpStatus.DONE:
        return
    lead = session.get_one(Lead, signed.lead_id)
    guardian_id = _sender(lead)
    own = people.speaker(session, signed.openid).guardian_id
    if guardian_id is None or guardian_id == own or _was_here(session, signed):
        return
    now = clock.now()
    day = clock.local(now).replace(hour=0, minute=0, second=0, microsecond=0)
    row = {
        "lead_id": lead.id,
        "sign_up_id": signed.id,
        "guardian_id": guardian_id,
        "promotion_id": promised.id,
        "status": ReferralStatus.WAITING,
        "paid_at": now,
        "due_at": day + WAIT,
    }
    session.execute(upsert(session, Referral).values(row).on_conflict_do_nothing())


def due(session: Session, *, limit: int = 200) -> list[int]:
    """Referrals whose days are over."""
    query = select(Referral.id).where(
        Referral.status == ReferralStatus.WAITING, Referral.due_at <= clock.now()
    )
    return list(session.scalars(query.order_by(Referral.id).limit(limit)))


def reward(session: Session, *, referral_id: int) -> bool:
    """Make the family's coupon and tell them; False when it is not due (any more). A friend who is
    not with us by now voids it."""
    row = session.get_one(Referral, referral_id, with_for_update=True, populate_existing=True)
    if row.status != ReferralStatus.WAITING or row.due_at > clock.now():
        return False
    signed = session.get_one(SignUp, row.sign_up_id)
    if signed.status != SignUpStatus.DONE:
        row.status, row.ended_at = ReferralStatus.VOID, clock.now()
        session.flush()
        return False
    until = clock.today() + HOLDS
    row.coupon_id, row.code = codes.make_coupon(
        session, like=row.promotion_id, name="推荐奖励", until=until
    )
    row.status = ReferralStatus.GIVEN
    session.flush()
    _audit(session, row, "referral.rewarded")
    _tell(session, row, "referral_rewarded", code=row.code, until=f"{until:%Y年%m月%d日}")
    return True


def undone(session: Session, event: RefundApproved) -> None:
    """Listener: the friend's money goes back. What is not given yet never is; a coupon that nobody
    has used holds no more."""
    query = (
        select(Referral)
        .join(SignUp, SignUp.id == Referral.sign_up_id)
        .where(SignUp.order_number == event.number)
        .with_for_update(of=Referral)
        .execution_options(populate_existing=True)
    )
    row = session.scalars(query).one_or_none()
    if row is None:
        return
    if row.status == ReferralStatus.WAITING:
        row.status, row.ended_at = ReferralStatus.VOID, clock.now()
        session.flush()
    elif row.status == ReferralStatus.GIVEN and codes.end_coupon(session, row.coupon_id or 0):
        row.status, row.ended_at = ReferralStatus.TAKEN, clock.now()
        session.flush()
        _audit(session, row, "referral.taken_back")
        _tell(session, row, "referral_taken_back", code=row.code or "")


def of_family(session: Session, guardian_id: int) -> list[ReferralView]:
    """What a family has sent, the latest first; no friend is named."""
    query = select(Referral).where(Referral.guardian_id == guardian_id)
    rows = session.scalars(query.order_by(Referral.id.desc()).limit(20))
    return [ReferralView.model_validate(row) for row in rows]


def listed(session: Session, member: StaffMember, *, limit: int = 100) -> list[ReferralView]:
    """Referrals of leads that one may see, the latest first."""
    here = lead_list.within(session, member, Permission.SEE_LEADS)
    query = select(Referral).join(Lead, Lead.id == Referral.lead_id).where(here)
    rows = session.scalars(query.order_by(Referral.id.desc()).limit(limit))
    return [ReferralView.model_validate(row) for row in rows]


def used(session: Session, found: Collection[ReferralView]) -> set[int]:
    """The coupons among these that are held by an order or used."""
    ids = [each.coupon_id for each in found if each.coupon_id is not None]
    return {id_ for id_, count in codes.uses(session, ids).items() if count}


def _sender(lead: Lead) -> int | None:
    """The guardian whose code brought a lead, first or last."""
    for source in (lead.source, lead.last_source or ""):
        kind, _, code = source.partition(":")
        if kind == "referral" and (found := referring.guardian_of(code)) is not None:
            return found
    return None


def _was_here(session: Session, signed: SignUp) -> bool:
    """Whether the WeChat had a paid sign-up before this one."""
    before = select(SignUp.id).where(
        SignUp.openid == signed.openid,
        SignUp.id < signed.id,
        SignUp.status.in_((SignUpStatus.DONE, SignUpStatus.STUCK, SignUpStatus.REFUNDED)),
    )
    return session.scalar(before.limit(1)) is not None


def _tell(session: Session, row: Referral, template: str, **values: str) -> None:
    name, phone = students.guardian_for_contract(session, row.guardian_id)
    openid = people.openids_of_guardians(session, {row.guardian_id}).get(row.guardian_id)
    outbox.post(
        session,
        to=Recipient(openid=openid, phone=phone, name=name),
        notice=Notice(template=template, values=values),
        dedupe_key=f"{template}:{row.id}",
    )


def _audit(session: Session, row: Referral, action: str) -> None:
    security.audit(
        session,
        actor="system",
        action=action,
        subject=f"lead:{row.lead_id}",
        guardian_id=row.guardian_id,
    )

"""Somebody comes by a form, a partner, a workbook or a friend: one lead per phone and child, the
same coming once (A8, A13)."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

from pydantic import BaseModel, ConfigDict
from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from backend.admissions import lead_list, rules, service
from backend.admissions.assigning import giving, waiting
from backend.admissions.lead_models import Arrival
from backend.admissions.models import Lead
from backend.admissions.schemas import LostReason, Stage
from backend.kit import clock, crypto
from backend.kit.db import take_turn
from backend.outbox import service as outbox
from backend.outbox.schemas import Notice
from backend.security import queries as staff


class Arrived(BaseModel):
    """One coming; `phone` is a checked mainland mobile number, `key` names the form, the partner's
    reference, or the row of a workbook: the same key is the same coming. `is_asking`: the customer
    waits for an answer now."""

    model_config = ConfigDict(frozen=True)

    way: str
    source: str
    key: str
    customer: str
    phone: str
    interest: str
    child_name: str | None = None
    campus_id: int | None = None
    reference: str | None = None
    partner_id: int | None = None
    privacy_version: str | None = None
    is_asking: bool = True
    to_pool: bool = False


class Came(BaseModel):
    """What became of it: `is_new` lead, or one that was there; `is_repeat`: this very coming was
    written down before."""

    model_config = ConfigDict(frozen=True)

    lead_id: int
    is_new: bool = False
    is_repeat: bool = False


def arrive(session: Session, coming: Arrived) -> Came:
    """Write a coming down: on the open lead of this phone and child, on a lost one that is open
    again with it, or on a new one that the rules give to an advisor."""
    try:
        with session.begin_nested():
            return _arrive(session, coming)
    except IntegrityError:  # The same coming at once from elsewhere.
        again = _before(session, coming)
        if again is None:
            raise
        return again


def of_today(session: Session, phone: str) -> int:
    """How often a phone has come within a day."""
    index = crypto.blind_index(phone, context="phone")
    query = (
        select(func.count(Arrival.id))
        .join(Lead, Lead.id == Arrival.lead_id)
        .where(Lead.phone_index == index, Arrival.at > clock.now() - timedelta(days=1))
    )
    return session.scalar(query) or 0


def _arrive(session: Session, coming: Arrived) -> Came:
    index = crypto.blind_index(coming.phone, context="phone")
    with _in_turn(session, index):
        again = _before(session, coming)
        if again is not None:
            return again
        lead = _open(session, coming) or _lost(session, coming)
        is_new = lead is None
        if lead is None:
            lead = _made(session, coming, index)
        else:
            _goes_on(session, lead, coming)
        session.add(
            Arrival(
                lead_id=lead.id,
                way=coming.way,
                source=coming.source,
                reference=coming.reference,
                partner_id=coming.partner_id,
                privacy_version=coming.privacy_version,
                key=coming.key,
                at=clock.now(),
            )
        )
        session.flush()
        return Came(lead_id=lead.id, is_new=is_new)


def _before(session: Session, coming: Arrived) -> Came | None:
    id_ = session.scalar(select(Arrival.lead_id).where(Arrival.key == coming.key))
    return None if id_ is None else Came(lead_id=id_, is_repeat=True)


@contextmanager
def _in_turn(session: Session, index: str) -> Iterator[None]:
    """Two comings of one phone take turns, until the unit ends."""
    take_turn(session, f"coming:{index}")
    yield


def _fits(lead: Lead, coming: Arrived) -> bool:
    """Whether it is the same child as far as anybody knows."""
    return not lead.child_name or not coming.child_name or lead.child_name == coming.child_name


def _open(session: Session, coming: Arrived) -> Lead | None:
    ids = lead_list.with_phone(session, coming.phone)
    query = select(Lead).where(Lead.id.in_(ids)).order_by(Lead.id)
    rows = session.scalars(query.with_for_update()).all()
    named = [row for row in rows if coming.child_name and row.child_name == coming.child_name]
    return next(iter(named or [row for row in rows if _fits(row, coming)]), None)


def _lost(session: Session, coming: Arrived) -> Lead | None:
    query = (
        select(Lead)
        .where(
            Lead.phone_index.in_(crypto.blind_indexes(coming.phone, context="phone")),
            Lead.stage == Stage.LOST,
            Lead.closed_at > clock.now() - rules.REOPENED_WITHIN,
            Lead.lost_reason.is_distinct_from(LostReason.DOUBLE),
        )
        .order_by(Lead.id.desc())
    )
    rows = session.scalars(query.with_for_update()).all()
    return next((row for row in rows if _fits(row, coming)), None)


def _goes_on(session: Session, lead: Lead, coming: Arrived) -> None:
    """An open lead hears of it, a lost one is open again; the first touch stays, the last moves."""
    lead.last_source = coming.source
    lead.customer = lead.customer or coming.customer
    lead.child_name = lead.child_name or coming.child_name
    if lead.closed_at is not None:
        service.reopen(session, lead, interest=coming.interest)
        return
    service.note(session, lead_id=lead.id, text=coming.interest)
    if not coming.is_asking:
        return
    waiting.asked(lead)
    session.flush()
    if lead.advisor_id is not None:
        outbox.post(
            session,
            to=staff.recipient_of(session, lead.advisor_id),
            notice=Notice(
                template="lead_again",
                values={
                    "customer": giving.titled(session, lead),
                    "interest": coming.interest,
                    "number": str(lead.id),
                },
            ),
            dedupe_key=f"lead-again:{coming.key}",
        )


def _made(session: Session, coming: Arrived, index: str) -> Lead:
    now = clock.now()
    lead = Lead(
        customer=coming.customer,
        child_name=coming.child_name,
        phone=coming.phone,
        phone_index=index,
        campus_id=coming.campus_id,
        source=coming.source,
        interest=coming.interest,
        stage=Stage.NEW,
        created_at=now,
        touched_at=now,
        asked_at=now if coming.is_asking else None,
        next_follow_up_at=rules.next_follow_up_of(Stage.NEW, now),
    )
    session.add(lead)
    session.flush()
    if coming.to_pool:
        lead.assigned_at = now  # The clock assigns only what has never been anybody's business.
        session.flush()
    else:
        giving.assign(session, lead, coming.campus_id)
    return lead

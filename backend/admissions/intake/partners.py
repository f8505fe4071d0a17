"""合作平台: who may send us leads, and how their requests prove themselves (A7, A8).

A request is signed with HMAC-SHA256 over method, path, timestamp, nonce and the SHA-256 of its
body, joined by line ends. It is good for five minutes and once: the nonce is used up in the unit
that writes the lead. The partner's own reference makes repeats harmless.
"""

import hashlib
import hmac
import re
import secrets
from datetime import datetime, timedelta

from pydantic import BaseModel, ConfigDict
from sqlalchemy import delete, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from backend.admissions.lead_models import Partner, PartnerNonce
from backend.kit import clock
from backend.kit.db import upsert
from backend.kit.errors import DomainError, NotFound
from backend.security import service as security
from backend.security.schemas import StaffMember

SKEW = timedelta(minutes=5)
KEPT = timedelta(days=1)
SHORT = re.compile(r"[a-z0-9_-]{2,20}")
NONCE = re.compile(r"[A-Za-z0-9_-]{8,64}")


class PartnerWrong(DomainError):
    """A partner needs a name and a short name of its own, of small letters and digits."""


class SignatureWrong(DomainError):
    """Key, time or signature do not fit; which of them is nobody's business."""


class Replayed(DomainError):
    """This very request was taken before."""


class PartnerView(BaseModel):
    """A partner without its secret."""

    model_config = ConfigDict(frozen=True, from_attributes=True)

    id: int
    name: str
    short: str
    key: str
    campus_id: int | None
    is_active: bool
    made_at: datetime

    @property
    def source(self) -> str:
        """What its leads come from."""
        return f"partner:{self.short}"


def signature_of(secret: str, *, timestamp: str, nonce: str, body: bytes) -> str:
    """What a partner sends as X-Signature."""
    digest = hashlib.sha256(body).hexdigest()
    signed = "\n".join(("POST", "/partners/leads", timestamp, nonce, digest))
    return hmac.new(secret.encode(), signed.encode(), hashlib.sha256).hexdigest()


def proven(
    session: Session, *, key: str, timestamp: str, nonce: str, signature: str, body: bytes
) -> PartnerView:
    """Who has signed this. Raises SignatureWrong."""
    row = session.scalars(select(Partner).where(Partner.key == key)).one_or_none()
    secret = row.secret if row is not None else "nobody"
    wanted = signature_of(secret, timestamp=timestamp, nonce=nonce, body=body)
    is_right = hmac.compare_digest(wanted.encode(), signature.lower().encode())
    is_timely = (
        timestamp.isascii()
        and timestamp.isdecimal()
        and len(timestamp) == 10
        and abs(clock.now().timestamp() - int(timestamp)) <= SKEW.total_seconds()
    )
    if row is None or not (row.is_active and is_right and is_timely and NONCE.fullmatch(nonce)):
        raise SignatureWrong()
    return PartnerView.model_validate(row)


def use_up(session: Session, partner_id: int, nonce: str) -> None:
    """This nonce never again. Raises Replayed."""
    row = upsert(session, PartnerNonce).values(partner_id=partner_id, nonce=nonce, at=clock.now())
    row = row.on_conflict_do_nothing(index_elements=["partner_id", "nonce"])
    if session.scalar(row.returning(PartnerNonce.nonce)) is None:
        raise Replayed()


def forget_nonces(session: Session) -> None:
    """Those of requests that are refused for their age anyway."""
    session.execute(delete(PartnerNonce).where(PartnerNonce.at < clock.now() - KEPT))


def partners(session: Session) -> list[PartnerView]:
    """All of them, by name."""
    rows = session.scalars(select(Partner).order_by(Partner.name, Partner.id))
    return [PartnerView.model_validate(row) for row in rows]


def add(
    session: Session, *, name: str, short: str, campus_id: int | None, by: StaffMember
) -> tuple[PartnerView, str]:
    """A new partner and its secret, which is shown this once. Raises PartnerWrong."""
    if not name or not SHORT.fullmatch(short):
        raise PartnerWrong()
    secret = secrets.token_urlsafe(32)
    row = Partner(
        name=name,
        short=short,
        key=f"pk_{secrets.token_hex(12)}",
        secret=secret,
        campus_id=campus_id,
        is_active=True,
        made_by=by.id,
        made_at=clock.now(),
    )
    try:
        with session.begin_nested():
            session.add(row)
    except IntegrityError as error:
        raise PartnerWrong() from error
    _audit(session, row, by, "partner.added")
    return PartnerView.model_validate(row), secret


def renew(session: Session, *, partner_id: int, by: StaffMember) -> tuple[PartnerView, str]:
    """Another secret; the old one is worth nothing from now on. Raises NotFound."""
    row = _partner(session, partner_id)
    row.secret = secret = secrets.token_urlsafe(32)
    _audit(session, row, by, "partner.renewed")
    return PartnerView.model_validate(row), secret


def switch(session: Session, *, partner_id: int, is_active: bool, by: StaffMember) -> None:
    """Let a partner in, or no more. Raises NotFound."""
    row = _partner(session, partner_id)
    row.is_active = is_active
    _audit(session, row, by, "partner.switched_on" if is_active else "partner.switched_off")


def _partner(session: Session, partner_id: int) -> Partner:
    row = session.get(Partner, partner_id, with_for_update=True)
    if row is None:
        raise NotFound()
    return row


def _audit(session: Session, row: Partner, by: StaffMember, action: str) -> None:
    session.flush()
    security.audit(session, actor=f"account:{by.id}", action=action, subject=f"partner:{row.id}")

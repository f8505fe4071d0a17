"""Proof of a phone: a code by SMS, typed in the chat (C4).

Nobody learns whose phones we know: an unknown one is counted, answered and refused like a known
one, and only the SMS is missing. What a code was sent for is all it is good for.
"""

import secrets
from datetime import timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from backend.kit import clock, crypto
from backend.outbox import service as outbox
from backend.outbox.schemas import Notice, Recipient
from backend.security import rules
from backend.security.models import ProofCode
from backend.security.schemas import Asked, Checked, Proof
from backend.security.service import PROOF_CODE, audit

WHY = {
    Proof.BIND: "绑定微信",
    Proof.NEW_PHONE: "登记新手机号",
    Proof.OLD_PHONE: "更换手机号",
    Proof.THAW: "解除冻结",
    Proof.FREEZE: "冻结被盗的微信",
    Proof.INVITATION: "接受家长邀请",
}
"""What the SMS says that the code is for, so that nobody is talked into giving one away."""


def request(
    session: Session, *, openid: str, purpose: Proof, phone: str, is_on_file: bool
) -> Asked:
    """Send a code to a phone, unless one is on its way or there were enough. A new code replaces
    the openid's earlier ones of this purpose."""
    now, index = clock.now(), _index(phone)
    latest = _latest(session, openid, purpose)
    is_same = latest is not None and latest.ended_at is None and latest.phone_index == index
    if latest is not None and is_same and now - latest.sent_at < rules.CODE_AGAIN_AFTER:
        return Asked.ON_ITS_WAY
    if rules.is_enough_codes(
        last_hour=_count(session, timedelta(hours=1), ProofCode.openid == openid),
        last_day=_count(session, timedelta(days=1), ProofCode.openid == openid),
        for_phone=_count(session, timedelta(days=1), ProofCode.phone_index == index),
    ):
        return Asked.ENOUGH
    if latest is not None and latest.ended_at is None:
        latest.ended_at = now
    row = ProofCode(
        openid=openid,
        purpose=purpose,
        phone_index=index,
        digest="",
        tries=0,
        sent_at=now,
        expires_at=now + rules.CODE_LASTS,
    )
    session.add(row)
    session.flush()
    code = f"{secrets.randbelow(10**6):06d}"
    if is_on_file:
        row.digest = _digest(row.id, code)
        until = f"{clock.local(row.expires_at):%H:%M}"
        outbox.post(
            session,
            to=Recipient(phone=phone),
            notice=Notice(
                template=PROOF_CODE,
                values={"code": code, "why": WHY[purpose], "until": until},
            ),
            dedupe_key=f"proof:{row.id}",
        )
    return Asked.SENT


def check(session: Session, *, openid: str, purpose: Proof, phone: str, code: str) -> Checked:
    """Try a code. Every try counts, also a right one; after five the code is dead."""
    row, now = _latest(session, openid, purpose), clock.now()
    if row is None or row.ended_at is not None or row.phone_index != _index(phone):
        return Checked.DEAD
    row.tries += 1
    if row.expires_at <= now:
        row.ended_at = now
        return Checked.DEAD
    if crypto.equal(row.digest, _digest(row.id, code)):
        row.ended_at = row.proven_at = now
        return Checked.RIGHT
    if row.tries >= rules.CODE_TRIES:
        row.ended_at = now
        audit(session, actor=f"wechat:{openid}", action="proof.refused", subject=f"proof:{row.id}")
        return Checked.DEAD
    return Checked.WRONG


def is_fresh(session: Session, *, openid: str, purpose: Proof, phone: str) -> bool:
    """Whether an openid has just proven a phone for this purpose."""
    row = _latest(session, openid, purpose)
    return (
        row is not None
        and row.phone_index == _index(phone)
        and row.proven_at is not None
        and clock.now() - row.proven_at < rules.PROOF_LASTS
    )


def use_up(session: Session, *, openid: str, purpose: Proof) -> None:
    """What was proven has been used: the same proof does not do it again."""
    row = _latest(session, openid, purpose)
    if row is not None:
        row.proven_at = min(row.proven_at or clock.now(), clock.now() - rules.PROOF_LASTS)


def is_waiting(session: Session, *, openid: str, purpose: Proof, phone: str) -> bool:
    """Whether a code that was sent can still be typed."""
    row = _latest(session, openid, purpose)
    return (
        row is not None
        and row.ended_at is None
        and row.phone_index == _index(phone)
        and row.expires_at > clock.now()
    )


def spoil(session: Session, *, openid: str, purpose: Proof) -> bool:
    """Something asked beside the code was answered wrongly; after five wrong answers in all the
    proof is void, and this says False."""
    row = _latest(session, openid, purpose)
    if row is None or row.proven_at is None:
        return False
    row.tries += 1
    if row.tries >= rules.CODE_TRIES:
        use_up(session, openid=openid, purpose=purpose)
        return False
    return True


def _latest(session: Session, openid: str, purpose: Proof) -> ProofCode | None:
    """The newest code of an openid for a purpose, locked: two tries at once count as two."""
    query = (
        select(ProofCode)
        .where(ProofCode.openid == openid, ProofCode.purpose == purpose)
        .order_by(ProofCode.id.desc())
        .limit(1)
    )
    return session.scalars(query.with_for_update()).one_or_none()


def _count(session: Session, within: timedelta, *whose: object) -> int:
    query = select(func.count(ProofCode.id)).where(ProofCode.sent_at > clock.now() - within)
    return session.scalar(query.where(*whose)) or 0  # type: ignore[arg-type]


def _index(phone: str) -> str:
    return crypto.blind_index(phone, context="phone")


def _digest(proof_id: int, code: str) -> str:
    return crypto.blind_index(f"{proof_id}:{code}", context="proof_code")

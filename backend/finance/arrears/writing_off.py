"""核销 and 缓交 by staff: four eyes on what is given up, one row for the policy."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from backend.finance.arrears import credit, lifting, plans
from backend.finance.arrears.models import ArrearsPolicy, Instalment, Promise, WriteOff
from backend.finance.arrears.schemas import (
    OwnWriteOff,
    PartClosed,
    PartStatus,
    PromiseStatus,
    WriteOffStatus,
)
from backend.kit import clock
from backend.kit.errors import NotAllowed, NotFound
from backend.outbox import service as outbox
from backend.security import permissions
from backend.security import service as security
from backend.security.schemas import Permission, StaffMember


def propose(session: Session, *, instalment_id: int, by: StaffMember, reason: str) -> WriteOff:
    """Somebody thinks that this will never be paid; again gives the same proposal. Raises NotFound,
    NotAllowed, PartClosed."""
    permissions.must(by.role, Permission.KEEP_ARREARS)
    part = _open(session, instalment_id, by)
    standing = _standing(session, part)
    if standing is not None:
        return standing
    proposal = WriteOff(
        instalment_id=part.id,
        reason=reason[:200],
        status=WriteOffStatus.PROPOSED,
        proposed_by=by.id,
        proposed_at=clock.now(),
    )
    session.add(proposal)
    session.flush()
    _audit(session, by, "write_off.proposed", part, reason=reason[:200])
    return proposal


def decide(session: Session, *, instalment_id: int, by: StaffMember, agrees: bool) -> WriteOff:
    """Another one agrees, and it is not owed any more: lessons taught on credit become a loss in
    the books. Or not; the proposer may take it back. Raises NotFound, NotAllowed, PartClosed,
    OwnWriteOff."""
    part = _open(session, instalment_id, by)
    proposal = _standing(session, part)
    if proposal is None:
        raise NotFound()
    if agrees:
        permissions.must(by.role, Permission.APPROVE_WRITE_OFF)
        if proposal.proposed_by == by.id:
            raise OwnWriteOff()
        proposal.loss_fen = credit.lose(session, part)
        part.status = PartStatus.WRITTEN_OFF
        for said in session.scalars(
            select(Promise).where(
                Promise.instalment_id == part.id, Promise.status == PromiseStatus.OPEN
            )
        ):
            said.status = PromiseStatus.BROKEN
        outbox.withdraw(session, dedupe_prefix=f"arrears:{part.id}:")
        lifting.lift(session, part)
    elif proposal.proposed_by != by.id:
        permissions.must(by.role, Permission.APPROVE_WRITE_OFF)
    else:
        permissions.must(by.role, Permission.KEEP_ARREARS)
    proposal.status = WriteOffStatus.APPROVED if agrees else WriteOffStatus.REFUSED
    proposal.decided_at = clock.now()
    proposal.decided_by = None if proposal.proposed_by == by.id else by.id
    session.flush()
    action = "write_off.approved" if agrees else "write_off.refused"
    _audit(session, by, action, part, loss_fen=proposal.loss_fen)
    return proposal


def set_policy(session: Session, *, is_full: bool, by: StaffMember) -> None:
    """Whether classes rest too when the ladder has ended. Raises NotAllowed."""
    permissions.must(by.role, Permission.APPROVE_WRITE_OFF)
    row = session.get(ArrearsPolicy, 1, with_for_update=True) or ArrearsPolicy(id=1)
    row.is_full = is_full
    session.add(row)
    session.flush()
    security.audit(
        session, actor=f"account:{by.id}", action="arrears.policy", subject="arrears",
        is_full=is_full,
    )  # fmt: skip


def must_reach(part: Instalment, by: StaffMember) -> None:
    """Raise NotAllowed for a colleague of another campus."""
    if by.campus_id is not None and by.campus_id != part.plan.campus_id:
        raise NotAllowed()


def _open(session: Session, instalment_id: int, by: StaffMember) -> Instalment:
    part = plans.locked(session, instalment_id)
    must_reach(part, by)
    if part.status != PartStatus.OPEN:
        raise PartClosed(status=part.status)
    return part


def _standing(session: Session, part: Instalment) -> WriteOff | None:
    query = select(WriteOff).where(
        WriteOff.instalment_id == part.id, WriteOff.status == WriteOffStatus.PROPOSED
    )
    return session.scalars(query).one_or_none()


def _audit(
    session: Session, by: StaffMember, action: str, part: Instalment, **detail: object
) -> None:
    security.audit(
        session, actor=f"account:{by.id}", action=action, subject=f"instalment:{part.id}",
        amount_fen=part.amount_fen, **detail,
    )  # fmt: skip

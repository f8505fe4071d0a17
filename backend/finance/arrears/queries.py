"""Who owes what, how long, and whom that blocks."""

from collections.abc import Collection
from datetime import date

from sqlalchemy import ColumnElement, Select, or_, select
from sqlalchemy.orm import Session

from backend.finance.arrears import rules
from backend.finance.arrears.models import (
    ArrearsPolicy,
    Instalment,
    InstalmentPlan,
    Promise,
    WriteOff,
)
from backend.finance.arrears.schemas import (
    Age,
    InArrears,
    PartStatus,
    PartView,
    Policy,
    PromiseStatus,
    WriteOffStatus,
)
from backend.finance.models import Order
from backend.kit import clock
from backend.kit.errors import NotFound
from backend.kit.money import yuan
from backend.security import queries as security
from backend.security.schemas import StaffMember
from backend.students import queries as students

MOST = 500


def open_parts(
    session: Session,
    *,
    member: StaffMember | None = None,
    due_before: date | None = None,
    limit: int = MOST,
) -> list[PartView]:
    """Open instalments of plans that have begun, the longest overdue first; for a member of staff
    of a campus those of the campus."""
    query = _begun().where(Instalment.status == PartStatus.OPEN)
    if member is not None and member.campus_id is not None:
        query = query.where(InstalmentPlan.campus_id == member.campus_id)
    if due_before is not None:
        query = query.where(Instalment.due_on < due_before)
    rows = session.scalars(query.order_by(Instalment.due_on, Instalment.id).limit(limit))
    return views(session, list(rows))


def parts_of(session: Session, openid: str, *, with_paid: bool = False) -> list[PartView]:
    """The instalments of whoever speaks and of their children, soonest first."""
    status = [PartStatus.OPEN, PartStatus.PAID] if with_paid else [PartStatus.OPEN]
    query = _begun().where(_of_family(session, openid), Instalment.status.in_(status))
    rows = session.scalars(query.order_by(Instalment.due_on, Instalment.id))
    return views(session, list(rows))


def part(session: Session, instalment_id: int) -> PartView:
    """One instalment. Raises NotFound."""
    row = session.get(Instalment, instalment_id)
    if row is None:
        raise NotFound()
    return views(session, [row])[0]


def parts_of_plan(session: Session, plan_id: int) -> list[PartView]:
    """All instalments of a plan, in their order."""
    query = select(Instalment).where(Instalment.plan_id == plan_id)
    return views(session, list(session.scalars(query.order_by(Instalment.due_on, Instalment.id))))


def ageing(parts: Collection[PartView], today: date) -> dict[Age, int]:
    """Fen by how long they are overdue."""
    found = dict.fromkeys(Age, 0)
    for each in parts:
        found[rules.age_of(each.due_on, today)] += each.amount_fen
    return found


def policy(session: Session) -> Policy:
    """What is in force."""
    row = session.get(ArrearsPolicy, 1)
    return Policy(is_full=row.is_full) if row else Policy()


def must_be_free(
    session: Session, *, openid: str | None = None, student_id: int | None = None
) -> None:
    """Raise InArrears where this family, or this learner, may begin nothing new."""
    query = _begun().where(
        Instalment.status == PartStatus.OPEN,
        Instalment.due_on <= clock.today() - rules.BLOCK_AFTER,
    )
    if openid is not None:
        query = query.where(_of_family(session, openid))
    else:
        query = query.where(InstalmentPlan.student_id == student_id)
    for each in views(session, list(session.scalars(query.order_by(Instalment.due_on)))):
        if rules.is_blocking(each.due_on, clock.today(), promised_on=each.promised_on):
            raise InArrears(amount=yuan(each.amount_fen), course=each.description)


def views(session: Session, rows: list[Instalment]) -> list[PartView]:
    """Instalments with their orders and promises, in four statements however many."""
    ids = [row.id for row in rows]
    orders = {
        int(id_): str(number)
        for id_, number in session.execute(
            select(Order.id, Order.number).where(Order.id.in_({r.plan.order_id for r in rows}))
        )
    }
    promises = {
        int(instalment_id): on
        for instalment_id, on in session.execute(
            select(Promise.instalment_id, Promise.promised_on).where(
                Promise.instalment_id.in_(ids), Promise.status == PromiseStatus.OPEN
            )
        )
    }
    offs = {
        int(instalment_id): by
        for instalment_id, by in session.execute(
            select(WriteOff.instalment_id, WriteOff.proposed_by).where(
                WriteOff.instalment_id.in_(ids), WriteOff.status == WriteOffStatus.PROPOSED
            )
        )
    }
    return [
        PartView(
            id=row.id,
            plan_id=row.plan_id,
            place=row.place,
            due_on=row.due_on,
            amount_fen=row.amount_fen,
            lessons=row.lessons,
            status=PartStatus(row.status),
            description=row.lines[0]["description"] if row.lines else "",
            student_id=row.plan.student_id,
            payer_openid=row.plan.payer_openid,
            order_number=orders[row.plan.order_id],
            campus_id=row.plan.campus_id,
            promised_on=promises.get(row.id),
            write_off_by=offs.get(row.id),
            paid_at=row.paid_at,
        )
        for row in rows
    ]


def _begun() -> Select[Instalment]:
    """Instalments of plans whose first part has been paid."""
    return (
        select(Instalment)
        .join(InstalmentPlan, InstalmentPlan.id == Instalment.plan_id)
        .where(InstalmentPlan.started_at.is_not(None))
    )


def _of_family(session: Session, openid: str) -> ColumnElement[bool]:
    """Plans that any WeChat of this family pays, or that its children learn by."""
    speaker = security.speaker(session, openid)
    openids, children = [openid], []
    if speaker.guardian_id is not None:
        known = security.identities_of(session, guardian_ids=[speaker.guardian_id])
        openids += [each.openid for each in known]
        children = [child.id for child in students.children_of(session, speaker.guardian_id)]
    return or_(InstalmentPlan.payer_openid.in_(openids), InstalmentPlan.student_id.in_(children))

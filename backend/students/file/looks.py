"""查看 Looks: unmasking takes a reason, lasts minutes, and leaves a trace that guardians can read
(未成年人网络保护条例 §36)."""

from collections.abc import Collection, Mapping
from datetime import timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from backend.kit import clock
from backend.kit.errors import NotAllowed
from backend.security import permissions
from backend.security import queries as security
from backend.security import words as roles
from backend.security.schemas import Permission, Role, StaffMember
from backend.security.service import audit
from backend.students.file.identity import Field
from backend.students.file.models import Look
from backend.students.file.words import FIELDS, REASONS, LookView, Reason, ReasonMissing

SHOWN_FOR = timedelta(minutes=3)
SHORTEST_NOTE = 4
NEEDED: Mapping[Field, Permission] = {
    **dict.fromkeys(Field, Permission.UNMASK_STUDENT),
    Field.HEALTH: Permission.SEE_HEALTH_NOTE,
}


def fields_for(role: Role) -> list[Field]:
    """What a role may unmask at all."""
    return [field for field, needed in NEEDED.items() if permissions.may(role, needed)]


def look(
    session: Session,
    *,
    student_id: int,
    member: StaffMember,
    fields: Collection[Field],
    reason: Reason,
    note: str,
) -> None:
    """Unmask fields of a learner for a few minutes, written down first. The caller has checked that
    this learner is within the reader's scope. Raises NotAllowed and ReasonMissing."""
    if not fields or not set(fields) <= set(fields_for(member.role)):
        raise NotAllowed()
    note = " ".join(note.split())
    if not SHORTEST_NOTE <= len(note) <= 200:
        raise ReasonMissing()
    at = clock.now()
    row = Look(
        student_id=student_id,
        account_id=member.id,
        fields=sorted(fields),
        reason=reason,
        note=note,
        at=at,
        until_at=at + SHOWN_FOR,
    )
    session.add(row)
    session.flush()
    audit(
        session,
        actor=f"account:{member.id}",
        action="student.unmasked",
        subject=f"student:{student_id}",
        fields=sorted(fields),
        reason=reason.value,
        look=row.id,
    )


def shown_to(session: Session, *, student_id: int, member: StaffMember) -> set[Field]:
    """What is unmasked for somebody just now; a role that was lost shows nothing more."""
    query = select(Look.fields).where(
        Look.student_id == student_id, Look.account_id == member.id, Look.until_at > clock.now()
    )
    found = {Field(name) for fields in session.scalars(query) for name in fields}
    return found & set(fields_for(member.role))


def looks_at(
    session: Session, student_ids: Collection[int], *, limit: int = 50
) -> dict[int, list[LookView]]:
    """Who looked at these learners, the newest first. Two statements."""
    query = select(Look).where(Look.student_id.in_(student_ids))
    rows = session.scalars(query.order_by(Look.id.desc()).limit(limit)).all()
    people = security.staff_members(session, {row.account_id for row in rows})
    found: dict[int, list[LookView]] = {}
    for row in rows:
        who = people[row.account_id]
        found.setdefault(row.student_id, []).append(
            LookView(
                at=row.at,
                who=who.name,
                role=roles.ROLES[who.role],
                fields=tuple(FIELDS[Field(name)] for name in row.fields),
                reason=REASONS[Reason(row.reason)],
                note=row.note,
            )
        )
    return found

"""Whom to tell about learners: many at once, by a fixed number of statements."""

from collections.abc import Collection

from sqlalchemy import select
from sqlalchemy.orm import Session

from backend.outbox.schemas import Recipient
from backend.reminders.schemas import Contact
from backend.security import contacts as security
from backend.students.models import Guardian, Guardianship, Student


def guardians(session: Session, student_ids: Collection[int]) -> list[Contact]:
    """Each guardian of each of these learners."""
    rows = session.execute(
        select(Student.id, Student.name, Guardian)
        .join(Guardianship, Guardianship.student_id == Student.id)
        .join(Guardian, Guardian.id == Guardianship.guardian_id)
        .where(Student.id.in_(student_ids))
        .order_by(Guardian.id, Student.id)
    ).all()
    openids = security.of_guardians(session, {guardian.id for _, _, guardian in rows})
    return [
        Contact(
            who=student_id,
            name=name,
            person=f"guardian:{guardian.id}",
            recipient=Recipient(
                openid=openids.get(guardian.id), phone=guardian.phone, name=guardian.name
            ),
        )
        for student_id, name, guardian in rows
    ]


def learners(session: Session, student_ids: Collection[int]) -> list[Contact]:
    """These learners themselves, as far as they have a WeChat of their own here."""
    rows = session.execute(select(Student.id, Student.name).where(Student.id.in_(student_ids)))
    openids = security.of_students(session, student_ids)
    return [
        Contact(
            who=student_id,
            name=name,
            person=f"student:{student_id}",
            recipient=Recipient(openid=openids.get(student_id), name=name),
        )
        for student_id, name in rows
    ]

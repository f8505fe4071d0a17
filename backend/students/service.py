"""Changes of the students room."""

from sqlalchemy.orm import Session

from backend.kit import clock, crypto
from backend.security import queries as staff
from backend.security import service as security
from backend.students import queries
from backend.students.file import consents
from backend.students.models import Consent, Guardian, Guardianship, Student
from backend.students.schemas import Registered


def register(
    session: Session,
    *,
    child_name: str,
    grade: str | None,
    guardian_name: str,
    phone: str,
    openid: str,
) -> Registered:
    """Find or make the files of a child and its guardian after a paid sign-up (A12).

    The guardian is the one this openid is bound to, else a new one: a phone number typed in a chat
    proves nothing, so it never opens a family's file that is already there. Such doubles are merged
    by staff. A guardian's child of the same name is the same child.
    """
    guardian_id = staff.speaker(session, openid).guardian_id
    if guardian_id is None:
        guardian = Guardian(
            name=guardian_name,
            phone=phone,
            phone_index=crypto.blind_index(phone, context="phone"),
            created_at=clock.now(),
        )
        session.add(guardian)
        session.flush()
        guardian_id = guardian.id
        security.bind_guardian(session, openid, guardian_id)
    consents.adopt(session, openid=openid, guardian_id=guardian_id)
    same_name = [c for c in queries.children_of(session, guardian_id) if c.name == child_name]
    if same_name:
        return Registered(student_id=same_name[0].id, guardian_id=guardian_id, is_new_student=False)
    student = Student(name=child_name, grade=grade, created_at=clock.now())
    session.add(student)
    session.flush()
    session.add(Guardianship(guardian_id=guardian_id, student_id=student.id))
    session.flush()
    security.audit(
        session,
        actor=f"wechat:{openid}",
        action="student.registered",
        subject=f"student:{student.id}",
    )
    return Registered(student_id=student.id, guardian_id=guardian_id, is_new_student=True)


def record_consent(session: Session, *, openid: str, purpose: str, version: str) -> None:
    """File that a person agreed to a version of a text. Agreeing twice is agreeing once."""
    if not queries.has_consented(session, openid, purpose=purpose, version=version):
        guardian_id = staff.speaker(session, openid).guardian_id
        session.add(
            Consent(
                openid=openid,
                guardian_id=guardian_id,
                purpose=purpose,
                version=version,
                given_at=clock.now(),
            )
        )
        session.flush()

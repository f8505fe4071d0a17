"""The sheet of a learner: read masked, changed by family and staff."""

from collections.abc import Collection, Mapping

from sqlalchemy import select
from sqlalchemy.orm import Session, selectinload

from backend.kit import clock, crypto
from backend.kit.errors import NotFound
from backend.security.service import audit
from backend.students.file import consents
from backend.students.file.identity import (
    MAIL,
    Field,
    birthday_of,
    is_id_number,
    masked,
    normal_id_number,
)
from backend.students.file.words import (
    ConsentMissing,
    Details,
    DetailWrong,
    GuardianPart,
)
from backend.students.models import Guardian, Guardianship, Student

EDITABLE = ("school", "id_number", "address", "health_note", "email")
EDITABLE_OF_GUARDIAN = ("id_number", "address", "email")
LONGEST = {"school": 60, "id_number": 18, "address": 120, "health_note": 500, "email": 100}


def details(
    session: Session,
    student_id: int,
    *,
    shown: Collection[Field] = (),
    own_guardian_id: int | None = None,
) -> Details:
    """A sheet with everything masked but `shown`, and but what a guardian reads of their own child
    (never of the other parent). Two statements. Raises NotFound."""
    query = select(Student).where(Student.id == student_id)
    whole = query.options(selectinload(Student.guardianships).joinedload(Guardianship.guardian))
    row = session.scalars(whole).one_or_none()
    if row is None:
        raise NotFound()
    is_own = own_guardian_id is not None

    def read(field: Field, text: str | None, *, open_: bool) -> str | None:
        return text if open_ or field in shown else masked(field, text)

    guardians = [
        GuardianPart(
            id=one.id,
            name=one.name,
            phone=read(Field.PHONE, one.phone, open_=one.id == own_guardian_id),
            id_number=read(Field.ID_NUMBER, one.id_number, open_=one.id == own_guardian_id),
            address=read(Field.ADDRESS, one.address, open_=one.id == own_guardian_id),
            email=read(Field.EMAIL, one.email, open_=one.id == own_guardian_id),
        )
        for one in sorted((each.guardian for each in row.guardianships), key=lambda g: g.id)
    ]
    return Details(
        id=row.id,
        name=row.name,
        grade=row.grade,
        birth_on=row.birth_on,
        school=row.school,
        id_number=read(Field.ID_NUMBER, row.id_number, open_=is_own),
        address=read(Field.ADDRESS, row.address, open_=is_own),
        health_note=read(Field.HEALTH, row.health_note, open_=is_own),
        email=read(Field.EMAIL, row.email, open_=is_own),
        created_at=row.created_at,
        erased_at=row.erased_at,
        guardians=tuple(guardians),
    )


def change(session: Session, student_id: int, *, by: str, fields: Mapping[str, str]) -> list[str]:
    """Fill fields in; an empty value clears one. Returns what has changed. Again changes nothing.

    Raises NotFound, DetailWrong, and ConsentMissing for a health note nobody agreed to.
    """
    query = select(Student).where(Student.id == student_id, Student.erased_at.is_(None))
    row = session.scalars(query.with_for_update()).one_or_none()
    if row is None:
        raise NotFound()
    if fields.get("health_note", "").strip():
        needed = consents.Purpose.HEALTH
        if not consents.may(session, needed, student_id=student_id):
            raise ConsentMissing(purpose=needed)
    changed = _fill(row, fields, EDITABLE)
    if row.id_number and row.birth_on is None:
        row.birth_on = birthday_of(row.id_number)
    _note(session, changed, action="student.changed", subject=f"student:{student_id}", by=by)
    return changed


def change_guardian(
    session: Session, guardian_id: int, *, by: str, fields: Mapping[str, str]
) -> list[str]:
    """The same for a guardian's own fields. Raises NotFound and DetailWrong."""
    query = select(Guardian).where(Guardian.id == guardian_id, Guardian.erased_at.is_(None))
    row = session.scalars(query.with_for_update()).one_or_none()
    if row is None:
        raise NotFound()
    changed = _fill(row, fields, EDITABLE_OF_GUARDIAN)
    _note(session, changed, action="guardian.changed", subject=f"guardian:{guardian_id}", by=by)
    return changed


def _fill(
    row: Student | Guardian, fields: Mapping[str, str], allowed: Collection[str]
) -> list[str]:
    changed = []
    for name, given in fields.items():
        if name not in allowed:
            raise DetailWrong(field=name)
        text = _checked(name, given)
        if getattr(row, name) == text:
            continue
        setattr(row, name, text)
        changed.append(name)
        if name == "id_number":
            row.id_number_index = crypto.blind_index(text, context="id_number") if text else None
    return changed


def _note(session: Session, changed: list[str], *, action: str, subject: str, by: str) -> None:
    if changed:
        session.flush()
        audit(session, actor=by, action=action, subject=subject, fields=changed)


def _checked(name: str, given: str) -> str | None:
    text = " ".join(given.split())
    if len(text) > LONGEST[name]:
        raise DetailWrong(field=name)
    if not text:
        return None
    if name == "id_number":
        text = normal_id_number(text)
        if not is_id_number(text, today=clock.today()):
            raise DetailWrong(field=name)
    if name == "email" and not MAIL.fullmatch(text):
        raise DetailWrong(field=name)
    return text

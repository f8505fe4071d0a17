"""Files and consents: found again instead of made twice (A12)."""

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from backend.security import queries as security
from backend.students import queries, service
from backend.students.models import Consent, Guardian, Student
from backend.students.schemas import Registered


def _register(session: Session, openid: str, child: str = "李小明") -> Registered:
    return service.register(
        session,
        child_name=child,
        grade="三年级",
        guardian_name="刘丽",
        phone="13812345678",
        openid=openid,
    )


def _count(session: Session, of: type) -> int:
    return session.scalar(select(func.count()).select_from(of)) or 0


def test_registering_twice_is_registering_once(session: Session) -> None:
    first, again = _register(session, "o_one"), _register(session, "o_one")
    assert first.is_new_student
    assert not again.is_new_student
    assert (first.student_id, first.guardian_id) == (again.student_id, again.guardian_id)
    assert security.speaker(session, "o_one").guardian_id == first.guardian_id


def test_a_sibling_gets_a_file_beside_the_first(session: Session) -> None:
    first, second = _register(session, "o_one"), _register(session, "o_one", "李小红")
    assert first.guardian_id == second.guardian_id
    children = queries.children_of(session, first.guardian_id)
    assert [child.name for child in children] == ["李小明", "李小红"]


def test_a_typed_phone_opens_nobodys_file(session: Session) -> None:
    """Whoever knows a family's number and a child's name still sees nothing of theirs."""
    family, other = _register(session, "o_family"), _register(session, "o_other")
    assert family.guardian_id != other.guardian_id
    assert family.student_id != other.student_id


def test_phones_are_ciphertext_at_rest(session: Session) -> None:
    _register(session, "o_one")
    stored = session.connection().exec_driver_sql("SELECT phone FROM students_guardian").scalar()
    assert "13812345678" not in str(stored)
    assert session.scalars(select(Guardian)).one().phone == "13812345678"


def test_agreeing_twice_is_agreeing_once(session: Session) -> None:
    for _ in range(2):
        service.record_consent(session, openid="o", purpose="privacy_notice", version="2026-11")
    service.record_consent(session, openid="o", purpose="privacy_notice", version="2027-01")
    assert _count(session, Consent) == 2
    assert _count(session, Student) == 0

"""Files, consents and tickets: found again instead of made twice (A12, S7–S9)."""

from datetime import timedelta

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from backend.kit import clock
from backend.kit.errors import NotAllowed, NotFound
from backend.outbox.models import OutboxMessage
from backend.security import queries as security
from backend.security import service as staff
from backend.security.schemas import Role
from backend.students import queries, service
from backend.students.models import Consent, Guardian, Student, TicketNote
from backend.students.schemas import Registered, TicketKind, TicketStatus, TicketView


def _register(session: Session, openid: str, child: str = "李小明") -> Registered:
    return service.register(
        session,
        child_name=child,
        grade="三年级",
        guardian_name="刘丽",
        phone="13812345678",
        openid=openid,
    )


def _complain(session: Session, source_key: str = "m:1") -> TicketView:
    return service.open_ticket(
        session,
        openid="o_one",
        kind=TicketKind.COMPLAINT,
        text="老师迟到了三次",
        source_key=source_key,
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


def test_the_same_message_opens_one_ticket(session: Session) -> None:
    staff.hire(session, name="李静", role=Role.ACADEMIC, openid="o_academic")
    assert _complain(session).number == _complain(session).number
    assert _count(session, OutboxMessage) == 1


def test_only_the_owner_and_managers_answer(session: Session) -> None:
    owner = staff.hire(session, name="李静", role=Role.ACADEMIC, openid="o_academic")
    teacher = staff.hire(session, name="王敏", role=Role.TEACHER)
    manager = staff.hire(session, name="孙立", role=Role.CAMPUS_MANAGER)
    ticket = _complain(session)
    assert ticket.owner_name == "李静"
    with pytest.raises(NotAllowed):
        service.answer_ticket(session, number=ticket.number, account_id=teacher.id, text="不是我")
    with pytest.raises(NotFound):
        service.answer_ticket(session, number="T0", account_id=owner.id, text="您好")
    for account in (owner, manager):
        answered = service.answer_ticket(
            session, number=ticket.number, account_id=account.id, text="已经处理"
        )
        assert answered.status is TicketStatus.ANSWERED
    assert _count(session, TicketNote) == 2


def test_what_is_added_reaches_the_owner_once(session: Session) -> None:
    staff.hire(session, name="李静", role=Role.ACADEMIC, openid="o_academic")
    ticket = _complain(session)
    for text in ("还有作业没批", "还有作业没批", "老师迟到了三次"):
        service.add_note(session, ticket_id=ticket.id, text=text)
    assert session.scalars(select(TicketNote.text)).all() == ["还有作业没批"]
    assert _count(session, OutboxMessage) == 2


def test_an_open_request_is_found_until_it_is_answered(session: Session) -> None:
    account = staff.hire(session, name="李静", role=Role.ACADEMIC)
    _complain(session)
    assert queries.open_request_of(session, "o_one") is None
    request = service.open_ticket(
        session,
        openid="o_one",
        kind=TicketKind.REQUEST,
        text="转人工",
        source_key="m:2",
        owner_id=account.id,
    )
    found = queries.open_request_of(session, "o_one")
    assert found is not None
    assert found.number == request.number
    service.answer_ticket(session, number=request.number, account_id=account.id, text="您好")
    assert queries.open_request_of(session, "o_one") is None


def test_a_late_answer_is_escalated_once_and_only_when_late(session: Session) -> None:
    staff.hire(session, name="李静", role=Role.ACADEMIC, openid="o_academic")
    staff.hire(session, name="刘振华", role=Role.PRINCIPAL, openid="o_principal")
    ticket = _complain(session)
    assert queries.overdue_tickets(session, at=clock.now()) == []
    assert not service.escalate(session, ticket.id)
    with clock.frozen(ticket.respond_due_at + timedelta(minutes=1)):
        assert queries.overdue_tickets(session, at=clock.now()) == [ticket.id]
        assert service.escalate(session, ticket.id)
        assert queries.overdue_tickets(session, at=clock.now()) == []
    assert _count(session, OutboxMessage) == 3

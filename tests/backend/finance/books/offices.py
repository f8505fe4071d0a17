"""Who keeps the books in tests, and how lessons are taken."""

import itertools
from datetime import date, datetime

from sqlalchemy.orm import Session

from backend.finance import consumption, ledger
from backend.finance.posting import Event
from backend.finance.schemas import LedgerAccount, Posting
from backend.kit import clock
from backend.security import queries as staff
from backend.security.models import Account
from backend.security.schemas import Role, StaffMember
from backend.teaching.schemas import AttendanceSettled, Why
from tests.backend.finance.scenes import School

_numbers = itertools.count(1)
OCTOBER, NOVEMBER = date(2026, 10, 1), date(2026, 11, 1)


def colleague(session: Session, role: Role, *, campus_id: int | None = None) -> StaffMember:
    """A member of staff."""
    name = f"同事{next(_numbers)}"
    account = Account(name=name, role=role, campus_id=campus_id, created_at=clock.now())
    session.add(account)
    session.flush()
    found = staff.staff_member(session, account.id)
    assert found is not None
    return found


def book(
    session: Session,
    on: date,
    *legs: tuple[LedgerAccount, int],
    event: Event = Event.MANUAL,
    key: str = "",
    campus_id: int | None = None,
) -> None:
    """An entry of (account, fen) legs."""
    ledger.post(
        session,
        event=event,
        source_key=key or f"test:{next(_numbers)}",
        booked_on=on,
        postings=[
            Posting(account=account, amount_fen=fen, campus_id=campus_id) for account, fen in legs
        ],
    )


def settle(
    session: Session,
    school: School,
    attendance_id: int,
    *,
    lessons: int = 1,
    revision: int = 1,
    at: datetime | None = None,
) -> None:
    """What teaching says of one attendance."""
    consumption.settle(
        session,
        AttendanceSettled(
            attendance_id=attendance_id,
            revision=revision,
            student_id=school.student_id,
            course_id=school.course_id,
            course_name="英语",
            class_group_id=school.class_group_id,
            starts_at=at or clock.now(),
            lessons=lessons,
            why=Why.ATTENDED,
            is_told=False,
        ),
    )

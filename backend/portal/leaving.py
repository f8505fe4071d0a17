"""What somebody who leaves has in hand, and who may take it (X2)."""

from datetime import timedelta

from pydantic import BaseModel, ConfigDict
from sqlalchemy.orm import Session

from backend.admissions import queries as admissions
from backend.admissions.schemas import LeadView
from backend.kit import clock
from backend.security import queries as staff
from backend.security.permissions import may
from backend.security.schemas import Permission, Role, StaffMember
from backend.students import queries as students
from backend.students.schemas import TakeoverView, TicketView
from backend.teaching import queries as teaching
from backend.teaching.schemas import LessonView

MOST = 50
AHEAD = timedelta(days=60)


class OpenWork(BaseModel):
    """At most MOST of each. Lessons are shown only: the timetable gives them to somebody else."""

    model_config = ConfigDict(frozen=True)

    leads: list[LeadView]
    tickets: list[TicketView]
    talks: list[TakeoverView]
    lessons: list[LessonView]
    successors: list[StaffMember]


def open_work(session: Session, account_id: int) -> OpenWork:
    """Everything open of one person, in a number of statements that does not grow."""
    now = clock.now()
    return OpenWork(
        leads=admissions.leads_of_advisor(session, account_id, limit=MOST),
        tickets=students.open_tickets_of_owner(session, account_id, limit=MOST),
        talks=students.talks_of_owner(session, account_id, limit=MOST),
        lessons=teaching.lessons_of_teacher(
            session, account_id, from_at=now, to_at=now + AHEAD, limit=MOST
        ),
        successors=_successors(session, account_id),
    )


def _successors(session: Session, account_id: int) -> list[StaffMember]:
    """Those whose role lets them take on whatever it is; colleagues of the same role first."""
    leaver = staff.staff_members(session, {account_id})[account_id]
    needed = [Permission.LEAD_TALK, Permission.ANSWER_TICKET]
    if may(leaver.role, Permission.CLAIM_LEAD):
        needed.append(Permission.CLAIM_LEAD)
    members = staff.staff_with_roles(session, {role for role in Role if may(role, *needed)})
    others = [each for each in members if each.id != account_id]
    return sorted(others, key=lambda each: (each.role != leaver.role, each.id))

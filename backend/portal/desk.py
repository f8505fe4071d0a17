"""「我的工作台」: one member of staff's tasks and figures, gathered from the rooms."""

from pydantic import BaseModel, ConfigDict
from sqlalchemy.orm import Session

from backend.admissions import queries as admissions
from backend.admissions.figures import counting
from backend.admissions.schemas import LeadView
from backend.finance import queries as finance
from backend.kit import clock
from backend.outbox import queries as outbox
from backend.outbox.schemas import StuckMessage
from backend.portal.addressed import readable_by
from backend.security.permissions import scope_of
from backend.security.schemas import Permission, Scope, StaffMember
from backend.students import queries as students
from backend.students.schemas import TicketView
from backend.teaching import queries as teaching
from backend.teaching.schemas import LessonView

MOST = 8


class Desk(BaseModel):
    """What lies on the desk; a part is None where the role has nothing to do with it.

    `figures` are today's new leads and paid sign-ups as far as one sees them, `received` the number
    of payments and fen received today.
    """

    model_config = ConfigDict(frozen=True)

    leads: list[LeadView] | None = None
    tickets: list[TicketView] | None = None
    lessons: list[LessonView] | None = None
    stuck: list[StuckMessage] | None = None
    figures: tuple[int, int] | None = None
    received: tuple[int, int] | None = None


def desk_of(session: Session, member: StaffMember) -> Desk:
    """The desk of a member of staff, in a number of queries that does not grow with the work.

    What was received is of the whole institution, so it shows only to whom the table gives all.
    """
    from_at, to_at = clock.day_of(clock.today())

    def scope(permission: Permission) -> Scope | None:
        return scope_of(member.role, permission)

    desk = Desk()
    if scope(Permission.SEE_LEADS):
        leads = admissions.leads_of_advisor(session, member.id, limit=MOST)
        desk = desk.model_copy(update={"leads": leads})
    if scope(Permission.SEE_TICKETS):
        tickets = students.open_tickets_of_owner(session, member.id, limit=MOST)
        desk = desk.model_copy(update={"tickets": tickets})
    if scope(Permission.SEE_LESSONS):
        lessons = teaching.lessons_of_day(
            session,
            from_at=from_at,
            to_at=to_at,
            teacher_id=member.id if scope(Permission.SEE_LESSONS) is Scope.OWN else None,
            campus_id=(member.campus_id or 0)
            if scope(Permission.SEE_LESSONS) is Scope.CAMPUS
            else None,
            limit=MOST,
        )
        desk = desk.model_copy(update={"lessons": lessons})
    if scope(Permission.SEE_STUCK_MESSAGES):
        stuck = outbox.stuck_messages(session, limit=MOST, among=readable_by(session, member))
        desk = desk.model_copy(update={"stuck": stuck})
    if scope(Permission.SEE_FIGURES):
        today = counting.of_day(session, counting.View(session, member), clock.today())
        desk = desk.model_copy(update={"figures": today})
    if scope(Permission.SEE_PAYMENTS) is Scope.ALL:
        received = finance.received_between(session, from_at, to_at)
        desk = desk.model_copy(update={"received": received})
    return desk

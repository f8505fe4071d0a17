"""学员档案 as one page: derived from the rooms that own its parts, each time anew (S1)."""

from datetime import datetime

from pydantic import BaseModel, ConfigDict
from sqlalchemy.orm import Session

from backend.finance import family
from backend.finance import queries as finance
from backend.finance.schemas import LessonBalance, OrderView
from backend.kit import clock
from backend.kit.errors import NotFound
from backend.outbox import queries as outbox
from backend.portal import customers
from backend.security import permissions
from backend.security import queries as security
from backend.security.schemas import Permission, Speaker, StaffMember
from backend.students import queries as students
from backend.students import roster
from backend.students.file import details, looks
from backend.students.file.words import Details, LookView
from backend.students.schemas import TicketView
from backend.teaching import learning
from backend.teaching import queries as teaching
from backend.teaching.homework import queries as homework
from backend.teaching.homework.schemas import Assigned
from backend.teaching.schemas import LessonView
from backend.teaching.scores import queries as scores
from backend.teaching.scores.schemas import ScoreView

MOST = 20


class Told(BaseModel):
    """A notice that went to the family."""

    model_config = ConfigDict(frozen=True)

    at: datetime
    title: str
    channel: str


class StudentFile(BaseModel):
    """Everything about one learner. A part is None where it is not the reader's to see."""

    model_config = ConfigDict(frozen=True)

    details: Details
    seats: list[learning.Seat]
    lessons: list[LessonView]
    held: list[learning.Held]
    orders: list[OrderView] | None
    balances: list[tuple[str, LessonBalance]]
    hours: list[tuple[str, family.HourLine]]
    tickets: list[TicketView] | None
    homework: list[Assigned]
    scores: list[ScoreView]
    told: list[Told]
    looks: list[LookView]


def must_reach(session: Session, member: StaffMember, student_id: int) -> None:
    """Raise NotFound for a learner beyond the reader's scope, as for one who is not there. Whoever
    is in somebody's list of customers has a file that opens."""
    within = customers.visible_to(member, Permission.SEE_STUDENT)
    if not roster.known_students(session, [student_id], within):
        raise NotFound()


def file_for_staff(session: Session, student_id: int, member: StaffMember) -> StudentFile:
    """A learner's file as a member of staff sees it now: masked but for what they have unmasked.
    Raises NotFound."""
    must_reach(session, member, student_id)
    shown = looks.shown_to(session, student_id=student_id, member=member)
    return _gather(
        session,
        details.details(session, student_id, shown=shown),
        with_money=permissions.may(member.role, Permission.SEE_PAYMENTS)
        or permissions.may(member.role, Permission.UNMASK_STUDENT),
        with_tickets=permissions.may(member.role, Permission.UNMASK_STUDENT),
    )


def file_for_family(session: Session, student_id: int, speaker: Speaker) -> StudentFile:
    """A learner's file for their own guardian or themselves. Raises NotFound for everybody else."""
    if speaker.guardian_id is not None:
        if student_id not in {c.id for c in students.children_of(session, speaker.guardian_id)}:
            raise NotFound()
        sheet = details.details(session, student_id, own_guardian_id=speaker.guardian_id)
    elif speaker.student_id == student_id:
        sheet = details.details(session, student_id, own_guardian_id=0)
    else:
        raise NotFound()
    return _gather(
        session,
        sheet,
        with_money=speaker.guardian_id is not None,
        with_tickets=False,
        own_openid=speaker.openid,
    )


def _gather(
    session: Session,
    sheet: Details,
    *,
    with_money: bool,
    with_tickets: bool,
    own_openid: str | None = None,
) -> StudentFile:
    """The rest of the file. A family reads its own tickets and notices only, never those of the
    other parent; staff read those of every guardian, but for tickets without a name, which neither
    their rows nor the answers that went out may bring home."""
    ids, now = [sheet.id], clock.now()
    names = {id_: name for name, id_ in teaching.catalogue(session).courses.items()}
    openids = [own_openid] if own_openid else []
    if own_openid is None:
        guardians = [one.id for one in sheet.guardians]
        openids = security.openids_of(session, guardian_ids=guardians, student_ids=ids)
    orders = family.orders_of_students(session, ids, limit=MOST) if with_money else None
    if orders and own_openid:
        orders = [each for each in orders if each.payer_openid == own_openid]
    tickets = None
    if with_tickets or own_openid:
        tickets = students.tickets_of_people(
            session, openids, limit=MOST, named_only=own_openid is None
        )
    return StudentFile(
        details=sheet,
        seats=learning.seats(session, ids, limit=MOST),
        lessons=teaching.lessons_of_students(session, ids, from_at=now, limit=MOST),
        held=learning.held(session, ids, limit=MOST),
        orders=orders,
        balances=[
            (names.get(each.course_id, "课程"), each)
            for each in finance.lessons_left(session, student_ids=ids)
        ],
        hours=[
            (names.get(each.course_id, "课程"), each)
            for each in family.hour_lines(session, ids, limit=MOST)
        ],
        tickets=tickets,
        homework=homework.history(session, sheet.id, limit=MOST),
        scores=scores.published(session, ids, limit=MOST),
        told=[
            Told(at=at, title=title, channel=channel)
            for at, title, channel in outbox.told(
                session, openids, limit=MOST, with_answers=own_openid is not None
            )
        ],
        looks=looks.looks_at(session, ids).get(sheet.id, []),
    )

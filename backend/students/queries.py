"""Reads of the students room."""

import calendar
from collections.abc import Collection, Sequence
from datetime import date

from sqlalchemy import and_, extract, false, func, or_, select
from sqlalchemy.orm import Session

from backend.kit.errors import NotAllowed, NotFound
from backend.outbox.schemas import Recipient
from backend.security import queries as security
from backend.security.schemas import Role, StaffMember
from backend.students import rules
from backend.students.models import (
    Consent,
    Guardian,
    Guardianship,
    Student,
    Takeover,
)
from backend.students.schemas import (
    Child,
    NoteKind,
    StaffWords,
    TakeoverView,
    TalkResponse,
    TicketKind,
    TicketStatus,
    TicketView,
)
from backend.students.ticket_models import Ticket, TicketNote


def children_of(session: Session, guardian_id: int) -> list[Child]:
    """The learners a guardian answers for, oldest file first: the only door to a child's data."""
    query = (
        select(Student)
        .join(Guardianship, Guardianship.student_id == Student.id)
        .where(Guardianship.guardian_id == guardian_id, Student.merged_into_id.is_(None))
        .order_by(Student.id)
    )
    return [Child.model_validate(row) for row in session.scalars(query)]


def age_of(session: Session, student_id: int, *, on: date) -> int | None:
    """A learner's age in years on a day; None where no birthday is on file."""
    born = session.scalar(select(Student.birth_on).where(Student.id == student_id))
    if born is None:
        return None
    return on.year - born.year - ((on.month, on.day) < (born.month, born.day))


def guardian_names(session: Session, guardian_ids: Collection[int]) -> dict[int, str]:
    """Names of guardians by id."""
    query = select(Guardian.id, Guardian.name).where(Guardian.id.in_(guardian_ids))
    return dict(session.execute(query).all())


def family_of(session: Session, student_id: int) -> list[Recipient]:
    """Whom to tell about a learner: every guardian, each in their WeChat or else by phone."""
    rows = session.execute(
        select(Guardian.id, Guardian.name, Guardian.phone)
        .join(Guardianship, Guardianship.guardian_id == Guardian.id)
        .where(Guardianship.student_id == student_id)
        .order_by(Guardian.id)
    ).all()
    openids = security.openids_of_guardians(session, {row.id for row in rows})
    return [Recipient(openid=openids.get(row.id), phone=row.phone, name=row.name) for row in rows]


def households(session: Session, student_ids: Collection[int]) -> dict[int, int]:
    """A number per learner that siblings share: their first guardian's."""
    query = (
        select(Guardianship.student_id, func.min(Guardianship.guardian_id))
        .where(Guardianship.student_id.in_(student_ids))
        .group_by(Guardianship.student_id)
    )
    return dict(session.execute(query).all())


def students(session: Session, student_ids: Collection[int]) -> dict[int, Child]:
    """Learners by id."""
    rows = session.scalars(select(Student).where(Student.id.in_(student_ids)))
    return {row.id: Child.model_validate(row) for row in rows}


def student(session: Session, student_id: int) -> Child:
    """One learner by id; raises NoResultFound."""
    return Child.model_validate(session.get_one(Student, student_id))


def born_on(
    session: Session, days: Sequence[date], *, after: int, limit: int
) -> list[tuple[Child, date]]:
    """Learners with a birthday on one of these days, by id after one id, each with the day. Who
    was born on a 29 February has it on the 28th where the year has none."""
    of_day = {(day.month, day.day): day for day in days}
    leap = of_day.get((2, 28))
    if leap is not None and not calendar.isleap(leap.year):
        of_day[2, 29] = leap
    month, day_of_month = extract("month", Student.birth_on), extract("day", Student.birth_on)
    query = (
        select(Student)
        .where(
            Student.id > after,
            or_(false(), *(and_(month == m, day_of_month == d) for m, d in of_day)),
        )
        .order_by(Student.id)
        .limit(limit)
    )
    return [
        (Child.model_validate(row), of_day[row.birth_on.month, row.birth_on.day])
        for row in session.scalars(query)
        if row.birth_on is not None
    ]


def guardian_for_contract(session: Session, guardian_id: int) -> tuple[str, str]:
    """A guardian's name and full phone, for their own contracts only."""
    guardian = session.get_one(Guardian, guardian_id)
    return guardian.name, guardian.phone


def has_consented(session: Session, openid: str, *, purpose: str, version: str) -> bool:
    """Whether this very version was agreed to from this WeChat and not withdrawn since."""
    query = select(Consent.id).where(
        Consent.openid == openid,
        Consent.purpose == purpose,
        Consent.version == version,
        Consent.withdrawn_at.is_(None),
    )
    return session.scalar(query.limit(1)) is not None


def tickets_of(session: Session, openid: str, *, limit: int = 5) -> list[TicketView]:
    """What a person has told us, newest first."""
    query = select(Ticket).where(Ticket.openid == openid).order_by(Ticket.id.desc()).limit(limit)
    return _views(session, list(session.scalars(query)))


def tickets_of_people(
    session: Session, openids: Collection[str], *, limit: int, named_only: bool = False
) -> list[TicketView]:
    """What these people have told us, newest first; `named_only` for whoever may not know what they
    told us without a name."""
    query = select(Ticket).where(Ticket.openid.in_(openids)).order_by(Ticket.id.desc())
    if named_only:
        query = query.where(Ticket.is_anonymous.is_(False))
    return _views(session, list(session.scalars(query.limit(limit))))


def open_request_of(session: Session, openid: str) -> TicketView | None:
    """The newest request of a person that somebody still has to answer."""
    query = select(Ticket).where(
        Ticket.openid == openid,
        Ticket.kind == TicketKind.REQUEST,
        Ticket.status == TicketStatus.OPEN,
    )
    found = session.scalars(query.order_by(Ticket.id.desc()).limit(1)).one_or_none()
    return _views(session, [found])[0] if found else None


def open_tickets_of_owner(session: Session, account_id: int, *, limit: int) -> list[TicketView]:
    """What a member of staff still has to answer, the nearest deadline first."""
    query = (
        select(Ticket)
        .where(Ticket.owner_id == account_id, Ticket.status == TicketStatus.OPEN)
        .order_by(Ticket.respond_due_at, Ticket.id)
        .limit(limit)
    )
    return _views(session, list(session.scalars(query)))


def ticket(session: Session, ticket_id: int) -> TicketView:
    """One ticket by id; raises NoResultFound."""
    return _views(session, [session.get_one(Ticket, ticket_id)])[0]


def ticket_by_number(session: Session, number: str) -> TicketView | None:
    """One ticket by the number that people read."""
    found = session.scalars(select(Ticket).where(Ticket.number == number)).one_or_none()
    return _views(session, [found])[0] if found else None


def answers_to(session: Session, openid: str, *, limit: int) -> list[StaffWords]:
    """What staff last answered a person, oldest first; not what they answered somebody unnamed,
    whom nobody may recognise by it."""
    query = (
        select(TicketNote.at, TicketNote.text, TicketNote.account_id)
        .join(Ticket, Ticket.id == TicketNote.ticket_id)
        .where(
            Ticket.openid == openid,
            Ticket.is_anonymous.is_(False),
            TicketNote.kind.in_((NoteKind.ANSWER, NoteKind.QUESTION)),
        )
    )
    rows = session.execute(query.order_by(TicketNote.id.desc()).limit(limit)).all()
    return [StaffWords.model_validate(row) for row in reversed(rows)]


def talks_for(session: Session, member: StaffMember, *, limit: int = 200) -> list[TakeoverView]:
    """The talks that people lead or will lead and that this one may lead too: their own first, each
    part by how soon somebody has to look."""
    query = select(Takeover).where(Takeover.ended_at.is_(None))
    if member.role not in rules.MAY_ANSWER_ANY:
        query = query.where(or_(Takeover.role == member.role, Takeover.owner_id == member.id))
    rows = list(session.scalars(query.order_by(Takeover.due_at, Takeover.id).limit(limit)))
    owners = security.staff_members(session, {row.owner_id for row in rows})
    views = [
        TakeoverView.model_validate(row)
        for row in rows
        if rules.may_lead(member, owner=owners[row.owner_id], role=Role(row.role), had=row.tried)
    ]
    return sorted(views, key=lambda view: view.owner_id != member.id)


def talks_of_owner(session: Session, account_id: int, *, limit: int) -> list[TakeoverView]:
    """The talks that somebody leads or will lead, by how soon they have to look."""
    query = select(Takeover).where(Takeover.owner_id == account_id, Takeover.ended_at.is_(None))
    rows = session.scalars(query.order_by(Takeover.due_at, Takeover.id).limit(limit))
    return [TakeoverView.model_validate(row) for row in rows]


def talk_for(session: Session, takeover_id: int, member: StaffMember) -> TakeoverView:
    """One talk, also an ended one. Raises NotFound, and NotAllowed for whoever may not lead it."""
    row = session.get(Takeover, takeover_id)
    if row is None:
        raise NotFound()
    owner = security.staff_members(session, {row.owner_id})[row.owner_id]
    if not rules.may_lead(member, owner=owner, role=Role(row.role), had=row.tried):
        raise NotAllowed()
    return TakeoverView.model_validate(row)


def responses(
    session: Session, role: Role, *, ids: Collection[int] = (), openids: Collection[str] = ()
) -> list[TalkResponse]:
    """The waits for a person of that role in these talks, and in those with these customers."""
    query = select(Takeover).where(
        or_(Takeover.id.in_(ids), Takeover.openid.in_(openids)),
        Takeover.role == role,
        Takeover.asked_at.is_not(None),
    )
    return [
        TalkResponse(
            id=row.id,
            openid=row.openid,
            account_id=row.responded_by or row.owner_id,
            asked_at=row.asked_at,
            responded_at=row.responded_at,
        )
        for row in session.scalars(query.order_by(Takeover.id))
        if row.asked_at is not None
    ]


def talk_ids(session: Session, *, after: int, limit: int) -> list[int]:
    """The talks that people have led or lead, by number."""
    query = select(Takeover.id).where(Takeover.id > after).order_by(Takeover.id)
    return list(session.scalars(query.limit(limit)))


def open_talks(session: Session) -> dict[int, int]:
    """How many talks each member of staff has now; who has none is not in it."""
    query = select(Takeover.owner_id, func.count(Takeover.id)).where(Takeover.ended_at.is_(None))
    return dict(session.execute(query.group_by(Takeover.owner_id)).all())


def may_read_talk_of(session: Session, ticket_id: int, account_id: int) -> bool:
    """Whether somebody may read the talk that a ticket belongs to, and so what was sent in it."""
    query = select(Takeover).where(Takeover.ticket_id == ticket_id).order_by(Takeover.id.desc())
    row = session.scalars(query.limit(1)).one_or_none()
    if row is None:
        return False
    people = security.staff_members(session, {account_id, row.owner_id})
    return rules.may_lead(
        people[account_id], owner=people[row.owner_id], role=Role(row.role), had=row.tried
    )


def unnamed_numbers_of(session: Session, openid: str) -> list[str]:
    """The numbers of what somebody told us without a name: what mentions them is not shown beside
    the name."""
    query = select(Ticket.number).where(Ticket.openid == openid, Ticket.is_anonymous.is_(True))
    return list(session.scalars(query.order_by(Ticket.id.desc()).limit(50)))


def _views(session: Session, tickets: list[Ticket]) -> list[TicketView]:
    owners = security.staff_members(session, {t.owner_id for t in tickets if t.owner_id})
    return [
        TicketView.model_validate(ticket).model_copy(
            update={"owner_name": owners[ticket.owner_id].name if ticket.owner_id else None}
        )
        for ticket in tickets
    ]

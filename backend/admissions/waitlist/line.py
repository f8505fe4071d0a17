"""The line of a class: joining, leaving, and where one stands."""

from collections.abc import Collection

from sqlalchemy import Select, func, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from backend.admissions import service
from backend.admissions.models import Waiting
from backend.admissions.waitlist import rules
from backend.admissions.waitlist.schemas import (
    OPEN,
    Line,
    SeatsFree,
    WaitForm,
    WaitingStatus,
    WaitingView,
)
from backend.kit import clock
from backend.kit.errors import NotFound
from backend.security import queries as staff
from backend.security import service as security
from backend.security.schemas import StaffMember
from backend.students import service as students
from backend.students.file import consents
from backend.students.schemas import PRIVACY_NOTICE
from backend.teaching import queries as classes
from backend.teaching import service as teaching

HOLDER = "waiting:"
PAGE = 200


def join(session: Session, form: WaitForm) -> WaitingView:
    """Put a child into the line of a full class. The same message again, or a child that waits
    already, gives the place that is there. Raises SeatsFree, NotFound (the class is closed)."""
    again = session.scalar(select(Waiting).where(Waiting.source_key == form.source_key))
    if again is not None:
        return _view(session, again)
    found = classes.offers(session, class_group_ids=[form.class_group_id])
    if not found:
        raise NotFound()
    free = teaching.free_seats(session, class_group_id=form.class_group_id)
    known = session.scalar(_of_child(form))
    if known is not None:
        return _view(session, known)
    if free:
        raise SeatsFree(class_name=found[0].name)
    lead = service.open_lead(
        session,
        openid=form.openid,
        interest=f"候补{found[0].name}",
        campus_id=found[0].campus_id,
    )
    row = Waiting(
        lead_id=lead.id,
        openid=form.openid,
        class_group_id=form.class_group_id,
        from_class_id=form.from_class_id,
        child_name=form.child_name,
        grade=form.grade,
        phone=form.phone,
        status=WaitingStatus.WAITING,
        rank=rules.rank_of(is_transfer=form.from_class_id is not None),
        joined_at=clock.now(),
        source_key=form.source_key,
    )
    try:
        with session.begin_nested():
            session.add(row)
    except IntegrityError:  # The same child at the same moment.
        return _view(session, session.scalars(_of_child(form)).one())
    if form.privacy_version is not None:
        students.record_consent(
            session, openid=form.openid, purpose=PRIVACY_NOTICE, version=form.privacy_version
        )
        speaker = staff.speaker(session, form.openid)
        consents.give(session, speaker, consents.Purpose.CHILD, way="chat")
    service.note(session, lead_id=lead.id, text=f"{form.child_name}候补{found[0].name}")
    return _view(session, row)


def leave(session: Session, *, openid: str, waiting_id: int) -> WaitingView:
    """A family waits no longer; a seat that was offered goes on. Twice is fine. Raises NotFound for
    somebody else's."""
    row = locked(session, waiting_id)
    if row is None or row.openid != openid:
        raise NotFound()
    _close(session, row, WaitingStatus.LEFT, "不再候补")
    return _view(session, row)


def strike(session: Session, *, waiting_id: int, by: StaffMember) -> int:
    """Staff take a child out of the line; returns the class. Twice is fine. Raises NotFound."""
    row = locked(session, waiting_id)
    if row is None:
        raise NotFound()
    if row.status in OPEN:
        security.audit(
            session,
            actor=f"account:{by.id}",
            action="waiting.struck",
            subject=f"waiting:{row.id}",
        )
    _close(session, row, WaitingStatus.LEFT, f"{by.name}移出了候补")
    return row.class_group_id


def lines_of(session: Session, openid: str) -> list[WaitingView]:
    """Where a family stands in all its lines, offered seats first."""
    query = select(Waiting).where(Waiting.openid == openid, Waiting.status.in_(OPEN))
    rows = session.scalars(query.order_by(Waiting.status, Waiting.id).limit(10))
    return [_view(session, row) for row in rows]


def lines(session: Session, *, campus_id: int | None) -> list[Line]:
    """Classes that somebody waits for, the longest line first."""
    query = (
        select(
            Waiting.class_group_id,
            func.count().filter(Waiting.status == WaitingStatus.WAITING),
            func.count().filter(Waiting.status == WaitingStatus.OFFERED),
            func.min(Waiting.joined_at),
        )
        .where(Waiting.status.in_(OPEN))
        .group_by(Waiting.class_group_id)
        .limit(PAGE)
    )
    if campus_id is not None:
        query = query.where(
            Waiting.class_group_id.in_(classes.class_ids_of_campus(session, campus_id))
        )
    rows = session.execute(query).all()
    names = classes.class_names(session, [row[0] for row in rows])
    found = [
        Line(class_group_id=id_, class_name=names[id_], waiting=w, offered=o, since=since)
        for id_, w, o, since in rows
    ]
    return sorted(found, key=lambda each: (-each.waiting - each.offered, each.since))


def of_class(session: Session, class_group_id: int) -> list[WaitingView]:
    """The line of one class: offered seats first, then in the order of the line."""
    query = select(Waiting).where(
        Waiting.class_group_id == class_group_id, Waiting.status.in_(OPEN)
    )
    rows = session.scalars(query.order_by(Waiting.status, *_ORDER).limit(PAGE)).all()
    name = classes.class_name(session, class_group_id)
    offered = sum(row.status == WaitingStatus.OFFERED for row in rows)
    return [_shown(row, name, max(0, place - offered)) for place, row in enumerate(rows, 1)]


def numbers_of(session: Session, waiting_ids: Collection[int]) -> dict[int, int]:
    """The lead behind each."""
    query = select(Waiting.id, Waiting.lead_id).where(Waiting.id.in_(waiting_ids))
    return dict(session.execute(query).all())


def locked(session: Session, waiting_id: int) -> Waiting | None:
    """A row as it is now, behind its class: whoever changes a line locks the class first."""
    query = select(Waiting.class_group_id).where(Waiting.id == waiting_id)
    class_group_id = session.scalar(query)
    if class_group_id is None:
        return None
    teaching.free_seats(session, class_group_id=class_group_id)
    return session.get(Waiting, waiting_id, with_for_update=True, populate_existing=True)


def _close(session: Session, row: Waiting, status: WaitingStatus, note: str) -> None:
    if row.status not in OPEN:
        return
    row.status, row.closed_at = status, clock.now()
    session.flush()
    service.note(session, lead_id=row.lead_id, text=f"{row.child_name}：{note}")
    # A seat that was offered is free again, and teaching says so to whoever waits.
    teaching.release_seat(session, holder=f"{HOLDER}{row.id}")


def _of_child(form: WaitForm) -> Select[Waiting]:
    return select(Waiting).where(
        Waiting.openid == form.openid,
        Waiting.class_group_id == form.class_group_id,
        Waiting.child_name == form.child_name,
        Waiting.status.in_(OPEN),
    )


_ORDER = (Waiting.rank, Waiting.joined_at, Waiting.id)


def _view(session: Session, row: Waiting) -> WaitingView:
    place = 0
    if row.status == WaitingStatus.WAITING:
        before = select(func.count(Waiting.id)).where(
            Waiting.class_group_id == row.class_group_id,
            Waiting.status == WaitingStatus.WAITING,
            (Waiting.rank < row.rank)
            | ((Waiting.rank == row.rank) & (Waiting.joined_at < row.joined_at))
            | (
                (Waiting.rank == row.rank)
                & (Waiting.joined_at == row.joined_at)
                & (Waiting.id < row.id)
            ),
        )
        place = (session.scalar(before) or 0) + 1
    return _shown(row, classes.class_name(session, row.class_group_id), place)


def _shown(row: Waiting, class_name: str, place: int) -> WaitingView:
    return WaitingView(
        id=row.id,
        class_group_id=row.class_group_id,
        class_name=class_name,
        openid=row.openid,
        child_name=row.child_name,
        grade=row.grade,
        status=WaitingStatus(row.status),
        place=place,
        from_class_id=row.from_class_id,
        joined_at=row.joined_at,
        offer_until=row.offer_until,
        phone=row.phone,
    )

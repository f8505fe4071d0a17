"""Offers of free seats to those who wait: made, taken, declined, over.

An offered seat is a held seat, so that nobody else can have it and no seat is offered twice: who is
first is decided under the lock of the class, as every seat is.
"""

from datetime import timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from backend.admissions import queries, service
from backend.admissions.models import Waiting
from backend.admissions.waitlist import rules
from backend.admissions.waitlist.line import HOLDER, locked
from backend.admissions.waitlist.schemas import OfferOver, WaitingStatus
from backend.kit import clock
from backend.kit.errors import NotFound
from backend.outbox import service as outbox
from backend.outbox.schemas import Notice, Recipient
from backend.security import queries as staff
from backend.teaching import queries as classes
from backend.teaching import service as teaching
from backend.teaching.life import seats
from backend.teaching.schemas import SeatEnded


def seat_ended(session: Session, event: SeatEnded) -> None:
    """Listener: a seat is free again, for whoever is first in line."""
    if _is_awaited(session, event.class_group_id):
        promote(session, class_group_id=event.class_group_id)


def promote(session: Session, *, class_group_id: int) -> int:
    """Offer the free seats of a class to the first in its line; returns how many were offered."""
    free = teaching.free_seats(session, class_group_id=class_group_id)
    query = (
        select(Waiting)
        .where(Waiting.class_group_id == class_group_id, Waiting.status == WaitingStatus.WAITING)
        .order_by(Waiting.rank, Waiting.joined_at, Waiting.id)
        .limit(free)
        .with_for_update()
    )
    first = session.scalars(query.execution_options(populate_existing=True)).all() if free else []
    for row in first:
        row.status, row.offered_at = WaitingStatus.OFFERED, clock.now()
        row.offer_until = rules.offered_until(clock.now())
        _hold(session, row)
        _note(session, row, "有名额了，已通知家长")
        _tell_family(session, row, "waitlist_transfer" if row.from_class_id else "waitlist_offer")
        _tell_advisor(session, row, "waitlist_offer_advisor")
    session.flush()
    return len(first)


def accept(session: Session, *, openid: str, waiting_id: int) -> None:
    """A family wants the seat: it is held until they have signed up, half an hour at least. Saying
    so twice is fine. Raises OfferOver after the deadline or when nothing was offered, NotFound."""
    row = _own(session, openid, waiting_id)
    _require_offer(session, row)
    if row.accepted_at is None:
        row.accepted_at = clock.now()
        assert row.offer_until is not None
        row.offer_until = rules.accepted_until(row.offer_until, clock.now())
        _hold(session, row)
        _note(session, row, "接受了候补名额，正在报名")
    session.flush()


def move_over(session: Session, *, openid: str, waiting_id: int, student_id: int, by: str) -> None:
    """A learner who has paid for the course takes the offered seat by changing class, from tomorrow
    on. Raises what `accept` and `seats.change_class` raise."""
    row = _own(session, openid, waiting_id)
    _require_offer(session, row)
    if row.from_class_id is None:
        raise NotFound()
    teaching.drop_hold(session, holder=f"{HOLDER}{row.id}")
    seats.change_class(
        session,
        student_id=student_id,
        from_class=row.from_class_id,
        to_class=row.class_group_id,
        on=clock.today() + timedelta(days=1),
        by=by,
    )
    _take(session, row)


def decline(session: Session, *, openid: str, waiting_id: int) -> None:
    """A family does not want the seat: the next one gets it. Twice is fine."""
    row = _own(session, openid, waiting_id)
    if row.status == WaitingStatus.OFFERED:
        _end(session, row, WaitingStatus.DECLINED, "放弃了候补名额")


def take(session: Session, *, openid: str, class_group_id: int, child_name: str) -> str | None:
    """Who signs up for a class with a seat offered in it takes that one: the name under which it is
    held, None without an offer that stands."""
    query = select(Waiting.id, Waiting.child_name).where(
        Waiting.openid == openid,
        Waiting.class_group_id == class_group_id,
        Waiting.status == WaitingStatus.OFFERED,
    )
    offered = session.execute(query.order_by(Waiting.id)).all()
    chosen = [id_ for id_, name in offered if name == child_name] or [id_ for id_, _ in offered]
    row = locked(session, chosen[0]) if chosen else None
    if row is None or not _stands(row):
        return None
    _take(session, row)
    return f"{HOLDER}{row.id}"


def over(session: Session) -> list[int]:
    """Offers whose time is over."""
    query = select(Waiting.id).where(
        Waiting.status == WaitingStatus.OFFERED, Waiting.offer_until <= clock.now()
    )
    return list(session.scalars(query.order_by(Waiting.offer_until).limit(200)))


def expire(session: Session, *, waiting_id: int) -> None:
    """An offer that nobody took goes on to the next, if its time is over indeed."""
    row = locked(session, waiting_id)
    if row is None or row.status != WaitingStatus.OFFERED or _stands(row):
        return
    _end(session, row, WaitingStatus.EXPIRED, "候补名额到时没有接受")
    _tell_family(session, row, "waitlist_over")
    _tell_advisor(session, row, "waitlist_over_advisor")


def awaited(session: Session) -> list[int]:
    """Classes that somebody waits for: whatever became of an event, free seats are found here."""
    query = select(Waiting.class_group_id).where(Waiting.status == WaitingStatus.WAITING)
    return list(session.scalars(query.distinct().order_by(Waiting.class_group_id)))


def _is_awaited(session: Session, class_group_id: int) -> bool:
    query = select(Waiting.id).where(
        Waiting.class_group_id == class_group_id, Waiting.status == WaitingStatus.WAITING
    )
    return session.scalar(query.limit(1)) is not None


def _own(session: Session, openid: str, waiting_id: int) -> Waiting:
    row = locked(session, waiting_id)
    if row is None or row.openid != openid:
        raise NotFound()
    return row


def _stands(row: Waiting) -> bool:
    return (
        row.status == WaitingStatus.OFFERED
        and row.offer_until is not None
        and row.offer_until > clock.now()
    )


def _require_offer(session: Session, row: Waiting) -> None:
    if not _stands(row):
        raise OfferOver(class_name=classes.class_name(session, row.class_group_id))


def _hold(session: Session, row: Waiting) -> None:
    assert row.offer_until is not None
    teaching.hold_seat(
        session,
        class_group_id=row.class_group_id,
        holder=f"{HOLDER}{row.id}",
        until=row.offer_until + rules.MARGIN,
    )


def _take(session: Session, row: Waiting) -> None:
    row.status, row.closed_at = WaitingStatus.TAKEN, clock.now()
    _note(session, row, "用上了候补名额")


def _end(session: Session, row: Waiting, status: WaitingStatus, note: str) -> None:
    row.status, row.closed_at = status, clock.now()
    _note(session, row, note)
    teaching.release_seat(session, holder=f"{HOLDER}{row.id}")  # And with it to the next.


def _note(session: Session, row: Waiting, text: str) -> None:
    service.note(session, lead_id=row.lead_id, text=f"{row.child_name}：{text}")


def _values(session: Session, row: Waiting) -> dict[str, str]:
    assert row.offer_until is not None
    return {
        "child": row.child_name,
        "class_name": classes.class_name(session, row.class_group_id),
        "until": f"{clock.local(row.offer_until):%m月%d日 %H:%M}",
    }


def _tell_family(session: Session, row: Waiting, template: str) -> None:
    outbox.post(
        session,
        to=Recipient(openid=row.openid, phone=row.phone),
        notice=Notice(template=template, values=_values(session, row)),
        dedupe_key=f"{template}:{row.id}",
    )


def _tell_advisor(session: Session, row: Waiting, template: str) -> None:
    customer = queries.family_of(session, row.openid) or f"客户{row.lead_id}"
    for account_id in queries.advisors_of(session, row.lead_id):
        outbox.post(
            session,
            to=staff.recipient_of(session, account_id),
            notice=Notice(
                template=template, values={**_values(session, row), "customer": customer}
            ),
            dedupe_key=f"{template}:{row.id}:{account_id}",
        )

"""Exactly those are told of a change whom it concerns, each once, with a number to answer with: it
was seen, or it does not suit."""

from collections import defaultdict
from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from backend.kit import clock, events
from backend.kit.errors import NotFound
from backend.outbox import service as outbox
from backend.outbox.schemas import Notice, Recipient
from backend.security import queries as staff
from backend.security.schemas import Role, Speaker
from backend.students import queries as students
from backend.students.schemas import TicketKind
from backend.students.tickets import desk
from backend.teaching.drafts import views, words
from backend.teaching.drafts.schemas import Move, MoveView
from backend.teaching.models import Attendance, Guest
from backend.teaching.schemas import GuestMoved, Mark
from backend.teaching.timetable_models import ChangeReceipt, TimetableChange


def tell(session: Session, change: TimetableChange, moves: Sequence[Move]) -> None:
    """Tell the families of whoever has a place in these lessons, on leave or not, their teachers
    and assistants before and after, and whoever comes to try; whoever made the change knows."""
    shown = {each.move.lesson_id: each for each in views.moves(session, moves)}
    families: dict[int, list[MoveView]] = defaultdict(list)
    places = (
        select(Attendance.student_id, Attendance.lesson_id)
        .where(Attendance.lesson_id.in_(shown), Attendance.status != Mark.FREED)
        .order_by(Attendance.lesson_id, Attendance.student_id)
    )
    for student_id, lesson_id in session.execute(places):
        families[student_id].append(shown[lesson_id])
    colleagues: dict[int, list[MoveView]] = defaultdict(list)
    for view in shown.values():
        was, becomes = view.move.was, view.move.becomes
        people = {was.teacher_id, was.assistant_id, becomes.teacher_id, becomes.assistant_id}
        for account_id in people - {None, change.by}:
            colleagues[account_id or 0].append(view)
    told = [ChangeReceipt(change_id=change.id, student_id=who) for who in sorted(families)]
    told += [ChangeReceipt(change_id=change.id, account_id=who) for who in sorted(colleagues)]
    session.add_all(told)
    session.flush()
    children = students.students(session, families.keys())
    for receipt in told:
        if receipt.student_id is not None:
            values = {
                "child": children[receipt.student_id].name,
                "moves": words.moves(families[receipt.student_id]),
            }
            for place, to in enumerate(students.family_of(session, receipt.student_id)):
                _post(session, receipt, to, "lesson_moved", values, change.reason, place)
        else:
            account_id = receipt.account_id or 0
            values = {"moves": words.moves(colleagues[account_id])}
            to = staff.recipient_of(session, account_id)
            _post(session, receipt, to, "lesson_moved_staff", values, change.reason, 0)
    guests = select(Guest.holder).where(Guest.lesson_id.in_(shown), Guest.status == Mark.EXPECTED)
    for holder in session.scalars(guests.order_by(Guest.id)).all():
        events.publish(session, GuestMoved(holder=holder))


def _post(
    session: Session,
    receipt: ChangeReceipt,
    to: Recipient,
    template: str,
    values: dict[str, str],
    reason: str,
    place: int,
) -> None:
    number = {"number": str(receipt.id), "reason": reason or words.NO_REASON}
    outbox.post(
        session,
        to=to,
        notice=Notice(template=template, values={**values, **number}),
        dedupe_key=f"lesson-moved:{receipt.id}:{place}",
    )


def note_seen(session: Session, *, receipt_id: int, by: Speaker) -> str:
    """Whoever was told has seen it; saying so again changes nothing. Returns the ticket of an
    objection made before, or "". Raises NotFound, also for whom it was not meant."""
    receipt = _of(session, receipt_id, by)
    receipt.seen_at = receipt.seen_at or clock.now()
    session.flush()
    return receipt.ticket_number or ""


def object_to(session: Session, *, receipt_id: int, by: Speaker, text: str) -> str:
    """It does not suit whoever was told: academic affairs get a ticket about it, once; returns its
    number. Raises NotFound, also for whom it was not meant."""
    receipt = _of(session, receipt_id, by)
    now = clock.now()
    receipt.seen_at = receipt.seen_at or now
    if receipt.ticket_number is None:
        moved = words.of_changes(session, [receipt.change_id]).get(receipt.change_id, "")
        who = by.name or ""
        if receipt.student_id is not None:
            who = students.student(session, receipt.student_id).name
        ticket = desk.open_ticket(
            session,
            openid=by.openid,
            kind=TicketKind.REQUEST,
            text=words.OBJECTION.format(who=who, moves=moved, words=text or words.NO_WORDS),
            source_key=f"timetable-change:{receipt.id}",
            roles=(Role.ACADEMIC,),
            customer=who or "微信客户",
        )
        receipt.objected_at, receipt.words = now, text
        receipt.ticket_number = ticket.number
    session.flush()
    return receipt.ticket_number


def _of(session: Session, receipt_id: int, by: Speaker) -> ChangeReceipt:
    """A receipt for whom it was meant: a learner's guardians and the learner, or the colleague."""
    receipt = session.get(ChangeReceipt, receipt_id, with_for_update=True)
    if receipt is None:
        raise NotFound()
    if receipt.account_id is not None:
        if receipt.account_id != by.account_id:
            raise NotFound()
        return receipt
    own = {by.student_id}
    if by.guardian_id is not None:
        own |= {child.id for child in students.children_of(session, by.guardian_id)}
    if receipt.student_id not in own - {None}:
        raise NotFound()
    return receipt

"""欠费课时: lessons that were taught before their instalment was paid.

Between the due day and the seventh day after it lessons go on. Such a lesson is revenue (it was
delivered) against a receivable. When the part is paid, the receivable is taken back and the lesson
comes out of the lesson account that the payment opened, as any other; when it is written off, the
receivable is a loss. What was not taught was never booked, so calling it off moves no money.
"""

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from backend.finance import ledger
from backend.finance.arrears import rules
from backend.finance.arrears.models import CreditLesson, Instalment, InstalmentPlan
from backend.finance.arrears.schemas import PartStatus
from backend.finance.posting import Event
from backend.kit import clock
from backend.teaching.schemas import AttendanceSettled


def note(session: Session, settled: AttendanceSettled) -> None:
    """A lesson found no account to come out of: where an instalment is open for it, it is owed."""
    if _standing(session, settled.attendance_id) is not None:
        return
    query = (
        select(Instalment)
        .join(InstalmentPlan, InstalmentPlan.id == Instalment.plan_id)
        .where(
            InstalmentPlan.student_id == settled.student_id,
            InstalmentPlan.started_at.is_not(None),
            Instalment.status == PartStatus.OPEN,
        )
        .order_by(Instalment.due_on, Instalment.id)
        .with_for_update(of=Instalment)
    )
    for part in session.scalars(query):
        line = next((x for x in part.lines if x["course_id"] == settled.course_id), None)
        if line is None or not line["lesson_count"]:
            continue
        if _count(session, part) >= line["lesson_count"]:
            continue
        amount_fen = line["net_fen"] // (line["lesson_count"] + line["gift_count"])
        key = f"credit:{settled.attendance_id}:{settled.revision}"
        if not amount_fen:
            return
        session.add(
            CreditLesson(
                attendance_id=settled.attendance_id,
                instalment_id=part.id,
                amount_fen=amount_fen,
                source_key=key,
                settled=settled.model_dump(mode="json"),
                at=clock.now(),
            )
        )
        ledger.post(
            session,
            event=Event.CREDIT,
            source_key=key,
            booked_on=clock.today(),
            postings=rules.credit_of(amount_fen, **_tags(part, settled)),
        )
        return


def take_back(session: Session, attendance_id: int) -> None:
    """The lesson has come out of an account, or consumes nothing after all: nothing is owed for it
    any more, and what was given up as lost is not lost."""
    lesson = _standing(session, attendance_id)
    if lesson is None:
        return
    lesson.closed_at = clock.now()
    part = session.get_one(Instalment, lesson.instalment_id)
    tags = _tags(part, AttendanceSettled.model_validate(lesson.settled))
    postings = rules.turned(rules.credit_of(lesson.amount_fen, **tags))
    if lesson.is_lost:
        postings += rules.turned(rules.loss_of(lesson.amount_fen, **tags))
    ledger.post(
        session,
        event=Event.REVERSAL,
        source_key=f"{lesson.source_key}:back",
        booked_on=clock.today(),
        postings=postings,
    )


def owed_for(session: Session, part: Instalment, *, limit: int) -> list[AttendanceSettled]:
    """The attendances of up to so many lessons that were taught on credit of a part, as they were
    settled, but told to nobody any more."""
    return [
        AttendanceSettled.model_validate(lesson.settled).model_copy(update={"is_told": False})
        for lesson in _lessons(session, part)[:limit]
    ]


def lose(session: Session, part: Instalment) -> int:
    """The part is written off: what is owed for lessons taught is a loss; returns its fen."""
    owed = _lessons(session, part)
    loss_fen = sum(lesson.amount_fen for lesson in owed)
    for lesson in owed:
        lesson.is_lost = True
    if loss_fen:
        ledger.post(
            session,
            event=Event.BAD_DEBT,
            source_key=f"write-off:{part.id}",
            booked_on=clock.today(),
            postings=rules.loss_of(loss_fen, campus_id=part.plan.campus_id),
            summary="坏账核销",
        )
    return loss_fen


def owed_fen(session: Session, part: Instalment) -> int:
    """What has been taught on credit of a part."""
    return sum(lesson.amount_fen for lesson in _lessons(session, part))


def _tags(part: Instalment, settled: AttendanceSettled) -> dict[str, int | None]:
    """Where the money belongs in the reports."""
    return {
        "campus_id": part.plan.campus_id,
        "course_id": settled.course_id,
        "class_group_id": settled.class_group_id,
    }


def _lessons(session: Session, part: Instalment) -> list[CreditLesson]:
    query = select(CreditLesson).where(
        CreditLesson.instalment_id == part.id, CreditLesson.closed_at.is_(None)
    )
    return list(session.scalars(query.order_by(CreditLesson.id).with_for_update()))


def _count(session: Session, part: Instalment) -> int:
    query = select(func.count(CreditLesson.id)).where(
        CreditLesson.instalment_id == part.id, CreditLesson.closed_at.is_(None)
    )
    return session.scalar(query) or 0


def _standing(session: Session, attendance_id: int) -> CreditLesson | None:
    query = select(CreditLesson).where(
        CreditLesson.attendance_id == attendance_id, CreditLesson.closed_at.is_(None)
    )
    return session.scalars(query.with_for_update()).one_or_none()

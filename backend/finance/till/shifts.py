"""交班: a drawer from its float to the count, confirmed by somebody else. What differs is explained
by the cashier and booked by who confirms; then the shift is closed for good."""

from collections.abc import Mapping

from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from backend.finance import ledger
from backend.finance.models import Payment
from backend.finance.posting import Event
from backend.finance.schemas import PaymentMethod, PaymentStatus
from backend.finance.till import rules
from backend.finance.till.models import Shift, Taking
from backend.finance.till.words import (
    CountWrong,
    NoShift,
    OwnShift,
    ShiftDone,
    ShiftStatus,
    ShiftView,
    Verdict,
)
from backend.kit import clock
from backend.kit.errors import NotAllowed, NotFound
from backend.kit.money import yuan
from backend.outbox.schemas import Notice
from backend.security import service as security
from backend.security.schemas import Role, StaffMember

MOST_FLOAT_FEN = 10_000_00


def begin(session: Session, *, by: StaffMember, campus_id: int, float_fen: int) -> int:
    """Open a shift with what lies in the drawer; one that is open already is given again. Raises
    CountWrong, NotAllowed (another campus), ShiftDone while one is counted and not yet confirmed.
    """
    if not 0 <= float_fen <= MOST_FLOAT_FEN:
        raise CountWrong(why="float")
    if by.campus_id not in (None, campus_id):
        raise NotAllowed()
    running = _running(session, by)
    if running is not None:
        if running.status == ShiftStatus.OPEN:
            return running.id
        raise ShiftDone(status=running.status)
    shift = Shift(
        campus_id=campus_id,
        cashier_id=by.id,
        status=ShiftStatus.OPEN,
        opened_at=clock.now(),
        float_fen=float_fen,
        counted={},
        explanation="",
        banked_fen=0,
    )
    try:
        with session.begin_nested():
            session.add(shift)
    except IntegrityError:  # The same form at once.
        return open_of(session, by).id
    _audit(session, by, "shift.opened", shift, float_fen=float_fen)
    return shift.id


def open_of(session: Session, by: StaffMember) -> Shift:
    """The open shift of a cashier, held until the unit ends. Raises NoShift."""
    shift = _running(session, by)
    if shift is None or shift.status != ShiftStatus.OPEN:
        raise NoShift()
    return shift


def count(
    session: Session,
    *,
    by: StaffMember,
    counted: Mapping[str, int],
    cheques_fen: int,
    explanation: str,
) -> int:
    """Say what lies in the drawer; a difference is explained. Whoever confirms is told. Raises
    NoShift, CountWrong."""
    shift = open_of(session, by)
    found_fen = rules.counted_fen(counted)
    cash_fen, expected_cheques = _expected(session, shift)
    differs = found_fen != cash_fen or cheques_fen != expected_cheques
    if differs and not explanation.strip():
        raise CountWrong(why="unexplained", difference_fen=found_fen - cash_fen)
    shift.counted = {face: n for face, n in counted.items() if n}
    shift.counted_fen, shift.expected_fen = found_fen, cash_fen
    shift.counted_cheques_fen, shift.expected_cheques_fen = cheques_fen, expected_cheques
    shift.explanation = explanation.strip()[:200]
    shift.status, shift.counted_at = ShiftStatus.COUNTED, clock.now()
    _audit(session, by, "shift.counted", shift, fen=found_fen, expected_fen=cash_fen)
    security.tell(
        session,
        Role.ACCOUNTANT,
        notice=Notice(
            template="shift_counted",
            values={
                "who": by.name,
                "amount": yuan(found_fen),
                "difference": _difference(found_fen - cash_fen),
            },
        ),
        dedupe_key=f"shift:{shift.id}:{shift.counted_at:%Y%m%d%H%M%S%f}",
    )
    return shift.id


def confirm(
    session: Session, *, shift_id: int, by: StaffMember, verdict: Verdict, banked_fen: int = 0
) -> None:
    """Close a counted shift for good: the difference is booked, and what goes to the bank. Raises
    NotFound, ShiftDone, OwnShift, CountWrong."""
    shift = _counted(session, shift_id, by)
    difference_fen = (shift.counted_fen or 0) - (shift.expected_fen or 0)
    if not rules.fits(verdict, difference_fen):
        raise CountWrong(why="verdict")
    if not 0 <= banked_fen <= (shift.counted_fen or 0):
        raise CountWrong(why="banked")
    for event, key, postings in (
        (
            Event.CASH_COUNT,
            f"shift:{shift.id}",
            rules.difference_of(difference_fen, verdict, campus_id=shift.campus_id)
            if difference_fen
            else [],
        ),
        (
            Event.MONEY_MOVED,
            f"shift:{shift.id}:banked",
            rules.banked_of(banked_fen, campus_id=shift.campus_id) if banked_fen else [],
        ),
    ):
        if postings:
            ledger.post(
                session,
                event=event,
                source_key=key,
                booked_on=clock.today(),
                postings=postings,
                summary=shift.explanation,
                actor=f"account:{by.id}",
            )
    shift.verdict, shift.banked_fen = verdict, banked_fen
    shift.confirmed_by, shift.closed_at = by.id, clock.now()
    shift.status = ShiftStatus.CLOSED
    _audit(session, by, "shift.closed", shift, difference_fen=difference_fen, verdict=verdict)


def send_back(session: Session, *, shift_id: int, by: StaffMember) -> None:
    """The count does not convince: the cashier counts again. Raises what `confirm` raises."""
    shift = _counted(session, shift_id, by)
    shift.status = ShiftStatus.OPEN
    _audit(session, by, "shift.sent_back", shift)


def running_view(session: Session, by: StaffMember) -> ShiftView | None:
    """The cashier's own shift that is not closed, with what should be in it by now."""
    shift = session.scalar(
        select(Shift).where(Shift.cashier_id == by.id, Shift.status != ShiftStatus.CLOSED)
    )
    if shift is None:
        return None
    view = ShiftView.model_validate(shift)
    if shift.status == ShiftStatus.OPEN:
        cash_fen, cheques_fen = _expected(session, shift)
        return view.model_copy(
            update={"expected_fen": cash_fen, "expected_cheques_fen": cheques_fen}
        )
    return view


def shifts(session: Session, member: StaffMember, *, limit: int = 30) -> list[ShiftView]:
    """The last shifts, those that wait first; for a member of staff of a campus those of it."""
    query = select(Shift).order_by(Shift.status == ShiftStatus.CLOSED, Shift.id.desc())
    if member.campus_id is not None:
        query = query.where(Shift.campus_id == member.campus_id)
    return [ShiftView.model_validate(row) for row in session.scalars(query.limit(limit))]


def _expected(session: Session, shift: Shift) -> tuple[int, int]:
    """Cash that should lie in a drawer, and the cheques taken in the shift, by one query."""
    rows = session.execute(
        select(Payment.method, func.sum(Payment.amount_fen))
        .join(Taking, Taking.payment_id == Payment.id)
        .where(Taking.shift_id == shift.id)
        .where((Payment.method != PaymentMethod.CASH) | (Payment.status == PaymentStatus.SUCCEEDED))
        .group_by(Payment.method)
    )
    taken = {method: int(fen) for method, fen in rows}
    cash_fen = shift.float_fen + taken.get(PaymentMethod.CASH, 0)
    return cash_fen, taken.get(PaymentMethod.CHEQUE, 0)


def _running(session: Session, by: StaffMember) -> Shift | None:
    return session.scalar(
        select(Shift)
        .where(Shift.cashier_id == by.id, Shift.status != ShiftStatus.CLOSED)
        .with_for_update()
        .execution_options(populate_existing=True)
    )


def _counted(session: Session, shift_id: int, by: StaffMember) -> Shift:
    shift = session.scalar(
        select(Shift)
        .where(Shift.id == shift_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    if shift is None:
        raise NotFound()
    if by.campus_id not in (None, shift.campus_id):
        raise NotAllowed()
    if shift.cashier_id == by.id:
        raise OwnShift()
    if shift.status != ShiftStatus.COUNTED:
        raise ShiftDone(status=shift.status)
    return shift


def _difference(fen: int) -> str:
    if fen == 0:
        return "账实相符"
    return f"{'多' if fen > 0 else '少'}{yuan(abs(fen))}"


def _audit(session: Session, by: StaffMember, action: str, shift: Shift, **detail: object) -> None:
    session.flush()
    security.audit(
        session, actor=f"account:{by.id}", action=action, subject=f"shift:{shift.id}", **detail
    )

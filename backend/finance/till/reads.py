"""What the pages of the till show."""

from datetime import timedelta

from pydantic import BaseModel, ConfigDict
from sqlalchemy import exists, select
from sqlalchemy.orm import Session

from backend.finance.models import Order, OrderLine, Payment
from backend.finance.schemas import OrderStatus, OrderView, PaymentMethod, PaymentStatus
from backend.finance.till.models import BankLine, Taking, TransferClaim
from backend.finance.till.words import LineStatus, LineView
from backend.kit import clock
from backend.security import queries as security
from backend.security.schemas import StaffMember
from backend.students import queries as students
from backend.teaching import queries as teaching

MOST = 100
RECENT = timedelta(days=30)


class PaymentLine(BaseModel):
    """One payment of an order, as the desk sees it."""

    model_config = ConfigDict(frozen=True)

    method: str
    status: str
    amount_fen: int
    paid_at: str


class ChequeLine(BaseModel):
    """A cheque under way."""

    model_config = ConfigDict(frozen=True)

    taking_id: int
    number: str
    amount_fen: int
    reference: str
    payer: str
    taken_on: str


def waiting(session: Session, member: StaffMember, *, said: str = "") -> list[OrderView]:
    """Orders that wait for money, the newest first; with words those whose number holds them. For a
    member of staff of a campus those of its classes, and those for no class."""
    query = select(Order).where(Order.status == OrderStatus.PENDING)
    if said:
        query = query.where(Order.number.contains(said, autoescape=True))
    if member.campus_id is not None:
        here = teaching.class_ids_of_campus(session, member.campus_id)
        ours = exists().where(
            OrderLine.order_id == Order.id,
            OrderLine.class_group_id.in_(here) | OrderLine.class_group_id.is_(None),
        )
        query = query.where(ours)
    rows = session.scalars(query.order_by(Order.id.desc()).limit(MOST))
    return [OrderView.model_validate(row) for row in rows]


def payments_of(session: Session, order_id: int) -> list[PaymentLine]:
    """Money of an order that is in or under way."""
    rows = session.scalars(
        select(Payment)
        .where(
            Payment.order_id == order_id,
            Payment.status.in_((PaymentStatus.SUCCEEDED, PaymentStatus.CLEARING)),
        )
        .order_by(Payment.id)
    )
    return [
        PaymentLine(
            method=row.method,
            status=row.status,
            amount_fen=row.amount_fen,
            paid_at=f"{clock.local(row.paid_at or row.created_at):%m月%d日 %H:%M}",
        )
        for row in rows
    ]


def claims_of(session: Session, order_id: int) -> list[str]:
    """Who is said to have transferred money for an order."""
    query = select(TransferClaim.payer).where(TransferClaim.order_id == order_id)
    return list(session.scalars(query.order_by(TransferClaim.id)))


def cheques(session: Session) -> list[ChequeLine]:
    """Cheques that the bank has not credited, the oldest first."""
    rows = session.scalars(
        select(Taking)
        .join(Payment, Payment.id == Taking.payment_id)
        .where(Payment.method == PaymentMethod.CHEQUE, Payment.status == PaymentStatus.CLEARING)
        .order_by(Taking.id)
        .limit(MOST)
    ).all()
    numbers = order_numbers(session, {row.payment.order_id for row in rows})
    return [
        ChequeLine(
            taking_id=row.id,
            number=numbers[row.payment.order_id],
            amount_fen=row.payment.amount_fen,
            reference=row.reference,
            payer=row.payer,
            taken_on=f"{clock.local(row.taken_at):%m月%d日}",
        )
        for row in rows
    ]


def bank_lines(session: Session) -> list[LineView]:
    """Lines of the bank's that nobody has decided about, those with a proposal first."""
    query = (
        select(BankLine)
        .where(BankLine.status == LineStatus.OPEN)
        .order_by(BankLine.proposed_id.is_(None), BankLine.booked_on, BankLine.id)
    )
    return [LineView.model_validate(row) for row in session.scalars(query.limit(MOST))]


def decided_lines(session: Session) -> list[LineView]:
    """What was decided lately, the newest first."""
    query = (
        select(BankLine)
        .where(BankLine.status != LineStatus.OPEN, BankLine.decided_at > clock.now() - RECENT)
        .order_by(BankLine.decided_at.desc())
    )
    return [LineView.model_validate(row) for row in session.scalars(query.limit(20))]


def order_numbers(session: Session, order_ids: set[int]) -> dict[int, str]:
    rows = session.execute(select(Order.id, Order.number).where(Order.id.in_(order_ids)))
    return {int(id_): str(number) for id_, number in rows}


def payer_name(session: Session, openid: str) -> str:
    """The name under which a payer is in our files, "" for somebody who is in none."""
    speaker = security.speaker(session, openid)
    if speaker.guardian_id is None:
        return ""
    return students.guardian_for_contract(session, speaker.guardian_id)[0]

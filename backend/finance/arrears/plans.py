"""分期: an unpaid order in parts, each paid by an order of its own.

A part pays for lessons of its own. So whatever has been paid is a debt of ours for lessons
(合同负债), what has not been paid is nobody's yet, and refunds, receipts and callbacks know no
instalments. Whoever changes a part holds its row; where an order is locked too, the order is first.
"""

from collections.abc import Sequence
from datetime import date, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from backend.finance import orders
from backend.finance import service as finance
from backend.finance.arrears import rules
from backend.finance.arrears.models import Instalment, InstalmentPlan
from backend.finance.arrears.schemas import PartClosed, PartStatus, PlanUnfit
from backend.finance.models import Order
from backend.finance.schemas import NewLine, OrderStatus, OrderView, PaymentStatus
from backend.kit import clock
from backend.kit.errors import NotFound
from backend.security import service as security
from backend.teaching import queries as teaching

PURPOSE = "instalment:"
PAY_WITHIN = timedelta(hours=2)


def make(session: Session, *, number: str, due_on: Sequence[date], by: str) -> InstalmentPlan:
    """Cut a pending order into parts: the first is paid now, the others by these days. The same
    plan again changes nothing. Raises NotFound, PlanUnfit."""
    order_id = session.scalar(select(Order.id).where(Order.number == number))
    if order_id is None:
        raise NotFound()
    order = orders.locked(session, order_id)
    known = session.scalar(select(InstalmentPlan).where(InstalmentPlan.order_id == order.id))
    if known is not None:
        return known
    _must_fit(order, due_on)
    campuses = [line.class_group_id for line in order.lines if line.class_group_id is not None]
    plan = InstalmentPlan(
        order_id=order.id,
        payer_openid=order.payer_openid,
        campus_id=teaching.campus_of(session, campuses[0]) if campuses else None,
        made_by=by,
        made_at=clock.now(),
    )
    session.add(plan)
    session.flush()
    lines = [NewLine.model_validate(line, from_attributes=True) for line in order.lines]
    first, *rest = rules.cut(lines, [1] * (len(due_on) + 1))
    for row, line in zip(order.lines, first, strict=True):
        row.lesson_count, row.gift_count = line.lesson_count, line.gift_count
        row.list_fen, row.net_fen = line.list_fen, line.net_fen
    order.total_fen = sum(line.net_fen for line in first)
    session.add(_part(plan, 1, clock.today(), first, order_id=order.id))
    for place, (on, part) in enumerate(zip(due_on, rest, strict=True), 2):
        session.add(_part(plan, place, on, part))
    session.flush()
    security.audit(
        session,
        actor=by,
        action="instalments.planned",
        subject=f"order:{order.number}",
        parts=len(due_on) + 1,
        now_fen=order.total_fen,
    )
    return plan


def bill(
    session: Session, *, instalment_id: int, openid: str, lessons: int | None = None
) -> OrderView:
    """An order for an open part, or for some lessons of it (part payment); one that waits for the
    same is given again. Raises NotFound, PartClosed."""
    part = locked(session, instalment_id)
    if part.status != PartStatus.OPEN:
        raise PartClosed(status=part.status)
    lines = lines_of(part)
    if lessons is not None and lessons < part.lessons:
        lines = rules.cut(lines, [lessons, part.lessons - lessons])[0]
    total_fen = sum(line.net_fen for line in lines)
    before = _orders_of(session, part.id)
    waiting = [
        order
        for order in before
        if order.status == OrderStatus.PENDING
        and order.expires_at > clock.now() + rules.SHORTEST
        and (order.total_fen, order.payer_openid) == (total_fen, openid)
    ]
    if waiting:
        return OrderView.model_validate(waiting[-1])
    return finance.bill(
        session,
        payer_openid=openid,
        purpose_key=f"{PURPOSE}{part.id}:{len(before) + 1}",
        lines=lines,
        expires_at=clock.now() + PAY_WITHIN,
    )


def locked(session: Session, instalment_id: int) -> Instalment:
    """A part as it is now, held until the unit ends. Raises NotFound."""
    part = session.scalar(
        select(Instalment)
        .where(Instalment.id == instalment_id)
        .with_for_update(of=Instalment)
        .execution_options(populate_existing=True)
    )
    if part is None:
        raise NotFound()
    return part


def lines_of(part: Instalment) -> list[NewLine]:
    return [NewLine.model_validate(line) for line in part.lines]


def take_out(part: Instalment, paid: Sequence[NewLine]) -> list[NewLine] | None:
    """What is left of a part after these lines were paid; None where they are not in it."""
    rest = []
    given = {(line.course_id, line.description, line.is_material): line for line in paid}
    for line in lines_of(part):
        took = given.pop((line.course_id, line.description, line.is_material), None)
        if took is None:
            rest.append(line)
            continue
        facts = {
            name: getattr(line, name) - getattr(took, name)
            for name in ("lesson_count", "gift_count", "list_fen", "net_fen")
        }
        if min(facts.values()) < 0 or facts["net_fen"] > facts["list_fen"]:
            return None
        if facts["net_fen"] or facts["lesson_count"]:
            rest.append(line.model_copy(update=facts))
    return None if given else rest


def part_of(
    plan: InstalmentPlan, place: int, due_on: date, lines: Sequence[NewLine], *, order_id: int
) -> Instalment:
    """A row for what an order has paid."""
    return _part(plan, place, due_on, lines, order_id=order_id)


def fill(part: Instalment, lines: Sequence[NewLine]) -> None:
    """Let a part be these lines."""
    part.lines = [line.model_dump(mode="json") for line in lines]
    part.amount_fen = sum(line.net_fen for line in lines)
    part.lessons = sum(line.lesson_count for line in lines)


def _part(
    plan: InstalmentPlan,
    place: int,
    due_on: date,
    lines: Sequence[NewLine],
    *,
    order_id: int | None = None,
) -> Instalment:
    part = Instalment(
        plan_id=plan.id, place=place, due_on=due_on, status=PartStatus.OPEN, order_id=order_id,
        paused=[],
    )  # fmt: skip
    fill(part, lines)
    return part


def _must_fit(order: Order, due_on: Sequence[date]) -> None:
    if order.status != OrderStatus.PENDING or order.expires_at <= clock.now():
        raise PlanUnfit(why="not_pending")
    if order.advance_fen or any(p.status != PaymentStatus.CLOSED for p in order.payments):
        raise PlanUnfit(why="begun")
    if not 1 <= len(due_on) < rules.MOST_PARTS:
        raise PlanUnfit(why="parts")
    if due_on[0] <= clock.today() or not rules.is_rising(due_on):
        raise PlanUnfit(why="days")
    lessons = [line.lesson_count for line in order.lines if line.lesson_count]
    if not lessons or min(lessons) <= len(due_on):
        raise PlanUnfit(why="lessons")


def _orders_of(session: Session, instalment_id: int) -> list[Order]:
    prefix = f"{PURPOSE}{instalment_id}:"
    query = select(Order).where(Order.purpose_key.startswith(prefix, autoescape=True))
    return list(session.scalars(query.order_by(Order.id)))

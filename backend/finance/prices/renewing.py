"""续费: more lessons for a learner who is with us, by bundle or by another term (§4 rule 8).

A sibling of the sign-up without seat and file: the learner has both. The paid order opens a lesson
account, which is all that a renewal is.
"""

from datetime import timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from backend.finance import queries as money
from backend.finance import service as finance
from backend.finance.arrears import queries as arrears
from backend.finance.models import Order
from backend.finance.prices import queries
from backend.finance.prices import service as prices
from backend.finance.prices.schemas import PriceMissing, PriceMoved, RenewalOffer, Wanted
from backend.finance.schemas import OrderPaid, OrderStatus, OrderView
from backend.kit import clock
from backend.kit.errors import NotAllowed
from backend.kit.money import yuan
from backend.outbox import service as outbox
from backend.outbox.schemas import Notice, Recipient
from backend.security import queries as security
from backend.students import queries as students
from backend.teaching import queries as teaching

PURPOSE = "renew:"
PAY_WITHIN = timedelta(hours=2)


def offers(
    session: Session, *, payer_openid: str, student_id: int, code: str | None = None
) -> list[RenewalOffer]:
    """What a learner may go on with: bundles of the courses they have had, and another term of the
    classes they sit in. Raises what `prices.quote` raises of a code."""
    accounts = money.lessons_left(session, student_ids=[student_id])
    course_ids = {account.course_id for account in accounts if account.bought}
    seats = [seat for seat in teaching.seats_of(session, [student_id]) if seat.is_active]
    campus_id = seats[0].campus_id if seats else None
    bundles = queries.bundles(session, course_ids, campus_id=campus_id, on=clock.today())
    classes = {account.course_id: account.class_group_id for account in accounts}
    wanted = [
        Wanted(bundle_id=each.id, student_id=student_id, campus_id=campus_id,
               class_group_id=classes.get(each.course_id))
        for each in bundles
    ]  # fmt: skip
    wanted += [Wanted(class_group_id=s.class_group_id, student_id=student_id) for s in seats]
    found = []
    for each in wanted:
        try:
            quote = prices.quote(session, payer_openid=payer_openid, wanted=each, code=code)
        except PriceMissing:
            continue
        if quote.lines[0].course_id in course_ids:
            found.append(RenewalOffer(wanted=each, quote=quote))
    return found


def order(
    session: Session,
    *,
    payer_openid: str,
    wanted: Wanted,
    source_key: str,
    code: str | None = None,
    seen_fen: int | None = None,
) -> OrderView:
    """Bill a renewal; the same wish while its order waits, and the same message again, give that
    order. Only the learner's own guardian, or the learner, may.

    Raises NotAllowed, what `prices.quote` and `finance.bill` raise, PriceMoved.
    """
    student_id = wanted.student_id or 0
    _must_be_own(session, payer_openid, student_id)
    arrears.must_be_free(session, openid=payer_openid)
    what = f"b{wanted.bundle_id}" if wanted.bundle_id else f"c{wanted.class_group_id}"
    prefix = f"{PURPOSE}{student_id}:{what}:"
    waiting = session.scalar(
        select(Order)
        .where(
            Order.purpose_key.startswith(prefix, autoescape=True),
            Order.payer_openid == payer_openid,
            (Order.purpose_key == f"{prefix}{source_key}")
            | ((Order.status == OrderStatus.PENDING) & (Order.expires_at > clock.now())),
        )
        .order_by(Order.id.desc())
        .limit(1)
    )
    if waiting is not None:
        return OrderView.model_validate(waiting)
    quote = prices.quote(session, payer_openid=payer_openid, wanted=wanted, code=code)
    if seen_fen not in (None, quote.total_fen):
        raise PriceMoved(seen_fen=seen_fen, now_fen=quote.total_fen)
    return finance.bill(
        session,
        payer_openid=payer_openid,
        purpose_key=f"{prefix}{source_key}",
        lines=quote.lines,
        quote=quote,
        expires_at=clock.now() + PAY_WITHIN,
    )


def give(session: Session, paid: OrderPaid) -> None:
    """Listener: a paid renewal opens its lesson account, once, and says so."""
    if not paid.purpose_key.startswith(PURPOSE):
        return
    student_id = int(paid.purpose_key.removeprefix(PURPOSE).split(":", 1)[0])
    finance.open_lesson_accounts(session, order_id=paid.order_id, student_id=student_id)
    order = money.order_for(session, number=paid.number, openid=paid.payer_openid)
    lessons = sum(line.lesson_count + line.gift_count for line in order.lines)
    outbox.post(
        session,
        to=Recipient(openid=paid.payer_openid),
        notice=Notice(
            template="renewal_paid",
            values={
                "child": students.student(session, student_id).name,
                "course": order.lines[0].description,
                "lessons": str(lessons),
                "amount": yuan(paid.total_fen),
                "number": paid.number,
            },
        ),
        dedupe_key=f"renewal-paid:{paid.order_id}",
    )


def _must_be_own(session: Session, openid: str, student_id: int) -> None:
    speaker = security.speaker(session, openid)
    own = {speaker.student_id}
    if speaker.guardian_id is not None:
        own |= {child.id for child in students.children_of(session, speaker.guardian_id)}
    if student_id not in own:
        raise NotAllowed()

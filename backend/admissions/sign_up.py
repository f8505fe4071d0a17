"""Sign-up 报名: a child, a class, an order; then, once paid, a student file and a seat (A10–A12).

A sibling of `service` for the heavier noun of the room. It listens to finance: `wiring` calls
`seat_paid` and `let_go` for the orders that were billed here.
"""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from backend.admissions import paid_notices, queries, rules, service, siblings
from backend.admissions.contracts import service as contracts
from backend.admissions.eligibility import service as eligibility
from backend.admissions.eligibility.schemas import Asked
from backend.admissions.intake import merging
from backend.admissions.models import SignUp
from backend.admissions.schemas import SignUpForm, SignUpStatus, SignUpView, Stage
from backend.admissions.waitlist import offers as waitlist
from backend.finance import queries as money
from backend.finance import service as finance
from backend.finance.arrears import queries as arrears
from backend.finance.prices import queries as packages
from backend.finance.prices import service as prices
from backend.finance.prices.schemas import PriceMoved, Wanted
from backend.finance.refund_words import RefundApproved
from backend.finance.schemas import OrderClosed, OrderHeld, OrderPaid
from backend.kit import clock
from backend.kit.errors import DomainError, NotFound
from backend.kit.money import yuan
from backend.security import queries as staff
from backend.students import queries as files
from backend.students import service as students
from backend.students.file import consents
from backend.students.schemas import PRIVACY_NOTICE
from backend.teaching import queries as classes
from backend.teaching import service as teaching
from backend.teaching.life import clashes
from backend.teaching.schemas import ClassOffer

PURPOSE = "sign_up:"


@dataclass(frozen=True)
class Wish:
    """What is signed up for: a class, or a package that takes no seat (`offer` is None then)."""

    name: str
    campus_id: int | None
    asked: Sequence[Asked]
    offer: ClassOffer | None = None


class AlreadySignedUp(DomainError):
    """The child already sits in this class (`child_name`, `class_name`)."""


def sign_up(session: Session, form: SignUpForm) -> SignUpView:
    """Hold a seat, file the consent and bill the class. The order waits half an hour for payment.

    Signing the same child up for the same class while the first order waits gives that order
    again, with the contact as corrected. A form that `replaces` an order corrects it where the
    class stays, and lets it go where it does not: one wish never waits in two orders. Raises
    SeatTaken, AlreadySignedUp, NotEligible, Clash, NotFound (the class is gone), what
    `prices.quote` raises, PriceMoved (another price than was shown), FeeCapExceeded, InArrears, and
    what `finance.cancel` raises when the replaced order has been paid meanwhile.
    """
    wish = _wish(session, form)
    if wish.offer is not None:
        _refuse_double(session, form, wish.offer)
    for each in wish.asked:
        eligibility.must_fit(
            session,
            each,
            openid=form.openid,
            phone=form.phone,
            child_name=form.child_name,
            grade=form.grade_number,
            age=form.age,
        )
    wanted = wanted_of(form, wish.campus_id)
    waiting = _waiting(session, form)
    if waiting is not None and not _is_same_buy(session, waiting, form, wanted):
        finance.cancel(session, number=waiting.order_number or "", openid=form.openid)
        waiting = None
    if form.replaces and (waiting is None or waiting.order_number != form.replaces):
        finance.cancel(session, number=form.replaces, openid=form.openid)
    if waiting is not None:
        waiting.child_name, waiting.grade = form.child_name, form.grade
        waiting.guardian_name, waiting.phone = form.guardian_name, form.phone
        session.flush()
        _conclude(session, waiting, wish, form.source_key)
        return _view(session, waiting, wish)
    arrears.must_be_free(session, openid=form.openid)
    quote = prices.quote(
        session,
        payer_openid=form.openid,
        wanted=wanted,
        code=form.code,
        more_siblings=siblings.waiting(
            session, openid=form.openid, child_name=form.child_name, locks=True
        ),
    )
    if form.seen_fen not in (None, quote.total_fen):
        raise PriceMoved(seen_fen=form.seen_fen, now_fen=quote.total_fen)
    now = clock.now()
    lead = service.open_lead(
        session, openid=form.openid, interest=f"报名{wish.name}", campus_id=wish.campus_id
    )
    merging.join_by_phone(session, lead_id=lead.id, phone=form.phone)
    signed = SignUp(
        lead_id=lead.id,
        openid=form.openid,
        child_name=form.child_name,
        grade=form.grade,
        guardian_name=form.guardian_name,
        phone=form.phone,
        privacy_version=form.privacy_version,
        class_group_id=wish.offer.id if wish.offer else None,
        package_id=form.package_id,
        status=SignUpStatus.PENDING,
        expires_at=now + rules.PAY_WITHIN,
        created_at=now,
        source_key=form.source_key,
    )
    session.add(signed)
    session.flush()
    if wish.offer is not None:
        _hold(session, signed, wish.offer)
    students.record_consent(
        session, openid=form.openid, purpose=PRIVACY_NOTICE, version=form.privacy_version
    )
    consents.give(session, staff.speaker(session, form.openid), consents.Purpose.CHILD, way="chat")
    order = finance.bill(
        session,
        payer_openid=form.openid,
        purpose_key=f"{PURPOSE}{signed.id}",
        lines=quote.lines,
        expires_at=signed.expires_at,
        quote=quote,
    )
    signed.order_number = order.number
    service.move(session, lead_id=lead.id, stage=Stage.ORDERED)
    session.flush()
    _conclude(session, signed, wish, form.source_key)
    return _view(session, signed, wish)


def _is_same_buy(session: Session, waiting: SignUp, form: SignUpForm, wanted: Wanted) -> bool:
    """Whether an order that waits holds what is wanted now: the same lessons of the same courses.
    The same message again always does."""
    if waiting.source_key == form.source_key or waiting.order_number is None:
        return True
    order = money.order_for(session, number=waiting.order_number, openid=waiting.openid)
    now = prices.quote(session, payer_openid=form.openid, wanted=wanted)
    return [(line.course_id, line.lesson_count) for line in order.lines] == [
        (line.course_id, line.lesson_count) for line in now.lines
    ]


def _conclude(session: Session, signed: SignUp, wish: Wish, source_key: str) -> None:
    order = money.order_for(session, number=signed.order_number or "", openid=signed.openid)
    contracts.conclude(
        session,
        signed=signed,
        offer=wish.offer,
        name=wish.name,
        campus_id=wish.campus_id,
        order=order,
        source_key=source_key,
    )


def _hold(session: Session, signed: SignUp, offer: ClassOffer) -> None:
    """Hold a seat for a sign-up: the one that was offered to whoever waited, else a free one."""
    until = signed.expires_at + rules.SEAT_MARGIN
    offered = waitlist.take(
        session,
        openid=signed.openid,
        class_group_id=offer.id,
        child_name=signed.child_name,
    )
    if offered is None or not teaching.pass_hold(
        session, holder=offered, to=_holder(signed), until=until
    ):
        teaching.hold_seat(session, class_group_id=offer.id, holder=_holder(signed), until=until)


def cancel(session: Session, *, openid: str) -> int:
    """Cancel a person's unpaid sign-ups and free their seats; returns how many there were."""
    # The order is locked first, here as when it is paid; its closing then locks the sign-up.
    query = select(SignUp).where(SignUp.openid == openid, SignUp.status == SignUpStatus.PENDING)
    waiting = list(session.scalars(query))
    for signed in waiting:
        if signed.order_number:
            finance.cancel(session, number=signed.order_number, openid=openid)
    return len(waiting)


def seat_paid(session: Session, paid: OrderPaid) -> None:
    """Listener: a paid sign-up gets its student file, its seat and its lessons, once (A12).

    Where the seat is gone (paid after the hold ran out, on a full class) the money is safe, the
    sign-up is marked stuck and a person is told: the customer hears that we are on it.
    """
    signed = _sign_up_of(session, paid.purpose_key)
    if signed is None or signed.status in (SignUpStatus.DONE, SignUpStatus.STUCK):
        return
    try:
        with session.begin_nested():
            _enrol(session, signed, paid)
    except DomainError as error:
        signed.status = SignUpStatus.STUCK
        session.flush()
        paid_notices.stuck(session, signed, paid, type(error).__name__)
        return
    signed.status = SignUpStatus.DONE
    if signed.lead_id is not None:
        service.note(session, lead_id=signed.lead_id, text=f"已付款 {yuan(paid.total_fen)}")
        service.move(session, lead_id=signed.lead_id, stage=Stage.WON)
    session.flush()
    paid_notices.done(session, signed, paid)
    contracts.send(session, signed=signed)


def keep_on(session: Session, held: OrderHeld) -> None:
    """Listener: a part of the order is paid, or money for it is under way: the seat is kept."""
    signed = _sign_up_of(session, held.purpose_key)
    if signed is None or signed.status != SignUpStatus.PENDING:
        return
    signed.expires_at = held.until
    if signed.class_group_id is not None:
        # A seat that is gone meanwhile is looked for again when all is in.
        with suppress(DomainError), session.begin_nested():
            teaching.hold_seat(
                session,
                class_group_id=signed.class_group_id,
                holder=_holder(signed),
                until=held.until + rules.SEAT_MARGIN,
            )
    session.flush()


def let_go(session: Session, closed: OrderClosed) -> None:
    """Listener: an order that can no longer be paid gives its seat back."""
    signed = _sign_up_of(session, closed.purpose_key)
    if signed is None or signed.status != SignUpStatus.PENDING:
        return
    teaching.release_seat(session, holder=_holder(signed))
    signed.status = SignUpStatus.CLOSED
    if signed.lead_id is not None and queries.stage_of(session, signed.lead_id) == Stage.ORDERED:
        service.move(session, lead_id=signed.lead_id, stage=Stage.CONTACTED)
    session.flush()
    if closed.reason == "expired":
        paid_notices.expired(session, signed)


def give_up(session: Session, refunded: RefundApproved) -> None:
    """Listener: whose money goes back gives the seat back (A12: reversible)."""
    signed = _sign_up_of(session, refunded.purpose_key)
    if signed is None or signed.status not in (SignUpStatus.DONE, SignUpStatus.STUCK):
        return
    teaching.leave_class(session, holder=_holder(signed))
    signed.status = SignUpStatus.REFUNDED
    if signed.lead_id is not None:
        service.note(
            session, lead_id=signed.lead_id, text=f"已退费 {yuan(refunded.amount_fen)}，退出班级"
        )
    session.flush()


def _enrol(session: Session, signed: SignUp, paid: OrderPaid) -> None:
    registered = students.register(
        session,
        child_name=signed.child_name,
        grade=signed.grade,
        guardian_name=signed.guardian_name,
        phone=signed.phone,
        openid=signed.openid,
    )
    if signed.class_group_id is not None:
        teaching.confirm_seat(session, holder=_holder(signed), student_id=registered.student_id)
    finance.open_lesson_accounts(session, order_id=paid.order_id, student_id=registered.student_id)
    signed.student_id = registered.student_id


def wanted_of(form: SignUpForm, campus_id: int | None) -> Wanted:
    """What a form asks the price of."""
    is_term = form.bundle_id is None and form.package_id is None
    return Wanted(
        class_group_id=form.class_group_id,
        bundle_id=form.bundle_id,
        package_id=form.package_id,
        campus_id=None if is_term else campus_id,
        child_name=form.child_name,
        grade=form.grade_number,
    )


def _refuse_double(session: Session, form: SignUpForm, offer: ClassOffer) -> None:
    guardian_id = staff.speaker(session, form.openid).guardian_id
    if guardian_id is None:
        return
    for child in files.children_of(session, guardian_id):
        if child.name != form.child_name:
            continue
        if classes.is_enrolled(session, class_group_id=offer.id, student_id=child.id):
            raise AlreadySignedUp(child_name=child.name, class_name=offer.name)
        clash = clashes.with_class(session, student_id=child.id, class_group_id=offer.id)
        if clash is not None:  # Better said before the payment than after it.
            raise clash


def _waiting(session: Session, form: SignUpForm) -> SignUp | None:
    """The same message again, or the same wish while its order still waits."""
    again = session.scalar(select(SignUp).where(SignUp.source_key == form.source_key))
    if again is not None:
        return again
    query = select(SignUp).where(
        SignUp.openid == form.openid,
        (SignUp.child_name == form.child_name) | (SignUp.order_number == form.replaces),
        SignUp.class_group_id == form.class_group_id,
        SignUp.status == SignUpStatus.PENDING,
        SignUp.expires_at > clock.now(),
    )
    return session.scalars(query.limit(1)).first()


def _view(session: Session, signed: SignUp, wish: Wish) -> SignUpView:
    number = signed.order_number or ""
    order = money.order_for(session, number=number, openid=signed.openid)
    return SignUpView(
        id=signed.id,
        status=SignUpStatus(signed.status),
        order_number=number,
        total_fen=order.total_fen,
        expires_at=signed.expires_at,
        pay_url=finance.pay_link(number=number, openid=signed.openid),
        class_name=wish.name,
    )


def _wish(session: Session, form: SignUpForm) -> Wish:
    """Raises NotFound for a class that is gone, or where one has to be chosen."""
    if form.class_group_id is not None:
        offer = _offer(session, form.class_group_id)
        return Wish(offer.name, offer.campus_id, [offer], offer)
    package = packages.package(session, form.package_id or 0)
    if package is None or package.takes_seat:
        raise NotFound()
    campus_id = package.campus_id or form.campus_id
    return Wish(package.name, campus_id, eligibility.of_package(session, package))


def _offer(session: Session, class_group_id: int) -> ClassOffer:
    found = classes.offers(session, class_group_ids=[class_group_id])
    if not found:
        raise NotFound()
    return found[0]


def _sign_up_of(session: Session, purpose_key: str) -> SignUp | None:
    if not purpose_key.startswith(PURPOSE):
        return None
    query = select(SignUp).where(SignUp.id == int(purpose_key.removeprefix(PURPOSE)))
    return session.scalars(query.with_for_update()).one_or_none()


def _holder(signed: SignUp) -> str:
    return f"{PURPOSE}{signed.id}"

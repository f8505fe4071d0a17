"""What families, advisors and the academic office hear of a sign-up: paid, stuck, expired."""

from sqlalchemy.orm import Session

from backend.admissions import queries
from backend.admissions.models import SignUp
from backend.finance.prices import queries as prices
from backend.finance.schemas import OrderPaid
from backend.kit import clock
from backend.kit.money import yuan
from backend.outbox import service as outbox
from backend.outbox.schemas import Notice, Recipient
from backend.security import queries as staff
from backend.security.schemas import Role
from backend.teaching import queries as classes

_REASONS = {
    "SeatTaken": "班级已满",
    "AlreadyEnrolled": "孩子已在班",
    "Clash": "和孩子的其他课时间冲突",
}


def name_of(session: Session, signed: SignUp) -> str:
    """What was signed up for: the class, or the package that has none."""
    if signed.class_group_id is not None:
        return classes.class_name(session, signed.class_group_id)
    package = prices.package(session, signed.package_id or 0)
    return package.name if package else "套餐"


def done(session: Session, signed: SignUp, paid: OrderPaid) -> None:
    """Paid, and in class; or lessons without a class, for which the academic office finds one."""
    class_group_id = signed.class_group_id
    first = None
    if class_group_id is not None:
        first = classes.first_lesson(session, class_group_id, from_at=clock.now())
    values = {
        "child": signed.child_name,
        "class_name": name_of(session, signed),
        "customer": signed.guardian_name,
        "amount": yuan(paid.total_fen),
        "number": paid.number,
        "first_lesson": f"{clock.local(first.starts_at):%m月%d日 %H:%M}" if first else "待排课",
        "place": f"{first.campus_name}{first.venue_name or ''}" if first else "待定",
    }
    outbox.post(
        session,
        to=Recipient(openid=signed.openid, phone=signed.phone, name=signed.guardian_name),
        notice=Notice(
            template="order_paid_guardian" if class_group_id else "package_paid_guardian",
            values=values,
        ),
        dedupe_key=f"order-paid:{paid.order_id}:guardian",
    )
    for member in [] if class_group_id else staff.staff_with_role(session, Role.ACADEMIC):
        outbox.post(
            session,
            to=staff.recipient_of(session, member.id),
            notice=Notice(template="package_paid_staff", values=values),
            dedupe_key=f"order-paid:{paid.order_id}:seat:{member.id}",
        )
    for account_id in queries.advisors_of(session, signed.lead_id):
        outbox.post(
            session,
            to=staff.recipient_of(session, account_id),
            notice=Notice(template="order_paid_advisor", values=values),
            dedupe_key=f"order-paid:{paid.order_id}:{account_id}",
        )


def stuck(session: Session, signed: SignUp, paid: OrderPaid, reason: str) -> None:
    """Paid, and no seat: the money is safe, and somebody is at it."""
    values = {
        "child": signed.child_name,
        "class_name": name_of(session, signed),
        "number": paid.number,
        "amount": yuan(paid.total_fen),
        "reason": _REASONS.get(reason, "系统无法自动入班"),
    }
    outbox.post(
        session,
        to=Recipient(openid=signed.openid, phone=signed.phone, name=signed.guardian_name),
        notice=Notice(template="sign_up_stuck_guardian", values=values),
        dedupe_key=f"sign-up-stuck:{signed.id}:guardian",
    )
    responsible = queries.advisors_of(session, signed.lead_id)
    responsible |= {m.id for m in staff.staff_with_role(session, Role.ACADEMIC)}
    for account_id in sorted(responsible):
        outbox.post(
            session,
            to=staff.recipient_of(session, account_id),
            notice=Notice(template="sign_up_stuck_staff", values=values),
            dedupe_key=f"sign-up-stuck:{signed.id}:{account_id}",
        )


def leaned(session: Session, signed: SignUp) -> None:
    """A sibling's discount had nobody to lean on any more, and the order with it is gone."""
    outbox.post(
        session,
        to=Recipient(openid=signed.openid, phone=signed.phone, name=signed.guardian_name),
        notice=Notice(
            template="sibling_gone",
            values={"child": signed.child_name, "class_name": name_of(session, signed)},
        ),
        dedupe_key=f"sibling-gone:{signed.id}",
    )


def expired(session: Session, signed: SignUp) -> None:
    """The order ran out."""
    outbox.post(
        session,
        to=Recipient(openid=signed.openid, phone=signed.phone, name=signed.guardian_name),
        notice=Notice(
            template="sign_up_expired",
            values={"child": signed.child_name, "class_name": name_of(session, signed)},
        ),
        dedupe_key=f"sign-up-expired:{signed.id}",
    )

"""What is lifted as soon as nothing is overdue any more, and what is said then."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from backend.finance.arrears.models import DunningStep, Instalment
from backend.finance.arrears.queries import must_be_free
from backend.finance.arrears.schemas import InArrears, Step
from backend.finance.schemas import OrderPaid
from backend.kit import clock
from backend.kit.errors import DomainError
from backend.kit.money import yuan
from backend.outbox import service as outbox
from backend.outbox.schemas import Notice, Recipient
from backend.security import service as security
from backend.security.schemas import Role
from backend.students import queries as students
from backend.teaching import queries as teaching
from backend.teaching.life import pauses


def family(session: Session, part: Instalment) -> list[Recipient]:
    """Whom an instalment concerns: the guardians of the learner, else the payer."""
    if part.plan.student_id is not None:
        found = students.family_of(session, part.plan.student_id)
        if found:
            return found
    return [Recipient(openid=part.plan.payer_openid)]


def lift(session: Session, part: Instalment) -> None:
    """Classes that rested because of this part go on. What cannot (somebody else has the time by
    now) is told to the academic office. Bookings are free by themselves."""
    student_id = part.plan.student_id
    if not part.paused or student_id is None:
        return
    for class_id in part.paused:
        try:
            with session.begin_nested():
                pauses.resume(
                    session, student_id=student_id, class_group_id=class_id, on=clock.today(),
                    by="system",
                )  # fmt: skip
        except DomainError:
            security.tell(
                session,
                Role.ACADEMIC,
                notice=Notice(
                    template="arrears_resume_failed",
                    values={
                        "child": students.student(session, student_id).name,
                        "class_name": teaching.class_name(session, class_id),
                    },
                ),
                dedupe_key=f"arrears-resume:{part.id}:{class_id}",
            )
    part.paused = []


def thank(session: Session, part: Instalment, *, paid: OrderPaid, rest_fen: int) -> None:
    """The payment is in; and, where the family was blocked until now, that it is not any more."""
    said = select(DunningStep.id).where(
        DunningStep.instalment_id == part.id, DunningStep.step == Step.BLOCKED
    )
    was_blocked = session.scalar(said.limit(1)) is not None
    try:
        must_be_free(session, openid=part.plan.payer_openid)
        is_free = True
    except InArrears:
        is_free = False
    after = f"还剩{yuan(rest_fen)}没付，" if rest_fen else ""
    lifted = "约课和报名已经恢复，" if was_blocked and is_free else ""
    outbox.post(
        session,
        to=Recipient(openid=paid.payer_openid),
        notice=Notice(
            template="instalment_paid",
            values={"amount": yuan(paid.total_fen), "number": paid.number,
                    "after": f"课时已到账，{after}{lifted}"},
        ),
        dedupe_key=f"instalment-paid:{paid.order_id}",
    )  # fmt: skip

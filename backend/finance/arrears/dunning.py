"""催缴: the ladder D−3, D0, D+3, D+7 (clauses §4 rule 10), each rung said once.

Whoever says a rung holds the instalment's row and looks at it again: a part that was paid, promised
or written off meanwhile is left alone. What waits in the outbox is taken back by the payment.
"""

from datetime import timedelta

from sqlalchemy import ColumnElement, and_, exists, or_, select
from sqlalchemy.orm import Session

from backend.finance.arrears import plans, queries, reminding, rules
from backend.finance.arrears.lifting import family
from backend.finance.arrears.models import (
    DunningStep,
    Instalment,
    InstalmentPlan,
    Promise,
)
from backend.finance.arrears.schemas import PartStatus, PromiseStatus, Step
from backend.kit import clock
from backend.kit.errors import DomainError
from backend.kit.money import yuan
from backend.outbox import service as outbox
from backend.outbox.schemas import Notice
from backend.security import service as security
from backend.security.schemas import Role
from backend.students import queries as students
from backend.teaching import queries as teaching
from backend.teaching.life import pauses


def due(session: Session, *, limit: int = 1000) -> list[int]:
    """Ids of open instalments that have reached a rung that was not said, or broke a promise."""
    today = clock.today()
    bounds = [days for _, days in rules.LADDER]
    conditions: list[ColumnElement[bool]] = [
        exists().where(
            Promise.instalment_id == Instalment.id,
            Promise.status == PromiseStatus.OPEN,
            Promise.promised_on < today,
        )
    ]
    for (step, days), following in zip(rules.LADDER, [*bounds[1:], None], strict=True):
        is_said = exists().where(
            DunningStep.instalment_id == Instalment.id, DunningStep.step == step
        )
        reached = and_(Instalment.due_on <= today - timedelta(days=days), ~is_said)
        if following is not None:
            reached = and_(reached, Instalment.due_on > today - timedelta(days=following))
        conditions.append(reached)
    query = (
        select(Instalment.id)
        .join(InstalmentPlan, InstalmentPlan.id == Instalment.plan_id)
        .where(
            Instalment.status == PartStatus.OPEN,
            InstalmentPlan.started_at.is_not(None),
            or_(*conditions),
        )
        .order_by(Instalment.due_on, Instalment.id)
        .limit(limit)
    )
    return list(session.scalars(query))


def dun(session: Session, *, instalment_id: int) -> Step | None:
    """Say the rung that an instalment has reached today, once; returns it, None when there is
    nothing to say."""
    part, today = plans.locked(session, instalment_id), clock.today()
    if part.status != PartStatus.OPEN or part.plan.started_at is None:
        return None
    standing = session.scalar(
        select(Promise).where(
            Promise.instalment_id == part.id, Promise.status == PromiseStatus.OPEN
        )
    )
    if standing is not None and rules.is_promised(standing.promised_on, today):
        return None
    if standing is not None:
        standing.status = PromiseStatus.BROKEN
        _tell_accountants(session, part, "promise_broken", f"promise:{standing.id}")
    step = rules.step_on(part.due_on, today)
    said = select(DunningStep.id).where(
        DunningStep.instalment_id == part.id, DunningStep.step == step
    )
    if step is None or session.scalar(said) is not None:
        return None
    session.add(DunningStep(instalment_id=part.id, step=step, at=clock.now()))
    session.flush()
    is_full = step is Step.BLOCKED and queries.policy(session).is_full
    if is_full:
        _rest(session, part)
    if not reminding.is_left_to_rules(session, part, step, today):
        _tell_family(session, part, step, is_full=is_full)
    if step is Step.BLOCKED:
        _tell_accountants(session, part, "arrears_blocked_staff", Step.BLOCKED)
    security.audit(
        session, actor="system", action="arrears.dunned", subject=f"instalment:{part.id}",
        step=step,
    )  # fmt: skip
    return step


def _rest(session: Session, part: Instalment) -> None:
    """Full suspension: the learner's classes rest from tomorrow until it is paid."""
    student_id = part.plan.student_id
    if student_id is None:
        return
    resting = {class_id for _, class_id, _ in pauses.paused_classes(session, [student_id])}
    paused = []
    for seat in teaching.seats_of(session, [student_id]):
        if not seat.is_active or seat.class_group_id in resting:
            continue
        try:
            with session.begin_nested():
                pauses.pause(
                    session,
                    student_id=student_id,
                    class_group_id=seat.class_group_id,
                    from_on=clock.today() + timedelta(days=1),
                    to_on=None,
                    by="system",
                )
        except DomainError:
            continue
        paused.append(seat.class_group_id)
    part.paused = paused


def _tell_family(session: Session, part: Instalment, step: Step, *, is_full: bool) -> None:
    template = f"arrears_{step}" if not is_full else "arrears_suspended"
    for number, to in enumerate(family(session, part)):
        outbox.post(
            session,
            to=to,
            notice=Notice(template=template, values=_values(session, part)),
            dedupe_key=f"arrears:{part.id}:{step}:{number}",
        )


def _tell_accountants(session: Session, part: Instalment, template: str, key: str) -> None:
    security.tell(
        session,
        Role.ACCOUNTANT,
        notice=Notice(template=template, values=_values(session, part)),
        dedupe_key=f"arrears-staff:{part.id}:{key}",
    )


def _values(session: Session, part: Instalment) -> dict[str, str]:
    student_id = part.plan.student_id
    return {
        "child": students.student(session, student_id).name if student_id else "孩子",
        "course": part.lines[0]["description"],
        "amount": yuan(part.amount_fen),
        "due": f"{part.due_on.month}月{part.due_on.day}日",
        "late": str(max(0, (clock.today() - part.due_on).days)),
    }

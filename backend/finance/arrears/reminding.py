"""Instalments in the rule table of reminders, beside the ladder that says the same by itself.

Where a rule names the very day of a rung before or on the due day, the ladder leaves that rung to
it (`is_left_to_rules`), so that a family hears once.
"""

from datetime import date, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from backend.finance.arrears import queries, rules
from backend.finance.arrears.models import Instalment, InstalmentPlan
from backend.finance.arrears.schemas import PartStatus, Step
from backend.kit import clock
from backend.kit.money import yuan
from backend.reminders import queries as reminders
from backend.reminders.schemas import Audience, Fact, Facts, Kind, Question, Timing, Wording
from backend.students import queries as students

INSTALMENT = "instalment_due"


def instalments_due(session: Session, asked: Question) -> Facts:
    """Open parts that fall due in the interval; a promise that may still be kept rests them."""
    first, last = (clock.local(at).date() for at in (asked.from_at, asked.to_at))
    query = (
        select(Instalment)
        .join(InstalmentPlan, InstalmentPlan.id == Instalment.plan_id)
        .where(
            Instalment.status == PartStatus.OPEN,
            Instalment.due_on >= first,
            Instalment.due_on < last,
            Instalment.id > asked.after[0],
            InstalmentPlan.started_at.is_not(None),
            InstalmentPlan.student_id.is_not(None),
        )
        .order_by(Instalment.id)
        .limit(asked.limit)
    )
    if asked.campus_id is not None:
        query = query.where(InstalmentPlan.campus_id == asked.campus_id)
    parts = queries.views(session, list(session.scalars(query)))
    facts = [
        Fact(
            subject=f"instalment:{part.id}:{part.due_on}",
            who=part.student_id,
            at=clock.at_local(part.due_on),
            until=clock.at_local(part.due_on + timedelta(days=1)),
            values={
                "course": part.description,
                "amount": yuan(part.amount_fen),
                "day": f"{part.due_on.month}月{part.due_on.day}日",
            },
        )
        for part in parts
        if part.student_id and not rules.is_promised(part.promised_on, clock.today())
    ]
    return Facts(facts=facts, after=(parts[-1].id, 0) if len(parts) == asked.limit else None)


def is_left_to_rules(session: Session, part: Instalment, step: Step, today: date) -> bool:
    """Whether a rule tells the family today what this rung would; a payer whose child has no
    guardian here is told by the ladder."""
    student_id = part.plan.student_id
    if student_id is None or not students.family_of(session, student_id):
        return False
    return step in (Step.BEFORE, Step.DUE) and reminders.is_kept(
        session,
        INSTALMENT,
        Audience.GUARDIAN,
        campus_id=part.plan.campus_id,
        at=clock.now(),
        amount=(part.due_on - today).days,
    )


KINDS = (
    Kind(
        key=INSTALMENT,
        name="分期款前几天",
        timing=Timing.DAYS,
        unit="天",
        amounts=(0, 3, 30),
        wordings={
            Audience.GUARDIAN: Wording(
                line="{name}的{course}这一期{amount}，{day}到期。",
                next_step="现在付请回复「付分期」，想晚几天请说哪天付。",
                card=("分期款{amount}", "{name}", "{day}到期"),
            )
        },
        find=instalments_due,
    ),
)

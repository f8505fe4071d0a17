"""What the admissions room has its people reminded of: a follow-up that is due (A16)."""

from datetime import timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from backend.admissions.models import Lead
from backend.kit import clock
from backend.kit.links import spelled_out
from backend.reminders.schemas import Audience, Fact, Facts, Kind, Question, Timing, Wording


def follow_ups_due(session: Session, asked: Question) -> Facts:
    """Leads of an advisor whose next follow-up lies in the interval. Leads know no campus."""
    query = (
        select(Lead)
        .where(
            Lead.closed_at.is_(None),
            Lead.advisor_id.is_not(None),
            Lead.next_follow_up_at >= asked.from_at,
            Lead.next_follow_up_at < asked.to_at,
            Lead.id > asked.after[0],
        )
        .order_by(Lead.id)
        .limit(asked.limit)
    )
    rows = session.scalars(query).all() if asked.campus_id is None else []
    facts = []
    for row in rows:
        at = row.next_follow_up_at
        if at is not None and row.advisor_id is not None:
            facts.append(
                Fact(
                    subject=f"follow_up:{row.id}:{at:%y%m%d%H%M}",
                    who=row.advisor_id,
                    at=at,
                    until=at + timedelta(days=2),
                    values={
                        "id": str(row.id),
                        "interest": spelled_out(row.interest)[:30] or "课程",
                        "when": f"{clock.local(at):%m月%d日 %H:%M}",
                    },
                )
            )
    after = (rows[-1].id, 0) if len(rows) == asked.limit else None
    return Facts(facts=facts, after=after)


_ADVISOR = Wording(
    line="客户{id}（想了解{interest}）{when}该跟进了。",
    next_step="看全部客户回复「我的客户」。",
    card=("跟进：{interest}", "客户{id}", "{when}"),
)

KINDS = (
    Kind(
        key="follow_up_due",
        name="客户该跟进",
        timing=Timing.HOURS,
        unit="小时",
        amounts=(0, 0, 24),
        wordings={Audience.ADVISOR: _ADVISOR},
        find=follow_ups_due,
    ),
)

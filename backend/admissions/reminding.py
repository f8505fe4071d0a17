"""What the admissions room has people reminded of: a follow-up (A16), a trial lesson."""

from collections.abc import Collection
from datetime import timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from backend.admissions.models import Lead, Trial
from backend.kit import clock
from backend.kit.links import spelled_out
from backend.outbox.schemas import Recipient
from backend.reminders.schemas import (
    Audience,
    Contact,
    Fact,
    Facts,
    Kind,
    Question,
    Timing,
    Wording,
)
from backend.teaching.life import queries as lessons

TRIAL = "trial:"
"""What teaching's guests are held for, with the trial's id behind it."""


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


def trials_due(session: Session, asked: Question) -> Facts:
    """Trials whose lesson begins in the interval; one that was moved is another one to be told."""
    found = lessons.guests_due(
        session,
        from_at=asked.from_at,
        to_at=asked.to_at,
        campus_id=asked.campus_id,
        after=asked.after[0],
        limit=asked.limit,
    )
    facts = [
        Fact(
            subject=f"{guest.holder}:{lesson.id}:{lesson.starts_at:%y%m%d%H%M}",
            who=int(guest.holder.removeprefix(TRIAL)),
            at=lesson.starts_at,
            until=lesson.starts_at,
            values={
                "when": f"{clock.local(lesson.starts_at):%m月%d日 %H:%M}",
                "place": lesson.campus_name + (lesson.venue_name or ""),
                "course": lesson.course_name,
            },
        )
        for guest, lesson in found
        if guest.holder.startswith(TRIAL)
    ]
    after = (found[-1][0].id, 0) if len(found) == asked.limit else None
    return Facts(facts=facts, after=after)


def prospects(session: Session, trial_ids: Collection[int]) -> list[Contact]:
    """The families that booked these trials."""
    rows = session.scalars(select(Trial).where(Trial.id.in_(trial_ids)).order_by(Trial.id))
    return [
        Contact(
            who=row.id,
            name=row.child_name,
            person=f"lead:{row.lead_id}",
            recipient=Recipient(openid=row.openid, phone=row.phone),
        )
        for row in rows
    ]


_TRIAL = {
    Audience.PROSPECT: Wording(
        line="{name}{when}在{place}试听{course}。",
        next_step="去不了请回复「试听去不了」，想换时间请回复「试听改时间」。",
        card=("试听：{course}", "{name}", "{when}"),
    )
}
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
    Kind("trial_tomorrow", "试听前几天", Timing.DAYS, "天", (0, 1, 7), _TRIAL, trials_due),
    Kind("trial_soon", "试听前几小时", Timing.HOURS, "小时", (1, 2, 24), _TRIAL, trials_due),
)

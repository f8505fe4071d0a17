"""What the finance room has people reminded of: that few lessons are left or that they end, that
something is to be paid, that a lesson was missed and what it cost."""

from collections import defaultdict
from collections.abc import Collection
from datetime import timedelta

from sqlalchemy import case, func, select, tuple_
from sqlalchemy.orm import Session

from backend.finance import dues, queries
from backend.finance.models import HourEntry, LessonAccount, Order
from backend.finance.schemas import HourKind
from backend.kit import clock
from backend.kit.money import yuan
from backend.outbox.schemas import NoticeKind
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
from backend.students import contacts as families
from backend.teaching import queries as teaching
from backend.teaching.life import pauses
from backend.teaching.life import queries as life

ABSENCE = "absence"
DAY = timedelta(days=1)
RECENT = timedelta(days=60)
"""Who has used no lesson for longer has gone, and is not reminded."""


def few_lessons(session: Session, asked: Question) -> Facts:
    """Learners with `amount` lessons or less of a course, over all their accounts of it, who still
    come. With a newer account they have renewed, and the next time is another one."""
    consumed = case((HourEntry.kind == HourKind.CONSUME, HourEntry.at))
    left = func.sum(HourEntry.lessons)
    query = (
        select(
            LessonAccount.student_id,
            LessonAccount.course_id,
            func.max(LessonAccount.id),
            left,
        )
        .join(HourEntry, HourEntry.account_id == LessonAccount.id)
        .where(tuple_(LessonAccount.student_id, LessonAccount.course_id) > tuple_(*asked.after))
        .group_by(LessonAccount.student_id, LessonAccount.course_id)
        .having(left <= asked.amount, func.max(consumed) >= clock.now() - RECENT)
        .order_by(LessonAccount.student_id, LessonAccount.course_id)
        .limit(asked.limit)
    )
    if asked.campus_id is not None:
        of_campus = teaching.class_ids_of_campus(session, asked.campus_id)
        query = query.where(LessonAccount.class_group_id.in_(of_campus))
    rows = session.execute(query).all()
    names = teaching.course_names(session, {course_id for _, course_id, _, _ in rows})
    facts = [
        Fact(
            subject=f"left:{student_id}:{course_id}:{account_id}",
            who=student_id,
            values={"course": names[course_id], "left": str(lessons)},
        )
        for student_id, course_id, account_id, lessons in rows
    ]
    after = (rows[-1][0], rows[-1][1]) if len(rows) == asked.limit else None
    return Facts(facts=facts, after=after)


def accounts_ending(session: Session, asked: Question) -> Facts:
    """Lesson accounts whose last day lies in the interval and that still hold lessons. A rest that
    is not over has moved no end yet, so whoever rests is left alone."""
    first, last = (clock.local(at).date() + DAY for at in (asked.from_at, asked.to_at))
    left = func.sum(HourEntry.lessons)
    query = (
        select(LessonAccount, left)
        .join(HourEntry, HourEntry.account_id == LessonAccount.id)
        .where(
            LessonAccount.expires_on >= first,
            LessonAccount.expires_on < last,
            LessonAccount.id > asked.after[0],
        )
        .group_by(LessonAccount.id)
        .having(left > 0)
        .order_by(LessonAccount.id)
        .limit(asked.limit)
    )
    if asked.campus_id is not None:
        of_campus = teaching.class_ids_of_campus(session, asked.campus_id)
        query = query.where(LessonAccount.class_group_id.in_(of_campus))
    rows = session.execute(query).all()
    names = teaching.course_names(session, {row.course_id for row, _ in rows})
    resting = {
        (student_id, class_id)
        for student_id, class_id, since in pauses.paused_classes(
            session, {row.student_id for row, _ in rows}
        )
        if since <= clock.today()
    }
    facts = [
        Fact(
            subject=f"ends:{row.id}:{row.expires_on}",
            who=row.student_id,
            at=clock.at_local(row.expires_on - DAY),
            until=clock.at_local(row.expires_on),
            values={
                "course": names[row.course_id],
                "left": str(lessons),
                "day": f"{row.expires_on - DAY:%Y年%m月%d日}",
            },
        )
        for row, lessons in rows
        if row.expires_on is not None and (row.student_id, row.class_group_id) not in resting
    ]
    return Facts(facts=facts, after=(rows[-1][0].id, 0) if len(rows) == asked.limit else None)


def payments_due(session: Session, asked: Question) -> Facts:
    """What has to be paid in the interval; once paid it is no longer found."""
    found = dues.between(
        session,
        from_at=asked.from_at,
        to_at=asked.to_at,
        campus_id=asked.campus_id,
        after=asked.after[0],
        limit=asked.limit,
    )
    facts = [
        Fact(
            subject=due.subject,
            who=due.order_id,
            at=due.due_at,
            until=due.due_at,
            values={
                "what": due.what,
                "amount": yuan(due.amount_fen),
                "when": f"{clock.local(due.due_at):%m月%d日 %H:%M}",
            },
        )
        for due in found
    ]
    after = (found[-1].order_id, 0) if len(found) == asked.limit else None
    return Facts(facts=facts, after=after)


def payers(session: Session, order_ids: Collection[int]) -> list[Contact]:
    """Whoever pays these orders."""
    query = select(Order.id, Order.payer_openid).where(Order.id.in_(order_ids))
    return families.by_openid(session, dict(session.execute(query).all()))


def absences(session: Session, asked: Question) -> Facts:
    """Who a roll found missing, with what that costs. A roll that was corrected before the rule
    speaks finds nobody missing any more; one decided anew is another one to be told. Of those from
    before the rule was on, families have heard at once (`consumption`)."""
    found = life.missed_between(
        session,
        from_at=max(asked.from_at, asked.on_since or asked.from_at),
        to_at=asked.to_at,
        campus_id=asked.campus_id,
        after=asked.after[0],
        limit=asked.limit,
    )
    balances = queries.lessons_left(session, student_ids={place.student_id for place, *_ in found})
    names = teaching.course_names(session, {each.course_id for each in balances})
    left: dict[tuple[int, str], int] = defaultdict(int)
    for balance in balances:
        left[balance.student_id, names[balance.course_id]] += balance.left
    facts = []
    for place, lesson, decided_at, revision in found:
        counts = "按1课时计" if place.lessons else "不扣课时"
        rest = left[place.student_id, lesson.course_name]
        facts.append(
            Fact(
                subject=f"missed:{place.id}:{revision}",
                who=place.student_id,
                at=decided_at,
                until=decided_at + DAY,
                values={
                    "course": lesson.course_name,
                    "when": f"{clock.local(lesson.starts_at):%m月%d日 %H:%M}",
                    "charge": f"{counts}，剩余{rest}课时",
                },
            )
        )
    return Facts(facts=facts, after=(found[-1][0].id, 0) if len(found) == asked.limit else None)


_FAMILY = Wording(
    line="{name}的{course}还剩{left}课时。",
    next_step="想接着学回复「续费」，看明细回复「课时」。",
    card=("{course}", "{name}", "还剩{left}课时"),
)
_ENDS = Wording(
    line="{name}的{course}还剩{left}课时，有效期到{day}。",
    next_step="看课表回复「课表」，上不完想延期请回复「转人工」。",
    card=("{course}有效期", "{name}还剩{left}课时", "到{day}"),
)
_PAY = Wording(
    line="您的{what}还有{amount}待付，请在{when}前付款，逾期名额不再保留。",
    next_step="回复「付款」打开付款页面，不需要了回复「取消」。",
    card=("待付{amount}", "{what}", "{when}前"),
)
_MISSED = Wording(
    line="{name}没有来上{when}的{course}，也没有请假，{charge}。",
    next_step="孩子已经到校或有特殊情况，请马上回复「转人工」；想补课回复「补课」。",
    card=("缺勤：{course}", "{name}", "{when}"),
)
_BOTH = (Audience.GUARDIAN, Audience.STUDENT)

KINDS = (
    Kind(
        key="lessons_left",
        name="课时快用完",
        timing=Timing.BELOW,
        unit="课时",
        amounts=(0, 5, 30),
        wordings=dict.fromkeys(_BOTH, _FAMILY),
        find=few_lessons,
    ),
    Kind(
        key="account_ends",
        name="课时有效期将到",
        timing=Timing.DAYS,
        unit="天",
        amounts=(0, 30, 180),
        wordings=dict.fromkeys(_BOTH, _ENDS),
        find=accounts_ending,
    ),
    Kind(
        key="payment_due",
        name="应付款快到期",
        timing=Timing.MINUTES,
        unit="分钟",
        amounts=(1, 10, 1440),
        wordings={Audience.PAYER: _PAY},
        find=payments_due,
    ),
    Kind(
        key="payment_due_days",
        name="应付款前几天",
        timing=Timing.DAYS,
        unit="天",
        amounts=(0, 3, 30),
        wordings={Audience.PAYER: _PAY},
        find=payments_due,
    ),
    Kind(
        key=ABSENCE,
        name="没来上课",
        timing=Timing.AFTER,
        unit="分钟",
        amounts=(0, 5, 120),
        wordings={Audience.GUARDIAN: _MISSED},
        find=absences,
        notice=NoticeKind.SERVICE,
    ),
)

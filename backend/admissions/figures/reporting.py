"""每周招生简报: what last week was, to everybody who answers for it, once (A19)."""

from datetime import timedelta

from sqlalchemy.orm import Session

from backend.admissions.figures import advising, counting, keeping, periods, words
from backend.admissions.figures.counting import View
from backend.admissions.figures.schemas import Period
from backend.kit import clock
from backend.kit.links import page_in_wechat
from backend.outbox import service as outbox
from backend.outbox.schemas import Notice
from backend.security import queries as people
from backend.security.schemas import Role, StaffMember

READERS = (Role.PRINCIPAL, Role.CAMPUS_MANAGER)
GIVEN = 2
"""Pieces of advice that a message has room for; the page has all."""


def last_week() -> Period:
    """Monday to Sunday before today."""
    return periods.named("last_week")


def readers(session: Session) -> list[StaffMember]:
    """Who is sent the report."""
    return people.staff_with_roles(session, set(READERS))


def send(session: Session, *, member: StaffMember, period: Period) -> None:
    """Post a week's report to one of its readers, with what they may see; once for a week."""
    keeping.catch_up(session)
    view = View(session, member)
    found = counting.figures(session, view, period)
    before = counting.figures(session, view, periods.before(period)).sums
    given = advising.advice(found, advising.thresholds(session))[:GIVEN]
    advice = "".join(f"建议{n}：{each.text}" for n, each in enumerate(given, 1))
    sums, last = found.sums, period.to_on - timedelta(days=1)
    values = {
        "week": f"{period.from_on:%m月%d日}至{last:%m月%d日}",
        "leads": str(sums.leads),
        "paid": str(sums.paid),
        "conversion": words.per_cent(sums.conversion),
        "before": str(before.leads),
        "expected": str(found.forecast.expected),
        "advice": advice or "各项指标都在提醒线以内。",
    }
    outbox.post(
        session,
        to=people.recipient_of(session, member.id),
        notice=Notice(
            template="admissions_week",
            values=values,
            url=page_in_wechat("/figures?period=last_week"),
        ),
        dedupe_key=f"admissions-week:{period.from_on}:{member.id}",
    )


def is_day_of_report() -> bool:
    """Monday; a clock that was down reports until Wednesday."""
    return clock.today().weekday() < 3

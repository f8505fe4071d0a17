"""Figures as a picture, for the chat (A18, A19)."""

from datetime import date, timedelta

from sqlalchemy.orm import Session

from backend.admissions.figures import counting, keeping, words
from backend.admissions.figures.counting import View
from backend.admissions.figures.schemas import Dimension, Figures, Period, Sums
from backend.kit import crypto
from backend.kit.charts import bars
from backend.kit.config import settings
from backend.kit.db import reading, unit_of_work
from backend.kit.errors import NotFound
from backend.security import queries as people
from backend.security.permissions import may
from backend.security.schemas import Permission, StaffMember

PURPOSE = "figures"
SECONDS = 24 * 3600
CHANNELS, FUNNEL, WAITS = "channels", "funnel", "waits"


def refresh() -> None:
    """Reckon with what has changed, in a unit of its own, before a page reads."""
    with reading() as session:
        is_due = keeping.is_due(session)
    if is_due:
        with unit_of_work() as session:
            keeping.catch_up(session)


def look(session: Session, member: StaffMember, period: Period) -> Figures:
    """The figures of now, this unit's own changes included, as far as a member of staff sees
    them."""
    keeping.catch_up(session)
    return counting.figures(session, View(session, member), period)


def picture_link(member: StaffMember, kind: str, period: Period) -> str:
    """Where the picture of these figures is, for a day: whoever has the link sees what the member
    sees."""
    claims = {
        "account": member.id,
        "kind": kind,
        "from": period.from_on.isoformat(),
        "days": (period.to_on - period.from_on).days,
        "name": period.name,
    }
    token = crypto.sign(PURPOSE, claims)
    return f"{settings().public_url.rstrip('/')}/figures/picture/{token}"


def picture(token: str) -> bytes:
    """The picture behind a link of ours, with the figures of now. Raises LinkInvalid
    for a link that is not ours or too old, NotFound for somebody who may not see them any more."""
    claims = crypto.unsign(PURPOSE, token, max_age_seconds=SECONDS)
    first = date.fromisoformat(claims["from"])
    period = Period(
        from_on=first, to_on=first + timedelta(days=int(claims["days"])), name=claims["name"]
    )
    with reading() as session:
        member = people.staff_member(session, int(claims["account"]))
        if member is None or not may(member.role, Permission.SEE_FIGURES):
            raise NotFound()
        found = counting.figures(session, View(session, member), period)
    if claims["kind"] == CHANNELS:
        rows = [
            (
                each.name,
                each.sums.leads,
                each.sums.paid,
                f"{each.sums.leads}个，{words.per_cent(each.sums.conversion)}",
            )
            for each in found.by[Dimension.CHANNEL]
            if each.sums.leads
        ]
        return bars(f"{period.name}各渠道转化", "浅色是线索，深色是其中已付款的", rows)
    if claims["kind"] == WAITS:
        waits = [
            (each.name, round(60 * (each.sums.office_minutes or 0)), 0, _wait_of(each.sums))
            for each in found.talks_by[Dimension.ADVISOR]
            if each.sums.responded
        ]
        return bars(f"{period.name}顾问回复时长", "从客户的消息到人工回复，只计上班时间", waits)
    sums = found.sums
    steps = [
        (label, getattr(sums, name), getattr(sums, name), f"{getattr(sums, name)}个")
        for name, (label, _) in words.STEPS.items()
        if name != "visits" and sums.leads
    ]
    return bars(f"{period.name}招生漏斗", "这段时间来的线索，截至现在走到哪一步", steps)


def _wait_of(sums: Sums) -> str:
    return f"{sums.office_minutes}分钟，{sums.responded}次"

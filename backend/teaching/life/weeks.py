"""A person's week: the page in WeChat and the picture in the chat show the same (C5)."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, timedelta

from sqlalchemy.orm import Session

from backend.kit import charts, clock, crypto
from backend.kit.config import settings
from backend.kit.db import reading
from backend.security import queries as security
from backend.students import queries as students
from backend.teaching import queries
from backend.teaching.schemas import LessonView

PURPOSE = "week"
SECONDS = 24 * 3600
DAYS = "一二三四五六日"


@dataclass(frozen=True)
class Week:
    """Seven days from a Monday on, with the lessons of each, and whose they are."""

    days: list[tuple[date, list[LessonView]]]
    children: dict[int, str]


def monday_of(on: date) -> date:
    """The Monday of a day's week."""
    return on - timedelta(days=on.weekday())


def look(
    session: Session, *, openid: str, monday: date, only: Collection[int] | None = None
) -> Week:
    """The week of whoever has this WeChat: what their children (of `only` these) come to, what they
    come to themselves, and what they teach. Nobody else's, whatever is asked for."""
    speaker = security.speaker(session, openid)
    children: dict[int, str] = {}
    if speaker.guardian_id is not None:
        children = {c.id: c.name for c in students.children_of(session, speaker.guardian_id)}
    elif speaker.student_id is not None:
        own = students.student(session, speaker.student_id)
        children = {own.id: own.name}
    if only is not None:
        children = {id_: name for id_, name in children.items() if id_ in only}
    from_at, to_at = clock.at_local(monday), clock.at_local(monday + timedelta(days=7))
    lessons: list[LessonView] = []
    if children:
        lessons += queries.lessons_of_students(
            session, list(children), from_at=from_at, to_at=to_at, limit=100
        )
    if speaker.account_id is not None and only is None:
        lessons += queries.lessons_of_teacher(
            session, speaker.account_id, from_at=from_at, to_at=to_at, limit=100
        )
    days = [
        (on, [each for each in lessons if clock.local(each.starts_at).date() == on])
        for on in (monday + timedelta(days=number) for number in range(7))
    ]
    return Week(days=days, children=children)


def picture_link(openid: str, *, monday: date, only: Collection[int] | None = None) -> str:
    """Where the picture of a week is, for a day; WeChat fetches it, so the link is the key."""
    claims = {
        "openid": openid,
        "monday": monday.isoformat(),
        "only": None if only is None else sorted(only),
    }
    return f"{settings().public_url.rstrip('/')}/lessons/picture/{crypto.sign(PURPOSE, claims)}"


def picture(token: str) -> bytes:
    """The picture behind a link of ours, as the week is now. Raises LinkInvalid for a link that is
    not ours or too old. Whose lessons they are is asked anew."""
    claims = crypto.unsign(PURPOSE, token, max_age_seconds=SECONDS)
    monday = date.fromisoformat(claims["monday"])
    with reading() as session:
        found = look(session, openid=claims["openid"], monday=monday, only=claims["only"])
    sunday = monday + timedelta(days=6)
    names = "、".join(found.children.values())
    return charts.week(
        f"{names or '我'}的一周课表",
        f"{monday.month}月{monday.day}日 – {sunday.month}月{sunday.day}日，"
        f"{clock.local(clock.now()):%m月%d日 %H:%M}更新",
        [
            (
                f"周{DAYS[on.weekday()]} {on.month}/{on.day}",
                on == clock.today(),
                [_card(each, found.children) for each in lessons],
            )
            for on, lessons in found.days
        ],
    )


def _card(each: LessonView, children: dict[int, str]) -> tuple[str, ...]:
    begins, ends = clock.local(each.starts_at), clock.local(each.ends_at)
    who = children.get(each.student_id or 0) if len(children) > 1 else None
    is_own = each.student_id is not None
    lines = (
        f"{begins:%H:%M}–{ends:%H:%M}",
        who,
        each.course_name if is_own else each.class_name,
        f"{each.campus_name}{each.venue_name or ''}",
        f"{each.teacher_name}老师" if is_own else None,
    )
    return tuple(line for line in lines if line)

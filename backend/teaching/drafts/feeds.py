"""日历订阅: secret addresses under which a calendar reads lessons (iCalendar, RFC 5545).

A calendar cannot sign in, so the address is the key: 160 random bits, kept encrypted and found by
digest, renewed or revoked at any time. Whether its owner may still see the lessons is asked at
every fetch: a guardian whose child was removed, or a colleague who left, gets nothing any more.
"""

import hashlib
import secrets
from dataclasses import dataclass
from datetime import timedelta

from icalendar import Calendar, Event
from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session

from backend.kit import clock
from backend.kit.config import settings
from backend.logistics import queries as logistics
from backend.security import queries as security
from backend.security import service as audits
from backend.security.permissions import may
from backend.security.schemas import Permission
from backend.students import queries as students
from backend.teaching import queries
from backend.teaching.drafts.schemas import FeedKind, NoSuchFeed
from backend.teaching.models import Lesson
from backend.teaching.schemas import LessonView
from backend.teaching.timetable_models import Feed

BEHIND, AHEAD = timedelta(days=30), timedelta(days=180)
MOST = 600


@dataclass(frozen=True)
class Whose:
    """A feed that somebody may have, with its address while there is one."""

    kind: FeedKind
    subject_id: int
    name: str
    link: str | None


def own(session: Session, openid: str) -> list[Whose]:
    """What a WeChat may subscribe to: its learners' lessons, and those it teaches."""
    return [
        Whose(kind, subject_id, name, _link(_row(session, kind, subject_id, openid=openid)))
        for kind, subject_id, name in _allowed(session, openid)
    ]


def renew_own(session: Session, openid: str, kind: FeedKind, subject_id: int) -> None:
    """A new address, for whoever may; the old one ends. Raises NoSuchFeed."""
    revoke_own(session, openid, kind, subject_id)
    _make(session, kind, subject_id, openid=openid)


def revoke_own(session: Session, openid: str, kind: FeedKind, subject_id: int) -> None:
    """The address ends; revoking twice is fine. Raises NoSuchFeed for what is not theirs."""
    if (kind, subject_id) not in {(k, s) for k, s, _ in _allowed(session, openid)}:
        raise NoSuchFeed()
    row = _row(session, kind, subject_id, openid=openid)
    if row is not None:
        row.revoked_at = clock.now()
        session.flush()


def link_of(session: Session, kind: FeedKind, subject_id: int, *, by: int) -> str | None:
    """The address that a keeper of the timetable has for a teacher or a room."""
    return _link(_row(session, kind, subject_id, made_by=by))


def renew(session: Session, kind: FeedKind, subject_id: int, *, by: int) -> None:
    """A keeper's new address for a teacher or a room."""
    revoke(session, kind, subject_id, by=by)
    _make(session, kind, subject_id, made_by=by)
    audits.audit(
        session, actor=f"account:{by}", action="calendar.made", subject=f"{kind}:{subject_id}"
    )


def revoke(session: Session, kind: FeedKind, subject_id: int, *, by: int) -> None:
    """A keeper's address ends."""
    row = _row(session, kind, subject_id, made_by=by)
    if row is not None:
        row.revoked_at = clock.now()
        session.flush()


def calendar(session: Session, token: str) -> bytes:
    """The lessons behind an address, as a calendar's file. Raises NoSuchFeed."""
    row = session.scalar(
        select(Feed).where(Feed.digest == _digest(token), Feed.revoked_at.is_(None))
    )
    if row is None or not _still_may(session, row):
        raise NoSuchFeed()
    now = clock.now()
    from_at, to_at = now - BEHIND, now + AHEAD
    if row.student_id is not None:
        found = queries.lessons_of_students(
            session, [row.student_id], from_at=from_at, to_at=to_at, limit=MOST
        )
        name = students.student(session, row.student_id).name
    elif row.account_id is not None:
        found = queries.lessons_of_teacher(
            session, row.account_id, from_at=from_at, to_at=to_at, limit=MOST
        )
        name = security.staff_members(session, {row.account_id})[row.account_id].name
    else:
        ids = select(Lesson.id).where(
            Lesson.venue_id == row.venue_id,
            Lesson.status == "planned",
            Lesson.starts_at >= from_at,
            Lesson.starts_at < to_at,
        )
        ids = ids.order_by(Lesson.starts_at).limit(MOST)
        found = queries.lessons(session, list(session.scalars(ids)))
        _, rooms = logistics.names(session, campus_ids=set(), venue_ids={row.venue_id or 0})
        name = rooms.get(row.venue_id or 0, "")
    return _file(f"{name}的课表", found)


def _file(name: str, lessons: list[LessonView]) -> bytes:
    made = Calendar()
    made.add("prodid", "-//timetable//zh-CN")
    made.add("version", "2.0")
    made.add("method", "PUBLISH")
    made.add("x-wr-calname", name)
    made.add("x-wr-timezone", "Asia/Shanghai")
    for each in lessons:
        event = Event()
        event.add("uid", f"lesson-{each.id}@{settings().wechat_account}")
        event.add("dtstamp", clock.now())
        event.add("dtstart", each.starts_at)
        event.add("dtend", each.ends_at)
        event.add("summary", each.class_name)
        event.add("location", f"{each.campus_name}{each.venue_name or ''}")
        event.add("description", f"{each.course_name}，{each.teacher_name}老师")
        made.add_component(event)
    return bytes(made.to_ical())


def _allowed(session: Session, openid: str) -> list[tuple[FeedKind, int, str]]:
    speaker = security.speaker(session, openid)
    found: list[tuple[FeedKind, int, str]] = []
    if speaker.is_frozen:
        return found
    if speaker.guardian_id is not None:
        children = students.children_of(session, speaker.guardian_id)
        found += [(FeedKind.LEARNER, child.id, child.name) for child in children]
    elif speaker.student_id is not None:
        own = students.student(session, speaker.student_id)
        found.append((FeedKind.LEARNER, own.id, own.name))
    if speaker.account_id is not None and may(speaker.role, Permission.SEE_LESSONS):
        found.append((FeedKind.TEACHER, speaker.account_id, speaker.name or ""))
    return found


def _still_may(session: Session, row: Feed) -> bool:
    if row.openid is not None:
        wanted = (FeedKind(row.kind), row.student_id or row.account_id)
        return wanted in {(kind, id_) for kind, id_, _ in _allowed(session, row.openid)}
    keeper = security.staff_member(session, row.made_by or 0)
    return keeper is not None and may(keeper.role, Permission.KEEP_TIMETABLE)


def _of(kind: FeedKind, subject_id: int) -> dict[str, int]:
    column = {
        FeedKind.LEARNER: "student_id",
        FeedKind.TEACHER: "account_id",
        FeedKind.ROOM: "venue_id",
    }
    return {column[kind]: subject_id}


def _row(
    session: Session,
    kind: FeedKind,
    subject_id: int,
    *,
    openid: str | None = None,
    made_by: int | None = None,
) -> Feed | None:
    (column, value) = next(iter(_of(kind, subject_id).items()))
    who: ColumnElement[bool] = Feed.openid == openid if openid else Feed.made_by == made_by
    query = select(Feed).where(
        who, getattr(Feed, column) == value, Feed.kind == kind, Feed.revoked_at.is_(None)
    )
    return session.scalars(query.order_by(Feed.id.desc()).limit(1)).one_or_none()


def _make(
    session: Session,
    kind: FeedKind,
    subject_id: int,
    *,
    openid: str | None = None,
    made_by: int | None = None,
) -> None:
    token = secrets.token_urlsafe(20)
    session.add(
        Feed(
            kind=kind,
            openid=openid,
            made_by=made_by,
            digest=_digest(token),
            token=token,
            made_at=clock.now(),
            **_of(kind, subject_id),
        )
    )
    session.flush()


def _link(row: Feed | None) -> str | None:
    return f"{settings().public_url}/calendar/{row.token}.ics" if row else None


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()

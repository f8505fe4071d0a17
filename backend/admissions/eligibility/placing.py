"""定级测评: points of a placement lead to a level of a programme (T1), for a child of a lead or a
learner on file. The levels are the curriculum's; who was placed as high may skip what comes before.
"""

from datetime import datetime

from pydantic import BaseModel, ConfigDict
from sqlalchemy import ColumnElement, or_, select
from sqlalchemy.orm import Session

from backend.admissions.models import FollowUp, Lead, Placement
from backend.kit import clock, crypto
from backend.kit.errors import DomainError, NotFound
from backend.security import queries as people
from backend.students import queries as files
from backend.teaching.curriculum import queries as curriculum
from backend.teaching.curriculum import rules
from backend.teaching.curriculum.schemas import LevelView


class PlacementWrong(DomainError):
    """Points out of 0–100, nobody or two people named, or a programme without levels."""


class Placed(BaseModel):
    """Where a placement leads to."""

    model_config = ConfigDict(frozen=True)

    child_name: str
    programme_name: str
    level_name: str
    course_name: str
    points: int
    at: datetime


def place(
    session: Session,
    *,
    programme_id: int,
    points: int,
    by_id: int,
    source_key: str,
    child_name: str = "",
    lead_id: int | None = None,
    student_id: int | None = None,
) -> LevelView:
    """Write down how a child of a lead, or a learner on file, did in a programme's placement;
    returns the level to begin with. The same form is one placement. Raises NotFound,
    PlacementWrong."""
    if not 0 <= points <= 100 or (lead_id is None) == (student_id is None):
        raise PlacementWrong()
    level = rules.level_for(curriculum.levels(session, programme_id), points)
    if level is None:
        raise PlacementWrong()
    if session.scalar(select(Placement.id).where(Placement.source_key == source_key)) is not None:
        return level
    if student_id is not None:
        child = files.students(session, [student_id]).get(student_id)
        if child is None:
            raise NotFound()
        child_name = child.name
    elif session.get(Lead, lead_id) is None:
        raise NotFound()
    if not child_name:
        raise PlacementWrong()
    now = clock.now()
    session.add(
        Placement(
            lead_id=lead_id,
            student_id=student_id,
            child_name=child_name,
            course_id=level.course_id,
            programme_id=programme_id,
            points=points,
            is_passed=True,
            by_id=by_id,
            at=now,
            source_key=source_key,
        )
    )
    if lead_id is not None:
        note = f"{child_name}定级测评{points}分，建议{level.name}（{level.course_name}）"
        session.add(FollowUp(lead_id=lead_id, account_id=by_id, note=note, at=now))
    session.flush()
    return level


def is_placed(
    session: Session,
    *,
    openid: str,
    phone: str,
    child_name: str,
    student_id: int | None,
    course_id: int,
    around: list[LevelView],
) -> bool | None:
    """What the latest placement says of a child and a course: as high, not so high, or (None) no
    placement. `around`: the levels of the course's programme, if it has one."""
    level = curriculum.level_of(around, course_id)
    about = Placement.course_id == course_id
    if level is not None:
        about |= Placement.programme_id == level.programme_id
    theirs = _of_family(openid, phone) & (Placement.child_name == child_name)
    if student_id is not None:
        theirs |= Placement.student_id == student_id
    query = (
        select(Placement)
        .outerjoin(Lead, Lead.id == Placement.lead_id)
        .where(theirs, about)
        .order_by(Placement.id.desc())
        .limit(1)
    )
    found = session.scalars(query).first()
    if found is None:
        return None
    if found.programme_id is None or level is None:
        return found.is_passed
    reached = curriculum.level_of(around, found.course_id)
    return reached is not None and reached.rank >= level.rank


def found(session: Session, openid: str, *, limit: int = 5) -> list[Placed]:
    """The latest placement in each programme of whoever has this WeChat: of their leads' children
    and of their own on file."""
    guardian_id = people.speaker(session, openid).guardian_id
    own = files.children_of(session, guardian_id) if guardian_id is not None else []
    query = (
        select(Placement)
        .outerjoin(Lead, Lead.id == Placement.lead_id)
        .where(
            or_(Lead.openid == openid, Placement.student_id.in_([child.id for child in own])),
            Placement.programme_id.is_not(None),
        )
        .order_by(Placement.id.desc())
        .limit(20)
    )
    programmes = {each.id: each for each in curriculum.programmes(session)}
    seen: dict[tuple[str, int], Placed] = {}
    for row in session.scalars(query):
        programme = programmes[row.programme_id or 0]
        level = curriculum.level_of(programme.levels, row.course_id)
        if level is not None and (row.child_name, programme.id) not in seen:
            seen[row.child_name, programme.id] = Placed(
                child_name=row.child_name,
                programme_name=programme.name,
                level_name=level.name,
                course_name=level.course_name,
                points=row.points or 0,
                at=row.at,
            )
    return list(seen.values())[:limit]


def _of_family(openid: str, phone: str) -> ColumnElement[bool]:
    """Leads in this WeChat, and those with its phone that have no WeChat yet."""
    by_phone = Lead.openid.is_(None) & Lead.phone_index.in_(
        crypto.blind_indexes(phone, context="phone")
    )
    return or_(Lead.openid == openid, by_phone)

"""体系 and 级别: what leads to what. The course before a level is told by its rank alone;
admissions asks `queries.course_before` and keeps no copy."""

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from backend.kit.errors import NotFound
from backend.security import service as security
from backend.teaching.curriculum import queries, rules
from backend.teaching.curriculum.schemas import LevelView, LevelWrong
from backend.teaching.curriculum_models import Level, Programme
from backend.teaching.models import Course

LONGEST, LONGEST_LEVEL = 40, 20


def keep_programme(
    session: Session,
    *,
    name: str,
    subject: str,
    summary: str = "",
    is_active: bool = True,
    by: int,
    programme_id: int | None = None,
) -> int:
    """Make or change a programme; the same name again is the same one. Raises LevelWrong,
    NotFound."""
    name, subject = " ".join(name.split()), " ".join(subject.split())
    if not 2 <= len(name) <= LONGEST or not 1 <= len(subject) <= 20 or len(summary) > 200:
        raise LevelWrong()
    named = session.scalar(select(Programme).where(Programme.name == name))
    row = named if programme_id is None else session.get(Programme, programme_id)
    if programme_id is not None and row is None:
        raise NotFound()
    if named is not None and row is not named:
        raise LevelWrong()
    if row is None:
        row = Programme(name=name, subject=subject)
        session.add(row)
    row.name, row.subject, row.summary, row.is_active = name, subject, summary.strip(), is_active
    session.flush()
    _audit(session, by, "programme.kept", f"programme:{row.id}")
    return row.id


def keep_level(
    session: Session,
    *,
    programme_id: int,
    name: str,
    rank: int,
    course_id: int,
    from_points: int,
    needs_before: bool,
    by: int,
) -> int:
    """Put a course at a rank of a programme, or change what stands there. Raises NotFound,
    LevelWrong (also for a course that stands elsewhere)."""
    # One after the other: the points are compared with those of all levels.
    programme = session.get(Programme, programme_id, with_for_update={"key_share": True})
    if programme is None or session.get(Course, course_id) is None:
        raise NotFound()
    name = " ".join(name.split())
    if not 1 <= len(name) <= LONGEST_LEVEL or not 1 <= rank <= 30 or not 0 <= from_points <= 100:
        raise LevelWrong()
    place = Level.programme_id == programme_id, Level.rank == rank
    row = session.scalar(select(Level).where(*place))
    elsewhere = session.scalar(select(Level).where(Level.course_id == course_id))
    if elsewhere is not None and elsewhere is not row:
        raise LevelWrong()
    wanted = LevelView(
        id=row.id if row else 0,
        programme_id=programme_id,
        rank=rank,
        name=name,
        course_id=course_id,
        course_name="",
        from_points=from_points,
        needs_before=needs_before,
    )
    others = [level for level in queries.levels(session, programme_id) if level.rank != rank]
    if not rules.is_rising([*others, wanted]):
        raise LevelWrong()
    if row is None:
        row = Level(programme_id=programme_id, rank=rank)
        session.add(row)
    row.name, row.course_id = name, course_id
    row.from_points, row.needs_before = from_points, needs_before
    session.flush()
    _audit(session, by, "level.kept", f"programme:{programme_id}", rank=rank, course_id=course_id)
    return row.id


def drop_level(session: Session, *, level_id: int, by: int) -> None:
    """Take a course out of its programme; only the highest level, so that no gap is left. Twice is
    once. Raises LevelWrong."""
    row = session.get(Level, level_id)
    if row is None:
        return
    highest = select(func.max(Level.rank)).where(Level.programme_id == row.programme_id)
    if session.scalar(highest) != row.rank:
        raise LevelWrong()
    _audit(session, by, "level.dropped", f"programme:{row.programme_id}", course_id=row.course_id)
    session.delete(row)
    session.flush()


def _audit(session: Session, by: int, action: str, subject: str, **facts: object) -> None:
    security.audit(session, actor=f"account:{by}", action=action, subject=subject, **facts)

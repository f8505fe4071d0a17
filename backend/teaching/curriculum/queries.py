"""Reads of the curriculum, each by a bounded number of statements."""

import itertools
import re
from collections import defaultdict
from collections.abc import Collection, Iterable

from sqlalchemy import Select, func, or_, select
from sqlalchemy.orm import Session

from backend.kit import clock
from backend.kit.errors import NotFound
from backend.security.permissions import scope_of
from backend.security.schemas import Permission, Scope, StaffMember
from backend.teaching.curriculum import rules
from backend.teaching.curriculum.schemas import (
    LevelView,
    Meeting,
    Note,
    Plan,
    ProgrammeView,
    StandardView,
    Status,
    StepView,
    Unit,
)
from backend.teaching.curriculum_models import (
    ClassPlan,
    Covered,
    Level,
    Programme,
    Standard,
    StandardStep,
    StandardUnit,
)
from backend.teaching.homework import teachers
from backend.teaching.models import ClassGroup, Course, Lesson

_LEVEL_SAID = re.compile(r"[一二三四五六七八九十\d]+(?:级|年级)")


def programmes(session: Session) -> list[ProgrammeView]:
    """All programmes with their levels, those in use first."""
    by_programme: dict[int, list[LevelView]] = defaultdict(list)
    for level in _levels(session, _level_query()):
        by_programme[level.programme_id].append(level)
    query = select(Programme).order_by(Programme.is_active.desc(), Programme.name)
    return [
        ProgrammeView.model_validate(row).model_copy(update={"levels": tuple(by_programme[row.id])})
        for row in session.scalars(query)
    ]


def levels(session: Session, programme_id: int) -> list[LevelView]:
    """The levels of a programme, the lowest first."""
    return _levels(session, _level_query().where(Level.programme_id == programme_id))


def levels_around(session: Session, course_id: int) -> list[LevelView]:
    """All levels of the programme in use that a course belongs to; none for a course outside."""
    own = (
        select(Level.programme_id)
        .join(Programme, Programme.id == Level.programme_id)
        .where(Level.course_id == course_id, Programme.is_active.is_(True))
    )
    return _levels(session, _level_query().where(Level.programme_id.in_(own)))


def level_of(around: Iterable[LevelView], course_id: int) -> LevelView | None:
    """The level that is a course."""
    return next((level for level in around if level.course_id == course_id), None)


def course_before(around: Iterable[LevelView], course_id: int) -> int | None:
    """The course that has to be taken before this one, where its programme asks for it (T1)."""
    ordered = sorted(around, key=lambda level: level.rank)
    for below, level in itertools.pairwise(ordered):
        if level.course_id == course_id:
            return below.course_id if level.needs_before else None
    return None


def courses(session: Session) -> dict[int, str]:
    """The courses on offer, by id."""
    query = select(Course.id, Course.name).where(Course.is_active.is_(True)).order_by(Course.name)
    return dict(session.execute(query).all())


def courses_called(session: Session, text: str) -> dict[int, str]:
    """The courses that words name: by the whole name, else by subject and level (`三级数学`), else
    by one of the two; only the closest kind of fit."""
    query = (
        select(Course.id, Course.name, Course.subject, Level.name, Programme.name)
        .outerjoin(Level, Level.course_id == Course.id)
        .outerjoin(Programme, Programme.id == Level.programme_id)
        .where(Course.is_active.is_(True))
        .order_by(Course.id)
    )
    best, found = 0, dict[int, str]()
    for id_, name, subject, level, programme in session.execute(query):
        has_level = _has_level(text, name, level)
        has_subject = subject in text or bool(programme and programme in text)
        fit = 4 if name in text else 3 if has_level and has_subject else 0
        fit = fit or (2 if has_subject and not _LEVEL_SAID.search(text) else 0)
        if fit > best:
            best, found = fit, {}
        if fit and fit == best:
            found[id_] = name
    return found


def standard(session: Session, standard_id: int) -> StandardView:
    """One version. Raises NotFound."""
    found = _standards(session, _standard_query().where(Standard.id == standard_id))
    if not found:
        raise NotFound()
    return found[0]


def versions(session: Session, course_id: int) -> list[StandardView]:
    """All versions of a course's standard, the newest first."""
    query = _standard_query().where(Standard.course_id == course_id)
    return _standards(session, query.order_by(Standard.version.desc()).limit(50))


def in_force(session: Session, course_ids: Collection[int]) -> dict[int, StandardView]:
    """The published version in force of each course that has one."""
    newest = (
        select(func.max(Standard.version))
        .where(Standard.course_id == Course.id, Standard.status == Status.PUBLISHED)
        .correlate(Course)
        .scalar_subquery()
    )
    query = _standard_query().where(
        Course.id.in_(course_ids), Standard.version == newest, Standard.status == Status.PUBLISHED
    )
    return {each.course_id: each for each in _standards(session, query)}


def states(session: Session) -> dict[int, dict[Status, int]]:
    """Of each course, its newest published version and the open one, by state: version numbers."""
    found: dict[int, dict[Status, int]] = defaultdict(dict)
    query = select(Standard.course_id, Standard.status, func.max(Standard.version))
    for course_id, status, version in session.execute(
        query.group_by(Standard.course_id, Standard.status)
    ):
        found[course_id][Status(status)] = version
    return dict(found)


def steps(session: Session, standard_id: int) -> list[StepView]:
    """What became of a version, the newest first."""
    query = select(StandardStep).where(StandardStep.standard_id == standard_id)
    rows = session.scalars(query.order_by(StandardStep.id.desc()).limit(100))
    return [StepView.model_validate(row) for row in rows]


def units_of(session: Session, standard_ids: Collection[int]) -> dict[int, tuple[Unit, ...]]:
    """The units of versions, in order."""
    found: dict[int, list[Unit]] = defaultdict(list)
    query = (
        select(StandardUnit)
        .where(StandardUnit.standard_id.in_(standard_ids))
        .order_by(StandardUnit.number)
        .execution_options(populate_existing=True)
    )
    for row in session.scalars(query):
        found[row.standard_id].append(Unit.model_validate(row))
    return {id_: tuple(units) for id_, units in found.items()}


def plan(session: Session, class_group_id: int) -> Plan | None:
    """The plan of a class; None where its course has no published standard. Raises NotFound."""
    if session.get(ClassGroup, class_group_id) is None:
        raise NotFound()
    return plans(session, [class_group_id]).get(class_group_id)


def plans(session: Session, class_group_ids: Collection[int]) -> dict[int, Plan]:
    """The plans of classes whose courses have a published standard, in a fixed number of
    statements."""
    query = (
        select(ClassGroup.id, ClassGroup.name, Course.id, Course.name, ClassPlan.standard_id)
        .join(Course, Course.id == ClassGroup.course_id)
        .outerjoin(ClassPlan, ClassPlan.class_group_id == ClassGroup.id)
        .where(ClassGroup.id.in_(class_group_ids))
        .order_by(ClassGroup.name)
    )
    groups = session.execute(query).all()
    newest = in_force(session, {row[2] for row in groups})
    pinned = {row[4] for row in groups if row[4]} - {each.id for each in newest.values()}
    by_id = {each.id: each for each in newest.values()}
    if pinned:
        chosen = _standards(session, _standard_query().where(Standard.id.in_(pinned)))
        by_id |= {each.id: each for each in chosen}
    meetings = _meetings(session, [row[0] for row in groups if row[2] in newest])
    found = {}
    for group_id, name, course_id, course_name, standard_id in groups:
        if course_id not in newest:
            continue
        followed = by_id[standard_id or newest[course_id].id]
        reckoned = rules.reckon(followed.units, meetings.get(group_id, []), now=clock.now())
        found[group_id] = Plan(
            class_group_id=group_id,
            class_name=name,
            course_id=course_id,
            course_name=course_name,
            standard_id=followed.id,
            version=followed.version,
            newest_version=newest[course_id].version,
            newest_id=newest[course_id].id,
            **reckoned._asdict(),
        )
    return found


def classes_for(session: Session, member: StaffMember, *, limit: int = 60) -> dict[int, str]:
    """The open classes whose plan somebody may look at."""
    scope = scope_of(member.role, Permission.SEE_LESSONS)
    query = select(ClassGroup.id, ClassGroup.name).where(ClassGroup.is_open.is_(True))
    if scope is not Scope.ALL:
        own = ClassGroup.id.in_(list(teachers.classes_of(session, member.id)))
        campus = ClassGroup.campus_id == (member.campus_id or 0)
        query = query.where(or_(own, campus) if scope is Scope.CAMPUS else own)
    return dict(session.execute(query.order_by(ClassGroup.name).limit(limit)).all())


def may_see(session: Session, member: StaffMember, class_group_id: int) -> bool:
    """Whether somebody may look at the plan of a class, open or not."""
    group = session.get(ClassGroup, class_group_id)
    if group is None:
        return False
    return teachers.may_see(session, member, class_group_id, group.campus_id)


def _has_level(text: str, course_name: str, level: str | None) -> bool:
    """Whether words name the level that a course is, by its own name or that of its level."""
    said = _LEVEL_SAID.search(text)
    return bool(level and level in text) or bool(said and said.group() in course_name)


def _meetings(session: Session, class_group_ids: Collection[int]) -> dict[int, list[Meeting]]:
    lessons = (
        select(Lesson.id, Lesson.class_group_id, Lesson.starts_at, Lesson.ends_at)
        .where(Lesson.class_group_id.in_(class_group_ids), Lesson.status == "planned")
        .order_by(Lesson.starts_at, Lesson.id)
    )
    covered = (
        select(Covered)
        .join(Lesson, Lesson.id == Covered.lesson_id)
        .where(Lesson.class_group_id.in_(class_group_ids))
        .order_by(Covered.id)
    )
    notes: dict[int, list[Note]] = defaultdict(list)
    for row in session.scalars(covered):
        notes[row.lesson_id].append(
            Note(
                key=row.unit_key,
                name=row.unit_name,
                is_finished=row.is_finished,
                words=row.words,
            )
        )
    found: dict[int, list[Meeting]] = defaultdict(list)
    for id_, group_id, starts_at, ends_at in session.execute(lessons):
        found[group_id].append(
            Meeting(lesson_id=id_, starts_at=starts_at, ends_at=ends_at, notes=tuple(notes[id_]))
        )
    return found


def _level_query() -> Select[Level, str]:
    return (
        select(Level, Course.name)
        .join(Course, Course.id == Level.course_id)
        .order_by(Level.programme_id, Level.rank)
    )


def _levels(session: Session, query: Select[Level, str]) -> list[LevelView]:
    return [
        LevelView(
            id=row.id,
            programme_id=row.programme_id,
            rank=row.rank,
            name=row.name,
            course_id=row.course_id,
            course_name=name,
            from_points=row.from_points,
            needs_before=row.needs_before,
        )
        for row, name in session.execute(query)
    ]


def _standard_query() -> Select[Standard, str]:
    return select(Standard, Course.name).join(Course, Course.id == Standard.course_id)


def _standards(session: Session, query: Select[Standard, str]) -> list[StandardView]:
    rows = session.execute(query).all()
    units = units_of(session, [row.id for row, _ in rows])
    return [
        StandardView(
            id=row.id,
            course_id=row.course_id,
            course_name=name,
            version=row.version,
            status=Status(row.status),
            goals=row.goals,
            methods=row.methods,
            changes=row.changes,
            published_at=row.published_at,
            units=units.get(row.id, ()),
        )
        for row, name in rows
    ]

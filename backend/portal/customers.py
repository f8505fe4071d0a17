"""Customers as a list for staff: who may see whom, classes derived by rule, and one line's facts
gathered from the rooms (S1, S3)."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import timedelta

from pydantic import BaseModel, ConfigDict
from sqlalchemy import ColumnElement, SQLColumnExpression, and_, or_
from sqlalchemy.orm import Session

from backend.admissions import queries as admissions
from backend.finance import queries as finance
from backend.kit import clock
from backend.kit.errors import NotFound
from backend.logistics import queries as logistics
from backend.portal.schemas import Segment
from backend.security.permissions import scope_of
from backend.security.schemas import Permission, Scope, StaffMember
from backend.students import roster
from backend.students.roster import Condition, Listed, Wanted
from backend.students.schemas import Person
from backend.teaching import queries as teaching

NEW_FOR = timedelta(days=30)
SILENT_DAYS = 45
AT_RISK_LESSONS = 4


@dataclass(frozen=True)
class Asked:
    """What a form asks for; None leaves nobody out. `days` of silence and `lessons` left are where
    the classes draw their lines."""

    person: Person = Person.STUDENT
    words: str = ""
    tag_id: int | None = None
    class_group_id: int | None = None
    course_id: int | None = None
    campus_id: int | None = None
    has_lessons: bool | None = None
    segment: Segment | None = None
    days: int = SILENT_DAYS
    lessons: int = AT_RISK_LESSONS


class Line(BaseModel):
    """A line of the list with what the rooms know: class names, lessons left, classes."""

    model_config = ConfigDict(frozen=True)

    listed: Listed
    seats: list[str] = []
    left: int | None = None
    segments: list[Segment] = []


def page(
    session: Session,
    member: StaffMember,
    asked: Asked,
    *,
    after: int = 0,
    limit: int = roster.PAGE,
    in_full: bool = False,
    permission: Permission = Permission.FIND_STUDENTS,
) -> list[Line]:
    """Lines after one id, at most `limit` and one more, in a number of statements that does not
    grow: those whom the reader may see and who are asked for."""
    among = (*visible_to(member, permission), *_conditions(asked))
    wanted = Wanted(words=asked.words, tag_id=asked.tag_id, among=among)
    if asked.person is Person.GUARDIAN:
        found = roster.guardians(session, wanted, after=after, limit=limit, in_full=in_full)
        return [Line(listed=each) for each in found]
    found = roster.students(session, wanted, after=after, limit=limit, in_full=in_full)
    return _lines(session, found, asked)


def line(session: Session, member: StaffMember, student_id: int) -> Line:
    """One student. Raises NotFound where there is none or none for this reader."""
    wanted = Wanted(among=(*visible_to(member), lambda column: column == student_id))
    found = roster.students(session, wanted, limit=1)
    if not found:
        raise NotFound()
    return _lines(session, found, Asked())[0]


def visible(
    session: Session, member: StaffMember, person: Person, ids: Collection[int]
) -> set[int]:
    """Those of these ids that somebody may see."""
    if person is Person.STUDENT:
        return roster.known_students(session, ids, visible_to(member))
    return roster.known_guardians(session, ids, visible_to(member))


def visible_to(
    member: StaffMember, permission: Permission = Permission.FIND_STUDENTS
) -> tuple[Condition, ...]:
    """Which students somebody may see: all, those of their campus and of no campus yet (G1), or
    those they teach or have won. A campus scope without a campus is for every campus."""
    match scope_of(member.role, permission):
        case Scope.ALL:
            return ()
        case Scope.CAMPUS:
            campus_id = member.campus_id
            if campus_id is None:
                return ()
            return (lambda column: teaching.belongs_to(column, campus_id),)
        case Scope.OWN:
            return (
                lambda column: or_(
                    teaching.sits_in(column, teacher_id=member.id),
                    admissions.signed_with(column, member.id),
                ),
            )
        case None:
            return (lambda column: column.is_(None),)


def segments(*, days: int, lessons: int) -> Mapping[Segment, Condition]:
    """The rule behind each class."""
    now = clock.now()
    since = now - timedelta(days=days)
    heard, is_young = roster.heard_since(since), roster.made_since(since)

    def active(column: SQLColumnExpression[int]) -> ColumnElement[bool]:
        return or_(teaching.has_seat(column), finance.lessons_left_of(column) > 0)

    def former(column: SQLColumnExpression[int]) -> ColumnElement[bool]:
        return and_(teaching.has_seat(column, ever=True), ~active(column))

    def at_risk(column: SQLColumnExpression[int]) -> ColumnElement[bool]:
        return and_(teaching.has_seat(column), finance.lessons_left_of(column) <= lessons)

    def silent(column: SQLColumnExpression[int]) -> ColumnElement[bool]:
        recent = or_(is_young(column), heard(column), finance.consumed_since(column, since))
        return and_(active(column), ~recent)

    return {
        Segment.NEW: roster.made_since(now - NEW_FOR),
        Segment.ACTIVE: active,
        Segment.AT_RISK: at_risk,
        Segment.SILENT: silent,
        Segment.FORMER: former,
    }


def choices(session: Session) -> dict[str, dict[int, str]]:
    """What the form offers: campuses, courses, classes by id."""
    found = teaching.catalogue(session)
    return {
        "campuses": {each.id: each.name for each in logistics.campuses(session)},
        "courses": {id_: name for name, id_ in found.courses.items()},
        "classes": {id_: name for name, id_ in found.classes.items()},
    }


def _conditions(asked: Asked) -> list[Condition]:
    found: list[Condition] = []
    add = found.append
    if asked.class_group_id is not None:
        add(lambda column: teaching.sits_in(column, class_group_id=asked.class_group_id))
    if asked.course_id is not None:
        add(lambda column: teaching.sits_in(column, course_id=asked.course_id))
    if asked.campus_id is not None:
        campus_id = asked.campus_id
        add(lambda column: teaching.has_seat(column, campus_id=campus_id))
    if asked.has_lessons is True:
        add(lambda column: finance.lessons_left_of(column) > 0)
    if asked.has_lessons is False:
        add(lambda column: finance.lessons_left_of(column) <= 0)
    if asked.segment is not None:
        add(segments(days=asked.days, lessons=asked.lessons)[asked.segment])
    return found


def _lines(session: Session, found: list[Listed], asked: Asked) -> list[Line]:
    ids = [each.id for each in found]
    classes = roster.which(session, ids, segments(days=asked.days, lessons=asked.lessons))
    seats: dict[int, list[str]] = {}
    for seat in teaching.seats_of(session, ids):
        if seat.is_active:
            seats.setdefault(seat.student_id, []).append(seat.class_name)
    left: dict[int, int] = {}
    for balance in finance.lessons_left(session, student_ids=ids):
        left[balance.student_id] = left.get(balance.student_id, 0) + balance.left
    return [
        Line(
            listed=each,
            seats=seats.get(each.id, []),
            left=left.get(each.id),
            segments=classes.get(each.id, []),
        )
        for each in found
    ]

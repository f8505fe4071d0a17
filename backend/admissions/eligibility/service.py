"""Who may sign up for what, checked where the talk asks and again where the seat is taken."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from backend.admissions.eligibility import placing
from backend.admissions.eligibility.schemas import (
    Asked,
    Candidate,
    CourseAsked,
    Entry,
    NotEligible,
    unmet,
)
from backend.admissions.models import CourseEntry, FollowUp, Lead, Placement
from backend.finance.prices.schemas import PackageView
from backend.kit import clock
from backend.kit.db import upsert
from backend.kit.errors import NotFound
from backend.security import queries as people
from backend.security import service as security
from backend.students import queries as files
from backend.teaching import queries as classes
from backend.teaching.curriculum import queries as curriculum
from backend.teaching.curriculum.schemas import LevelView


def of_package(session: Session, package: PackageView) -> list[Asked]:
    """What a child has to fit who gets a package without a class: each of its courses."""
    names = classes.course_grades(session, [item.course_id for item in package.items])
    return [
        CourseAsked(
            name=package.name, course_id=id_, course_name=name, grade_from=low, grade_to=high
        )
        for id_, (name, low, high) in names.items()
    ]


def entry_of(session: Session, offer: Asked) -> Entry:
    """What the course of a class asks for. Where it is a level of a programme, that says what comes
    before; else what was written down for the course."""
    return _entry(session, offer, curriculum.levels_around(session, offer.course_id))


def _entry(session: Session, offer: Asked, around: list[LevelView]) -> Entry:
    row = session.get(CourseEntry, offer.course_id)
    before = row.prerequisite_id if row else None
    if around:
        before = curriculum.course_before(around, offer.course_id)
    return Entry(
        grade_from=offer.grade_from,
        grade_to=offer.grade_to,
        age_from=row.age_from if row else None,
        age_to=row.age_to if row else None,
        prerequisite_id=before,
        needs_placement=row.needs_placement if row else False,
    )


def must_fit(
    session: Session,
    offer: Asked,
    *,
    openid: str,
    phone: str,
    child_name: str,
    grade: int | None,
    age: int | None,
) -> None:
    """Raise NotEligible where a child may not sit in a class. What is on file goes before what was
    typed: the birthday of a child of ours, and the courses it has taken."""
    around = curriculum.levels_around(session, offer.course_id)
    entry = _entry(session, offer, around)
    own = own_child(session, openid, child_name)
    taken: frozenset[int] = frozenset()
    if own is not None:
        student_id, on_file = own
        age = on_file if on_file is not None else age
        if entry.prerequisite_id is not None:
            taken = frozenset(classes.courses_taken(session, student_id))
    placed = None
    if entry.needs_placement or entry.prerequisite_id is not None:
        placed = placing.is_placed(
            session,
            openid=openid,
            phone=phone,
            child_name=child_name,
            student_id=own[0] if own else None,
            course_id=offer.course_id,
            around=around,
        )
    child = Candidate(grade=grade, age=age, courses=taken, placed=placed)
    why = unmet(entry, child)
    if why is not None:
        before = classes.course_names(session, [entry.prerequisite_id or 0])
        raise NotEligible(
            why=why,
            course=offer.course_name,
            class_name=offer.name,
            child=child_name,
            before=before.get(entry.prerequisite_id or 0, ""),
            age_from=entry.age_from,
            age_to=entry.age_to,
        )


def asks_age(session: Session, offer: Asked, *, openid: str, child_name: str) -> bool:
    """Whether a family has to say how old the child is: the course asks for it, no file knows."""
    if not entry_of(session, offer).asks_age:
        return False
    own = own_child(session, openid, child_name)
    return own is None or own[1] is None


def own_child(session: Session, openid: str, child_name: str) -> tuple[int, int | None] | None:
    """The number and age of a child of the family that speaks; None for any other name."""
    guardian_id = people.speaker(session, openid).guardian_id
    if guardian_id is None:
        return None
    for child in files.children_of(session, guardian_id):
        if child.name == child_name:
            return child.id, files.age_of(session, child.id, on=clock.today())
    return None


def set_entry(session: Session, *, course_id: int, entry: Entry, by_id: int) -> None:
    """Write down what a course asks for. Twice is the same. Raises NotFound."""
    wanted = {course_id} | ({entry.prerequisite_id} if entry.prerequisite_id else set())
    if set(classes.course_names(session, wanted)) != wanted:
        raise NotFound()
    values = {
        "age_from": entry.age_from,
        "age_to": entry.age_to,
        "prerequisite_id": entry.prerequisite_id,
        "needs_placement": entry.needs_placement,
    }
    row = upsert(session, CourseEntry).values(course_id=course_id, **values)
    session.execute(row.on_conflict_do_update(index_elements=["course_id"], set_=values))
    session.expire_all()
    security.audit(
        session,
        actor=f"account:{by_id}",
        action="course.entry_set",
        subject=f"course:{course_id}",
        **values,
    )


def note_placement(
    session: Session,
    *,
    lead_id: int,
    child_name: str,
    course_id: int,
    is_passed: bool,
    by_id: int,
    source_key: str,
) -> None:
    """Write down how a child of a lead did; the same form once. Raises NotFound."""
    if session.scalar(select(Placement.id).where(Placement.source_key == source_key)) is not None:
        return
    names = classes.course_names(session, [course_id])
    if session.get(Lead, lead_id) is None or course_id not in names:
        raise NotFound()
    now, said = clock.now(), "通过" if is_passed else "未通过"
    session.add(
        Placement(
            lead_id=lead_id,
            child_name=child_name,
            course_id=course_id,
            is_passed=is_passed,
            by_id=by_id,
            at=now,
            source_key=source_key,
        )
    )
    note = f"{child_name}测评{names[course_id]}：{said}"
    session.add(FollowUp(lead_id=lead_id, account_id=by_id, note=note, at=now))
    session.flush()


def entries(session: Session) -> dict[int, CourseEntry]:
    """What courses ask for, by course; those that ask for nothing are left out."""
    return {row.course_id: row for row in session.scalars(select(CourseEntry))}


def placements(session: Session, *, limit: int = 50) -> list[Placement]:
    """The latest results, the newest first."""
    return list(session.scalars(select(Placement).order_by(Placement.id.desc()).limit(limit)))

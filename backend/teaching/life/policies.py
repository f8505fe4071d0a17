"""What a missed lesson costs, as it was published for the day (G3): rules are dated, not edited."""

from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import Session

from backend.kit import clock
from backend.security import service as security
from backend.teaching import rules
from backend.teaching.models import AttendancePolicy, Course
from backend.teaching.schemas import LearnerType, Terms


def publish(
    session: Session,
    *,
    terms: Terms,
    effective_from: date,
    by: str,
    course_id: int | None = None,
    learner_type: LearnerType | None = None,
) -> None:
    """Publish terms from a day on, for a course, for a type of learners, or for all."""
    row = AttendancePolicy(
        course_id=course_id,
        learner_type=learner_type,
        effective_from=effective_from,
        terms=terms.model_dump(),
        published_at=clock.now(),
    )
    session.add(row)
    session.flush()
    security.audit(
        session,
        actor=by,
        action="attendance_policy.published",
        subject=f"attendance_policy:{row.id}",
        **terms.model_dump(),
    )


def terms_for(session: Session, course: Course, *, on: date) -> Terms:
    """The terms that hold for a course on a day: its own before its learners' before everybody's,
    the latest first; the defaults where nobody has published any."""
    learner_type = rules.learner_type_of(course.grade_from, course.grade_to)
    query = select(AttendancePolicy).where(
        AttendancePolicy.effective_from <= on,
        (AttendancePolicy.course_id == course.id)
        | (
            AttendancePolicy.course_id.is_(None)
            & (
                (AttendancePolicy.learner_type == learner_type)
                | AttendancePolicy.learner_type.is_(None)
            )
        ),
    )
    rows = session.scalars(query).all()
    chosen = max(
        rows,
        key=lambda row: (
            row.course_id is not None,
            row.learner_type is not None,
            row.effective_from,
            row.id,
        ),
        default=None,
    )
    return Terms.model_validate(chosen.terms) if chosen else Terms()

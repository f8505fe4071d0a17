"""What a missed lesson costs, as it was published for the day (G3): rules are dated, not edited."""

from datetime import date

from pydantic import BaseModel, ConfigDict
from sqlalchemy import select
from sqlalchemy.orm import Session

from backend.kit import clock
from backend.kit.errors import DomainError, NotFound
from backend.logistics import queries as logistics
from backend.security import service as security
from backend.teaching import queries, rules
from backend.teaching.models import AttendancePolicy, Course
from backend.teaching.schemas import LearnerType, Terms

MOST_HOURS, MOST_DAYS = 14 * 24, 365
EVERYBODY = "全部班级"


class TermsWrong(DomainError):
    """Terms for a day that is over, for two scopes at once, or out of all measure."""


class PolicyView(BaseModel):
    """Published terms, and for whom."""

    model_config = ConfigDict(frozen=True)

    id: int
    scope: str
    effective_from: date
    terms: Terms


def publish(
    session: Session,
    *,
    terms: Terms,
    effective_from: date,
    by: str,
    course_id: int | None = None,
    learner_type: LearnerType | None = None,
    campus_id: int | None = None,
) -> None:
    """Publish terms from a day on, for a course, for a type of learners, or for all; of a campus or
    of every one. The same terms that hold there already are not published again. Raises TermsWrong,
    NotFound."""
    if course_id is not None and (
        learner_type is not None or session.get(Course, course_id) is None
    ):
        raise TermsWrong()
    if effective_from < clock.today():
        raise TermsWrong()
    if not 0 <= terms.notice_minutes <= MOST_HOURS * 60 or not 1 <= terms.makeup_days <= MOST_DAYS:
        raise TermsWrong()
    if campus_id is not None:
        names, _ = logistics.names(session, campus_ids={campus_id}, venue_ids=set())
        if campus_id not in names:
            raise NotFound()
    own = select(AttendancePolicy).where(
        AttendancePolicy.course_id == course_id,
        AttendancePolicy.learner_type == learner_type,
        AttendancePolicy.campus_id == campus_id,
        AttendancePolicy.effective_from == effective_from,
    )
    last = session.scalars(own.order_by(AttendancePolicy.id.desc()).limit(1)).first()
    if last is not None and Terms.model_validate(last.terms) == terms:
        return
    row = AttendancePolicy(
        course_id=course_id,
        learner_type=learner_type,
        campus_id=campus_id,
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
        effective_from=effective_from.isoformat(),
        **terms.model_dump(),
    )


def terms_for(session: Session, course: Course, *, on: date, campus_id: int | None = None) -> Terms:
    """The terms that hold for a course on a day: its own before its learners' before everybody's,
    within each those of the campus before those of all, then the latest; the defaults where nobody
    has published any."""
    learner_type = rules.learner_type_of(course.grade_from, course.grade_to)
    query = select(AttendancePolicy).where(
        AttendancePolicy.effective_from <= on,
        AttendancePolicy.campus_id.is_(None) | (AttendancePolicy.campus_id == campus_id),
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
            row.campus_id is not None,
            row.effective_from,
            row.id,
        ),
        default=None,
    )
    return Terms.model_validate(chosen.terms) if chosen else Terms()


def published(
    session: Session, *, campus_id: int | None = None, limit: int = 60
) -> list[PolicyView]:
    """What was published, the latest first; for a manager what concerns their campus."""
    query = select(AttendancePolicy)
    if campus_id is not None:
        here = AttendancePolicy.campus_id.is_(None) | (AttendancePolicy.campus_id == campus_id)
        query = query.where(here)
    order = AttendancePolicy.effective_from.desc(), AttendancePolicy.id.desc()
    rows = session.scalars(query.order_by(*order).limit(limit)).all()
    courses = queries.course_names(session, {row.course_id for row in rows if row.course_id})
    campuses, _ = logistics.names(
        session, campus_ids={row.campus_id for row in rows if row.campus_id}, venue_ids=set()
    )
    return [
        PolicyView(
            id=row.id,
            scope="，".join(
                filter(
                    None,
                    (
                        campuses.get(row.campus_id or 0),
                        courses.get(row.course_id or 0)
                        or (
                            TYPES[LearnerType(row.learner_type)] if row.learner_type else EVERYBODY
                        ),
                    ),
                )
            ),
            effective_from=row.effective_from,
            terms=Terms.model_validate(row.terms),
        )
        for row in rows
    ]


TYPES = {
    LearnerType.PRESCHOOL: "学龄前班级",
    LearnerType.SCHOOL: "中小学班级",
    LearnerType.ADULT: "成人或不限年级班级",
}


def sentences(terms: Terms) -> list[str]:
    """What terms mean for a family, case by case (§4, rule 3)."""
    notice = _span(terms.notice_minutes)
    makeup = f"可以补课，{terms.makeup_days}天内有效"
    in_time = f"开课{notice}前请假" if terms.notice_minutes else "开课前请假"
    found = [f"{in_time}：不扣课时，{makeup}"]
    if terms.notice_minutes:
        late = _cost(terms.late_leave_consumes, terms.late_leave_makeup, makeup)
        found.append(f"请假不足{notice}：{late}")
    found.append(f"没请假也没到：{_cost(terms.absent_consumes, terms.absent_makeup, makeup)}")
    return [*found, f"学校取消：不扣课时，{makeup}", "到课、迟到：扣1课时"]


def _cost(consumes: bool, repeats: bool, makeup: str) -> str:
    return f"{'扣1课时' if consumes else '不扣课时'}，{makeup if repeats else '不能补课'}"


def _span(minutes: int) -> str:
    return f"{minutes // 60}小时" if not minutes % 60 else f"{minutes}分钟"

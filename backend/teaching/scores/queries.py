"""Reads of scores, each by a bounded number of statements."""

from collections.abc import Collection

from sqlalchemy import Select, and_, or_, select
from sqlalchemy.orm import Session

from backend.kit import clock
from backend.kit.errors import NotFound
from backend.security.permissions import scope_of
from backend.security.schemas import Permission, Scope, StaffMember
from backend.teaching.homework import teachers
from backend.teaching.models import ClassGroup, Course, Enrollment, Exam, Score, ScoreChange
from backend.teaching.schemas import SeatStatus
from backend.teaching.scores.schemas import Changed, ExamView, ScoreView


def exam(session: Session, exam_id: int) -> ExamView:
    """One test. Raises NotFound."""
    row = session.execute(_exams().where(Exam.id == exam_id)).one_or_none()
    if row is None:
        raise NotFound()
    return _view(*row)


def listed(session: Session, member: StaffMember, *, limit: int = 50) -> list[ExamView]:
    """The tests that somebody may look at, the newest first."""
    query = _exams().order_by(Exam.held_on.desc(), Exam.id.desc()).limit(limit)
    scope = scope_of(member.role, Permission.SEE_LESSONS)
    if scope is not Scope.ALL:
        own = ClassGroup.id.in_(list(teachers.classes_of(session, member.id)))
        campus = ClassGroup.campus_id == (member.campus_id or 0)
        query = query.where(or_(own, campus) if scope is Scope.CAMPUS else own)
    return [_view(*row) for row in session.execute(query)]


def classes_for(session: Session, member: StaffMember) -> dict[int, str]:
    """The classes for which somebody enters scores: the academic office for every one."""
    scope = scope_of(member.role, Permission.ENTER_SCORES)
    if scope is Scope.ALL:
        query = select(ClassGroup.id, ClassGroup.name).order_by(ClassGroup.name)
        return dict(session.execute(query).all())
    return teachers.classes_of(session, member.id) if scope is not None else {}


def learners_of(session: Session, exam_id: int) -> list[int]:
    """Whose marks belong to a test: who sat in the class on its day or sits there now, and whoever
    has a mark. A learner who has left since keeps what they wrote."""
    held = Enrollment.starts_on.is_(None) | (Enrollment.starts_on <= Exam.held_on)
    sat = and_(Enrollment.status == SeatStatus.ENDED, held, Enrollment.ends_on > Exam.held_on)
    seated = (
        select(Enrollment.student_id)
        .join(Exam, Exam.class_group_id == Enrollment.class_group_id)
        .where(
            Exam.id == exam_id,
            Enrollment.student_id.is_not(None),
            or_(Enrollment.status == SeatStatus.ACTIVE, sat),
        )
        .order_by(Enrollment.id)
    )
    marked = select(Score.student_id).where(Score.exam_id == exam_id).order_by(Score.id)
    found = [*session.scalars(seated), *session.scalars(marked)]
    return list(dict.fromkeys(each for each in found if each is not None))


def scores(session: Session, exam_id: int) -> dict[int, ScoreView]:
    """The marks of a test, by learner."""
    query = _scores().where(Score.exam_id == exam_id)
    found = (_score(*row) for row in session.execute(query))
    return {each.student_id: each for each in found}


def changes(session: Session, exam_id: int) -> list[Changed]:
    """What was corrected in a test, the newest first."""
    query = (
        select(ScoreChange, Score.student_id)
        .join(Score, Score.id == ScoreChange.score_id)
        .where(Score.exam_id == exam_id)
        .order_by(ScoreChange.id.desc())
        .limit(100)
    )
    return [
        Changed(student_id=student_id, was=row.was, account_id=row.account_id, at=row.at)
        for row, student_id in session.execute(query)
    ]


def published(
    session: Session, student_ids: Collection[int], *, limit: int = 20
) -> list[ScoreView]:
    """What these learners reached in the tests that are published, the newest first."""
    query = (
        _scores()
        .where(Score.student_id.in_(student_ids), Exam.published_at <= clock.now())
        .order_by(Exam.held_on.desc(), Exam.id.desc(), Score.id.desc())
        .limit(limit)
    )
    return [_score(*row) for row in session.execute(query)]


def _exams() -> Select[Exam, ClassGroup, str]:
    return (
        select(Exam, ClassGroup, Course.name)
        .join(ClassGroup, ClassGroup.id == Exam.class_group_id)
        .join(Course, Course.id == ClassGroup.course_id)
    )


def _scores() -> Select[Score, Exam, ClassGroup, str]:
    return (
        select(Score, Exam, ClassGroup, Course.name)
        .join(Exam, Exam.id == Score.exam_id)
        .join(ClassGroup, ClassGroup.id == Exam.class_group_id)
        .join(Course, Course.id == ClassGroup.course_id)
        .where(Score.mark.is_not(None))
    )


def _view(row: Exam, group: ClassGroup, course_name: str) -> ExamView:
    return ExamView(
        id=row.id,
        class_group_id=group.id,
        class_name=group.name,
        course_id=group.course_id,
        course_name=course_name,
        campus_id=group.campus_id,
        name=row.name,
        held_on=row.held_on,
        full_mark=row.full_mark,
        published_at=row.published_at,
    )


def _score(row: Score, held: Exam, group: ClassGroup, course_name: str) -> ScoreView:
    return ScoreView(
        id=row.id,
        student_id=row.student_id,
        mark=row.mark or "",
        comment=row.comment,
        exam=_view(held, group, course_name),
    )

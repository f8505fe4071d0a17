"""What the teaching room has people reminded of: lessons, and birthdays of those who sit in a
class. Each page takes a fixed number of statements."""

from collections.abc import Collection
from datetime import datetime, time, timedelta

from sqlalchemy import select, tuple_
from sqlalchemy.orm import Session

from backend.kit import clock
from backend.logistics import queries as logistics
from backend.outbox.schemas import NoticeKind
from backend.reminders.schemas import Audience, Fact, Facts, Kind, Question, Timing, Wording
from backend.students import queries as students
from backend.teaching.models import Attendance, ClassGroup, Course, Enrollment, Lesson
from backend.teaching.schemas import Mark, SeatStatus

_DAYS = "一二三四五六日"


def lessons_due(session: Session, asked: Question) -> Facts:
    """Planned lessons that begin in the interval, one for the teacher or for each learner who is
    expected (makeups too; those on leave or resting not). A lesson that has been moved is another
    one to be told of."""
    of_teacher = asked.audience is Audience.TEACHER
    who, first = (Lesson.teacher_id, Lesson.id) if of_teacher else (
        Attendance.student_id, Attendance.id,
    )  # fmt: skip
    query = (
        select(Lesson, ClassGroup, Course.name, who, first)
        .join(ClassGroup, ClassGroup.id == Lesson.class_group_id)
        .join(Course, Course.id == ClassGroup.course_id)
        .where(
            Lesson.status == "planned",
            Lesson.starts_at >= asked.from_at,
            Lesson.starts_at < asked.to_at,
            tuple_(first, Lesson.id) > tuple_(*asked.after),
        )
        .order_by(first, Lesson.id)
        .limit(asked.limit)
    )
    if not of_teacher:
        query = query.join(Attendance, Attendance.lesson_id == Lesson.id).where(
            Attendance.status == Mark.EXPECTED
        )
    if asked.campus_id is not None:
        query = query.where(ClassGroup.campus_id == asked.campus_id)
    rows = session.execute(query).all()
    campuses, venues = logistics.names(
        session,
        campus_ids={row[1].campus_id for row in rows},
        venue_ids={row[0].venue_id for row in rows if row[0].venue_id},
    )
    facts = [
        Fact(
            subject=f"lesson:{lesson.id}:{lesson.starts_at:%y%m%d%H%M}:{who_id}",
            who=who_id,
            at=lesson.starts_at,
            until=lesson.starts_at,
            values={
                "when": _shown(lesson.starts_at),
                "place": campuses[group.campus_id] + venues.get(lesson.venue_id or 0, ""),
                "course": course,
                "class_name": group.name,
            },
        )
        for lesson, group, course, who_id, _ in rows
    ]
    after = (rows[-1][4], rows[-1][0].id) if len(rows) == asked.limit else None
    return Facts(facts=facts, after=after)


def birthdays_due(session: Session, asked: Question) -> Facts:
    """Birthdays in the interval of learners who sit in a class now."""
    first, last = clock.local(asked.from_at).date(), clock.local(asked.to_at).date()
    days = [first + timedelta(days=n) for n in range((last - first).days)]
    born = students.born_on(session, days, after=asked.after[0], limit=asked.limit)
    seated = _seated(session, [child.id for child, _ in born], asked.campus_id)
    facts = [
        Fact(
            subject=f"birthday:{child.id}:{on.year}",
            who=child.id,
            at=clock.at_local(on),
            until=clock.at_local(on + timedelta(days=1)),
            values={"when": f"{on.month}月{on.day}日"},
        )
        for child, on in born
        if child.id in seated
    ]
    after = (born[-1][0].id, 0) if len(born) == asked.limit else None
    return Facts(facts=facts, after=after)


def _seated(session: Session, student_ids: Collection[int], campus_id: int | None) -> set[int]:
    query = (
        select(Enrollment.student_id)
        .join(ClassGroup, ClassGroup.id == Enrollment.class_group_id)
        .where(Enrollment.status == SeatStatus.ACTIVE, Enrollment.student_id.in_(student_ids))
    )
    if campus_id is not None:
        query = query.where(ClassGroup.campus_id == campus_id)
    return {student_id for student_id in session.scalars(query) if student_id is not None}


def _shown(at: datetime) -> str:
    """A moment as it is told; no «tomorrow», which would be wrong when it comes late."""
    local = clock.local(at)
    return f"{local.month}月{local.day}日（周{_DAYS[local.weekday()]}）{local:%H:%M}"


_FAMILY = Wording(
    line="{name}{when}在{place}上{course}。",
    next_step="去不了请回复「请假」，看课表回复「课表」。",
    card=("{course}", "{name}", "{when}"),
)
_TEACHER = Wording(
    line="您{when}在{place}给{class_name}上{course}。",
    next_step="看全部课次回复「我的课表」，来不了请马上联系教务。",
    card=("{class_name}", "{name}老师", "{when}"),
)
_LESSON = {
    Audience.GUARDIAN: _FAMILY,
    Audience.STUDENT: _FAMILY,
    Audience.TEACHER: _TEACHER,
}
_GREETING = Wording(
    line="{when}是{name}的生日，全体老师祝{name}生日快乐，天天进步！",
    next_step="有什么心愿，直接回复告诉我们就好。",
    card=("生日快乐", "{name}", "{when}"),
)

KINDS = (
    Kind("lesson_tomorrow", "上课前几天", Timing.DAYS, "天", (0, 1, 7), _LESSON, lessons_due),
    Kind("lesson_soon", "上课前几小时", Timing.HOURS, "小时", (1, 2, 24), _LESSON, lessons_due),
    Kind(
        key="birthday",
        name="学员生日",
        timing=Timing.DAYS,
        unit="天",
        amounts=(0, 0, 7),
        wordings={Audience.GUARDIAN: _GREETING, Audience.STUDENT: _GREETING},
        find=birthdays_due,
        notice=NoticeKind.MARKETING,
        usual_time=time(9),
    ),
)

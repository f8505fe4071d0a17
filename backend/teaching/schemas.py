"""The words of the teaching room."""

from datetime import date, datetime, time
from enum import StrEnum

from pydantic import BaseModel, ConfigDict

from backend.kit.errors import DomainError


class SeatStatus(StrEnum):
    HELD = "held"  # 占位
    ACTIVE = "active"  # 在班
    ENDED = "ended"  # 离班


class WeeklySlot(BaseModel):
    """A usual lesson time of a class: weekday 0 = Monday, local start, minutes."""

    model_config = ConfigDict(frozen=True)

    weekday: int
    start: time
    minutes: int


class ClassOffer(BaseModel):
    """A class as a prospect may see it; `seats_left` is derived at the moment of asking."""

    model_config = ConfigDict(frozen=True)

    id: int
    name: str
    course_id: int
    course_name: str
    subject: str
    summary: str
    grade_from: int | None
    grade_to: int | None
    campus_id: int
    campus_name: str
    teacher_name: str
    starts_on: date
    lesson_count: int
    weekly: list[WeeklySlot]
    capacity: int
    seats_left: int


class LessonView(BaseModel):
    """A lesson as its learner, guardian or teacher sees it. Times are aware UTC, half-open."""

    model_config = ConfigDict(frozen=True)

    id: int
    class_group_id: int
    class_name: str
    course_name: str
    campus_name: str
    venue_name: str | None
    teacher_name: str
    starts_at: datetime
    ends_at: datetime
    student_id: int | None = None


class LeaveView(BaseModel):
    """A leave as its family reads it; `asked_by` is an actor, as `wechat:o_x`."""

    model_config = ConfigDict(frozen=True, from_attributes=True)

    words: str
    asked_by: str
    asked_at: datetime
    revoked_at: datetime | None


class Catalogue(BaseModel):
    """Names that people use in messages, for finding them there: id by name."""

    model_config = ConfigDict(frozen=True)

    courses: dict[str, int]
    classes: dict[str, int]
    subjects: list[str]
    teachers: dict[str, int]


class Kind(StrEnum):
    """Why a learner has a place in a lesson."""

    REGULAR = "regular"  # 正课
    TRIAL = "trial"  # 试听
    MAKEUP = "makeup"  # 补课


class Mark(StrEnum):
    """Where an attendance stands. `freed`: the institution gave the lesson up."""

    EXPECTED = "expected"  # 待上课
    PRESENT = "present"  # 出勤
    LATE = "late"  # 迟到
    LEAVE = "leave"  # 请假
    ABSENT = "absent"  # 缺勤
    FREED = "freed"  # 取消


class AbsenceStatus(StrEnum):
    """补课权: open until made up, lost or void because the lesson was attended after all."""

    OPEN = "open"  # 未补
    BOOKED = "booked"  # 已安排
    MADE_UP = "made_up"  # 已补
    LOST = "lost"  # 已失效
    VOID = "void"  # 已撤销


class SubstitutionStatus(StrEnum):
    PROPOSED = "proposed"  # 待教务确认
    CONFIRMED = "confirmed"  # 已安排
    WITHDRAWN = "withdrawn"  # 已撤回


class LearnerType(StrEnum):
    """学员类型, told by a course's grades; rules switch by it."""

    PRESCHOOL = "preschool"  # 学龄前
    SCHOOL = "school"  # 中小学
    ADULT = "adult"  # 成人、不限年级


class Why(StrEnum):
    """The reason of a decision about lesson hours, which is told to the guardian."""

    ATTENDED = "attended"
    TRIAL = "trial"
    INSTITUTION = "institution"
    PAUSED = "paused"
    LEAVE_IN_TIME = "leave_in_time"
    LATE_LEAVE = "late_leave"
    LATE_LEAVE_FREE = "late_leave_free"
    ABSENT = "absent"
    ABSENT_FREE = "absent_free"
    MADE_UP_PAID = "made_up_paid"


MISSED = (Why.ABSENT, Why.ABSENT_FREE)
"""Not there, and nobody had said so."""

REASONS = {
    Why.ATTENDED: "已到课",
    Why.TRIAL: "试听课",
    Why.INSTITUTION: "这节课由学校取消",
    Why.PAUSED: "停课期间",
    Why.LEAVE_IN_TIME: "已在规定时间前请假",
    Why.LATE_LEAVE: "请假晚于规定时间",
    Why.LATE_LEAVE_FREE: "请假晚于规定时间，按规定免扣",
    Why.ABSENT: "没有请假也没有到课",
    Why.ABSENT_FREE: "没有到课，按规定免扣",
    Why.MADE_UP_PAID: "补课，原来那节课已扣过课时",
}
"""The reason in the words that guardians read."""


class Terms(BaseModel):
    """考勤规定: what a missed lesson costs. `notice_minutes` before the lesson is the cut-off for a
    leave that costs nothing; the defaults hold where nothing is published."""

    model_config = ConfigDict(frozen=True)

    notice_minutes: int = 240
    late_leave_consumes: bool = True
    absent_consumes: bool = True
    late_leave_makeup: bool = False
    absent_makeup: bool = False
    makeup_days: int = 30


class Decision(BaseModel):
    """What one learner's lesson consumes (0 or 1), why, and whether it may be made up."""

    model_config = ConfigDict(frozen=True)

    lessons: int
    why: Why
    opens_makeup: bool = False


class Marked(BaseModel):
    """One learner in a roll-call."""

    model_config = ConfigDict(frozen=True)

    student_id: int
    mark: Mark
    late_minutes: int | None = None


class AttendanceView(BaseModel):
    """A learner's place in a lesson, as those see it who may."""

    model_config = ConfigDict(frozen=True, from_attributes=True)

    id: int
    lesson_id: int
    student_id: int
    kind: Kind
    status: Mark
    late_minutes: int | None
    lessons: int | None
    why: Why | None


class LeaveTaken(BaseModel):
    """A leave as it was recorded: `is_free` until `free_until`; `absence_id` may be made up."""

    model_config = ConfigDict(frozen=True)

    lesson: LessonView
    is_free: bool
    free_until: datetime
    why: Why
    absence_id: int | None


class AbsenceView(BaseModel):
    """A missed lesson that may be made up before `expires_on`."""

    model_config = ConfigDict(frozen=True)

    id: int
    student_id: int
    course_id: int
    course_name: str
    missed_at: datetime
    status: AbsenceStatus
    expires_on: date


class SubstitutionView(BaseModel):
    """A lesson that needs another teacher, and who could give it."""

    model_config = ConfigDict(frozen=True)

    id: int
    lesson: LessonView
    substitute_name: str | None
    status: SubstitutionStatus


class SeatEnded(BaseModel):
    """Event: a seat became free again."""

    model_config = ConfigDict(frozen=True)

    class_group_id: int


class GuestView(BaseModel):
    """Somebody who tries a lesson, as its teacher sees them."""

    model_config = ConfigDict(frozen=True, from_attributes=True)

    id: int
    lesson_id: int
    holder: str
    name: str
    status: Mark


class GuestSeen(BaseModel):
    """Event: the roll says of a guest whether they came, for the first time or corrected."""

    model_config = ConfigDict(frozen=True)

    holder: str
    came: bool


class GuestSentAway(BaseModel):
    """Event: the lesson that a guest was to come to does not take place."""

    model_config = ConfigDict(frozen=True)

    holder: str


class GuestMoved(BaseModel):
    """Event: the lesson that a guest is to come to takes place at another time or in another
    room."""

    model_config = ConfigDict(frozen=True)

    holder: str


class SeatView(BaseModel):
    """A learner's seat in a class, also a former one."""

    model_config = ConfigDict(frozen=True, from_attributes=True)

    student_id: int
    class_group_id: int
    class_name: str
    campus_id: int
    is_active: bool


class BookingAsked(BaseModel):
    """A learner is about to be given another place: whoever knows a reason against it raises it."""

    model_config = ConfigDict(frozen=True)

    student_id: int


class AttendanceSettled(BaseModel):
    """Event: what one learner's lesson consumes has been decided, or decided anew. Published in the
    unit that decides; `revision` counts the decisions, the latest holds."""

    model_config = ConfigDict(frozen=True)

    attendance_id: int
    revision: int
    student_id: int
    course_id: int
    course_name: str
    class_group_id: int
    teacher_id: int | None = None
    starts_at: datetime
    lessons: int
    why: Why
    is_told: bool = True


class LessonTaught(BaseModel):
    """A lesson that took place: whose time and which room it took."""

    model_config = ConfigDict(frozen=True)

    lesson_id: int
    class_group_id: int
    course_id: int
    campus_id: int
    teacher_id: int
    venue_id: int | None
    starts_at: datetime
    minutes: int


class RestCounted(BaseModel):
    """Event: a learner's rest is so many days longer (or shorter) than was known, and what they
    have of a course lasts that much longer (§4, rule 7)."""

    model_config = ConfigDict(frozen=True)

    student_id: int
    course_id: int
    days: int


class SeatTaken(DomainError):
    """The class, or this lesson of it, is full (`class_name`)."""


class AlreadyEnrolled(DomainError):
    """This learner already sits in this class."""


class Clash(DomainError):
    """Somebody or something would be in two lessons at once (the other's `class_name` and `at`)."""

    status = 409


class LessonOver(DomainError):
    """The lesson has begun or was cancelled: nothing can be arranged for it any more."""


class TooEarly(DomainError):
    """A roll is called from shortly before the lesson on (`from_at`)."""


class ReasonNeeded(DomainError):
    """A correction or a late roll-call says why."""


class NotInLesson(DomainError):
    """A learner was named who has no place in the lesson, or one was forgotten."""


class MakeupGone(DomainError):
    """The makeup cannot be had (any more): taken, expired, or not of this course."""


class OtherCourse(DomainError):
    """A change of class stays within the course; anything else is a matter of money."""

"""The attendance sheet of one lesson, locked: whatever decides about its hours goes through it."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from backend.kit import clock, events
from backend.kit.errors import NotFound
from backend.teaching import rules
from backend.teaching.life import policies
from backend.teaching.models import Absence, Attendance, ClassGroup, Course, Leave, Lesson
from backend.teaching.schemas import AbsenceStatus, AttendanceSettled, Kind, Mark, Terms, Why


@dataclass
class Sheet:
    """A lesson with everybody in it: places, open leaves and absences by learner."""

    session: Session
    lesson: Lesson
    group: ClassGroup
    course: Course
    terms: Terms
    places: dict[int, Attendance] = field(default_factory=dict)
    leaves: dict[int, Leave] = field(default_factory=dict)
    absences: dict[int, Absence] = field(default_factory=dict)

    def settle(self, places: Iterable[Attendance], *, is_told: bool = True) -> None:
        """Decide what each place consumes, and tell whoever listens where that is new."""
        for place in places:
            self._settle(place, is_told)
        self.session.flush()

    def reopen(self, place: Attendance) -> None:
        """A leave was taken back: nothing is decided any more, and nothing to be made up."""
        if place.lessons:
            raise ValueError("what was consumed is corrected by a new decision, not forgotten")
        place.status, place.lessons, place.why = Mark.EXPECTED, None, None
        if place.kind == Kind.MAKEUP:
            self._missed(place).status = AbsenceStatus.BOOKED
        self._end_absence(place)

    def _settle(self, place: Attendance, is_told: bool) -> None:
        leave = self.leaves.get(place.student_id)
        notice = self.lesson.starts_at - leave.asked_at if leave else timedelta(0)
        decision = rules.decision_of(
            Kind(place.kind),
            Mark(place.status),
            self.terms,
            notice=notice,
            already=self._consumed_elsewhere(place),
        )
        if place.kind == Kind.MAKEUP:
            self._missed(place).status = _after_makeup(Mark(place.status), decision.why)
        elif decision.opens_makeup:
            self._open_absence(place)
        else:
            self._end_absence(place)
        if (place.lessons, place.why) == (decision.lessons, decision.why):
            return
        place.lessons, place.why = decision.lessons, decision.why
        place.revision += 1
        place.decided_at = clock.now()
        self.session.flush()
        events.publish(
            self.session,
            AttendanceSettled(
                attendance_id=place.id,
                revision=place.revision,
                student_id=place.student_id,
                course_id=self.course.id,
                course_name=self.course.name,
                class_group_id=self.group.id,
                teacher_id=self.lesson.teacher_id,
                starts_at=self.lesson.starts_at,
                lessons=decision.lessons,
                why=decision.why,
                is_told=is_told,
            ),
        )
        for other in self._same_absence(place):
            if other.lessons is not None and other.kind == Kind.MAKEUP:
                sheet = opened(self.session, other.lesson_id)
                sheet.settle([sheet.places[other.student_id]])

    def _consumed_elsewhere(self, place: Attendance) -> int:
        """What a makeup need not consume again: by the lesson missed, or another makeup for it."""
        if place.kind != Kind.MAKEUP:
            return 0
        return sum(other.lessons or 0 for other in self._same_absence(place))

    def _missed(self, place: Attendance) -> Absence:
        """What a makeup makes up for, locked: the pair is decided by one unit at a time."""
        assert place.absence_id is not None
        return self.session.get_one(Absence, place.absence_id, with_for_update=True)

    def _same_absence(self, place: Attendance) -> list[Attendance]:
        """The other attendances that stand for the same missed lesson."""
        if place.kind == Kind.MAKEUP:
            absence = self._missed(place)
        elif (found := self.absences.get(place.student_id)) is not None:
            self.session.flush()
            absence = self.session.get_one(Absence, found.id, with_for_update=True)
        else:
            return []
        query = select(Attendance).where(
            (Attendance.absence_id == absence.id)
            | (
                (Attendance.lesson_id == absence.lesson_id)
                & (Attendance.student_id == absence.student_id)
            ),
            Attendance.id != place.id,
        )
        return list(self.session.scalars(query.order_by(Attendance.id)))

    def _open_absence(self, place: Attendance) -> None:
        absence = self.absences.get(place.student_id)
        if absence is None:
            on = clock.local(self.lesson.starts_at).date()
            absence = Absence(
                student_id=place.student_id,
                lesson_id=self.lesson.id,
                course_id=self.course.id,
                status=AbsenceStatus.OPEN,
                expires_on=on + timedelta(days=self.terms.makeup_days),
            )
            self.absences[place.student_id] = absence
            self.session.add(absence)
        elif absence.status == AbsenceStatus.VOID:
            absence.status = AbsenceStatus.OPEN

    def _end_absence(self, place: Attendance) -> None:
        """The lesson was attended after all, or gives no right: a makeup booked for it is given
        back. One that has taken place stays, and is decided anew."""
        absence = self.absences.get(place.student_id)
        if absence is None or absence.status not in (AbsenceStatus.OPEN, AbsenceStatus.BOOKED):
            return
        if absence.status == AbsenceStatus.BOOKED:
            booked = select(Attendance).where(
                Attendance.absence_id == absence.id, Attendance.status == Mark.EXPECTED
            )
            for makeup in self.session.scalars(booked):
                self.session.delete(makeup)
        absence.status = AbsenceStatus.VOID


def _after_makeup(mark: Mark, why: Why) -> AbsenceStatus:
    """Attended: made up. Missed without anybody's fault: open again. Anything else: lost."""
    if mark in (Mark.PRESENT, Mark.LATE):
        return AbsenceStatus.MADE_UP
    is_excused = why in (Why.INSTITUTION, Why.LEAVE_IN_TIME, Why.LATE_LEAVE_FREE)
    return AbsenceStatus.OPEN if is_excused else AbsenceStatus.LOST


def opened(session: Session, lesson_id: int) -> Sheet:
    """The sheet of a lesson, locked until the unit ends. Raises NotFound."""
    lesson = session.scalar(
        select(Lesson)
        .where(Lesson.id == lesson_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    if lesson is None:
        raise NotFound()
    group = session.get_one(ClassGroup, lesson.class_group_id)
    course = session.get_one(Course, group.course_id)
    on = clock.local(lesson.starts_at).date()
    sheet = Sheet(
        session,
        lesson,
        group,
        course,
        policies.terms_for(session, course, on=on, campus_id=group.campus_id),
    )
    rows = select(Attendance).where(Attendance.lesson_id == lesson_id)
    fresh = rows.execution_options(populate_existing=True)
    sheet.places = {place.student_id: place for place in session.scalars(fresh)}
    open_leaves = select(Leave).where(Leave.lesson_id == lesson_id, Leave.revoked_at.is_(None))
    sheet.leaves = {leave.student_id: leave for leave in session.scalars(open_leaves)}
    absences = select(Absence).where(Absence.lesson_id == lesson_id)
    sheet.absences = {each.student_id: each for each in session.scalars(absences)}
    return sheet

"""Whether a timetable is one: read by plain comparison, sharing nothing with the search."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise

from backend.kit.clock import local
from backend.teaching.timetable.model import (
    Group,
    Institution,
    LearnerType,
    Lesson,
    Room,
    Span,
    Staff,
    Window,
)


@dataclass(frozen=True)
class Fault:
    rule: str
    lesson: Lesson
    other: Lesson | None = None
    who: int | None = None


def faults_of(
    institution: Institution, lessons: Iterable[Lesson], *, complete: bool = False
) -> list[Fault]:
    """Every broken rule; with `complete` a class that lacks lessons is one too."""
    ordered = sorted(lessons, key=lambda one: (one.starts_at, one.group))
    groups = {group.id: group for group in institution.groups}
    staff = {one.id: one for one in institution.staff}
    rooms = {room.id: room for room in institution.rooms}
    faults: list[Fault] = []
    for lesson in ordered:
        group = groups[lesson.group]
        rules = [*_calendar(institution, group, lesson), *_people(group, lesson, staff)]
        rules += _room(institution, group, lesson, rooms.get(lesson.room or 0))
        faults += [Fault(rule, lesson) for rule in rules]
    faults += _meetings(institution, ordered, groups, rooms)
    faults += _totals(institution, ordered, staff)
    count: dict[int, int] = defaultdict(int)
    for lesson in ordered:
        count[lesson.group] += 1
    for group in institution.groups:
        here = [one for one in ordered if one.group == group.id] if group.pinned else []
        for pin in group.pinned:
            if not any(_same_place(pin, one) for one in here):
                faults.append(Fault("pinned", pin))
        if count[group.id] > group.lessons or (complete and count[group.id] < group.lessons):
            faults.append(Fault("lessons", next(o for o in ordered), who=group.id))
    return faults


def _same_place(one: Lesson, other: Lesson) -> bool:
    keys = ("starts_at", "minutes", "teacher", "assistant", "room")
    return all(getattr(one, key) == getattr(other, key) for key in keys)


def _minute(at: datetime) -> int:
    return local(at).hour * 60 + local(at).minute


def _inside(lesson: Lesson, windows: Iterable[Window]) -> bool:
    """Within one stretch; stretches that touch are one."""
    day, start = local(lesson.starts_at).weekday(), _minute(lesson.starts_at)
    end = start + lesson.minutes
    for window in sorted((w for w in windows if w.weekday == day), key=lambda w: w.start):
        if window.start <= start < window.end:
            start = window.end
    return start >= end


def _touches_week(lesson: Lesson, windows: Iterable[Window]) -> bool:
    day, start = local(lesson.starts_at).weekday(), _minute(lesson.starts_at)
    return any(
        w.weekday == day and w.start < start + lesson.minutes and start < w.end for w in windows
    )


def _touches(lesson: Lesson, spans: Iterable[Span]) -> bool:
    return any(s.starts_at < lesson.ends_at and lesson.starts_at < s.ends_at for s in spans)


def _calendar(institution: Institution, group: Group, lesson: Lesson) -> Iterable[str]:
    start = local(lesson.starts_at)
    day, begins = start.date(), _minute(lesson.starts_at)
    ends = begins + lesson.minutes
    if not group.starts_on <= day <= group.ends_on:
        yield "outside_class_dates"
    if day in institution.holidays or not institution.first_on <= day <= institution.last_on:
        yield "holiday"
    if not group.online and not _inside(lesson, institution.opening):
        yield "closed"
    if group.type is LearnerType.ADULT:
        return
    # 教育部等十三部门 2022-12: K12 lessons end by 20:30, online by 21:00, not in school hours.
    if ends > (21 * 60 if group.online else 20 * 60 + 30):
        yield "too_late_for_children"
    at_school = not any(first <= day <= last for first, last in institution.school_breaks)
    school_day = group.type is LearnerType.SCHOOL and day.weekday() < 5 and at_school
    if school_day and begins < 16 * 60 + 30 and ends > 8 * 60:
        yield "in_school_hours"


def _people(group: Group, lesson: Lesson, staff: dict[int, Staff]) -> Iterable[str]:
    teacher = staff[lesson.teacher]
    if group.teachers and teacher.id not in group.teachers:
        yield "wrong_teacher"
    if not group.teachers and group.skill not in teacher.teaches:
        yield "teacher_skill"
    if group.assisted:
        if lesson.assistant is None or group.skill not in staff[lesson.assistant].assists:
            yield "assistant_skill"
        if lesson.assistant == lesson.teacher:
            yield "assists_oneself"
    present = [teacher] + ([staff[lesson.assistant]] if lesson.assistant is not None else [])
    for one in present:
        if one.hours and not _inside(lesson, one.hours):
            yield "staff_hours"
        if _touches(lesson, one.away):
            yield "staff_away"


def _room(
    institution: Institution, group: Group, lesson: Lesson, room: Room | None
) -> Iterable[str]:
    if group.online:
        return
    if room is None:
        yield "no_room"
        return
    if group.campus is not None and room.campus != group.campus:
        yield "wrong_campus"
    if institution.seats_hard and room.seats < group.size:
        yield "too_few_seats"
    if not group.equipment <= room.equipment:
        yield "equipment"
    if _touches(lesson, room.closed):
        yield "room_closed"


def _meetings(
    institution: Institution,
    ordered: list[Lesson],
    groups: dict[int, Group],
    rooms: dict[int, Room],
) -> Iterable[Fault]:
    """Overlaps of anybody or any room, and ways too short."""
    diaries: dict[tuple[str, int], list[Lesson]] = defaultdict(list)
    learners = {learner.id: learner for learner in institution.learners}
    for lesson in ordered:
        diaries["class", lesson.group].append(lesson)
        diaries["staff", lesson.teacher].append(lesson)
        if lesson.assistant is not None:
            diaries["staff", lesson.assistant].append(lesson)
        if lesson.room is not None:
            diaries["room", lesson.room].append(lesson)
        for who in groups[lesson.group].learners:
            diaries["learner", who].append(lesson)
            learner = learners[who]
            if _touches_week(lesson, learner.busy) or _touches(lesson, learner.away):
                yield Fault("learner_away", lesson, who=who)
    for (kind, who), mine in diaries.items():
        latest: Lesson | None = None
        for lesson in mine:
            if latest is not None and lesson.starts_at < latest.ends_at:
                yield Fault(f"{kind}_twice", latest, lesson, who)
            if latest is None or lesson.ends_at > latest.ends_at:
                latest = lesson
        if kind == "staff":
            for one, other in pairwise(mine):
                here, there = rooms.get(one.room or 0), rooms.get(other.room or 0)
                way = _way(institution, here, there)
                if other.starts_at - one.ends_at < timedelta(minutes=way):
                    yield Fault("way_too_short", one, other, who)


def _way(institution: Institution, here: Room | None, there: Room | None) -> int:
    if here is None or there is None:
        return 0
    return institution.minutes_between(here.campus, there.campus)


def _totals(
    institution: Institution, ordered: list[Lesson], staff: dict[int, Staff]
) -> Iterable[Fault]:
    per_day: dict[tuple[int, object], int] = defaultdict(int)
    for lesson in ordered:
        day = local(lesson.starts_at).date()
        for who in {lesson.teacher, lesson.assistant} - {None}:
            assert who is not None
            per_day[who, day] += 1
            if per_day[who, day] == staff[who].max_per_day + 1:
                yield Fault("too_many_a_day", lesson, who=who)

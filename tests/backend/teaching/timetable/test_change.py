"""T5: feasible slots, ranked; and repair that moves as little as possible."""

from dataclasses import replace
from datetime import date

from backend.kit.clock import at_local, local
from backend.teaching.timetable.change import Standing, repair, slots_for
from backend.teaching.timetable.checker import faults_of
from backend.teaching.timetable.draft import draft
from backend.teaching.timetable.generate import institution_of
from backend.teaching.timetable.model import Institution, Lesson, Slot, Span
from tests.backend.teaching.timetable.towns import ANN, BEN, SATURDAY, group, institution, lesson


def moved(one: Lesson, slot: Slot, k: int = 0) -> Lesson:
    return replace(
        one,
        starts_at=slot.starts_at[k],
        teacher=slot.teacher,
        assistant=slot.assistant,
        room=slot.room,
    )


def town() -> tuple[Institution, list[Lesson]]:
    made = institution_of(teachers=20, rooms=12, classes=24, learners=200, weeks=5, campuses=2)
    return made, list(draft(made, polish=3).lessons)


def test_every_slot_for_a_lesson_is_one() -> None:
    here, lessons = town()
    standing = Standing(here, lessons)
    assert standing.loose == []
    one = lessons[len(lessons) // 2]
    slots = slots_for(standing, [one], limit=8)
    assert slots
    assert [slot.cost for slot in slots] == sorted(slot.cost for slot in slots)
    for slot in slots:
        assert faults_of(here, [o for o in lessons if o != one] + [moved(one, slot)]) == []
    assert slots_for(standing, [one], limit=8) == slots


def test_a_whole_class_moves_to_one_weekday_and_time() -> None:
    here, lessons = town()
    weekly = next(g.id for g in here.groups if g.per_week == 1)
    mine = [one for one in lessons if one.group == weekly]
    others = [one for one in lessons if one.group != weekly]
    slots = slots_for(Standing(here, lessons), mine, limit=3)
    assert slots
    for slot in slots:
        assert len({local(at).timetz() for at in slot.starts_at}) == 1
        after = [moved(one, slot, k) for k, one in enumerate(mine)]
        assert faults_of(here, others + after) == []


def test_a_day_can_be_asked_for() -> None:
    standing = Standing(institution(), [lesson()])
    slots = slots_for(standing, [lesson()], first_on=date(2027, 3, 7), last_on=date(2027, 3, 7))
    assert {local(slot.starts_at[0]).date() for slot in slots} == {date(2027, 3, 7)}
    assert not any(slot.new_teacher or slot.new_room for slot in slots)


def test_nothing_moves_where_nothing_is_wrong() -> None:
    here, lessons = town()
    mended = repair(here, lessons)
    assert mended.moves == ()
    assert list(mended.lessons) == lessons


def test_a_closed_room_only_changes_the_room() -> None:
    closed = (Span(at_local(SATURDAY), at_local(SATURDAY, 23)),)
    rooms = tuple(replace(r, closed=closed) if r.id == 1 else r for r in institution().rooms)
    after = repair(institution(rooms=rooms), [lesson()])
    assert [(m.after.room, m.after.teacher, m.after.starts_at) for m in after.moves] == [
        (2, ANN, lesson().starts_at)
    ]


def test_an_absent_teacher_is_substituted_before_the_time_moves() -> None:
    away = (Span(at_local(SATURDAY), at_local(date(2027, 3, 8))),)
    staff = tuple(replace(o, away=away) if o.id == ANN else o for o in institution().staff)
    both = [lesson(), lesson(on=date(2027, 3, 7))]
    after = repair(institution(staff=staff), both)
    assert {m.after.teacher for m in after.moves} == {BEN}
    assert [m.after.starts_at for m in after.moves] == [one.starts_at for one in both]


def test_two_lessons_a_day_stay_two_a_day() -> None:
    both = [lesson(), lesson(hour=14)]
    assert repair(institution(), both).moves == ()
    days = slots_for(Standing(institution(), both), both[:1], limit=100)
    assert SATURDAY in {local(slot.starts_at[0]).date() for slot in days}


def test_others_give_way_when_they_must() -> None:
    """The only hour of the long class is held by one that could be elsewhere."""
    only = date(2027, 3, 6)
    long = group(1, dates=frozenset({only}), minutes=(690,), lessons=1, per_week=0)
    short = group(2, learners=(3,), lessons=1, per_week=0)
    here = institution(long, short)
    given = [
        lesson(1, 9, minutes=690, on=date(2027, 3, 13)),
        lesson(2, 10, teacher=BEN, room=2),
    ]
    after = repair(here, given)
    assert after.unplaced == ()
    assert len(after.lessons) == 2
    assert faults_of(here, after.lessons, complete=True) == []


def test_what_cannot_be_mended_is_reported() -> None:
    rooms = tuple(replace(r, seats=1) for r in institution().rooms)
    after = repair(institution(rooms=rooms), [lesson()])
    assert after.lessons == ()
    assert [one.group for one in after.unplaced] == [1]

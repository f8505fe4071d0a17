"""The clock's door of the teaching room."""

from backend.kit import clock, queue
from backend.kit.db import reading, unit_of_work
from backend.teaching.life import checks, makeups, watching


def remind_of_roll_calls() -> None:
    """Defer one small job for each lesson that is over and whose roll nobody has called."""
    with reading() as session:
        due = watching.uncalled_ids(session)
    for lesson_id in due:
        queue.defer("backend.teaching.jobs.remind_of_roll_call", lesson_id)


def remind_of_roll_call(lesson_id: int) -> None:
    """Remind the teacher once, if the roll is still not called."""
    with unit_of_work() as session:
        checks.remind(session, lesson_id=lesson_id)


def expire_makeups() -> None:
    """Rights to a makeup whose day has come are lost."""
    with unit_of_work() as session:
        makeups.expire(session)


def reseat() -> None:
    """Everybody who sits in a class has a place in its lessons: mends what was forgotten."""
    with reading() as session:
        ids = watching.open_class_ids(session)
    for class_group_id in ids:
        queue.defer("backend.teaching.jobs.reseat_class", class_group_id)


def reseat_class(class_group_id: int) -> None:
    """Mend one class; a clash stays for people to solve and is on the list of differences."""
    with unit_of_work() as session:
        checks.reseat(session, class_group_id=class_group_id)


def look_at_small_classes() -> None:
    """Warn of classes that begin soon with too few learners."""
    with unit_of_work() as session:
        checks.warn_of_small_classes(session, today=clock.today())

"""The clock's door of the teaching room."""

import subprocess
import sys
from pathlib import Path

from backend.kit import clock, queue
from backend.kit.db import reading, unit_of_work
from backend.teaching.drafts import running
from backend.teaching.life import checks, makeups, watching

ROOT = Path(__file__).resolve().parents[2]
_at_work: list[subprocess.Popen[bytes]] = []
"""Processes that this worker has started and not yet seen end."""


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


def tend_drafts() -> None:
    """Start the timetable whose turn it is, in a process of its own: it takes a core for minutes,
    and pushes must not wait for that."""
    with unit_of_work() as session:
        due = running.start_due(session)
    _at_work[:] = [each for each in _at_work if each.poll() is None]
    if due is not None:
        run_id, lease = due
        command = [sys.executable, "-m", "backend.teaching.drafts", str(run_id), lease]
        _at_work.append(subprocess.Popen(command, cwd=ROOT, start_new_session=True))


def look_at_small_classes() -> None:
    """Warn of classes that begin soon with too few learners."""
    with unit_of_work() as session:
        checks.warn_of_small_classes(session, today=clock.today())

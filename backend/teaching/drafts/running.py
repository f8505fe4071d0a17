"""A timetable being made, as a job: asked for, started, told of, stopped, stored.

The search takes minutes of a whole core, so it runs in a process of its own and holds no
transaction meanwhile. Its row says how far it is; a process that says nothing for `SILENT` is
taken for dead and another one begins anew, once.
"""

import secrets
import time
from collections import defaultdict
from collections.abc import Callable, Collection, Sequence
from dataclasses import replace
from datetime import date, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from backend.kit import clock
from backend.kit.db import reading, unit_of_work
from backend.kit.errors import NotFound
from backend.outbox import service as outbox
from backend.outbox.schemas import Notice
from backend.security import queries as staff
from backend.security import service as security
from backend.teaching.drafts import scope, world
from backend.teaching.drafts.schemas import RunStatus
from backend.teaching.models import ClassGroup
from backend.teaching.timetable import model
from backend.teaching.timetable.draft import draft
from backend.teaching.timetable_models import DraftGap, DraftLesson, DraftRun

SILENT = timedelta(seconds=90)
BEAT_SECONDS = 2.0
MOST_TRIES = 2
OPEN = (RunStatus.WAITING, RunStatus.RUNNING)


def ask(
    session: Session,
    *,
    by: int,
    title: str,
    class_group_ids: Collection[int],
    first_on: date,
    last_on: date,
    seconds: int,
    source_key: str,
    campus_id: int | None = None,
) -> int:
    """Want a draft; the same form sent twice is one. Managers draft classes of `campus_id`. Raises
    NotFound for classes that are not there, or not theirs."""
    known = session.scalar(select(DraftRun.id).where(DraftRun.source_key == source_key))
    if known is not None:
        return known
    wanted = set(class_group_ids)
    query = select(ClassGroup.id).where(ClassGroup.id.in_(wanted))
    if campus_id is not None:
        query = query.where(ClassGroup.campus_id == campus_id)
    if not wanted or set(session.scalars(query)) != wanted:
        raise NotFound()
    run = DraftRun(
        status=RunStatus.WAITING,
        title=title[:80],
        campus_id=campus_id,
        class_group_ids=sorted(wanted),
        first_on=max(first_on, clock.today() + timedelta(days=1)),
        last_on=last_on,
        seconds=seconds,
        asked_by=by,
        asked_at=clock.now(),
        source_key=source_key,
    )
    session.add(run)
    session.flush()
    security.audit(
        session, actor=f"account:{by}", action="timetable.asked", subject=f"draft:{run.id}"
    )
    return run.id


def start_due(session: Session) -> tuple[int, str] | None:
    """The draft whose turn it is, if none is at work, and the lease for its process."""
    open_runs = list(
        session.scalars(
            select(DraftRun)
            .where(DraftRun.status.in_(OPEN))
            .order_by(DraftRun.id)
            .with_for_update()
        )
    )
    now = clock.now()
    for run in open_runs:
        if run.status == RunStatus.RUNNING and run.beat_at and run.beat_at > now - SILENT:
            return None
    for run in open_runs:
        if run.is_cancelled or run.tries >= MOST_TRIES:
            _end(run, RunStatus.CANCELLED if run.is_cancelled else RunStatus.FAILED)
            continue
        run.status, run.lease = RunStatus.RUNNING, secrets.token_hex(16)
        run.tries, run.beat_at = run.tries + 1, now
        session.flush()
        return run.id, run.lease
    session.flush()
    return None


def cancel(session: Session, run_id: int, *, campus_id: int | None = None) -> None:
    """Stop it; its process sees that within seconds. What is finished stays. Raises NotFound."""
    run = locked(session, run_id, campus_id=campus_id)
    if run.status not in OPEN:
        return
    run.is_cancelled = True
    if run.status == RunStatus.WAITING:
        _end(run, RunStatus.CANCELLED)
    session.flush()


def locked(session: Session, run_id: int, *, campus_id: int | None = None) -> DraftRun:
    """A run, locked. Raises NotFound, also for one of another campus."""
    run = session.get(DraftRun, run_id, with_for_update=True)
    if run is None or campus_id not in (None, run.campus_id):
        raise NotFound()
    return run


def draw(run_id: int, lease: str, *, tick: Callable[[], float] = time.monotonic) -> None:
    """Make the draft and store it. Ends without a word when the lease is somebody else's by now."""
    with reading() as session:
        run = session.get(DraftRun, run_id)
        if run is None or run.lease != lease or run.status != RunStatus.RUNNING:
            return
        task = scope.read(
            session,
            class_group_ids=run.class_group_ids,
            first_on=run.first_on,
            last_on=run.last_on,
        )
        seconds = run.seconds
    stopped, told = False, -BEAT_SECONDS

    def progress(now: model.Progress) -> None:
        nonlocal stopped, told
        if now.seconds - told >= BEAT_SECONDS:
            told = now.seconds
            stopped = not _beat(run_id, lease, now)

    found = draft(
        task.institution,
        seconds=seconds,
        current=[lesson for some in task.current.values() for lesson in some],
        tick=tick,
        progress=progress,
        cancelled=lambda: stopped,
    )
    with unit_of_work() as session:
        _store(session, run_id, lease, task, found)


def _beat(run_id: int, lease: str, now: model.Progress) -> bool:
    """Say how far it is; False when it is to stop."""
    with unit_of_work() as session:
        run = session.get(DraftRun, run_id, with_for_update=True)
        if run is None or run.lease != lease or run.status != RunStatus.RUNNING:
            return False
        run.beat_at, run.passed = clock.now(), int(now.seconds)
        run.cost, run.bound, run.unplaced = now.cost, now.bound, now.unplaced
        return not run.is_cancelled


def _store(
    session: Session, run_id: int, lease: str, task: scope.Scope, found: model.Draft
) -> None:
    run = session.get(DraftRun, run_id, with_for_update=True)
    if run is None or run.lease != lease or run.status != RunStatus.RUNNING:
        return
    if run.is_cancelled:
        _end(run, RunStatus.CANCELLED)
        return
    after: dict[int, list[model.Lesson]] = defaultdict(list)
    for lesson in found.lessons:
        after[lesson.group].append(lesson)
    for group_id in run.class_group_ids:
        for before, lesson in scope.matched(task.current.get(group_id, []), after[group_id]):
            was = world.place(before) if before else None
            session.add(
                DraftLesson(
                    run_id=run.id,
                    class_group_id=group_id,
                    lesson_id=before.number if before else None,
                    was=was.model_dump(mode="json") if was else None,
                    **world.place(lesson).model_dump(),
                )
            )
    session.add_all(_gap(run.id, each) for each in _by_class(found.unplaced))
    run.cost, run.bound = found.cost, found.bound
    run.unplaced = sum(each.lessons for each in found.unplaced)
    _end(run, RunStatus.DONE)
    session.flush()
    outbox.post(
        session,
        to=staff.recipient_of(session, run.asked_by),
        notice=Notice(
            template="draft_ready",
            values={"title": run.title, "unplaced": str(run.unplaced)},
        ),
        dedupe_key=f"draft-ready:{run.id}",
    )


def _by_class(lost: Sequence[model.Unplaced]) -> list[model.Unplaced]:
    """What one class lacks for one reason, together."""
    found: dict[tuple[int, str], model.Unplaced] = {}
    for each in lost:
        same = found.get((each.group, each.cause))
        lessons = each.lessons + (same.lessons if same else 0)
        found[each.group, each.cause] = replace(same or each, lessons=lessons)
    return list(found.values())


def _gap(run_id: int, lost: model.Unplaced) -> DraftGap:
    return DraftGap(
        run_id=run_id,
        class_group_id=lost.group,
        lessons=lost.lessons,
        cause=lost.cause,
        reliefs=[
            {
                "relief": each.relief,
                "at": each.starts_at.isoformat(),
                "lessons": each.lessons,
                "seats": each.seats,
                "subject": each.subject,
                "people": list(each.people),
            }
            for each in lost.relaxations
        ],
    )


def _end(run: DraftRun, status: RunStatus) -> None:
    run.status, run.finished_at, run.lease = status, clock.now(), None

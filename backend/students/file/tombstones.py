"""已删除名单: who was erased, as keyed hashes, in the database and in a file outside it.

A database restored from an older backup has forgotten the rows; the file has not. It is written
before the commit: a mark without an erasure only repeats what a person has approved.
"""

import hashlib
import hmac
import os
from collections.abc import Collection
from datetime import datetime
from pathlib import Path

from sqlalchemy import select
from sqlalchemy.orm import Session

from backend.kit import clock
from backend.kit.config import settings
from backend.kit.db import upsert
from backend.students.file.models import Erased
from backend.students.models import Guardian, Guardianship, Student


def mark_of(kind: str, id_: int, made_at: str) -> str:
    """The keyed hash of a guardian or learner; their moment of birth in our files belongs to it, so
    that an id used again by another row after a restore is not taken for theirs.

    Keyed with SECRET_KEY, which unlike the index key outlives the rotation of field keys.
    """
    key = settings().secret_key.get_secret_value().encode()
    return hmac.new(key, f"erased\0{kind}:{id_}:{made_at}".encode(), hashlib.sha256).hexdigest()


def bury(session: Session, rows: Collection[Guardian | Student]) -> None:
    """Put people on the list."""
    marks = {_mark(row) for row in rows}
    path = _path()
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = marks - _filed()
    if fresh:
        with path.open("a") as out:
            out.write("".join(f"{mark}\n" for mark in sorted(fresh)))
            out.flush()
            os.fsync(out.fileno())
    for mark in marks:
        values = {"mark": mark, "at": clock.now()}
        session.execute(upsert(session, Erased).values(values).on_conflict_do_nothing())


def risen(session: Session) -> list[tuple[int | None, list[int]]]:
    """Guardians on the list who are back, and those of their learners who are too; then learners
    who are back without a guardian, one by one."""
    known = _filed() | set(session.scalars(select(Erased.mark)))
    if not known:
        return []
    guardians = select(Guardian.id, Guardian.created_at).where(Guardian.erased_at.is_(None))
    back = {id_ for id_, at in session.execute(guardians) if _mark_at("guardian", id_, at) in known}
    query = (
        select(Guardianship.guardian_id, Student)
        .join(Student, Student.id == Guardianship.student_id)
        .where(Guardianship.guardian_id.in_(back), Student.erased_at.is_(None))
    )
    children: dict[int | None, list[int]] = {guardian_id: [] for guardian_id in sorted(back)}
    for guardian_id, student in session.execute(query):
        if _mark(student) in known:
            children[guardian_id].append(student.id)
    taken = {id_ for ids in children.values() for id_ in ids}
    learners = select(Student.id, Student.created_at).where(Student.erased_at.is_(None))
    alone = {id_ for id_, at in session.execute(learners) if _mark_at("student", id_, at) in known}
    return [*children.items(), *((None, [id_]) for id_ in sorted(alone - taken))]


def _mark(row: Guardian | Student) -> str:
    kind = "guardian" if isinstance(row, Guardian) else "student"
    return _mark_at(kind, row.id, row.created_at)


def _mark_at(kind: str, id_: int, made_at: datetime) -> str:
    return mark_of(kind, id_, f"{made_at.timestamp():.0f}")


def _path() -> Path:
    return settings().var_dir / "erased"


def _filed() -> set[str]:
    path = _path()
    return set(path.read_text().split()) if path.exists() else set()

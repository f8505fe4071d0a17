"""Moving what is encrypted to the current keys (S2), while everybody goes on writing.

Table by table, batch by batch along the primary key, then the files. The cursor is committed with
its batch, under the rotation's own lock: killed anywhere it goes on from there, two workers take
turns, and what is under the current keys already is left alone. Whoever writes meanwhile uses the
new key; a process that was not restarted and still writes with an old one is found by the count at
the end, which begins the round again. Only a count of nothing says that the old key can go.
"""

import time
from collections.abc import Iterator
from functools import cache
from importlib import import_module
from typing import Any

import structlog
from cryptography.exceptions import InvalidTag
from sqlalchemy import (
    Column,
    String,
    Table,
    Text,
    func,
    literal_column,
    not_,
    select,
    tuple_,
    update,
)
from sqlalchemy.orm import Session

from backend.kit import clock, crypto, files
from backend.kit.db import Encrypted, unit_of_work
from backend.outbox import service as outbox
from backend.security.models import KeyRotation
from backend.security.schemas import RotationView
from backend.security.service import audit

log = structlog.get_logger(__name__)
AT_ONCE = 200
FILES = "files"
MOST_ROUNDS = 3
"""What no key can read stays as it is; the count of what is left says so."""


@cache
def _tables() -> dict[str, Table]:
    """Every table with something to move, by name. Asked of the migrations' list of all tables,
    because a worker has imported only those it has needed so far."""
    every = import_module("migrations.tables").every_table().tables
    return {name: table for name, table in sorted(every.items()) if any(map(_matters, table.c))}


def _matters(column: Column[Any]) -> bool:
    return isinstance(column.type, Encrypted) or bool({"index_of", "is_address"} & set(column.info))


def begin(session: Session, *, by: str) -> RotationView:
    """Start moving to the current keys, or find the rotation that is under way or done."""
    keys = crypto.keys_in_use()
    query = select(KeyRotation).where(KeyRotation.keys == keys).with_for_update()
    row = session.scalars(query).one_or_none()
    if row is not None and (row.finished_at is None or not left_over(session)):
        return _view(row)
    if row is None:
        row = KeyRotation(keys=keys, begun_by=by, begun_at=clock.now(), place="", after=[])
        session.add(row)
    row.place, row.after, row.done, row.finished_at = next(iter(_tables())), [], 0, None
    row.rounds = 0
    row.total = _size(session)
    session.flush()
    audit(session, actor=by, action="keys.rotation_begun", subject="keys", keys=keys)
    return _view(row)


def latest(session: Session) -> RotationView | None:
    """The rotation to the current keys, if there was ever one."""
    query = select(KeyRotation).where(KeyRotation.keys == crypto.keys_in_use())
    row = session.scalars(query).one_or_none()
    return _view(row) if row else None


def is_needed(session: Session) -> bool:
    """Whether keys have been changed and not everything is under the current ones."""
    row = latest(session)
    if row is None:
        return crypto.has_previous_index_key() or left_over(session) > 0
    return row.finished_at is None or left_over(session) > 0


def left_over(session: Session) -> int:
    """How many ciphertexts, in rows and files, still name another key than the current one."""
    found = 0
    for table in _tables().values():
        for column in table.c:
            if isinstance(column.type, Encrypted):
                old = not_(_raw(column).startswith(f"{crypto.current_key_id()}.", autoescape=True))
                query = select(func.count()).select_from(table)
                found += session.scalar(query.where(_raw(column).is_not(None), old)) or 0
    return found + sum(not files.is_current(name) for name in files.names())


def go_on(*, seconds: float) -> bool:
    """Move batches for so long; True when there is more to do."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        with unit_of_work() as session:
            keys = crypto.keys_in_use()
            query = select(KeyRotation).where(KeyRotation.keys == keys)
            row = session.scalars(query.with_for_update()).one_or_none()
            if row is None or row.finished_at is not None:
                return False
            _move(session, row)
    return True


def _move(session: Session, row: KeyRotation) -> None:
    """One batch, and where the next one begins."""
    if row.place == FILES:
        names = files.names(after=row.after[0] if row.after else "")[:AT_ONCE]
        for name in names:
            files.renew(name)
        row.done += len(names)
        row.after = names[-1:]
        if len(names) < AT_ONCE:
            _finish(session, row)
        return
    places = [*_tables(), FILES]
    if row.place not in places:  # A table of an earlier version.
        row.place, row.after = places[0], []
    moved, last = _move_rows(session, _tables()[row.place], row.after)
    row.done += moved
    row.after = last
    if moved < AT_ONCE:
        row.place, row.after = places[places.index(row.place) + 1], []


def _finish(session: Session, row: KeyRotation) -> None:
    """The end, if nothing is left; else another round."""
    left = left_over(session)
    row.rounds += 1
    if left and row.rounds < MOST_ROUNDS:
        log.warning("keys_still_in_use", left=left)
        row.place, row.after, row.done, row.total = next(iter(_tables())), [], 0, _size(session)
        return
    row.finished_at = clock.now()
    audit(session, actor="system", action="keys.rotated", subject="keys", keys=row.keys, left=left)


def _move_rows(session: Session, table: Table, after: list[Any]) -> tuple[int, list[Any]]:
    """Rows after a primary key, their number and the last key; locked until the unit ends."""
    keys = list(table.primary_key)
    columns = [column for column in table.c if _matters(column)]
    query = select(*keys, *(_raw(column).label(f"raw_{column.name}") for column in columns))
    if after:
        query = query.where(tuple_(*keys) > tuple_(*after))
    rows = session.execute(query.order_by(*keys).limit(AT_ONCE).with_for_update()).all()
    addresses: list[str] = []
    for row in rows:
        held = row._mapping
        texts, changes = {}, {}
        for column in columns:
            stored = held[f"raw_{column.name}"]
            texts[column.name] = stored
            if isinstance(column.type, Encrypted) and stored is not None:
                texts[column.name] = _opened(stored, column)
                if (
                    texts[column.name] is not None
                    and crypto.key_id_of(stored) != crypto.current_key_id()
                ):
                    changes[column.name] = texts[column.name]
            if "is_address" in column.info and texts[column.name]:
                addresses.append(texts[column.name])
        changes |= dict(_new_indexes(columns, texts))
        if changes:
            own = (column == held[column.name] for column in keys)
            session.execute(update(table).where(*own).values(changes))
    outbox.readdress(session, addresses)
    return len(rows), [rows[-1]._mapping[key.name] for key in keys] if rows else []


def _opened(stored: str, column: Column[Any]) -> str | None:
    """The text of a ciphertext; None where it was altered or its key is gone."""
    try:
        return crypto.decrypt(stored, context=column.type.context)  # type: ignore[attr-defined]
    except (InvalidTag, KeyError, ValueError):
        log.exception("ciphertext_unreadable", column=f"{column.table.name}.{column.name}")
        return None


def _new_indexes(columns: list[Column[Any]], texts: dict[str, Any]) -> Iterator[tuple[str, str]]:
    for column in columns:
        if "index_of" in column.info:
            source, context, last = column.info["index_of"]
            # What is not to be found (a merged double) has no index, and gets none.
            if texts[source] is not None and texts[column.name]:
                index = crypto.blind_index(texts[source][-last:], context=context)
                if index != texts[column.name]:
                    yield column.name, index


def _raw(column: Column[Any]) -> Any:
    """A column as it is stored, without being decrypted on the way."""
    kind = Text() if isinstance(column.type, Encrypted) else String()
    return literal_column(f"{column.table.name}.{column.name}", kind)


def _size(session: Session) -> int:
    counts = (session.scalar(select(func.count()).select_from(t)) for t in _tables().values())
    return sum(count or 0 for count in counts) + len(files.names())


def _view(row: KeyRotation) -> RotationView:
    return RotationView.model_validate(row)

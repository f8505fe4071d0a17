"""Notes whose figures have to be reckoned afresh, in the unit that changes something.

Every way of changing a lead goes through a session: rows that are flushed, and UPDATE and DELETE of
many rows at once. What is noted is written at the very end of the unit, once for each lead; noting
too much is harmless, noting too little shows in `recount`.
"""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Delete, Integer, Update, event, inspect, literal_column, select
from sqlalchemy.orm import Session
from sqlalchemy.orm.session import ORMExecuteState

from backend.admissions.figures.models import FigureTouch
from backend.admissions.models import FollowUp, Lead, SignUp, Trial
from backend.finance.refund_words import RefundApproved
from backend.kit import clock
from backend.kit.db import do_before_commit
from backend.security.schemas import PersonMet

TALKS = "students_takeover"
KEYS: dict[str, str] = {
    Lead.__tablename__: "id",
    FollowUp.__tablename__: "lead_id",
    SignUp.__tablename__: "lead_id",
    Trial.__tablename__: "lead_id",
    TALKS: "id",
}
_NOTED = "figures"


@dataclass(frozen=True)
class Talk:
    """A talk that has changed, beside leads (numbers) and days."""

    id: int


def watch() -> None:
    """Look at all sessions of this process from now on. Calling it again changes nothing."""
    if not event.contains(Session, "after_flush", _flushed):
        event.listen(Session, "after_flush", _flushed)
        event.listen(Session, "do_orm_execute", _executed)


def refunded(session: Session, refund: RefundApproved) -> None:
    """Listener: money goes back, perhaps of an order that has given its seat up before."""
    kind, _, number = refund.purpose_key.partition(":")
    if kind == "sign_up" and number.isdecimal():
        _note(session, session.scalars(select(SignUp.lead_id).where(SignUp.id == int(number))))


def met(session: Session, person: PersonMet) -> None:
    """Listener: somebody came for the first time, or by a code that was not known before."""
    on = clock.local(person.met_at).date()
    session.info.setdefault(_NOTED, set()).add(on)
    do_before_commit(session, _NOTED, _write)


def noted(session: Session) -> set[Any]:
    """Take what this unit has noted so far: ids of leads, talks, and days."""
    session.flush()
    found: set[Any] = session.info.pop(_NOTED, set())
    return found


def _flushed(session: Session, _context: object) -> None:
    for row in (*session.new, *session.dirty, *session.deleted):
        key = KEYS.get(getattr(row, "__tablename__", ""))
        if key is None:
            continue
        history = inspect(row).attrs[key].history
        _note(session, (*history.deleted, getattr(row, key)), row.__tablename__)


def _executed(state: ORMExecuteState) -> None:
    statement = state.statement
    if not isinstance(statement, Update | Delete):
        return
    name = getattr(statement.table, "name", "")
    if name in KEYS:
        # A table may be named with no more columns than are changed.
        query = select(literal_column(KEYS[name], Integer)).select_from(statement.table)
        if statement.whereclause is not None:
            query = query.where(statement.whereclause)
        _note(state.session, state.session.scalars(query), name)


def _note(session: Session, ids: Any, table: str = "") -> None:
    """Leads by their number, or talks where the table is theirs."""
    found = {Talk(each) if table == TALKS else each for each in ids if each is not None}
    if found:
        session.info.setdefault(_NOTED, set()).update(found)
        do_before_commit(session, _NOTED, _write)


def _write(session: Session) -> None:
    for each in sorted(noted(session), key=str):
        match each:
            case Talk():
                session.add(FigureTouch(talk_id=each.id))
            case int():
                session.add(FigureTouch(lead_id=each))
            case _:
                session.add(FigureTouch(on=each))

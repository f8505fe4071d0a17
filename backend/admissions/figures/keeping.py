"""Keeps the figures up: what was noted is reckoned afresh, and the sums move by the difference.

Whoever keeps them up waits for the one row of the head, so that nobody reckons with what another
is changing. A note is deleted by the unit that has reckoned with what it tells of; what changes
meanwhile leaves a note of its own. Hence with no note left the figures equal a recount.
"""

from collections import Counter
from collections.abc import Callable, Collection, Iterator
from datetime import date, timedelta

from sqlalchemy import delete, func, insert, select
from sqlalchemy.orm import Session, aliased

from backend.admissions.figures import facts, talks, watching
from backend.admissions.figures.facts import Sums, Values
from backend.admissions.figures.models import (
    DAY_KEY,
    FigureDay,
    FigureHead,
    FigureLead,
    FigureTouch,
    FigureVisit,
)
from backend.admissions.figures.schemas import MEASURES
from backend.admissions.figures.watching import Talk
from backend.admissions.models import Lead, SignUp
from backend.admissions.schemas import BY_THEMSELVES, FROM_WEBSITE
from backend.kit import clock
from backend.kit.db import reading, unit_of_work, upsert
from backend.security import queries as people
from backend.security.schemas import CodeKind
from backend.students import queries as customers

AT_ONCE = 500
_FACTS = [column.name for column in FigureLead.__table__.columns if column.name != "lead_id"]
_DIMENSIONS = {
    "channel": "channel", "campaign": "campaign", "course": "course_id", "reason": "lost_reason"
}  # fmt: skip


def catch_up(session: Session) -> bool:
    """Reckon with what was noted, this unit's own changes included; False while more is left. The
    first time of all it makes the figures of a small house; a large one waits for the clock."""
    head = _lock(session)
    if not head.is_built:
        if (session.scalar(select(func.count(Lead.id))) or 0) > AT_ONCE:
            return False
        for on in sorted(_days_met(session)):
            _count_visits(session, on)
        _reckon(session, list(session.scalars(select(Lead.id))))
        for ids in _batches_of_talks(session):
            _reckon_talks(session, ids)
        head.is_built = True
    notes = session.execute(
        select(FigureTouch.id, FigureTouch.lead_id, FigureTouch.talk_id, FigureTouch.on)
        .order_by(FigureTouch.id)
        .limit(AT_ONCE)
    ).all()
    own = watching.noted(session)
    lead_ids = {each for each in own if isinstance(each, int)} | {n.lead_id for n in notes}
    talk_ids = {each.id for each in own if isinstance(each, Talk)} | {n.talk_id for n in notes}
    days = {each for each in own if isinstance(each, date)} | {n.on for n in notes}
    leads, theirs = talks.with_their_leads(session, lead_ids - {None}, talk_ids - {None})
    _reckon(session, _with_their_learners(session, leads))
    _reckon_talks(session, theirs)
    for on in sorted(days - {None}):
        _count_visits(session, on)
    session.execute(delete(FigureTouch).where(FigureTouch.id.in_([note.id for note in notes])))
    return len(notes) < AT_ONCE


def is_due(session: Session) -> bool:
    """Whether anything is noted that the figures do not hold, or they have never been made."""
    noted = session.scalar(select(FigureTouch.id).limit(1)) is not None
    return noted or not session.scalar(select(FigureHead.is_built))


def build() -> None:
    """Make the figures from all leads, once, a batch in each unit; a second time changes nothing.
    What changes meanwhile is noted like ever."""
    with reading() as session:
        is_built = session.scalar(select(FigureHead.is_built))
    if not is_built:
        mend()


def mend() -> int:
    """Reckon with every lead and every day of visits afresh; returns how many were wrong. The
    figures stay readable and are right whenever it is interrupted."""
    wrong = 0
    for ids in _batches():
        with unit_of_work() as session:
            _lock(session)
            wrong += _reckon(session, ids)
    for ids in _batches_of_talks():
        with unit_of_work() as session:
            _lock(session)
            wrong += _reckon_talks(session, ids)
    with reading() as session:
        first = people.first_met_at(session)
    on = clock.local(first).date() if first else clock.today()
    while on <= clock.today():
        with unit_of_work() as session:
            _lock(session)
            for _ in range(31):
                wrong += _count_visits(session, on)
                on += timedelta(days=1)
    with unit_of_work() as session:
        _lock(session).is_built = True
        wrong += _mend_days(session)
    return wrong


def recount(session: Session) -> list[str]:
    """Count everything anew, by nothing but the leads, and say what differs from the figures."""
    found, sums = [], Sums()
    for ids in _batches(session):
        fresh, had = facts.of_leads(session, ids), _kept(session, ids)
        found += [f"lead {id_}" for id_ in ids if fresh.get(id_) != had.get(id_)]
        for values in fresh.values():
            _add(sums, values, 1)
    for ids in _batches_of_talks(session):
        told, kept = talks.of_talks(session, ids), talks.kept(session, ids)
        found += [f"talk {id_}" for id_ in ids if told.get(id_) != kept.get(id_)]
        for values in told.values():
            talks.add(sums, values, 1)
    kept_days = _kept_days(session)
    for key in sorted({*sums, *kept_days}):
        if _plain(sums.get(key)) != _plain(kept_days.get(key)):
            found.append("day " + " ".join(map(str, key)))
    visits = dict[tuple[date, str], int]()
    for on in {row.on for row in session.scalars(select(FigureVisit))} | _days_met(session):
        visits |= {(on, channel): count for channel, count in _visits(session, on).items()}
    stored = {(v.on, v.channel): v.people for v in session.scalars(select(FigureVisit))}
    found += [f"visits {on} {channel}" for on, channel in sorted(visits.items() ^ stored.items())]
    return found


def _lock(session: Session) -> FigureHead:
    head = {"id": 1, "is_built": False}
    session.execute(upsert(session, FigureHead).values(head).on_conflict_do_nothing())
    return session.scalars(select(FigureHead).with_for_update()).one()


def _reckon(session: Session, lead_ids: Collection[int]) -> int:
    """Bring these leads' facts and the sums to what is so; returns how many were not."""
    if not lead_ids:
        return 0
    fresh, kept = facts.of_leads(session, lead_ids), _kept(session, lead_ids)
    changed = [id_ for id_ in lead_ids if fresh.get(id_) != kept.get(id_)]
    if not changed:
        return 0
    sums = Sums()
    for id_ in changed:
        for values, sign in ((kept.get(id_), -1), (fresh.get(id_), 1)):
            if values is not None:
                _add(sums, values, sign)
    session.execute(delete(FigureLead).where(FigureLead.lead_id.in_(changed)))
    rows = [{"lead_id": id_, **fresh[id_]} for id_ in changed if id_ in fresh]
    if rows:
        session.execute(insert(FigureLead), rows)
    _move(session, sums)
    return len(changed)


def _reckon_talks(session: Session, talk_ids: Collection[int]) -> int:
    changed, sums = talks.reckon(session, talk_ids)
    _move(session, sums)
    return changed


def _with_their_learners(session: Session, lead_ids: set[int]) -> set[int]:
    """And the leads from which the same learners came: they may have come again."""
    theirs, other = aliased(SignUp), aliased(SignUp)
    query = (
        select(other.lead_id)
        .join(theirs, theirs.student_id == other.student_id)
        .where(theirs.lead_id.in_(lead_ids), other.lead_id.is_not(None))
    )
    return lead_ids | {each for each in session.scalars(query) if each is not None}


def _add(sums: Sums, values: Values, sign: int) -> None:
    """Lay one lead on the sums of every row it belongs to."""
    if not values["is_counted"]:
        return
    measures = {name: values[name] for name in MEASURES if name in values}
    measures |= {"leads": 1, "lost": int(values["lost_reason"] != "")}
    where = values["campus_id"], values["advisor_id"]
    keys: list[facts.Key] = [(values["came_on"], *where, "all", "")]
    keys += [
        (values["came_on"], *where, dimension, str(values[column]))
        for dimension, column in _DIMENSIONS.items()
        if values[column]
    ]
    for key in keys:
        sums.setdefault(key, Counter()).update({n: sign * v for n, v in measures.items()})
    if values["paid_on"] is not None:
        key = values["paid_on"], *where, "paid_on", ""
        received = {"paid": sign, "net_fen": sign * values["net_fen"]}
        sums.setdefault(key, Counter()).update(received)


def _move(session: Session, sums: Sums) -> None:
    """Add the differences to the rows of the days."""
    rows = [
        dict(zip(DAY_KEY, key, strict=True)) | {name: by[name] for name in MEASURES}
        for key, by in sorted(sums.items())
        if any(by.values())
    ]
    if not rows:
        return
    row = upsert(session, FigureDay)
    added = {name: getattr(FigureDay, name) + row.excluded[name] for name in MEASURES}
    session.execute(row.on_conflict_do_update(index_elements=DAY_KEY, set_=added), rows)


def _mend_days(session: Session) -> int:
    """Bring the rows of the days to what the leads' facts sum up to."""
    sums = Sums()
    for row in session.execute(select(*(getattr(FigureLead, name) for name in _FACTS))):
        _add(sums, dict(zip(_FACTS, row, strict=True)), 1)
    for values in talks.every(session):
        talks.add(sums, values, 1)
    kept, wrong = _kept_days(session), Sums()
    for key in {*sums, *kept}:
        wanted, there = sums.get(key, Counter()), kept.get(key, Counter())
        if _plain(wanted) != _plain(there):
            wrong[key] = Counter(wanted)
            wrong[key].subtract(there)
    _move(session, wrong)
    return len(wrong)


def _kept(session: Session, lead_ids: Collection[int]) -> dict[int, Values]:
    columns = (getattr(FigureLead, name) for name in ("lead_id", *_FACTS))
    rows = session.execute(select(*columns).where(FigureLead.lead_id.in_(lead_ids)))
    return {row[0]: dict(zip(_FACTS, row[1:], strict=True)) for row in rows}


def _kept_days(session: Session) -> Sums:
    columns = [getattr(FigureDay, name) for name in (*DAY_KEY, *MEASURES)]
    rows = [tuple(row) for row in session.execute(select(*columns))]
    size = len(DAY_KEY)
    return {row[:size]: Counter(dict(zip(MEASURES, row[size:], strict=True))) for row in rows}


def _plain(sums: Counter[str] | None) -> dict[str, int]:
    return {name: value for name, value in (sums or {}).items() if value}


def _count_visits(session: Session, on: date) -> int:
    fresh = _visits(session, on)
    query = select(FigureVisit.channel, FigureVisit.people).where(FigureVisit.on == on)
    kept = dict(session.execute(query).all())
    if fresh == kept:
        return 0
    session.execute(delete(FigureVisit).where(FigureVisit.on == on))
    rows = [{"on": on, "channel": channel, "people": n} for channel, n in fresh.items()]
    if rows:
        session.execute(insert(FigureVisit), rows)
    return 1


def _visits(session: Session, on: date) -> dict[str, int]:
    """Who came on a day, by channel, as a lead's source is written."""
    found = Counter[str]()
    for (on_website, kind, subject), count in people.people_met(session, *clock.day_of(on)).items():
        by_themselves = FROM_WEBSITE if on_website else BY_THEMSELVES
        is_origin = kind in (CodeKind.CHANNEL, CodeKind.CAMPAIGN)
        found[f"{kind}:{subject}" if is_origin else by_themselves] += count
    return dict(found)


def _days_met(session: Session) -> set[date]:
    first = people.first_met_at(session)
    days = (clock.today() - clock.local(first).date()).days + 1 if first else 0
    return {clock.today() - timedelta(days=n) for n in range(days)}


def _batches(session: Session | None = None) -> Iterator[list[int]]:
    """The ids of all leads, so many at a time; without a session, each batch is looked up anew."""

    def after(own: Session, last: int) -> list[int]:
        query = select(Lead.id).where(Lead.id > last).order_by(Lead.id).limit(AT_ONCE)
        return list(own.scalars(query))

    return _each(after, session)


def _batches_of_talks(session: Session | None = None) -> Iterator[list[int]]:
    """The same of all talks."""
    return _each(lambda own, last: customers.talk_ids(own, after=last, limit=AT_ONCE), session)


def _each(
    after: Callable[[Session, int], list[int]], session: Session | None
) -> Iterator[list[int]]:
    last = 0
    while True:
        if session is not None:
            ids = after(session, last)
        else:
            with reading() as own:
                ids = after(own, last)
        if not ids:
            return
        yield ids
        last = ids[-1]

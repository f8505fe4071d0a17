"""Whatever happens to leads, the figures that are kept up equal a full recount (A18)."""

from collections import defaultdict

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete, func, select, text
from sqlalchemy.orm import Session

from backend import wiring
from backend.admissions.figures import counting, keeping
from backend.admissions.figures.models import (
    FigureDay,
    FigureHead,
    FigureLead,
    FigureTalk,
    FigureTouch,
    FigureVisit,
)
from backend.admissions.figures.schemas import MEASURES, Dimension, Period
from backend.admissions.models import Lead
from backend.admissions.schemas import LostReason
from backend.kit import clock, events
from backend.kit.db import engine, reading, unit_of_work
from backend.security import service as security
from backend.security.schemas import Role, StaffMember
from tests.backend.admissions.figures import histories
from tests.backend.admissions.figures.histories import NOW, World

NUMBER = st.integers(0, 11)
DEED = st.tuples(st.integers(0, 15), NUMBER, NUMBER, st.integers(0, 40))
KEEP = st.just(None)
EVER = Period(from_on=NOW.date().replace(year=2025), to_on=NOW.date().replace(year=2027))


@pytest.fixture(autouse=True)
def _listening(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(events, "_listeners", defaultdict(list))
    wiring.compose_figures()


def head(session: Session) -> StaffMember:
    account = security.hire(session, name="校长", role=Role.PRINCIPAL)
    return StaffMember(id=account.id, name="校长", role=Role.PRINCIPAL, campus_id=None)


@pytest.mark.usefixtures("database")
def test_what_is_kept_up_equals_a_recount() -> None:
    with Session(engine(), expire_on_commit=False) as session, clock.frozen(NOW):
        session.connection(execution_options={"writes": True})
        world, principal = histories.open_world(session), head(session)

        @settings(
            max_examples=6,
            deadline=None,
            database=None,
            phases=[Phase.explicit, Phase.generate],
            suppress_health_check=list(HealthCheck),
        )
        @given(st.lists(DEED | DEED | DEED | KEEP, min_size=20, max_size=40))
        def play(history: list[tuple[int, int, int, int] | None]) -> None:
            nested = session.begin_nested()
            world.leads, world.signed = [], []
            for deed in history:
                if deed is None:
                    keeping.catch_up(session)
                else:
                    histories.do(world, deed)
            while not keeping.catch_up(session):
                pass
            _check(session, world, principal)
            nested.rollback()
            session.expunge_all()

        play()
        session.rollback()


def _check(session: Session, world: World, principal: StaffMember) -> None:
    assert keeping.recount(session) == []
    kept = _days(session)
    for table in (FigureDay, FigureLead, FigureTalk, FigureVisit, FigureHead):
        session.execute(delete(table))
    keeping.catch_up(session)  # Made from nothing.
    assert _days(session) == kept
    found = counting.figures(session, counting.View(session, principal), EVER)
    real = select(func.count(Lead.id)).where(Lead.lost_reason.is_distinct_from(LostReason.DOUBLE))
    assert found.sums.leads == session.scalar(real)
    for dimension in (Dimension.CHANNEL, Dimension.CAMPUS, Dimension.ADVISOR):
        assert counting.added([each.sums for each in found.by[dimension]]) == found.sums
    view = counting.View(session, principal)
    for step in ("leads", "contacted", "tried", "came", "ordered", "paid", "renewed", "lost"):
        total, rows = counting.rows(session, view, EVER, {"step": step})
        assert total == len(rows) == getattr(found.sums, step)
    for dimension, slices in found.by.items():
        for each in slices:
            chosen = {"step": "leads", dimension.value: each.value}
            assert counting.rows(session, view, EVER, chosen)[0] == each.sums.leads
    for dimension, slices in found.talks_by.items():
        assert counting.added([each.sums for each in slices]) == found.talks
        for each in slices:
            for step, count in (("talks", each.sums.leads), ("quick", each.sums.quick)):
                chosen = {"step": step, dimension.value: each.value}
                assert counting.talk_rows(session, view, EVER, chosen)[0] == count


def _days(session: Session) -> dict[tuple[object, ...], tuple[int, ...]]:
    key = (FigureDay.on, FigureDay.campus_id, FigureDay.advisor_id)
    columns = [*key, FigureDay.dimension, FigureDay.value]
    measures = [getattr(FigureDay, name) for name in MEASURES]
    rows = [tuple(row) for row in session.execute(select(*columns, *measures))]
    return {row[:5]: row[5:] for row in rows if any(row[5:])}


def test_what_a_unit_changes_is_noted_in_it_and_what_it_undoes_is_not(database: str) -> None:
    with unit_of_work() as session:
        world = histories.open_world(session)
        keeping.catch_up(session)
        histories.do(world, (0, 1, 1, 3))
        world.lead(0).advisor_id = world.advisors[2]
    with unit_of_work() as session:
        assert session.scalar(select(func.count(FigureTouch.id))) == 1
        assert keeping.catch_up(session)
        assert session.scalar(select(func.count(FigureTouch.id))) == 0
    with pytest.raises(ZeroDivisionError):
        _lose_and_fail()
    with unit_of_work() as session:
        assert session.scalar(select(func.count(FigureTouch.id))) == 0
        assert keeping.recount(session) == []


def _lose_and_fail() -> None:
    with unit_of_work() as session:
        session.get_one(Lead, 1).stage = "lost"
        session.flush()
        raise ZeroDivisionError


def test_a_recount_finds_what_was_changed_behind_its_back_and_mends_it(database: str) -> None:
    with clock.frozen(NOW):
        with unit_of_work() as session:
            world = histories.open_world(session)
            for number in range(6):
                histories.do(world, (0, number, number, number))
            histories.do(world, (12, 1, 1, 1))
        keeping.build()
        keeping.build()
        with engine().begin() as connection:
            connection.execute(text("UPDATE admissions_lead SET source = 'phone' WHERE id = 1"))
            connection.execute(text("UPDATE admissions_figure_day SET leads = leads + 1"))
        with reading() as session:
            assert keeping.recount(session)
        assert keeping.mend() > 0
        assert keeping.mend() == 0
        with reading() as session:
            assert keeping.recount(session) == []

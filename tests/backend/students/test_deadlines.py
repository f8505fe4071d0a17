"""The clocks of a ticket: office time only, standing still while we wait (S8)."""

from datetime import datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from backend.kit import clock
from backend.students.office_hours import OFFICE, OfficeHours
from backend.students.schemas import Severity, TicketKind, TicketStatus
from backend.students.ticket_models import Ticket
from backend.students.tickets import deadlines, triage
from backend.students.tickets.deadlines import Clock

BEGIN = datetime(2026, 9, 1, tzinfo=clock.UTC)
moments = st.integers(0, 60 * 24 * 60).map(lambda minutes: BEGIN + timedelta(minutes=minutes))
spans = st.integers(0, 60 * 60).map(lambda minutes: timedelta(minutes=minutes))


def _at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=clock.SHANGHAI)


def _ticket(opened_at: datetime, kind: TicketKind = TicketKind.COMPLAINT) -> Ticket:
    made = Ticket(
        kind=kind,
        severity=Severity.NORMAL,
        status=TicketStatus.OPEN,
        opened_at=opened_at,
        paused_seconds=0,
        rung=0,
    )
    deadlines.set_clocks(made)
    return made


@pytest.mark.parametrize(
    ("start", "hours", "end"),
    [
        ("2026-09-30 20:00", 1, "2026-10-08 09:30"),
        ("2026-10-01 10:00", 1, "2026-10-08 10:00"),
        ("2026-02-14 20:00", 1, "2026-02-24 09:30"),
        ("2027-01-01 10:00", 1, "2027-01-02 10:00"),
    ],
    ids=["before National Day", "on it", "Spring Festival", "a year without a notice"],
)
def test_nobody_works_on_holidays(start: str, hours: float, end: str) -> None:
    assert OFFICE.after(_at(start), timedelta(hours=hours)) == _at(end)


def test_a_weekend_worked_for_a_holiday_is_office_time() -> None:
    weekdays_only = OfficeHours(days_off=frozenset({5, 6}))
    assert weekdays_only.opening(_at("2026-10-10 10:00")) == _at("2026-10-10 10:00")  # 调休
    assert weekdays_only.opening(_at("2026-10-17 10:00")) == _at("2026-10-19 09:00")


@given(moments, spans, spans)
@settings(max_examples=60, deadline=None)
def test_office_time_adds_up(start: datetime, first: timedelta, second: timedelta) -> None:
    there = OFFICE.after(start, first)
    assert OFFICE.between(start, there) == first
    # At closing time no time at all later is still closing time, or the next opening.
    assert OFFICE.between(start, OFFICE.after(there, second)) == first + second


@given(moments, st.lists(st.tuples(spans, spans), max_size=4))
@settings(max_examples=60, deadline=None)
def test_pauses_add_exactly_what_they_lasted(
    opened_at: datetime, turns: list[tuple[timedelta, timedelta]]
) -> None:
    """However often we wait: the office time in which it was our turn is the budget, no more."""
    ticket, now, ours = _ticket(opened_at), opened_at, timedelta(0)
    _, budget = triage.budgets_of(TicketKind.COMPLAINT, Severity.NORMAL)
    for working, waiting in turns:
        paused_at = OFFICE.after(now, working)
        if paused_at >= ticket.resolve_due_at:
            break
        ours += OFFICE.between(now, paused_at)
        deadlines.pause(ticket, paused_at)
        deadlines.pause(ticket, paused_at + waiting)  # Asking again does not begin anew.
        now = paused_at + waiting
        deadlines.resume(ticket, now)
        deadlines.resume(ticket, now + waiting)
        assert ticket.resolve_due_at > now or ours == budget
    assert ours + OFFICE.between(now, ticket.resolve_due_at) == budget


@given(moments, spans)
@settings(max_examples=30, deadline=None)
def test_what_was_late_stays_late(opened_at: datetime, waiting: timedelta) -> None:
    ticket = _ticket(opened_at)
    due_at = ticket.resolve_due_at
    deadlines.pause(ticket, due_at + timedelta(minutes=1))
    deadlines.resume(ticket, due_at + timedelta(minutes=1) + waiting)
    assert ticket.resolve_due_at == due_at


def test_the_ladder_is_climbed_in_the_order_of_time() -> None:
    ticket = _ticket(_at("2026-11-25 10:00"))
    times = []
    while (found := deadlines.next_rung(ticket)) is not None:
        ticket.rung = found[0] + 1
        times.append((found[1].clock, found[2]))
    assert len(times) == len(deadlines.LADDER)
    for which in Clock:
        own = [at for name, at in times if name is which]
        assert own == sorted(own)
    assert times[0][1] == _at("2026-11-25 11:30")  # 75 % of two hours.


def test_an_answered_request_has_no_further_deadline() -> None:
    ticket = _ticket(_at("2026-11-25 10:00"), TicketKind.REQUEST)
    ticket.status, ticket.responded_at = TicketStatus.ANSWERED, _at("2026-11-25 10:10")
    assert deadlines.next_rung(ticket) is None

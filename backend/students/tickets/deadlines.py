"""The clocks of a ticket in office time: when it is due, what stops them, when somebody is warned,
when a silent customer is reminded (S8, S9). Decides on a row, changes none but its clocks."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from backend.kit.config import settings
from backend.students.office_hours import OFFICE, OfficeHours
from backend.students.schemas import Severity, TicketKind, TicketStatus
from backend.students.ticket_models import Ticket
from backend.students.tickets import triage

RUNNING = (TicketStatus.OPEN, TicketStatus.ANSWERED)
REOPEN_WITHIN = timedelta(days=30)


class Clock(StrEnum):
    """Which deadline."""

    RESPOND = "respond"
    RESOLVE = "resolve"


class Told(StrEnum):
    """Who hears of a rung, beside the owner."""

    OWNER = "owner"
    MANAGER = "manager"
    PRINCIPAL = "principal"


@dataclass(frozen=True)
class Rung:
    """After this share of the time, tell these; `reassigns` gives it to a colleague when the owner
    has not moved at all."""

    clock: Clock
    share: float
    told: Told
    reassigns: bool = False

    @property
    def is_breach(self) -> bool:
        return self.share >= 1


LADDER = (
    Rung(Clock.RESPOND, 0.75, Told.OWNER),
    Rung(Clock.RESPOND, 1.0, Told.MANAGER),
    Rung(Clock.RESPOND, 1.5, Told.PRINCIPAL, reassigns=True),
    Rung(Clock.RESPOND, 2.0, Told.PRINCIPAL, reassigns=True),
    Rung(Clock.RESPOND, 3.0, Told.PRINCIPAL, reassigns=True),
    Rung(Clock.RESOLVE, 0.75, Told.OWNER),
    Rung(Clock.RESOLVE, 1.0, Told.MANAGER),
    Rung(Clock.RESOLVE, 1.25, Told.PRINCIPAL),
)


def due_of(
    ticket: Ticket, clock: Clock, share: float = 1.0, hours: OfficeHours = OFFICE
) -> datetime:
    """When so much of a clock's time has run. Only the resolution clock stands still while we wait
    for the customer."""
    respond, resolve = triage.budgets_of(TicketKind(ticket.kind), Severity(ticket.severity))
    began_at = ticket.reopened_at or ticket.opened_at
    if clock is Clock.RESPOND:
        return hours.after(began_at, respond * share)
    paused = timedelta(seconds=ticket.paused_seconds)
    return hours.after(began_at, resolve * share + paused)


def set_clocks(ticket: Ticket) -> None:
    """Write down when it is due, after anything that decides about it has changed."""
    ticket.respond_due_at = due_of(ticket, Clock.RESPOND)
    ticket.resolve_due_at = due_of(ticket, Clock.RESOLVE)


def pause(ticket: Ticket, at: datetime) -> None:
    """It is the customer's turn. Again changes nothing."""
    ticket.paused_at = ticket.paused_at or at


def resume(ticket: Ticket, at: datetime, hours: OfficeHours = OFFICE) -> None:
    """It is our turn again. What was late before the pause stays late."""
    if ticket.paused_at is None:
        return
    if ticket.paused_at < ticket.resolve_due_at:
        stood = hours.between(ticket.paused_at, at)
        ticket.paused_seconds += round(stood.total_seconds())
        ticket.resolve_due_at = due_of(ticket, Clock.RESOLVE, hours=hours)
    ticket.paused_at = None


def is_running(ticket: Ticket, clock: Clock) -> bool:
    """Whether somebody still has to keep this deadline. What a request asks for is done with its
    answer."""
    if ticket.status not in RUNNING:
        return False
    if clock is Clock.RESPOND:
        return ticket.responded_at is None
    return ticket.status == TicketStatus.OPEN or ticket.kind != TicketKind.REQUEST


def next_rung(ticket: Ticket) -> tuple[int, Rung, datetime] | None:
    """The next warning, its place on the ladder and its time; None when there is none left."""
    for place, rung in enumerate(LADDER):
        if place >= ticket.rung and is_running(ticket, rung.clock):
            return place, rung, due_of(ticket, rung.clock, rung.share)
    return None


def silence_ends(asked_at: datetime) -> datetime:
    """When a customer who says nothing has agreed."""
    return OFFICE.after(asked_at, OFFICE.workday * settings().ticket_silence_days)


def reminder_due(asked_at: datetime) -> datetime:
    """When a customer is reminded: once, half-way."""
    return OFFICE.after(asked_at, OFFICE.workday * settings().ticket_silence_days / 2)


def next_look(ticket: Ticket) -> datetime | None:
    """When the clock has to look at a ticket again; None when nothing can become due."""
    if ticket.asked_at is not None:
        is_done = ticket.status == TicketStatus.CLOSED
        if ticket.reminded_at is None:
            return reminder_due(ticket.asked_at)
        return None if is_done else silence_ends(ticket.asked_at)
    found = next_rung(ticket)
    return found[2] if found else None

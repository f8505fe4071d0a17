"""The clock's door of the tickets."""

from backend.kit import queue
from backend.kit.db import reading, unit_of_work
from backend.students.tickets import alerts, improving, tasks, watch


def watch_tickets() -> None:
    """Defer one small job for each ticket, task and action that is due."""
    with reading() as session:
        tickets, late, actions = watch.due(session), tasks.due(session), improving.due(session)
        flooded = alerts.due(session)
    for ticket_id in tickets:
        queue.defer("backend.students.tickets.jobs.look", ticket_id)
    for task_id in late:
        queue.defer("backend.students.tickets.jobs.remind_task", task_id)
    for action_id in actions:
        queue.defer("backend.students.tickets.jobs.remind_action", action_id)
    for account_id in flooded:
        queue.defer("backend.students.tickets.jobs.gather", account_id)


def look(ticket_id: int) -> None:
    """Warn, reassign, remind or close, if that is still due."""
    with unit_of_work() as session:
        watch.look(session, ticket_id)


def remind_task(task_id: int) -> None:
    """Remind of an overdue task, if that is still due."""
    with unit_of_work() as session:
        tasks.remind(session, task_id)


def remind_action(action_id: int) -> None:
    """Remind of a corrective action, if that is still due."""
    with unit_of_work() as session:
        improving.remind(session, action_id)


def gather(account_id: int) -> None:
    """Send somebody's held alerts as one notice."""
    with unit_of_work() as session:
        alerts.gather(session, account_id)

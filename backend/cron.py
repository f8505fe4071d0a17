"""All periodic work on one screen, and the clock that rings for it: `python -m backend.cron`.

RQ's own scheduler ends when Redis goes away and fires once per replica, so this loop takes its
place. Any number of replicas may run: a slot (a row's moment) belongs to whoever sets its key in
Redis first. A slot missed while everything was down is fired late, once; jobs ask the database what
is due, so late, early and twice are all harmless.
"""

import signal
import threading
from dataclasses import dataclass
from datetime import datetime, time, timedelta

import structlog
from redis import Redis
from redis.exceptions import RedisError

from backend import wiring
from backend.kit import clock, queue

log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class Row:
    """Ring for `job` every so many seconds, or each day at a time in Shanghai."""

    job: str
    why: str
    every_seconds: int | None = None
    daily_at: time | None = None


ROWS = (
    Row("bot.jobs.sweep", "answer messages whose web process died", every_seconds=5),
    Row("backend.outbox.jobs.sweep", "send what is due, retry what failed", every_seconds=15),
    Row("backend.finance.jobs.poll_silent", "ask about payments not notified", every_seconds=60),
    Row("backend.finance.jobs.close_expired", "give back unpaid seats", every_seconds=60),
    Row("backend.finance.jobs.give_back", "send back money that was approved", every_seconds=30),
    Row("backend.finance.arrears.jobs.dun", "instalments that are due", daily_at=time(9, 40)),
    Row("backend.outbox.jobs.blank_old", "forget what was said long ago", daily_at=time(4, 10)),
    Row("bot.jobs.forget_misunderstood", "forget sentences not labelled", daily_at=time(4, 20)),
    Row("backend.security.jobs.tag_followers", "the menu of a new role", every_seconds=60),
    Row("backend.portal.jobs.tend_exports", "copies to make and to forget", every_seconds=60),
    Row("backend.portal.jobs.tend_erasures", "erasures to decide and to do", every_seconds=60),
    Row("backend.portal.jobs.look_for_risen", "erased, back by a backup", daily_at=time(4, 30)),
    Row("backend.security.jobs.go_on_rotating", "a change of keys goes on", every_seconds=60),
    Row("backend.students.jobs.settle_attachments", "fetch what people sent", every_seconds=30),
    Row("bot.jobs.tend_talks", "owners of talks who are silent or come to work", every_seconds=15),
    Row("backend.students.jobs.resume_intakes", "imports whose worker died", every_seconds=60),
    Row("backend.students.jobs.look_for_doubles", "who may be one person", every_seconds=60),
    Row("backend.students.jobs.recount_doubles", "doubles afresh", daily_at=time(3, 20)),
    Row("backend.students.jobs.forget_imports", "old workbooks", daily_at=time(4, 40)),
    Row("backend.reminders.jobs.tell_due", "reminders that fell due", every_seconds=60),
    Row("backend.students.tickets.jobs.watch_tickets", "deadlines of tickets", every_seconds=60),
    Row("backend.teaching.jobs.remind_of_roll_calls", "rolls nobody has called", every_seconds=300),
    Row("backend.teaching.jobs.tend_drafts", "timetables to make", every_seconds=15),
    Row("backend.admissions.jobs.nudge_callbacks", "calls not made in time", every_seconds=60),
    Row(
        "backend.admissions.knowledge.jobs.remind_of_reviews",
        "answers to look at again",
        daily_at=time(9, 10),
    ),
    Row("backend.admissions.jobs.keep_trial_reminders", "what we promise", every_seconds=600),
    Row("backend.admissions.referrals.jobs.reward_due", "thanks for friends", every_seconds=600),
    Row("backend.admissions.waitlist.jobs.tend", "seats for those who wait", every_seconds=60),
    Row("backend.admissions.figures.jobs.keep_up", "figures of admissions", every_seconds=30),
    Row("backend.admissions.figures.jobs.check", "figures afresh", daily_at=time(5, 10)),
    Row("backend.admissions.figures.jobs.report_week", "the week to managers", daily_at=time(9, 0)),
    Row("backend.admissions.jobs.tend_leads", "leads nobody has taken or called", every_seconds=60),
    Row("backend.admissions.jobs.resume_sheets", "workbooks of leads", every_seconds=60),
    Row("backend.admissions.jobs.forget_comings", "old workbooks of leads", daily_at=time(4, 45)),
    Row("backend.teaching.jobs.expire_makeups", "makeups nobody booked", daily_at=time(0, 10)),
    Row("backend.teaching.jobs.reseat", "places that were forgotten", daily_at=time(3, 10)),
    Row("backend.teaching.jobs.look_at_small_classes", "too few learners", daily_at=time(9, 5)),
    Row("backend.finance.bills.jobs.fetch_due", "bills of the platforms", every_seconds=300),
    Row("backend.finance.bills.jobs.remind", "bills that differ", daily_at=time(10, 40)),
    Row("backend.finance.books.jobs.accrue", "pay of what was taught", daily_at=time(2, 20)),
    Row("backend.finance.books.jobs.warn_of_budgets", "costs too high", daily_at=time(9, 20)),
    Row("backend.finance.books.jobs.check", "whether the books hold", daily_at=time(2, 40)),
    Row("backend.finance.jobs.reconcile_lessons", "hours against rolls", daily_at=time(8, 30)),
)

TAKEN, RUNG = b"taken", b"rung"
TAKEN_SECONDS = 30
"""A clock that dies between taking a slot and ringing blocks the slot only this long."""


def slot_of(row: Row, now: datetime) -> datetime:
    """The latest moment, not after `now`, at which this row is to ring."""
    if row.every_seconds is not None:
        seconds = int(now.timestamp())
        return datetime.fromtimestamp(seconds - seconds % row.every_seconds, clock.UTC)
    assert row.daily_at is not None
    on = clock.local(now).date()
    at = clock.at_local(on, row.daily_at.hour, row.daily_at.minute)
    if at > now:
        at = clock.at_local(on - timedelta(days=1), row.daily_at.hour, row.daily_at.minute)
    return at


class Ticker:
    """Fires each slot of each row once among all replicas."""

    def __init__(self, rows: tuple[Row, ...], redis: Redis) -> None:
        self._rows = rows
        self._redis = redis
        self._done: dict[str, datetime] = {}

    def tick(self, now: datetime) -> list[str]:
        """Ring for every row whose slot nobody has taken; returns their jobs.

        Raises RedisError when Redis is away: the slot stays open and the next tick tries again.
        """
        fired = []
        for row in self._rows:
            slot = slot_of(row, now)
            if self._done.get(row.job) == slot:
                continue
            key = f"cron:{row.job}:{slot.timestamp():.0f}"
            if self._redis.set(key, TAKEN, nx=True, ex=TAKEN_SECONDS):
                self._ring(row.job, key)
                fired.append(row.job)
            elif self._redis.get(key) != RUNG:
                continue  # Somebody is at it; if they die now, the slot is open again soon.
            self._done[row.job] = slot
        return fired

    def _ring(self, job: str, key: str) -> None:
        if not queue.defer(job):
            self._redis.delete(key)
            raise RedisError(f"the doorbell did not ring for {job}")
        self._redis.set(key, RUNG, ex=timedelta(days=2))


def run(rows: tuple[Row, ...] = ROWS) -> None:
    """Tick until SIGTERM or SIGINT, through any absence of Redis."""
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    ticker = Ticker(rows, queue.connect())
    while not stop.is_set():
        try:
            ticker.tick(clock.now())
        except RedisError as error:
            log.warning("cron_waits_for_redis", error=str(error))
        stop.wait(0.5)


if __name__ == "__main__":
    wiring.connect()
    run()

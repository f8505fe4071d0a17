"""A worker: `python -m backend.worker`. Runs the jobs that the doorbell names, one at a time.

RQ's SimpleWorker runs a job in this process, without a fork: a push leaves within milliseconds
instead of after a fresh interpreter's set-up, and the database pool stays warm. A job that takes
the process down (memory, a crash in C) is not lost, because its row is still due and the sweep
rings again; the row counts such deaths and moves on. Whoever supervises the processes starts the
worker anew. Scale by starting more of them.
"""

import signal
import threading
from types import FrameType

import structlog
from redis.backoff import NoBackoff
from redis.exceptions import RedisError
from redis.retry import Retry
from rq import Queue
from rq.exceptions import StopRequested
from rq.worker import SimpleWorker

from backend import wiring
from backend.kit import queue

log = structlog.get_logger(__name__)

WAIT_SECONDS = 0.5
LONGEST_WAIT_SECONDS = 2.0
"""While Redis is away it is tried this often: pushes go out within 2 s of its return."""


class SteadyWorker(SimpleWorker):
    """RQ's worker without what depends on Redis being there: it leaves when told, and only then."""

    max_connection_wait_time = LONGEST_WAIT_SECONDS

    def subscribe(self) -> None:
        """Remote commands (stop a job by message) are not used: one connection and thread less."""

    def unsubscribe(self) -> None:
        """The other half of `subscribe`."""

    def _shutdown(self) -> None:
        # The original asks Redis whether it is busy, and fails where Redis is down.
        self._stop_requested = True
        if not self.executions:
            raise StopRequested

    @property
    def is_leaving(self) -> bool:
        """Whether somebody has told this worker to stop."""
        return bool(self._stop_requested)


def run() -> None:
    """Work until SIGTERM or SIGINT; the job at hand is finished first.

    RQ's own loop ends on any Redis trouble. This one starts it again, for as long as it takes.
    """
    told_to_stop = threading.Event()

    def stop(_number: int, _frame: FrameType | None) -> None:
        told_to_stop.set()

    def listen() -> None:
        signal.signal(signal.SIGTERM, stop)
        signal.signal(signal.SIGINT, stop)

    listen()
    wait = WAIT_SECONDS
    while not told_to_stop.is_set():
        connection = queue.connect(timeout_seconds=None)
        connection.set_retry(Retry(NoBackoff(), 0))
        worker = None
        try:
            # To make it is the first call to Redis, after RQ has set a time limit that fits its
            # long waits. A connection opened earlier would keep the client's own five seconds, give
            # up in the middle of a wait, and drop a job handed over at that moment.
            worker = SteadyWorker([Queue(queue.QUEUE, connection=connection)])
            wait = WAIT_SECONDS
            worker.work(logging_level="WARNING")
        except StopRequested:
            return
        except (RedisError, OSError) as error:
            log.warning("worker_waits_for_redis", error=str(error), seconds=wait)
        finally:
            listen()  # RQ's loop has set handlers of its own, which serve only while it runs.
            connection.close()
        if worker is not None and worker.is_leaving:
            return
        told_to_stop.wait(wait)
        wait = min(wait * 2, LONGEST_WAIT_SECONDS)


if __name__ == "__main__":
    wiring.connect()
    run()

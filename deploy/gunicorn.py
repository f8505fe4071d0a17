"""How gunicorn serves the house, the same on a laptop and in a container.

Threads, not processes, carry concurrency: an answer mostly waits for the database and for the
understanding of a text. Durations in seconds.
"""

import os
import shutil
from pathlib import Path
from typing import Any

bind = f"{os.environ.get('WEB_HOST', '127.0.0.1')}:{os.environ.get('WEB_PORT', '8000')}"
worker_class = "gthread"
workers = int(os.environ.get("WEB_WORKERS", "2"))
threads = int(os.environ.get("WEB_THREADS", "16"))
# Imported once, then forked: a killed worker is replaced in milliseconds, and memory is shared.
# Engines and pools are made on first use, so none is carried over a fork.
preload_app = True
control_socket_disable = True
# WeChat gives up after 5 s; a request that lasts 30 s is lost anyway.
timeout = 30
graceful_timeout = 8
keepalive = 75
# Memory that fragments over weeks is given back; the spread keeps workers from leaving together.
max_requests = 50_000
max_requests_jitter = 5_000
forwarded_allow_ips = os.environ.get("WEB_TRUSTED_PROXIES", "127.0.0.1")
# Heartbeats must not wait for a slow disk.
worker_tmp_dir = "/dev/shm" if Path("/dev/shm").is_dir() else None  # noqa: S108 - a directory

# The workers of one server count together, in files that last as long as the server. They are
# cleared here and not in a hook: the application is imported before any hook and opens one at once.
_counts = Path(os.environ.get("VAR_DIR", "var")) / "metrics"
_counts = Path(os.environ.setdefault("PROMETHEUS_MULTIPROC_DIR", str(_counts)))
shutil.rmtree(_counts, ignore_errors=True)
_counts.mkdir(parents=True)


def child_exit(_server: object, worker: Any) -> None:
    """Forget the gauges of a worker that has left."""
    # Its import looks at the variable set above.
    from prometheus_client import multiprocess

    multiprocess.mark_process_dead(worker.pid)  # type: ignore[no-untyped-call]

"""`python -m tests.bench`: start a town and an echo bot, measure both, print JSON."""

import json
import os
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import click
import psutil

from sandbox.launch.plan import ROOT, Ports
from sandbox.launch.town import Town
from tests.bench.phones import Account, crowd, distinct_texts, repeated_texts
from tests.fixtures.doorbell import free_port

CROWDS = (1, 8, 32)
Figures = dict[str, Any]


@click.command()
@click.option("--messages", default=320, help="Messages per measurement.")
@click.option("--database-url", default="", help="Measure on this instead of SQLite.")
def main(messages: int, database_url: str) -> None:
    """Measure the whole line and a bare echo on this machine."""
    given = {"DATABASE_URL": database_url} if database_url else {}
    names = ("WEB_WORKERS", "WEB_THREADS", "NLU_REPLICAS", "WORKERS")
    given |= {name: os.environ[name] for name in names if name in os.environ}
    with tempfile.TemporaryDirectory() as home:
        ports = Ports(free_port(), free_port(), free_port(), free_port())
        town = Town(Path(home), ports, given, tell=lambda line: print(line, file=sys.stderr))
        town.start()
        try:
            figures = _measure(town, messages)
        finally:
            town.stop()
    print(json.dumps(figures, indent=2, ensure_ascii=False))


def _measure(town: Town, messages: int) -> Figures:
    env = town.env
    account = Account(
        name=env.get("WECHAT_ACCOUNT", "gh_7f083739789a"),
        appid=env.get("WECHAT_APPID", "wx5823bf96d3bd56c7"),
        token=env["WECHAT_TOKEN"],
        aes_key=env["WECHAT_AES_KEY"],
    )
    web = town.addresses["web"]
    crowd(web, account, distinct_texts(), 8, 40)  # Pools fill, templates compile.
    before, cpu_before = _statements(web), _cpu(town)
    line = {
        "distinct": _rounds(web, account, distinct_texts, messages),
        "repeated": _rounds(web, account, repeated_texts, messages),
    }
    sent = sum(run["messages"] for runs in line.values() for run in runs.values())
    statements = _statements(web) - before
    cpu = {name: seconds - cpu_before.get(name, 0.0) for name, seconds in _cpu(town).items()}
    rss = _rss(town)
    with _echo(env) as address:
        crowd(address, account, repeated_texts(), 8, 40)
        echo = _rounds(address, account, repeated_texts, messages * 4)
    return {
        "machine": {"cores": os.cpu_count(), "database": env["DATABASE_URL"].split(":")[0]},
        "line": line,
        "echo": echo,
        "line_to_echo": {
            kind: {crowd_: _ratio(runs[crowd_], echo[crowd_]) for crowd_ in runs}
            for kind, runs in line.items()
        },
        "queries_per_message": round(statements / sent, 1),
        "cpu_ms_per_message": {
            name: round(seconds / sent * 1000, 1) for name, seconds in cpu.items()
        },
        "rss_mb": rss,
    }


def _rounds(
    url: str, account: Account, texts: Callable[[], Iterator[str]], messages: int
) -> dict[str, dict[str, float]]:
    said = texts()
    return {str(phones): crowd(url, account, said, phones, messages).summary() for phones in CROWDS}


def _ratio(line: dict[str, float], echo: dict[str, float]) -> float:
    """Messages a second of the whole line as a part of the echo's."""
    return round(line["messages_per_second"] / echo["messages_per_second"], 3)


def _statements(web: str) -> float:
    """SQL statements that the web processes have sent so far."""
    with urllib.request.urlopen(f"{web}/metrics", timeout=5) as page:
        lines = page.read().decode().splitlines()
    return sum(float(line.split()[-1]) for line in lines if line.startswith("db_statements_total"))


def _cpu(town: Town) -> dict[str, float]:
    """Seconds of processor time that each program has used, with its workers: what a message costs
    whoever else is busy on this machine. A database server of its own is not among them."""
    used: dict[str, float] = {}
    for name, pid in town.pids.items():
        master = psutil.Process(pid)
        times = [one.cpu_times() for one in (master, *master.children(recursive=True))]
        used[name] = sum(each.user + each.system for each in times)
    return used


def _rss(town: Town) -> dict[str, list[float]]:
    """Resident memory of each process in MB: of a server the master first, then its workers."""
    found = {}
    for name, pid in sorted(town.pids.items()):
        master = psutil.Process(pid)
        family = [master, *master.children(recursive=True)]
        found[name] = [round(one.memory_info().rss / 2**20, 1) for one in family]
    return found


@contextmanager
def _echo(env: dict[str, str]) -> Iterator[str]:
    """The echo bot under gunicorn with the very same settings; gives its address."""
    port = free_port()
    command = [sys.executable, "-m", "gunicorn", "--config", "deploy/gunicorn.py"]
    command += ["tests.bench.echo:application"]
    own = {
        **env,
        "WEB_PORT": str(port),
        "PROMETHEUS_MULTIPROC_DIR": f"{env['VAR_DIR']}/echo-metrics",
        "WECHAT_APPID": env.get("WECHAT_APPID", "wx5823bf96d3bd56c7"),
    }
    process = subprocess.Popen(command, cwd=ROOT, env=own, stderr=subprocess.DEVNULL)
    try:
        address = f"http://127.0.0.1:{port}"
        for _ in range(100):
            try:
                urllib.request.urlopen(address, timeout=1).close()
            except urllib.error.HTTPError:
                break  # It answers: there is no page at /, and there need not be.
            except OSError:
                time.sleep(0.1)
        yield address
    finally:
        process.terminate()
        process.wait(20)


if __name__ == "__main__":
    main()

"""`python -m sandbox.launch`: start everything, print READY, stay until told to stop."""

import fcntl
import os
import signal
import sys
import time
from contextlib import suppress
from pathlib import Path
from types import FrameType

import click

from sandbox.launch.plan import NAMES, shell_environment
from sandbox.launch.town import Town, TownError


@click.command()
@click.option("--var", "var_dir", type=click.Path(path_type=Path), help="Instead of VAR_DIR.")
@click.option("--only", multiple=True, type=click.Choice(NAMES), help="Just this; repeatable.")
@click.option("--stop", "stopping", is_flag=True, help="End the town that uses this directory.")
def main(var_dir: Path | None, only: tuple[str, ...], stopping: bool) -> None:
    """Start redis, nlu, web, worker, cron and sandbox, and keep them running until Ctrl-C."""
    given = shell_environment()
    var_dir = var_dir or Path(given.get("VAR_DIR") or "var")
    if stopping:
        sys.exit(_end(var_dir / "town.pid"))
    began = time.monotonic()
    _tell(f"starting; logs are in {var_dir}/log")
    signal.signal(signal.SIGTERM, _interrupt)
    town = Town(var_dir, given=given, only=only, tell=_tell)
    try:
        town.start()
    except TownError as error:
        sys.exit(f"the town did not start: {error}")
    except KeyboardInterrupt:
        sys.exit(130)
    try:
        _tell(f"everything is up after {time.monotonic() - began:.1f} s; Ctrl-C stops it")
        order = [name for name in ("web", "sandbox", "nlu") if name in town.addresses]
        print("READY", *(f"{name}={town.addresses[name]}" for name in order), flush=True)
        _watch(town)
    except KeyboardInterrupt:
        _tell("stopping")
    finally:
        # An impatient second Ctrl-C would leave orphans.
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        town.stop()


def _watch(town: Town) -> None:
    """Report programs that keep dying, once per bout; end when nobody watches over them."""
    reported: set[str] = set()
    while town.is_alive:
        try:
            ailing = town.ailing()
        except OSError:
            continue  # supervisord is gone; the loop's condition says so the next time.
        for name in ailing.keys() - reported:
            _tell(f"{name} keeps dying and is started again and again: read {ailing[name]}")
        reported = set(ailing)
        time.sleep(2)
    sys.exit("supervisord has died, so everything is stopped; `make run` starts it again")


def _end(pid_file: Path) -> str | None:
    """Ask the launcher of a town to stop; what went wrong, or None when nothing runs any more."""
    if not pid_file.exists():
        return None
    with pid_file.open(encoding="utf-8") as held:
        for attempt in range(500):
            with suppress(BlockingIOError):
                fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
                return None
            if attempt == 0:
                pid = int(held.read())
                _tell(f"stopping the town in {pid_file.parent} (process {pid})")
                os.kill(pid, signal.SIGTERM)
            time.sleep(0.1)
    return f"the town in {pid_file.parent} does not stop"


def _interrupt(_signal: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt


def _tell(line: str) -> None:
    print(f"· {line}", flush=True)


if __name__ == "__main__":
    main()

"""A town: all processes of the house on one machine, started in order and told when ready."""

import fcntl
import os
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Collection, Mapping
from contextlib import closing, suppress
from pathlib import Path
from typing import IO

from sandbox.keys import make_keys
from sandbox.launch.plan import HOST, ROOT, Ports, Program, environment, preparation, programs
from sandbox.launch.supervision import Supervision

Tell = Callable[[str], None]
MOST_LIVES = 3
"""A program that has died as often while the town starts will not come up."""


class TownError(RuntimeError):
    """The town cannot start; the message says what to change or which log to read."""


class Town:
    """Start it, stop it, kill parts of it. Towns on other ports and var directories do not meet.

    `given` are variables that win over the derived ones; `only` names the programs wanted (all by
    default); `tell` receives one plain line per step.
    """

    def __init__(
        self,
        var_dir: Path,
        ports: Ports | None = None,
        given: Mapping[str, str] | None = None,
        only: Collection[str] = (),
        tell: Tell = lambda line: None,
    ) -> None:
        self.var_dir = var_dir.absolute()
        self._given = dict(os.environ if given is None else given)
        self.ports = ports or Ports.read(self._given)
        self._tell = tell
        self.var_dir.mkdir(parents=True, exist_ok=True)
        make_keys(self.var_dir, self._given)
        self.env = environment(self.var_dir, self.ports, self._given)
        wanted = programs(self.env, self._given)
        self.programs = {p.name: p for p in wanted if not only or p.name.split("-")[0] in only}
        self._supervision = Supervision(self.var_dir, self.env, list(self.programs.values()))
        self._lock: IO[str] | None = None

    def start(self, name: str = "") -> None:
        """Start everything, or one stopped program; returns once it answers.

        Raises TownError; a town that cannot start whole is stopped again first.
        """
        if name:
            self._supervision.start(name)
            self._await(name)
            return
        self._occupy()
        try:
            self._refuse_taken_ports()
            self._supervision.open()
            early = [p for p in self.programs if p.split("-")[0] in ("redis", "nlu")]
            for program in early:
                self._supervision.start(program)
            if {"web", "worker", "cron"} & self.programs.keys():
                self._prepare()
            for program in self.programs.keys() - set(early):
                self._supervision.start(program)
            for program in self.programs:
                self._await(program)
            if {"web", "sandbox"} <= self.programs.keys():
                self._hang_out_menu()
        except BaseException:
            self.stop()
            raise

    def stop(self, name: str = "") -> None:
        """Stop every process, or one, politely; it stays stopped. Safe to call twice."""
        if name:
            self._supervision.stop(name)
            return
        self._supervision.close()
        if self._lock is not None:
            self._lock.close()
            self._lock = None

    def kill(self, name: str) -> None:
        """Kill -9 a program and leave it dead until `start(name)`."""
        self._supervision.kill(name)

    def crash(self, name: str) -> None:
        """Kill -9 a program and let it be restarted by itself."""
        self._supervision.crash(name)

    @property
    def pids(self) -> dict[str, int]:
        """Program → process id, for those that run."""
        return self._supervision.pids()

    @property
    def is_alive(self) -> bool:
        """Whether somebody still watches over the programs."""
        return self._supervision.is_alive()

    @property
    def addresses(self) -> dict[str, str]:
        """Program → URL, for those that have one."""
        return {name: p.url for name, p in self.programs.items() if p.url and "-" not in name}

    def ailing(self) -> dict[str, str]:
        """Programs that keep dying → the log to read; those given up on are started once more."""
        found = {}
        for name, state in self._supervision.states().items():
            if state in ("BACKOFF", "FATAL"):
                found[name] = str(self._supervision.log_of(name))
            if state == "FATAL":
                self._supervision.start(name)
        return found

    def _occupy(self) -> None:
        """Hold the var directory, so that no second town writes into it; tells who holds it."""
        self._lock = (self.var_dir / "town.pid").open("a+", encoding="utf-8")
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            self._lock.seek(0)
            pid = self._lock.read()
            self._lock.close()
            self._lock = None
            raise TownError(
                f"process {pid} already runs a town in {self.var_dir}: `make stop` ends it"
            ) from error
        self._lock.truncate(0)
        self._lock.write(str(os.getpid()))
        self._lock.flush()

    def _refuse_taken_ports(self) -> None:
        for program in self.programs.values():
            if program.port is None:
                continue
            with closing(socket.socket()) as probe:
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                try:
                    probe.bind((HOST, program.port))
                except OSError as error:
                    raise TownError(
                        f"port {program.port} for {program.name} is taken: "
                        f"set {program.setting} to another one"
                    ) from error

    def _prepare(self) -> None:
        began, log = time.monotonic(), self._supervision.log_of("prepare")
        with log.open("ab") as out:
            done = subprocess.run(preparation(), cwd=ROOT, env=self.env, stdout=out, stderr=out)
        if done.returncode:
            raise TownError(f"the database cannot be prepared:\n{_tail(log)}")
        self._tell(f"database migrated and filled ({time.monotonic() - began:.1f} s)")

    def _hang_out_menu(self) -> None:
        """Push the chat's menu to the platform, as whoever runs a real account does once. Without
        it the chat still works, so that a failure is told and not more."""
        log = self._supervision.log_of("prepare")
        push = [sys.executable, "-m", "bot", "menu", "push"]
        with log.open("ab") as out:
            done = subprocess.run(push, cwd=ROOT, env=self.env, stdout=out, stderr=out)
        if done.returncode:
            self._tell(f"the chat's menu could not be pushed; see {log}")

    def _await(self, name: str) -> None:
        program = self.programs[name]
        began = time.monotonic()
        lives: set[int] = set()
        while time.monotonic() - began < program.patience_seconds:
            state = self._supervision.states()[name]
            lives.add(self.pids.get(name, 0))
            if state == "FATAL" or len(lives - {0}) > MOST_LIVES:
                break
            if state == "RUNNING" and _answers(program):
                self._tell(f"{name} ready ({time.monotonic() - began:.1f} s)")
                return
            time.sleep(0.1)
        log = self._supervision.log_of(name)
        raise TownError(f"{name} does not start; {log} ends with:\n{_tail(log)}")


def _answers(program: Program) -> bool:
    """Whether a program can be used: its page says 200, or its port is open, or it has none."""
    if program.port is None:
        return True
    with suppress(OSError):
        if program.ready_path:
            with urllib.request.urlopen(program.url + program.ready_path, timeout=5) as answer:  # noqa: S310 - a loopback address
                return bool(answer.status == 200)
        socket.create_connection((HOST, program.port), 1).close()
        return True
    return False


def _tail(log: Path, lines: int = 15) -> str:
    return (
        "\n".join(log.read_text("utf-8", "replace").splitlines()[-lines:]) if log.exists() else ""
    )

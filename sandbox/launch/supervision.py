"""supervisord as a child process: keeps the programs alive, and does what it is told.

Its control socket lies in the system's temporary directory because a var directory may be deeper
than the 100 bytes that a socket's path may have.
"""

import ctypes
import hashlib
import http.client
import os
import shlex
import signal
import socket
import subprocess
import sys
import tempfile
import time
import xmlrpc.client
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from sandbox.launch.plan import ROOT, Program

_DEATH_SIGNAL = 1  # PR_SET_PDEATHSIG of <linux/prctl.h>
_DOWN = ("STOPPED", "EXITED", "FATAL")


class Supervision:
    """One supervisord with its programs, all stopped until told to start."""

    def __init__(self, var_dir: Path, env: Mapping[str, str], programs: Sequence[Program]) -> None:
        self.log_dir = var_dir.absolute() / "log"
        self._config = var_dir.absolute() / "supervisord.conf"
        mark = hashlib.sha256(str(var_dir.absolute()).encode()).hexdigest()[:12]
        self._socket = Path(tempfile.gettempdir()) / f"town-{mark}.sock"
        self._env = dict(env)
        self._programs = programs
        self._child: subprocess.Popen[bytes] | None = None
        self._groups: set[int] = set()

    def open(self) -> None:
        """Start supervisord and wait until it listens. Raises RuntimeError when it does not."""
        self.log_dir.mkdir(parents=True, exist_ok=True)
        self._config.write_text(self._written(), "utf-8")
        self._child = subprocess.Popen(
            [sys.executable, "-m", "supervisor.supervisord", "-n", "-c", str(self._config)],
            cwd=ROOT,
            env=self._env,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
            preexec_fn=_die_with_parent,
        )
        until = time.monotonic() + 20
        while time.monotonic() < until and self._child.poll() is None:
            with suppress(OSError, http.client.HTTPException, xmlrpc.client.Error):
                self._call("getState")
                return
            time.sleep(0.05)
        self.close()
        raise RuntimeError(f"supervisord did not start; see {self.log_dir}/supervisord.log")

    def close(self) -> None:
        """Stop all programs, then supervisord; kills what is left of them if it is gone already."""
        if self._child is None:
            return
        with suppress(OSError):
            self._rows()
        self._child.terminate()
        try:
            self._child.wait(40)
        except subprocess.TimeoutExpired:
            self._child.kill()
            self._child.wait()
        for group in self._groups:
            with suppress(ProcessLookupError):
                os.killpg(group, signal.SIGKILL)
        self._socket.unlink(missing_ok=True)
        self._child = None

    def is_alive(self) -> bool:
        """Whether supervisord itself runs."""
        return self._child is not None and self._child.poll() is None

    def start(self, name: str) -> None:
        """Start a program; nothing happens when it runs already."""
        with suppress(xmlrpc.client.Fault):
            self._call("startProcess", name, False)

    def stop(self, name: str) -> None:
        """Ask a program to end, wait for it, and leave it stopped."""
        with suppress(xmlrpc.client.Fault):
            self._call("stopProcess", name)

    def crash(self, name: str) -> None:
        """Kill -9 a program with all its children; it is restarted as after any crash."""
        os.killpg(self.pids()[name], signal.SIGKILL)

    def kill(self, name: str) -> None:
        """Kill -9 a program with all its children, and leave it stopped.

        The group is frozen first: the polite signal that supervisord sends when it is told to stop
        it then finds nobody who could still clean up.
        """
        group = self.pids()[name]
        os.killpg(group, signal.SIGSTOP)
        self._call("stopProcess", name, False)
        os.killpg(group, signal.SIGKILL)
        while self.states()[name] not in _DOWN:
            time.sleep(0.02)

    def states(self) -> dict[str, str]:
        """Program → RUNNING, STARTING, BACKOFF, STOPPING, STOPPED, EXITED or FATAL."""
        return {row["name"]: row["statename"] for row in self._rows()}

    def pids(self) -> dict[str, int]:
        """Program → process id, which is also its process group; only those that run."""
        return {row["name"]: row["pid"] for row in self._rows() if row["pid"]}

    def log_of(self, name: str) -> Path:
        """Where a program's output goes."""
        return self.log_dir / f"{name}.log"

    def _rows(self) -> list[dict[str, Any]]:
        """What supervisord knows of each program; remembered, in case it is killed itself."""
        rows: list[dict[str, Any]] = self._call("getAllProcessInfo")
        self._groups = {row["pid"] for row in rows if row["pid"]}
        return rows

    def _call(self, method: str, *args: object) -> Any:
        proxy = xmlrpc.client.ServerProxy("http://town", transport=_UnixTransport(self._socket))
        with proxy:
            return getattr(proxy.supervisor, method)(*args)

    def _written(self) -> str:
        sections = [
            "[unix_http_server]",
            f"file={self._socket}",
            "[supervisord]",
            "nodaemon=true",
            f"logfile={self.log_dir}/supervisord.log",
            f"pidfile={self.log_dir.parent}/supervisord.pid",
            f"directory={ROOT}",
            "[rpcinterface:supervisor]",
            "supervisor.rpcinterface_factory=supervisor.rpcinterface:make_main_rpcinterface",
        ]
        for program in self._programs:
            sections += [
                f"[program:{program.name}]",
                "command=" + shlex.join(program.command).replace("%", "%%"),
                "autostart=false",
                "autorestart=true",
                "startsecs=1",
                "startretries=3",
                "stopasgroup=true",
                "killasgroup=true",
                "stopwaitsecs=10",
                "redirect_stderr=true",
                f"stdout_logfile={self.log_of(program.name)}",
                "stdout_logfile_maxbytes=10MB",
                "stdout_logfile_backups=2",
            ]
        return "\n".join(sections) + "\n"


class _UnixConnection(http.client.HTTPConnection):
    def __init__(self, path: Path) -> None:
        super().__init__("town", timeout=30)
        self._path = path

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(self.timeout)
        self.sock.connect(str(self._path))


class _UnixTransport(xmlrpc.client.Transport):
    def __init__(self, path: Path) -> None:
        super().__init__()
        self._path = path

    def make_connection(self, host: Any) -> http.client.HTTPConnection:
        connection = _UnixConnection(self._path)
        self._connection = host, connection  # Where `close` looks for what to close.
        return connection


def _die_with_parent() -> None:
    """Ask Linux to stop supervisord when the launcher is killed, so that nobody is orphaned."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_DEATH_SIGNAL, signal.SIGTERM)

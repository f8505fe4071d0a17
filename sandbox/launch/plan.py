"""What a town consists of: its ports, its environment, and the programs to run in it."""

import os
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from pathlib import Path

from sandbox.launch.programs import redis_binary
from sandbox.settings import read_env_file

ROOT = Path(__file__).resolve().parents[2]
HOST = "127.0.0.1"
# The order in which they start; the slowest to become ready goes first.
NAMES = ("redis", "nlu", "sandbox", "web", "worker", "cron")


@dataclass(frozen=True)
class Ports:
    """Where a town listens; replicas of nlu take the ports after `nlu`."""

    web: int = 8000
    sandbox: int = 8001
    nlu: int = 5005
    redis: int = 6390

    @classmethod
    def read(cls, environ: Mapping[str, str]) -> "Ports":
        """The defaults, overridden by WEB_PORT, SANDBOX_PORT, NLU_PORT and REDIS_PORT."""
        named = {field.name: environ.get(f"{field.name.upper()}_PORT") for field in fields(cls)}
        return cls(**{name: int(port) for name, port in named.items() if port})


@dataclass(frozen=True)
class Program:
    """One process to keep alive. `port` is None for those that nobody calls.

    `patience_seconds` is long because a busy laptop is slow; what dies is noticed at once anyway.
    """

    name: str
    command: Sequence[str]
    port: int | None = None
    setting: str = ""
    ready_path: str = ""
    patience_seconds: float = 240.0

    @property
    def url(self) -> str:
        """Its address on this machine; empty when it has none."""
        return f"http://{HOST}:{self.port}" if self.ready_path else ""


def environment(var_dir: Path, ports: Ports, given: Mapping[str, str]) -> dict[str, str]:
    """Every variable the processes need; what is given wins, then the keys' `local.env`."""
    var_dir = var_dir.absolute()
    web, sandbox = f"http://{HOST}:{ports.web}", f"http://{HOST}:{ports.sandbox}"
    sandbox = given.get("SANDBOX_URL") or sandbox
    replicas = int(given.get("NLU_REPLICAS") or 1)
    keys = read_env_file(var_dir / "local.env")
    machine = ("PATH", "HOME", "LANG", "TMPDIR")
    derived = {
        **{name: os.environ[name] for name in machine if name in os.environ},
        "VAR_DIR": str(var_dir),
        "WEB_PORT": str(ports.web),
        "SANDBOX_PORT": str(ports.sandbox),
        "NLU_PORT": str(ports.nlu),
        "REDIS_PORT": str(ports.redis),
        "PUBLIC_URL": web,
        "SANDBOX_URL": sandbox,
        "NLU_URLS": ",".join(f"http://{HOST}:{ports.nlu + i}" for i in range(replicas)),
        "REDIS_URL": f"redis://{HOST}:{ports.redis}/0",
        "DATABASE_URL": f"sqlite:///{var_dir}/institution.db",
        "WECHAT_API_URL": sandbox,
        "WECHAT_OPEN_URL": sandbox,
        "WECHAT_MP_URL": sandbox,
        "WECHAT_BRIDGE_URL": f"{sandbox}/bridge.js",
        "WECHAT_PAY_URL": sandbox,
        "ALIPAY_URL": sandbox,
        "SMS_URL": f"{sandbox}/sms/send",
        "SMS_KEY": keys.get("SANDBOX_GATEWAY_KEY", ""),
        "MAIL_URL": f"{sandbox}/mail/send",
        "MAIL_KEY": keys.get("SANDBOX_GATEWAY_KEY", ""),
        "RECEIPT_KEY": keys.get("SANDBOX_GATEWAY_KEY", ""),
        "PYTHONUNBUFFERED": "1",
        # One native thread per process: with several processes per core, more only get in the way.
        "OMP_NUM_THREADS": "1",
    }
    fixed = ("VAR_DIR", "WEB_PORT", "SANDBOX_PORT", "NLU_PORT", "REDIS_PORT")
    chosen = {key: value for key, value in given.items() if value and key not in fixed}
    return {**derived, **keys, **chosen}


def programs(env: Mapping[str, str], given: Mapping[str, str]) -> list[Program]:
    """All programs of a town, in starting order.

    A REDIS_URL or NLU_URLS that was given from outside means that somebody else runs those.
    """
    port = {name: int(env[f"{name.upper()}_PORT"]) for name in ("web", "sandbox", "nlu", "redis")}
    found: list[Program] = []
    if not given.get("REDIS_URL"):
        found.append(Program("redis", _redis(env), port["redis"], "REDIS_PORT"))
    if not given.get("NLU_URLS"):
        for i in range(int(env.get("NLU_REPLICAS") or 1)):
            found.append(_nlu(_numbered("nlu", i), port["nlu"] + i))
    python = [sys.executable, "-m"]
    server = [*python, "gunicorn", "--config", "deploy/gunicorn.py", "bot.app:application"]
    found += [
        Program("sandbox", [*python, "sandbox", "serve"], port["sandbox"], "SANDBOX_PORT", "/"),
        Program("web", server, port["web"], "WEB_PORT", "/readyz"),
    ]
    for i in range(int(env.get("WORKERS") or 1)):
        found.append(Program(_numbered("worker", i), [*python, "backend.worker"]))
    return [*found, Program("cron", [*python, "backend.cron"])]


def preparation() -> list[str]:
    """What must be done, each time and harmlessly, before web and workers may start."""
    return [sys.executable, "-m", "backend", "migrate", "seed"]


def _numbered(name: str, i: int) -> str:
    return name if i == 0 else f"{name}-{i + 1}"


def _nlu(name: str, port: int) -> Program:
    python = str(ROOT / "nlu" / ".venv" / "bin" / "python")
    command = [python, "nlu/serve.py", "--port", str(port)]
    return Program(name, command, port, "NLU_PORT", "/ready")


def _redis(env: Mapping[str, str]) -> list[str]:
    """Nothing is saved to disk: Redis is only the doorbell, what matters is in the database."""
    binary = env.get("REDIS_SERVER") or str(redis_binary())
    options = {"port": env["REDIS_PORT"], "bind": HOST, "save": "", "dir": env["VAR_DIR"]}
    return [binary, *(part for key, value in options.items() for part in (f"--{key}", value))]


def shell_environment(root: Path = ROOT) -> dict[str, str]:
    """The variables of the shell over those of the project's `.env`."""
    return {**read_env_file(root / ".env"), **os.environ}

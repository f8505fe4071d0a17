"""The real sandbox as the payment platform, in a process of its own, once per run."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest

from backend.gateways import payments
from backend.gateways.payments.wechat_pay import WechatPay
from backend.kit.config import settings
from sandbox.keys import make_keys
from sandbox.settings import read_env_file
from tests.fixtures.doorbell import free_port

GUARDIAN = "o_demo_guardian"


@dataclass(frozen=True)
class Till:
    """A running sandbox: its address, the keys both sides know, and what only it has."""

    url: str
    given: dict[str, str]
    platform_private_key: Path


@contextmanager
def opened(var: Path) -> Iterator[Till]:
    """A sandbox process with its own keys and clock."""
    port, given = free_port(), read_env_file(make_keys(var))
    url = f"http://127.0.0.1:{port}"
    process = subprocess.Popen(
        [sys.executable, "-m", "sandbox", "serve", "--threads", "8"],
        env={**os.environ, **given, "VAR_DIR": str(var), "SANDBOX_PORT": str(port)},
        stdout=subprocess.DEVNULL,
    )
    try:
        _await(f"{url}/sandbox/health")
        yield Till(url, given, Path(given["SANDBOX_PAY_PRIVATE_KEY_FILE"]))
    finally:
        process.terminate()
        process.wait(10)


def _await(url: str) -> None:
    for _ in range(300):
        with suppress(httpx.HTTPError):
            httpx.get(url, trust_env=False).raise_for_status()
            return
        time.sleep(0.05)
    raise RuntimeError("the sandbox did not answer within 15 s")


@pytest.fixture(scope="session")
def till(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Till]:
    """One sandbox for the run; nobody moves its clock."""
    with opened(tmp_path_factory.mktemp("till")) as running:
        yield running


@pytest.fixture
def merchant(till: Till, monkeypatch: pytest.MonkeyPatch) -> Iterator[Till]:
    """Settings with the till's keys, and the real client in use."""
    with using(till, monkeypatch):
        yield till


@contextmanager
def using(till: Till, monkeypatch: pytest.MonkeyPatch) -> Iterator[WechatPay]:
    """Pay through a till for a while."""
    for name, value in {**till.given, "WECHAT_PAY_URL": till.url}.items():
        monkeypatch.setenv(name, value)
    settings.cache_clear()
    client = WechatPay.from_settings()
    payments.use(client)
    yield client
    payments.use(None)
    client.hang_up()
    monkeypatch.undo()
    settings.cache_clear()

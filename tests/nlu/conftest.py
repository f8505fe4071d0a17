"""Lets these tests read nlu's own modules, a project on its own path, and start its server."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any

import pytest

NLU = Path(__file__).parents[2] / "nlu"
PYTHON = NLU / ".venv" / "bin" / "python"
sys.path.insert(0, str(NLU))

Ask = Callable[..., Any]
Serve = Callable[..., AbstractContextManager[str]]


def _ask(address: str, text: str | None = None) -> Any:
    """Get an address, or post a text to be parsed."""
    body = None if text is None else json.dumps({"text": text}).encode()
    with urllib.request.urlopen(urllib.request.Request(address, data=body), timeout=5) as answer:
        return json.load(answer)


@contextmanager
def _served(**environment: str) -> Iterator[str]:
    """Serve the current model on a free port until the block ends; yields the address."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    running = subprocess.Popen(
        [PYTHON, NLU / "serve.py", "--port", str(port)],
        env={**os.environ, **environment},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    address = f"http://127.0.0.1:{port}"
    try:
        deadline = time.monotonic() + 180
        while time.monotonic() < deadline:
            assert running.poll() is None, "the server ended before it was ready"
            try:
                _ask(f"{address}/ready")
                break
            except (urllib.error.URLError, ConnectionError):
                time.sleep(0.3)
        yield address
    finally:
        running.send_signal(signal.SIGTERM)
        assert running.wait(timeout=30) == 0


@pytest.fixture(scope="session")
def ask() -> Ask:
    """Return how to ask a server: an address, and a text for a parse."""
    return _ask


@pytest.fixture(scope="session")
def serve() -> Serve:
    """Return how to run a server with extra environment."""
    return _served


@pytest.fixture(scope="session")
def trained() -> Path:
    """Install and train if needed; returns the archive of the current model."""
    subprocess.run([str(NLU / "install.sh")], check=True, stdout=subprocess.DEVNULL)
    subprocess.run([PYTHON, NLU / "train.py"], check=True, stdout=subprocess.DEVNULL)
    return (NLU / "models" / "current").resolve()

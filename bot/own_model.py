"""A model for the length of one command, where nobody serves one: started, waited for, ended."""

import os
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import click

from backend.kit.config import settings
from bot.interpreter import rasa

NLU = Path(__file__).parents[1] / "nlu"
HERE = frozenset({"127.0.0.1", "localhost"})
PATIENCE_SECONDS = 120
LOOK_EVERY_SECONDS = 0.3


class Asleep(Exception):
    """Nobody understands, and nobody can be started here; says what to do."""


@contextmanager
def awake() -> Iterator[None]:
    """Somebody understands inside the block: who does already, or a process of our own."""
    if rasa.is_awake():
        yield
        return
    addresses = settings().nlu_addresses
    what_to_do = (
        f"nobody understands at {', '.join(addresses)}: "
        "`make run` starts it, NLU_URLS says where it is"
    )
    python, first = NLU / ".venv" / "bin" / "python", urlsplit(addresses[0])
    models = Path(os.environ.get("NLU_MODELS", NLU / "models"))
    if first.hostname not in HERE or not (python.exists() and (models / "current").exists()):
        raise Asleep(what_to_do)
    click.echo(f"nobody understands at {addresses[0]}: a model starts for this command", err=True)
    quiet = subprocess.DEVNULL
    command = [str(python), str(NLU / "serve.py"), "--port", str(first.port or 80)]
    with subprocess.Popen(command, stdin=quiet, stdout=quiet, stderr=quiet) as running:
        try:
            until = time.monotonic() + PATIENCE_SECONDS
            while not rasa.is_awake():
                if running.poll() is not None or time.monotonic() > until:
                    raise Asleep(what_to_do)
                time.sleep(LOOK_EVERY_SECONDS)
            yield
        finally:
            running.terminate()

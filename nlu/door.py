"""What the server does besides parsing: the school's door, and the swap to a newly published model.

The door is there only with a key (`NLU_SCHOOL_KEY`, or the file of that name among the secrets).
"""

from __future__ import annotations

import asyncio
import ctypes
import gc
import hmac
import logging
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

LOOK_EVERY_SECONDS = 2.0
log = logging.getLogger(__name__)


def key() -> str:
    """Return the key that opens the door; empty when it stays shut."""
    secrets = os.environ.get("SECRETS_DIR", "")
    file = Path(secrets) / "nlu_school_key"
    if secrets and file.exists():
        return file.read_text("utf-8").strip()
    return os.environ.get("NLU_SCHOOL_KEY", "")


def open_to(app: Any, wanted: str, models: Path) -> None:
    """Answer `/school…` to whoever has the key."""
    from sanic import response

    from school import School, answered

    school = School(models)
    right = f"Bearer {wanted}".encode()

    async def ask(request: Any, what: str = "") -> Any:
        given = request.headers.get("authorization", "").encode()
        if not hmac.compare_digest(given, right):
            return response.json({"why": "key"}, status=401)
        body = request.json if request.body else None
        # Reading and writing files takes a moment that no parse has to wait for.
        loop = asyncio.get_running_loop()
        status, content = await loop.run_in_executor(
            None, answered, school, request.method, what, body
        )
        return response.json(content, status=status)

    methods = ["GET", "PUT", "POST"]
    app.add_route(ask, "/school", methods=methods, name="school")
    app.add_route(ask, "/school/<what>", methods=methods, name="school_step")


def give_back() -> None:
    """Return the memory of the model before to the system, which Python alone keeps for later."""
    gc.collect()
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)  # Only glibc has it.
    if trim is not None:
        trim(0)


async def follow(app: Any, link: Path, load: Callable[[Path], Any]) -> None:
    """Swap the agent when the link names another model; what is being parsed ends as it began.

    `load` takes seconds and runs beside; a model that does not load is left alone.
    """
    loop = asyncio.get_running_loop()
    left_alone = ""
    while True:
        await asyncio.sleep(LOOK_EVERY_SECONDS)
        model = Path(os.path.realpath(link))
        name = model.name.partition(".")[0]
        if name in (app.ctx.model, left_alone) or not model.exists():
            continue
        try:
            agent = await loop.run_in_executor(None, load, model)
            await agent.parse_message("你好，周末的英语课多少钱")
        except Exception:
            log.exception("nlu: model %s does not load; the one before goes on", name)
            left_alone = name
            continue
        app.ctx.agent, app.ctx.model = agent, name
        del agent
        await loop.run_in_executor(None, give_back)

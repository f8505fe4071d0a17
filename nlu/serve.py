"""Serves Rasa's HTTP API (`POST /model/parse`) for the current model.

The port opens only after the model is loaded and has parsed a sentence, so a connection means
ready; `GET /ready` and every answer tell the model's name. Answers to texts seen before come from
a cache. A newly published model is taken up within seconds, without a pause (`door.py`).
"""

from __future__ import annotations

import argparse
import logging
import os
import re
import sys
from collections import OrderedDict
from pathlib import Path
from typing import Any

import structlog

import door
import published
import quiet

BUILT = quiet.HERE / "built"  # In an image: the model that came with it.
CURRENT = quiet.MODELS / "current"
REMEMBERED = 20_000
# WeChat text messages are at most 2,048 bytes; anything longer is no message.
LONGEST = 2_000
# Half an emoji cannot be written back as JSON.
_LONE = re.compile("[\ud800-\udfff]")


def hush() -> None:
    """Log warnings only: below that, Rasa prints whole messages, phone numbers included."""
    logging.basicConfig(level=logging.WARNING)
    for name in ("rasa", "sanic", "sanic.root", "sanic.error", "sanic.access"):
        logging.getLogger(name).setLevel(logging.WARNING)
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING))


def remember(agent: Any, model: str) -> None:
    """Let the agent remember the most recent texts and tell its model in every answer."""
    parse = agent.parse_message
    known: OrderedDict[str, dict[str, Any]] = OrderedDict()

    async def parse_message(text: str) -> dict[str, Any]:
        typed = _LONE.sub("\ufffd", str(text)[:LONGEST])
        # Rasa takes /intent{"entity": …} as a command; nobody may write our answers for us.
        text = f"／{typed[1:]}" if typed.startswith("/") else typed
        if typed in known:
            known.move_to_end(typed)
            return known[typed]
        parsed: dict[str, Any] = {**await parse(text), "text": typed, "model": model}
        known[typed] = parsed
        if len(known) > REMEMBERED:
            known.popitem(last=False)
        return parsed

    agent.parse_message = parse_message


def main() -> int:
    """Load, warm up, and serve until told to stop."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=int(os.environ.get("NLU_PORT", "5005")))
    wanted = parser.parse_args()
    published.adopt(BUILT, quiet.MODELS)
    if not CURRENT.exists():
        print("nlu: no model yet; run train.py first", file=sys.stderr)
        return 1
    hush()
    model = Path(os.path.realpath(CURRENT))

    from rasa.core.agent import Agent
    from rasa.server import create_app
    from sanic import response

    from understanding import meaning

    # Rasa sets its own log levels while it is imported.
    hush()

    def load(archive: Path) -> Any:
        agent = Agent.load(str(archive))
        remember(agent, archive.name.partition(".")[0])
        return agent

    agent = load(model)
    app = create_app(agent)
    app.ctx.model = model.name.partition(".")[0]
    app.config.ACCESS_LOG = False
    hush()

    async def warm_up(_app: Any, _loop: Any) -> None:
        await agent.parse_message("你好，周末的英语课多少钱")
        # A clear sentence does not ask the sentence vectors; the first unclear one must not wait.
        meaning.vectors(["好"])

    async def ready(_request: Any) -> Any:
        return response.json({"ready": True, "model": app.ctx.model})

    async def only_ours(request: Any) -> Any:
        """Rasa would also load and train models for whoever asks; here only the school may."""
        asks = request.method in ("GET", "HEAD", "OPTIONS") or request.path == "/model/parse"
        if not asks and not request.path.startswith("/school"):
            return response.json({"why": "unknown"}, status=404)
        return None

    app.register_middleware(only_ours, "request")
    if door.key():
        door.open_to(app, door.key(), quiet.MODELS)
    app.add_task(door.follow(app, CURRENT, load))
    app.register_listener(warm_up, "before_server_start")
    app.add_route(ready, "/ready", methods=["GET"])
    print(f"nlu: {model.name} at http://{wanted.host}:{wanted.port}", flush=True)
    app.run(host=wanted.host, port=wanted.port, workers=1, access_log=False, motd=False)
    return 0


if __name__ == "__main__":
    sys.exit(main())

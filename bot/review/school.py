"""The nlu server's school over HTTP: what it holds, trains, publishes and takes back.

Replicas share one folder of models, so the first one that answers will do.
"""

from typing import Any

import httpx
from pydantic import BaseModel, ValidationError

from backend.kit import http
from backend.kit.config import settings

TIMEOUT_SECONDS = 5.0


class Shut(Exception):
    """There is no key, or the server knows another one or none."""


class Away(Exception):
    """No server answers, or not in our words."""


class Refused(Exception):
    """The server does not do that now: a training runs, or the models have changed."""


class Report(BaseModel):
    """Where things stand. `figures` are by model, then by set of sentences, then by name."""

    state: str
    log: list[str]
    current: str
    previous: str
    candidate: str
    figures: dict[str, dict[str, Any]]
    history: list[str]

    def measured(self, model: str) -> dict[str, float]:
        """A model's figures on the sentences held out; empty when it was not measured."""
        found: dict[str, float] = self.figures.get(model, {}).get("held_out", {})
        return found


def look() -> Report:
    """Raises Shut, Away."""
    return _report(_ask("GET", "/school"))


def keep(rows: list[dict[str, str]]) -> list[str]:
    """Give it all sentences; returns those it does not take. Raises Shut, Away, Refused."""
    refused = _ask("PUT", "/school/sentences", {"sentences": rows}).get("refused", [])
    return [str(each.get("sentence", "")) for each in refused]


def train() -> Report:
    """Raises Shut, Away, Refused while another training runs."""
    return _report(_ask("POST", "/school/train", {}))


def publish(model: str) -> Report:
    """Twice is once. Raises Shut, Away, Refused."""
    return _report(_ask("POST", "/school/publish", {"model": model}))


def roll_back(model: str) -> Report:
    """Serve the model before, if it is this one; twice is once. Raises Shut, Away, Refused."""
    return _report(_ask("POST", "/school/rollback", {"model": model}))


def _report(answer: dict[str, Any]) -> Report:
    try:
        return Report.model_validate(answer)
    except ValidationError as error:
        raise Away() from error


def _ask(method: str, path: str, body: dict[str, Any] | None = None) -> dict[str, Any]:
    key = settings().nlu_school_key.get_secret_value()
    if not key:
        raise Shut()
    for address in settings().nlu_addresses:
        with http.client(address, timeout_seconds=TIMEOUT_SECONDS) as client:
            try:
                answer = client.request(
                    method, path, json=body, headers={"Authorization": f"Bearer {key}"}
                )
                content = answer.json()
            except (httpx.HTTPError, ValueError):
                continue
        if answer.status_code in (401, 404):
            raise Shut()
        if answer.status_code == 409:
            raise Refused()
        if answer.is_success and isinstance(content, dict):
            return content
    raise Away()

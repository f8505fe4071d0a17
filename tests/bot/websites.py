"""A visitor's browser, as far as the chat window's own page would use it."""

import re
import uuid
from typing import Any

from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from backend.gateways import ports
from backend.kit import crypto
from bot import browsers

PAGE = {"X-Chat-Page": "1", "Accept": "application/json"}


class Browser:
    """One browser with its cookies; `tab` is a window of it."""

    def __init__(self, app: Flask) -> None:
        self.client: FlaskClient = app.test_client()
        self.tab = Tab(self)

    @property
    def openid(self) -> str:
        """Whom the house takes this browser for."""
        cookie = self.client.get_cookie(browsers.COOKIE, path="/chat")
        assert cookie is not None, "this browser has no cookie yet"
        claims = crypto.unsign(browsers.PURPOSE, cookie.value, max_age_seconds=60)
        return str(claims["visitor"])


class Tab:
    """A page of the window: it knows its token and the last line it has shown."""

    def __init__(self, browser: Browser) -> None:
        self.client = browser.client
        page = self.client.get("/chat")
        assert page.status_code == 200
        found = re.search(r'data-token="([^"]*)"', page.text)
        assert found is not None
        self.headers = {**PAGE, browsers.TOKEN_HEADER: found[1]}
        self.after = 0

    def post(self, text: str, *, client_id: str = "", **more: object) -> TestResponse:
        """One POST of a message, with an id of its own unless given."""
        body = {"client_id": client_id or str(uuid.uuid4()), "text": text, "after": self.after}
        return self.client.post("/chat/messages", json={**body, **more}, headers=self.headers)

    def say(self, text: str, **more: Any) -> list[str]:
        """What is new in the window after a message, the visitor's own line first."""
        return self._new(self.post(text, **more))

    def look(self) -> list[str]:
        """What is new in the window."""
        return self._new(self.get())

    def get(self) -> TestResponse:
        """One poll."""
        return self.client.get(f"/chat/events?after={self.after}", headers=self.headers)

    def _new(self, answer: TestResponse) -> list[str]:
        assert answer.status_code == 200, answer.text
        assert answer.json is not None
        self.after = answer.json["last"]
        return [text_of(line) for line in answer.json["lines"]]


def text_of(line: dict[str, Any]) -> str:
    """A line as somebody reads it."""
    card = line.get("card")
    if card:
        return f"[{card['title']}] {card['url']}"
    return "".join(part["text"] for part in line["parts"])


class RecordingAccount:
    """Gives a code for every scene; knows no followers and no files."""

    def __init__(self) -> None:
        self.scenes: list[str] = []

    def create_code(self, scene: str, *, expires_in_seconds: int | None = None) -> ports.SceneCode:
        assert expires_in_seconds is not None
        self.scenes.append(scene)
        return ports.SceneCode(image_url="http://mp/x", url=f"http://weixin.qq.com/q/{scene}")

    def user(self, openid: str) -> dict[str, Any]:
        raise AssertionError(openid)

    def download(self, media_id: str) -> ports.Media:
        raise AssertionError(media_id)

"""The platform's side of access tokens: one valid token, which a test may expire."""

import itertools
import threading

from tests.backend.gateways.stub import Answer, Heard


class Platform:
    """Answers `stable_token` with the current token and refuses every other one with 40001."""

    def __init__(self) -> None:
        self._numbers = itertools.count(1)
        self._lock = threading.Lock()
        self.lifetime = 7200
        self.answers: dict[str, Answer] = {}
        self.fetches = 0
        self.expire()

    def expire(self) -> None:
        with self._lock:
            self.token = f"token-{next(self._numbers)}"

    def __call__(self, heard: Heard) -> Answer:
        if heard.path == "/cgi-bin/stable_token":
            if heard.body["secret"] != "right":
                return Answer({"errcode": 40001, "errmsg": "invalid credential rid: 6-7"})
            with self._lock:
                self.fetches += 1
                return Answer({"access_token": self.token, "expires_in": self.lifetime})
        if heard.query.get("access_token") != self.token:
            return Answer({"errcode": 40001, "errmsg": "invalid credential, rid: 1-2-3"})
        return self.answers.get(heard.path, Answer())

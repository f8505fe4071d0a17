"""Browsers at the console, and colleagues who may sign in there."""

import re
import time
from dataclasses import dataclass, field

from flask import Flask
from flask.testing import FlaskClient
from passlib.totp import TOTP
from werkzeug.test import TestResponse

from backend.kit.db import unit_of_work
from backend.security import accounts, service
from backend.security.schemas import Role

PASSWORD = "一句只有我记得住的话 42"
PHONE = "13900000077"


@dataclass
class Colleague:
    """Somebody with an account, a password and perhaps an app."""

    id: int
    phone: str
    secret: str = ""
    counter: int = 0

    def code(self) -> str:
        """What their app shows now, or next: no code is good for twice."""
        self.counter = max(self.counter + 1, int(time.time()) // 30)
        return str(TOTP(key=self.secret, format="base32").generate(self.counter * 30).token)


def colleague(role: Role, *, phone: str = PHONE, openid: str | None = None) -> Colleague:
    """Somebody who has accepted their invitation."""
    with unit_of_work() as unit:
        hired = service.hire(unit, name="王小明", role=role, phone=phone, openid=openid)
        link = accounts.invite(unit, hired.id, by="system")
        accounts.accept(unit, link.rpartition("/")[2], password=PASSWORD)
    return Colleague(hired.id, phone)


@dataclass
class Desktop:
    """One browser."""

    app: Flask
    address: str = "203.0.113.5"
    browser: FlaskClient = field(init=False)

    def __post_init__(self) -> None:
        self.browser = self.app.test_client()

    def get(self, path: str, **headers: str) -> TestResponse:
        """Open a page."""
        return self.browser.get(path, headers=headers, environ_base={"REMOTE_ADDR": self.address})

    def post(self, path: str, **fields: str) -> TestResponse:
        """Send a form with the token of the entrance's form, which is the whole session's."""
        page = self.get("/console/sign-in").text
        found = re.search(r'name="csrf_token" value="([^"]+)"', page)
        assert found
        return self.browser.post(
            path,
            data={"csrf_token": found.group(1), **fields},
            environ_base={"REMOTE_ADDR": self.address},
        )

    def password(self, who: str, password: str = PASSWORD, **fields: str) -> TestResponse:
        """The first step of signing in."""
        return self.post("/console/sign-in", who=who, password=password, **fields)

    def sign_in(self, one: Colleague) -> TestResponse:
        """All steps; sets an app up where the role asks for one and there is none."""
        answer = self.password(one.phone)
        if not answer.headers.get("Location", "").endswith("/code"):
            return answer
        if not one.secret:
            page = self.get("/console/sign-in/code").text
            one.secret = page.partition('id="secret">')[2].partition("<")[0]
        return self.post("/console/sign-in/code", code=one.code())

"""The site with the platform behind it: a real sandbox, asked as browsers in WeChat ask it."""

from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from flask import Flask
from flask.testing import FlaskClient
from redis import Redis

from backend.app import create_app
from backend.gateways import ports
from backend.gateways.wechat.client import WechatClient
from backend.kit.config import settings
from backend.kit.db import engine
from tests.backend.gateways.payments.till import opened


@dataclass
class Phone:
    """Somebody's WeChat: a browser at our site that the platform knows as `openid`."""

    openid: str
    browser: FlaskClient

    def authorize(self, url: str) -> str:
        """Do what WeChat does with a sign-in address; the path it sends the browser back to."""
        answer = httpx.get(url, headers={"User-Agent": f"SandboxPhone/{self.openid}"})
        assert answer.status_code == 302, answer.text
        back = urlsplit(answer.headers["Location"])
        assert f"{back.scheme}://{back.netloc}" == settings().public_url
        assert set(parse_qs(back.query)) == {"code", "state"}
        return f"{back.path}?{back.query}"

    def open(self, address: str) -> tuple[int, str, str]:
        """Open an address of ours and follow where it leads: status, path and page."""
        path = address.removeprefix(settings().public_url)
        for _ in range(6):
            answer = self.browser.get(path)
            if answer.status_code != 302:
                return answer.status_code, path, answer.text
            path = answer.headers["Location"]
            if path.startswith(settings().wechat_open_url):
                path = self.authorize(path.partition("#")[0])
        raise AssertionError(f"redirected for ever: {path}")


@dataclass
class Site:
    app: Flask

    def phone(self, openid: str) -> Phone:
        """A phone with a browser of its own."""
        return Phone(openid, self.app.test_client())


@pytest.fixture(scope="session")
def wechat(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    """A running sandbox; the settings that lead to it."""
    with opened(tmp_path_factory.mktemp("wechat")) as sandbox:
        names = ("WECHAT_API_URL", "WECHAT_MP_URL", "WECHAT_OPEN_URL")
        yield {**sandbox.given, **dict.fromkeys(names, sandbox.url)}


@pytest.fixture
def site(
    database: str,
    redis_server: str,
    wechat: dict[str, str],
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[Site]:
    for name, value in wechat.items():
        monkeypatch.setenv(name, value)
    settings.cache_clear()
    engine()  # Made while the settings still name this database.
    with Redis.from_url(redis_server) as redis:
        client = WechatClient(
            appid=settings().wechat_appid,
            secret=settings().wechat_secret.get_secret_value(),
            api_url=settings().wechat_api_url,
            mp_url=settings().wechat_mp_url,
            open_url=settings().wechat_open_url,
            redis=redis,
        )
        monkeypatch.setattr(ports, "_sign_in", client.website)
        monkeypatch.setattr(ports, "_account", client)
        monkeypatch.setattr(ports, "_menus", client.menus)
        with closing(client):
            yield Site(create_app(lambda: None))

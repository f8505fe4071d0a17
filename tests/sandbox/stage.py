"""The real parts that the sandbox's tests are played on.

The webhook is an HTTP server of its own that decodes with wechatpy, so that the sandbox's envelope
is checked against an implementation it does not share.
"""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

import requests
import xmltodict
from wechatpy.crypto import WeChatCrypto
from werkzeug.serving import make_server

from sandbox.app import close, create_app
from sandbox.pay.signing import lines, sign
from sandbox.settings import Settings
from sandbox.world import World


@dataclass
class Post:
    """One request that reached the webhook."""

    path: str
    query: dict[str, str]
    headers: dict[str, str]
    body: str
    at: float


Reply = tuple[int, str]
Answering = Callable[[Post], Reply]


class Webhook:
    """A bot made of one function; by default it acknowledges everything."""

    def __init__(self) -> None:
        self.posts: list[Post] = []
        self.answer: Answering = lambda post: (200, "success")
        outer = self

        class Listener(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                outer._serve(self)

            do_GET = do_POST

            def log_message(self, format: str, *args: Any) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Listener)
        self._server.daemon_threads = True
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()
        self.url = f"http://127.0.0.1:{self._server.server_port}"

    def _serve(self, request: BaseHTTPRequestHandler) -> None:
        split = urlsplit(request.path)
        query = {name: values[0] for name, values in parse_qs(split.query).items()}
        body = request.rfile.read(int(request.headers.get("Content-Length") or 0)).decode()
        post = Post(split.path, query, dict(request.headers), body, time.monotonic())
        self.posts.append(post)
        status, text = self.answer(post)
        try:
            request.send_response(status)
            request.send_header("Content-Type", "text/html; charset=utf-8")
            request.send_header("Content-Length", str(len(text.encode())))
            request.end_headers()
            request.wfile.write(text.encode())
        except OSError:
            pass  # The sandbox hung up, as it does after its patience is over.

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()


class Stage:
    """A running sandbox with its webhook."""

    def __init__(self, settings: Settings, webhook: Webhook) -> None:
        self.webhook = webhook
        self._server = make_server("127.0.0.1", 0, _late, threaded=True)
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        self.settings = replace(settings, url=self.url)
        self.app = create_app(self.settings)
        self._server.app = self.app
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()
        self.crypto = WeChatCrypto(settings.token, settings.aes_key, settings.appid)
        self.token = ""

    @property
    def world(self) -> World:
        world: World = self.app.extensions["sandbox"]
        return world

    def close(self) -> None:
        close(self.app)
        self._server.shutdown()
        self._server.server_close()
        self.world.store.close()

    # What the bot does.

    def opened(self, post: Post) -> dict[str, Any]:
        """Return the decrypted message as a mapping."""
        xml = self.crypto.decrypt_message(
            post.body, post.query["msg_signature"], post.query["timestamp"], post.query["nonce"]
        )
        found: dict[str, Any] = xmltodict.parse(xml)["xml"]
        return found

    def sealed_text(self, post: Post, content: str) -> str:
        """Return an encrypted text reply."""
        asked = self.opened(post)
        xml = text_reply(asked, content)
        return str(self.crypto.encrypt_message(xml, post.query["nonce"], post.query["timestamp"]))

    def echo(self, post: Post) -> Reply:
        """Answer with the words that came."""
        asked = self.opened(post)
        return 200, self.sealed_text(post, f"收到：{asked.get('Content') or asked.get('Event')}")

    def call(self, path: str, body: Any = None, **query: str) -> dict[str, Any]:
        """Call the server API with a fresh enough token."""
        if not self.token:
            self.token = self.new_token()["access_token"]
        params = {"access_token": self.token, **query}
        if body is None:
            answer = requests.get(self.url + path, params=params, timeout=20)
        else:
            raw = json.dumps(body, ensure_ascii=False).encode()
            answer = requests.post(self.url + path, params=params, data=raw, timeout=20)
        found: dict[str, Any] = answer.json()
        return found

    def new_token(self, **more: Any) -> dict[str, Any]:
        body = {
            "grant_type": "client_credential",
            "appid": self.settings.appid,
            "secret": self.settings.secret,
            **more,
        }
        found: dict[str, Any] = requests.post(
            f"{self.url}/cgi-bin/stable_token", json=body, timeout=20
        ).json()
        return found

    def merchant(self, method: str, path: str, body: Any = None) -> requests.Response:
        """Call WeChat Pay with a signed request."""
        raw = json.dumps(body, ensure_ascii=False).encode() if body is not None else b""
        return self.merchant_raw(method, path, raw, int(time.time()))

    def merchant_raw(self, method: str, path: str, raw: bytes, timestamp: int) -> requests.Response:
        key = self.settings.platform_private_key_file.with_name("merchant_private.pem")
        signature = sign(key, lines(method, path, str(timestamp), "nonce1") + raw + b"\n")
        parts = {
            "mchid": self.settings.mchid,
            "nonce_str": "nonce1",
            "timestamp": str(timestamp),
            "serial_no": self.settings.merchant_serial,
            "signature": signature,
        }
        listed = ",".join(f'{name}="{value}"' for name, value in parts.items())
        headers = {"Authorization": f"WECHATPAY2-SHA256-RSA2048 {listed}"}
        return requests.request(method, self.url + path, data=raw, headers=headers, timeout=20)

    # What a person does and sees.

    def say(self, who: str, text: str) -> int:
        return int(self.phone(who, "/say", {"text": text})["delivery"])

    def phone(self, who: str, path: str, body: Any = None) -> dict[str, Any]:
        url = f"{self.url}/sandbox/phones/{who}{path}"
        answer = (
            requests.get(url, timeout=30)
            if body is None
            else requests.post(url, json=body, timeout=30)
        )
        found: dict[str, Any] = answer.json()
        return found

    def shown(self, who: str) -> list[tuple[str, str]]:
        """Return (via, text or kind) of all bubbles but the person's own."""
        found = self.phone(who, "/bubbles")["bubbles"]
        others = [one for one in found if one["via"] != "me"]
        return [(one["via"], one["body"].get("text", one["kind"])) for one in others]

    def settle(self, seconds: float = 10.0) -> None:
        """Wait until no delivery is under way."""
        url = f"{self.url}/sandbox/health"
        self.until(lambda: requests.get(url, timeout=5).json()["pending"] == 0, seconds)

    def until(self, true: Callable[[], bool], seconds: float = 10.0) -> None:
        """Wait for something to become true; fails when it does not."""
        end = time.monotonic() + seconds
        while not true():
            assert time.monotonic() < end, "it did not happen in time"
            time.sleep(0.02)

    def pass_time(self, seconds: float) -> None:
        requests.post(f"{self.url}/sandbox/clock", json={"add": seconds}, timeout=5)


def text_reply(asked: dict[str, Any], content: str) -> str:
    """Return a clear text reply to a message."""
    fields = {
        "ToUserName": asked["FromUserName"],
        "FromUserName": asked["ToUserName"],
        "CreateTime": "1700000000",
        "MsgType": "text",
        "Content": content,
    }
    return str(xmltodict.unparse({"xml": fields}, full_document=False))


def _late(environ: Any, start: Any) -> list[bytes]:
    start("503 Service Unavailable", [])
    return [b""]

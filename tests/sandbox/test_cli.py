"""The command line against a sandbox that runs as its own process, as other checks use it."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests

from sandbox.settings import Settings, load_settings, read_env_file
from tests.sandbox.pay.test_wechat_pay import order, pay_fields
from tests.sandbox.stage import Post, Reply, Stage, Webhook

ROOT = Path(__file__).resolve().parents[2]


class Served:
    """`python -m sandbox serve` with its own directory and port."""

    def __init__(self, var_dir: Path, webhook: Webhook) -> None:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        self.env = {
            **os.environ,
            "VAR_DIR": str(var_dir),
            "SANDBOX_PORT": str(port),
            "SANDBOX_URL": f"http://127.0.0.1:{port}",
            "PUBLIC_URL": webhook.url,
        }
        self.start()

    def start(self) -> None:
        command = [sys.executable, "-m", "sandbox", "serve", "--threads", "8"]
        self._running = subprocess.Popen(command, cwd=ROOT, env=self.env, start_new_session=True)
        end = time.monotonic() + 20
        while True:
            try:
                requests.get(f"{self.env['SANDBOX_URL']}/sandbox/health", timeout=1)
                return
            except requests.RequestException:
                assert time.monotonic() < end, "the sandbox did not start"
                time.sleep(0.1)

    def kill(self) -> None:
        os.killpg(self._running.pid, signal.SIGKILL)
        self._running.wait()

    def run(self, *words: str) -> tuple[int, list[dict[str, Any]]]:
        command = [sys.executable, "-m", "sandbox", *words]
        done = subprocess.run(
            command, cwd=ROOT, env=self.env, capture_output=True, text=True, timeout=60
        )
        assert "Traceback" not in done.stderr, done.stderr
        return done.returncode, [json.loads(line) for line in done.stdout.splitlines()]

    @property
    def settings(self) -> Settings:
        return load_settings(self.env)


@pytest.fixture
def served(tmp_path: Path, webhook: Webhook) -> Iterator[Served]:
    made = Served(tmp_path, webhook)
    yield made
    made.kill()


def stand_in(served: Served, webhook: Webhook) -> Stage:
    """Return the bot's half of a stage for a sandbox that runs elsewhere."""
    from wechatpy.crypto import WeChatCrypto

    stage = Stage.__new__(Stage)
    stage.webhook, stage.settings, stage.token = webhook, served.settings, ""
    stage.url = served.env["SANDBOX_URL"]
    settings = stage.settings
    stage.crypto = WeChatCrypto(settings.token, settings.aes_key, settings.appid)
    return stage


def test_say_prints_what_the_phone_shows_and_a_kill_loses_nothing(
    served: Served, webhook: Webhook
) -> None:
    stage = stand_in(served, webhook)
    webhook.answer = stage.echo
    code, shown = served.run("say", "--as", "guardian", "明天", "几点上课")
    assert (code, shown) == (
        0,
        [{"via": "reply", "type": "text", "text": "收到：明天 几点上课", "url": ""}],
    )
    served.kill()
    served.start()
    _, kept = served.run("inbox", "--as", "guardian")
    assert [one["text"] for one in kept] == ["收到：明天 几点上课"]
    assert served.run("inbox", "--as", "guardian", "--since", str(kept[0]["id"])) == (0, [])
    code, shown = served.run("say", "--as", "o_x1", "--event", "SCAN:booth")
    assert (code, shown[0]["text"]) == (0, "收到：subscribe")


def test_say_waits_for_a_customer_message_and_tells_when_none_came(
    served: Served, webhook: Webhook
) -> None:
    stage = stand_in(served, webhook)
    article = {"title": "课程", "description": "周末班", "url": "http://a.example/c", "picurl": ""}
    news = {"touser": "o_demo_guardian", "msgtype": "news", "news": {"articles": [article]}}

    def later(post: Post) -> Reply:
        if "等" in str(stage.opened(post).get("Content")):
            import threading

            threading.Timer(1.0, lambda: stage.call("/cgi-bin/message/custom/send", news)).start()
        return 200, "success"

    webhook.answer = later
    code, shown = served.run("say", "--as", "guardian", "等一下")
    assert code == 0
    assert shown == [
        {"via": "customer", "type": "news", "text": "课程\n周末班", "url": "http://a.example/c"}
    ]
    started = time.monotonic()
    assert served.run("say", "--as", "guardian", "--wait", "1", "别理我") == (1, [])
    assert time.monotonic() - started < 6


def test_pay_follows_the_newest_link_to_the_till(served: Served, webhook: Webhook) -> None:
    stage = stand_in(served, webhook)

    def bot(post: Post) -> Reply:
        if post.path == "/wechat":
            return 200, stage.sealed_text(post, f"请付款 {webhook.url}/pay/1 谢谢")
        if post.path == "/pay/1":
            assert "SandboxPhone/o_demo_guardian" in post.headers["User-Agent"]
            made = stage.merchant("POST", "/v3/pay/transactions/jsapi", order(stage)).json()
            fields = json.dumps(pay_fields(stage, made["prepay_id"]))
            return 200, f'<script type="application/json" id="wcpay">{fields}</script>'
        return 204, ""

    webhook.answer = bot
    assert served.run("pay", "--as", "guardian")[0] == 1
    served.run("say", "--as", "guardian", "缴费")
    code, (result,) = served.run("pay", "--as", "guardian")
    assert (code, result["err_msg"]) == (0, "get_brand_wcpay_request:ok")
    assert (result["out_trade_no"], result["amount_fen"]) == ("T20261123", 248_000)
    answers = served.run("notify", "--again", "T20261123", "--times", "2")[1]
    assert [one["status"] for one in answers] == [204, 204]


def test_small_commands(served: Served, webhook: Webhook) -> None:
    assert served.run("clock", "--add", "60")[1][0]["offset"] == 60
    assert served.run("outside") == (0, [])
    webhook.answer = lambda post: (200, post.query.get("echostr", ""))
    assert served.run("verify")[1][0]["ok"]


def test_keys_are_made_once(tmp_path: Path) -> None:
    env = {**os.environ, "VAR_DIR": str(tmp_path)}
    command = [sys.executable, "-m", "sandbox", "keys"]
    first, second = (
        subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True).stdout
        for _ in range(2)
    )
    assert first == second
    made = read_env_file(tmp_path / "local.env")
    assert len(made["WECHAT_AES_KEY"]) == 43
    assert len(made["WECHAT_PAY_APIV3_KEY"]) == 32
    assert Path(made["WECHAT_PAY_PRIVATE_KEY_FILE"]).stat().st_mode & 0o077 == 0

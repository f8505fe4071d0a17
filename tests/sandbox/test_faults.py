"""Faults on demand, and a crowd of phones under several of them at once."""

from __future__ import annotations

import json
import random
import threading
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import requests
import xmltodict

from sandbox.faults import BadFault, Faults
from sandbox.settings import Settings
from sandbox.store import Store
from tests.sandbox.pay.test_wechat_pay import notices, paid
from tests.sandbox.stage import Post, Reply, Stage, Webhook, text_reply


def fault(stage: Stage, target: str, kind: str, **more: Any) -> None:
    body = {"target": target, "kind": kind, **more}
    answer = requests.post(f"{stage.url}/sandbox/faults", json=body, timeout=5)
    assert answer.ok, answer.text


def test_a_dropped_try_is_made_up_by_the_next(stage: Stage) -> None:
    stage.webhook.answer = stage.echo
    fault(stage, "delivery", "drop", times=1)
    stage.say("guardian", "你好")
    stage.settle()
    assert stage.shown("guardian") == [("reply", "收到：你好")]
    assert len(stage.webhook.posts) == 1


def test_a_lost_answer_brings_the_same_message_again(stage: Stage) -> None:
    stage.webhook.answer = stage.echo
    fault(stage, "delivery", "lose_answer", times=1)
    stage.say("guardian", "你好")
    stage.settle()
    first, second = (stage.opened(post) for post in stage.webhook.posts)
    assert first == second
    assert stage.shown("guardian") == [("reply", "收到：你好")]


def test_a_duplicate_shows_one_answer_even_if_the_first_copy_is_only_acknowledged(
    stage: Stage,
) -> None:
    lock, seen = threading.Lock(), Counter[str]()

    def once(post: Post) -> Reply:
        with lock:
            number = str(stage.opened(post)["MsgId"])
            seen[number] += 1
            turn = seen[number]
        return stage.echo(post) if turn == 2 else (200, "success")

    stage.webhook.answer = once
    fault(stage, "delivery", "duplicate", copies=2)
    stage.say("guardian", "你好")
    stage.settle()
    assert list(seen.values()) == [3]
    assert stage.shown("guardian") == [("reply", "收到：你好")]


def test_reordering_lets_the_next_message_overtake(stage: Stage) -> None:
    stage.webhook.answer = stage.echo
    fault(stage, "delivery", "reorder", match="第一", seconds=0.3)
    stage.say("guardian", "第一")
    stage.say("guardian", "第二")
    stage.settle()
    assert [text for _, text in stage.shown("guardian")] == ["收到：第二", "收到：第一"]


def test_the_api_can_fail_in_every_way(stage: Stage) -> None:
    stage.say("guardian", "在吗")
    send = {"touser": "o_demo_guardian", "msgtype": "text", "text": {"content": "x"}}
    path = "/cgi-bin/message/custom/send"
    stage.call("/cgi-bin/user/info", openid="o_demo_guardian")
    for kind, errcode in [("busy", -1), ("quota", 45047), ("daily_quota", 45009), ("ip", 40164)]:
        fault(stage, "api", kind, times=1)
        answer = stage.call(path, send)
        assert answer["errcode"] == errcode
    assert "127.0.0.1" in answer["errmsg"]
    fault(stage, "api", "http_5xx", times=1)
    raw = requests.post(stage.url + path, params={"access_token": stage.token}, timeout=5)
    assert raw.status_code == 502
    fault(stage, "api", "token_expired", times=1)
    assert stage.call(path, send)["errcode"] == 42001
    assert stage.new_token()["access_token"] != stage.token
    stage.token = ""
    fault(stage, "api", "delay", times=1, seconds=0.3)
    started = time.monotonic()
    assert stage.call(path, send)["errcode"] == 0
    assert time.monotonic() - started >= 0.3


def test_payment_notifications_can_be_lost_and_doubled(stage: Stage) -> None:
    stage.webhook.answer = lambda post: (204, "")
    fault(stage, "notice", "drop", times=1)
    fault(stage, "pay", "http_5xx", times=1)
    path = f"/v3/pay/transactions/out-trade-no/T20261123?mchid={stage.settings.mchid}"
    assert stage.merchant("GET", path).json()["code"] == "SYSTEM_ERROR"
    assert paid(stage).ok
    stage.until(lambda: _tries(stage) == 1)
    assert notices(stage) == []
    fault(stage, "notice", "duplicate", times=1, copies=2)
    stage.pass_time(15)
    stage.until(lambda: len(notices(stage)) == 3)
    assert len({json.loads(post.body)["id"] for post in notices(stage)}) == 1


def _tries(stage: Stage) -> int:
    found = stage.world.store.row("SELECT tries FROM notices")
    return int(found["tries"]) if found else 0


def test_the_same_seed_meets_the_same_faults(tmp_path: Path) -> None:
    subjects = [f"o_{number} text 你好 1" for number in range(200)]
    wanted = {"target": "delivery", "kind": "drop", "probability": 0.3, "seed": 7}
    struck = []
    for run in ("a", "b"):
        faults = Faults(Store(tmp_path / f"{run}.db"))
        faults.add(wanted)
        mixed = subjects if run == "a" else random.Random(1).sample(subjects, len(subjects))
        struck.append({one for one in mixed if faults.strike("delivery", one)})
    assert struck[0] == struck[1]
    assert 30 < len(struck[0]) < 90


def test_faults_survive_a_restart_and_are_lifted(tmp_path: Path) -> None:
    store = Store(tmp_path / "a.db")
    Faults(store).add({"target": "api", "kind": "busy", "times": 2})
    again = Faults(store)
    assert again.strike("api", "/x")
    assert again.listed()[0]["remaining"] == 1
    again.clear()
    assert not again.strike("api", "/x")
    with pytest.raises(BadFault):
        again.add({"target": "api", "kind": "meteor"})
    with pytest.raises(BadFault):
        again.add({"target": "delivery", "kind": "drop", "probability": "often"})


def test_two_hundred_phones_five_messages_each_with_faults(
    settings: Settings, webhook: Webhook
) -> None:
    stage = Stage(replace(settings, mode="plain", patience=2.0), webhook)
    lock, answered = threading.Lock(), {}

    def bot(post: Post) -> Reply:
        asked = xmltodict.parse(post.body)["xml"]
        with lock:
            answered[asked["MsgId"]] = asked["Content"]
        return 200, text_reply(asked, f"收到：{asked['Content']}")

    try:
        webhook.answer = bot
        fault(stage, "delivery", "duplicate", probability=0.1, seed=1)
        fault(stage, "delivery", "drop", probability=0.01, seed=2)
        fault(stage, "delivery", "reorder", probability=0.02, seconds=0.2, seed=3)
        with ThreadPoolExecutor(16) as crowd:
            list(crowd.map(lambda one: _talk(stage, one), range(200)))
        stage.settle(120)
        rows = stage.world.store.rows(
            "SELECT openid, body FROM bubbles WHERE via = 'reply' ORDER BY id"
        )
        shown: dict[str, list[str]] = {}
        for row in rows:
            shown.setdefault(row["openid"], []).append(json.loads(row["body"])["text"])
        assert len(answered) == 1000
        assert len(shown) == 200
        wanted = sorted(f"收到：{number}" for number in range(5))
        assert all(sorted(texts) == wanted for texts in shown.values())
    finally:
        stage.close()


def _talk(stage: Stage, person: int) -> None:
    for number in range(5):
        stage.say(f"o_person_{person}", str(number))

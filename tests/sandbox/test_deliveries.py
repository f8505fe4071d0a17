"""What reaches the webhook, how often, and what the phone shows of the answer."""

from __future__ import annotations

import itertools
import time
from dataclasses import replace

import pytest
import xmltodict

from sandbox.courier import FAILURE_LINE
from sandbox.envelope import signature_of
from sandbox.settings import Settings
from tests.sandbox.stage import Post, Reply, Stage, Webhook, text_reply


def test_an_encrypted_answer_is_shown(stage: Stage) -> None:
    stage.webhook.answer = stage.echo
    stage.say("guardian", "你好 ]]> 😀")
    stage.settle()
    assert stage.shown("guardian") == [("reply", "收到：你好 ]]> 😀")]
    post = stage.webhook.posts[0]
    asked = stage.opened(post)
    assert asked["FromUserName"] == post.query["openid"] == "o_demo_guardian"
    assert asked["ToUserName"] == stage.settings.account
    assert post.query["encrypt_type"] == "aes"
    parts = (stage.settings.token, post.query["timestamp"], post.query["nonce"])
    assert post.query["signature"] == signature_of(*parts)
    assert int(asked["MsgId"]) > 2**53


def test_silence_shows_nothing(stage: Stage) -> None:
    stage.webhook.answer = lambda post: (200, "")
    stage.say("guardian", "你好")
    stage.settle()
    assert stage.shown("guardian") == []
    assert len(stage.webhook.posts) == 1


def test_no_answer_is_tried_three_times_with_the_same_message(stage: Stage) -> None:
    def never(post: Post) -> Reply:
        time.sleep(0.6)
        return 200, "success"

    stage.webhook.answer = never
    stage.say("guardian", "在吗")
    stage.settle()
    posts = stage.webhook.posts
    assert len(posts) == 3
    gaps = [later.at - earlier.at for earlier, later in itertools.pairwise(posts)]
    assert all(0.35 < gap < 0.8 for gap in gaps)
    assert len({post.query["nonce"] for post in posts}) == 3
    assert len({post.body for post in posts}) == 3
    assert len({str(stage.opened(post)) for post in posts}) == 1
    assert stage.shown("guardian") == [("system", FAILURE_LINE)]


def test_the_second_try_can_still_be_answered(stage: Stage) -> None:
    def late(post: Post) -> Reply:
        if len(stage.webhook.posts) == 1:
            time.sleep(0.6)
        return stage.echo(post)

    stage.webhook.answer = late
    stage.say("guardian", "慢")
    stage.settle()
    assert stage.shown("guardian") == [("reply", "收到：慢")]


def test_a_server_error_is_tried_again(stage: Stage) -> None:
    stage.webhook.answer = lambda post: (
        (500, "oops") if len(stage.webhook.posts) < 3 else stage.echo(post)
    )
    stage.say("guardian", "再试")
    stage.settle()
    assert stage.shown("guardian") == [("reply", "收到：再试")]


def test_a_refused_connection_is_tried_again(stage: Stage, webhook: Webhook) -> None:
    webhook.close()
    stage.say("guardian", "有人吗")
    stage.settle()
    assert stage.shown("guardian") == [("system", FAILURE_LINE)]
    states = stage.phone("guardian", "/bubbles")["deliveries"]
    assert [(one["state"], one["tries"]) for one in states] == [("failed", 3)]


@pytest.mark.parametrize("answer", ['{"ok": true}', "<xml>", "<!DOCTYPE x><xml></xml>", "你好"])
def test_an_answer_that_is_no_xml_fails_at_once(stage: Stage, answer: str) -> None:
    stage.webhook.answer = lambda post: (200, answer)
    stage.say("guardian", "你好")
    stage.settle()
    assert stage.shown("guardian") == [("system", FAILURE_LINE)]
    assert len(stage.webhook.posts) == 1


def test_a_clear_answer_is_refused_in_safe_mode(stage: Stage) -> None:
    stage.webhook.answer = lambda post: (200, text_reply(stage.opened(post), "明文"))
    stage.say("guardian", "你好")
    stage.settle()
    assert stage.shown("guardian") == [("system", FAILURE_LINE)]


def test_an_answer_to_somebody_else_is_not_shown(stage: Stage) -> None:
    def misaddressed(post: Post) -> Reply:
        asked = {**stage.opened(post), "FromUserName": "o_demo_teacher"}
        xml = text_reply(asked, "串了")
        return 200, stage.crypto.encrypt_message(xml, "1", "2")

    stage.webhook.answer = misaddressed
    stage.say("guardian", "你好")
    stage.settle()
    assert stage.shown("guardian") == [("system", FAILURE_LINE)]
    assert stage.shown("teacher") == []


def test_more_than_2048_bytes_cannot_be_shown(stage: Stage) -> None:
    stage.webhook.answer = lambda post: (200, stage.sealed_text(post, "字" * 683))
    stage.say("guardian", "长")
    stage.settle()
    assert stage.shown("guardian") == [("system", FAILURE_LINE)]


def test_one_phone_keeps_its_order_and_does_not_hold_up_another(stage: Stage) -> None:
    def slow_for_guardian(post: Post) -> Reply:
        if post.query["openid"] == "o_demo_guardian":
            time.sleep(0.1)
        return stage.echo(post)

    stage.webhook.answer = slow_for_guardian
    for number in range(8):
        stage.say("guardian", str(number))
    stage.say("teacher", "插一句")
    stage.until(lambda: stage.shown("teacher") == [("reply", "收到：插一句")])
    assert len(stage.shown("guardian")) < 8
    stage.settle()
    assert stage.shown("guardian") == [("reply", f"收到：{number}") for number in range(8)]


def test_what_was_pending_is_delivered_after_a_restart(
    settings: Settings, webhook: Webhook
) -> None:
    dead = Stage(replace(settings, public_url="http://127.0.0.1:1", patience=30), webhook)
    dead.say("guardian", "记得我")
    dead.close()
    webhook.answer = dead.echo
    alive = Stage(settings, webhook)
    try:
        alive.settle()
        assert alive.shown("guardian") == [("reply", "收到：记得我")]
    finally:
        alive.close()


def test_plain_mode_speaks_clear_text(settings: Settings, webhook: Webhook) -> None:
    stage = Stage(replace(settings, mode="plain"), webhook)
    try:
        webhook.answer = lambda post: (200, text_reply(xmltodict.parse(post.body)["xml"], "明文"))
        stage.say("guardian", "你好")
        stage.settle()
        assert stage.shown("guardian") == [("reply", "明文")]
        assert "encrypt_type" not in webhook.posts[0].query
    finally:
        stage.close()


def test_compatible_mode_carries_both_and_takes_either(
    settings: Settings, webhook: Webhook
) -> None:
    stage = Stage(replace(settings, mode="compat"), webhook)
    try:
        webhook.answer = lambda post: (
            stage.echo(post)
            if len(webhook.posts) > 1
            else (200, text_reply(xmltodict.parse(post.body)["xml"], "明文"))
        )
        stage.say("guardian", "你好")
        stage.say("guardian", "再来")
        stage.settle()
        assert stage.shown("guardian") == [("reply", "明文"), ("reply", "收到：再来")]
        assert xmltodict.parse(webhook.posts[0].body)["xml"]["Content"] == "你好"
    finally:
        stage.close()


def test_the_settings_can_be_verified(stage: Stage) -> None:
    import requests

    stage.webhook.answer = lambda post: (200, post.query["echostr"])
    assert requests.post(f"{stage.url}/sandbox/verify", timeout=5).json()["ok"]
    stage.webhook.answer = lambda post: (200, "no")
    assert not requests.post(f"{stage.url}/sandbox/verify", timeout=5).json()["ok"]

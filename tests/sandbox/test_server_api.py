"""The server API: tokens, windows for customer messages, menus, people, media, sign-in."""

from __future__ import annotations

import hashlib
import io
import re
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import requests

from tests.sandbox.stage import Stage

SEND = "/cgi-bin/message/custom/send"
TYPING = "/cgi-bin/message/custom/typing"


def text(to: str, content: str = "你好") -> dict[str, Any]:
    return {"touser": to, "msgtype": "text", "text": {"content": content}}


def codes(stage: Stage, count: int, to: str = "o_demo_guardian") -> list[int]:
    return [stage.call(SEND, text(to))["errcode"] for _ in range(count)]


def test_a_message_opens_five_in_48_hours(stage: Stage) -> None:
    assert codes(stage, 1) == [45015]
    stage.say("guardian", "在吗")
    assert codes(stage, 6) == [0, 0, 0, 0, 0, 45047]
    stage.say("guardian", "还在")
    stage.pass_time(48 * 3600 + 1)
    stage.token = ""
    assert codes(stage, 1) == [45015]


def test_a_tap_opens_three_in_one_minute_and_no_more(stage: Stage) -> None:
    stage.phone("guardian", "/event", {"event": "CLICK", "key": "K"})
    assert codes(stage, 4) == [0, 0, 0, 45047]
    stage.phone("guardian", "/event", {"event": "CLICK", "key": "K"})
    stage.pass_time(61)
    assert codes(stage, 1) == [45015]


def test_the_shorter_window_is_used_first(stage: Stage) -> None:
    stage.say("guardian", "在吗")
    stage.phone("guardian", "/event", {"event": "CLICK", "key": "K"})
    assert codes(stage, 9) == [0] * 8 + [45047]


def test_a_view_opens_no_window(stage: Stage) -> None:
    stage.phone("guardian", "/event", {"event": "VIEW", "key": "http://a.example/"})
    assert codes(stage, 1) == [45015]


@pytest.mark.parametrize(
    ("body", "errcode"),
    [
        (text("o_nobody"), 40003),
        (text("o_demo_guardian", "字" * 683), 45002),
        (text("o_demo_guardian", " "), 44004),
        ({"touser": "o_demo_guardian", "msgtype": "dance"}, 40008),
        ({"touser": "o_demo_guardian"}, 47001),
        ([], 47001),
        ({"touser": "o_demo_guardian", "msgtype": "image", "image": {"media_id": "x"}}, 40007),
    ],
)
def test_a_broken_message_costs_nothing(stage: Stage, body: Any, errcode: int) -> None:
    stage.say("guardian", "在吗")
    answer = stage.call(SEND, body)
    assert answer["errcode"] == errcode
    assert re.search(r"rid: [0-9a-f]+-[0-9a-f]{8}-[0-9a-f]{8}$", answer["errmsg"])
    assert codes(stage, 5) == [0] * 5


def test_every_kind_of_customer_message_is_shown(stage: Stage) -> None:
    stage.say("guardian", "在吗")
    form = {"media": ("a.jpg", io.BytesIO(b"jpeg"), "image/jpeg")}
    params = {"access_token": stage.new_token()["access_token"], "type": "image"}
    uploaded = requests.post(
        f"{stage.url}/cgi-bin/media/upload", params=params, files=form, timeout=5
    ).json()
    article = {"title": "课程", "description": "周末", "url": "http://a.example/", "picurl": ""}
    menu = {"head_content": "选", "list": [{"id": "1", "content": "一"}], "tail_content": "完"}
    bodies: list[dict[str, Any]] = [
        {"msgtype": "image", "image": {"media_id": uploaded["media_id"]}},
        {"msgtype": "news", "news": {"articles": [article]}},
        {"msgtype": "msgmenu", "msgmenu": menu},
        {"msgtype": "music", "music": {"title": "歌", "musicurl": "http://a.example/m.mp3"}},
    ]
    for body in bodies:
        assert stage.call(SEND, {"touser": "o_demo_guardian", **body})["errcode"] == 0
    kinds = [kind for via, kind in stage.shown("guardian") if via == "customer"]
    assert kinds == ["image", "news", "msgmenu", "music"]
    two = {"touser": "o_demo_guardian", "msgtype": "news", "news": {"articles": [article] * 2}}
    assert stage.call(SEND, two)["errcode"] == 45008


def test_typing_needs_recent_words_and_is_not_repeated(stage: Stage) -> None:
    body = {"touser": "o_demo_guardian", "command": "Typing"}
    assert stage.call(TYPING, body)["errcode"] == 45080
    stage.say("guardian", "在吗")
    assert stage.call(TYPING, {**body, "command": "Dance"})["errcode"] == 45072
    assert stage.call(TYPING, body)["errcode"] == 0
    assert stage.phone("guardian", "")["typing"]
    assert stage.call(TYPING, body)["errcode"] == 45081
    stage.call(SEND, text("o_demo_guardian"))
    assert not stage.phone("guardian", "")["typing"]
    assert stage.call(TYPING, body)["errcode"] == 0


def test_the_stable_token_stays_and_the_legacy_one_is_superseded(stage: Stage) -> None:
    first = stage.new_token()
    assert first["expires_in"] == 7200
    assert stage.new_token()["access_token"] == first["access_token"]
    stage.pass_time(7000)
    renewed = stage.new_token()
    assert renewed["access_token"] != first["access_token"]
    for token in (first["access_token"], renewed["access_token"]):
        stage.token = token
        assert stage.call("/cgi-bin/user/info", openid="o_demo_guardian")["subscribe"] == 1
    stage.pass_time(201)
    stage.token = first["access_token"]
    assert stage.call("/cgi-bin/user/info", openid="o_demo_guardian")["errcode"] == 42001
    query = {
        "grant_type": "client_credential",
        "appid": stage.settings.appid,
        "secret": stage.settings.secret,
    }
    legacy = [
        requests.get(f"{stage.url}/cgi-bin/token", params=query, timeout=5).json()["access_token"]
        for _ in range(2)
    ]
    stage.pass_time(301)
    results = []
    for token in legacy:
        stage.token = token
        results.append(stage.call("/cgi-bin/user/info", openid="o_demo_guardian").get("errcode"))
    assert results == [40001, None]


def test_forcing_a_token_is_rationed(stage: Stage) -> None:
    old = stage.new_token()["access_token"]
    forced = stage.new_token(force_refresh=True)["access_token"]
    assert forced != old
    assert stage.new_token(force_refresh=True)["errcode"] == 45011
    stage.token = old
    assert stage.call("/cgi-bin/user/info", openid="o_demo_guardian")["errcode"] == 40001


def test_a_wrong_secret_and_a_missing_token_have_their_codes(stage: Stage) -> None:
    assert stage.new_token(secret="x")["errcode"] == 40125
    assert stage.new_token(appid="x")["errcode"] == 40013
    assert stage.new_token(grant_type="x")["errcode"] == 40002
    answer = requests.get(f"{stage.url}/cgi-bin/user/info", timeout=5).json()
    assert answer["errcode"] == 41001


def test_a_template_shows_its_labels_and_is_reported(stage: Stage) -> None:
    declared = [
        {
            "template_id": "T1",
            "title": "上课提醒",
            "content": "课程：{{thing1.DATA}}\n{{remark.DATA}}",
        }
    ]
    requests.put(f"{stage.url}/sandbox/templates", json=declared, timeout=5)
    body = {
        "touser": "o_demo_teacher",
        "template_id": "T1",
        "url": "http://a.example/x",
        "client_msg_id": "once",
        "data": {"thing1": {"value": "英语"}, "remark": {"value": "请准时"}},
    }
    path = "/cgi-bin/message/template/send"
    sent = stage.call(path, body)
    assert sent["errcode"] == 0
    assert stage.call(path, body)["errcode"] == 45065
    assert stage.call(path, {**body, "template_id": "T2", "client_msg_id": "b"})["errcode"] == 40037
    stage.settle()
    report = stage.opened(stage.webhook.posts[-1])
    assert (report["Event"], report["Status"]) == ("TEMPLATESENDJOBFINISH", "success")
    assert report["MsgID"] == str(sent["msgid"])
    card = stage.phone("teacher", "/bubbles")["bubbles"][0]["body"]
    assert card["title"] == "上课提醒"
    assert card["fields"] == [
        {"label": "课程", "value": "英语"},
        {"label": "", "value": "请准时"},
    ]


def test_a_menu_is_checked_kept_and_chosen_by_tag(stage: Stage) -> None:
    assert stage.call("/cgi-bin/menu/get")["errcode"] == 46003
    menu = {"button": [{"type": "click", "name": "课表", "key": "T"}]}
    assert stage.call("/cgi-bin/menu/create", menu)["errcode"] == 0
    assert stage.call("/cgi-bin/menu/get")["menu"]["button"] == menu["button"]
    tag = stage.call("/cgi-bin/tags/create", {"tag": {"name": "老师"}})["tag"]["id"]
    special = {
        "button": [{"type": "click", "name": "排课", "key": "P"}],
        "matchrule": {"tag_id": str(tag)},
    }
    assert stage.call("/cgi-bin/menu/addconditional", special)["errcode"] == 0
    members = {"openid_list": ["o_demo_teacher"], "tagid": tag}
    assert stage.call("/cgi-bin/tags/members/batchtagging", members)["errcode"] == 0
    assert stage.phone("teacher", "")["menu"][0]["name"] == "排课"
    assert stage.phone("guardian", "")["menu"][0]["name"] == "课表"
    for button, errcode in [
        ({"type": "click", "name": "课" * 6, "key": "T"}, 40018),
        ({"type": "dance", "name": "课", "key": "T"}, 40015),
        ({"type": "click", "name": "课"}, 40019),
        ({"type": "view", "name": "课", "url": "javascript:1"}, 40020),
    ]:
        assert stage.call("/cgi-bin/menu/create", {"button": [button]})["errcode"] == errcode
    escaped = requests.post(
        f"{stage.url}/cgi-bin/menu/create",
        params={"access_token": stage.token},
        json=menu,
        timeout=5,
    )
    assert escaped.json()["errcode"] == 40033


def test_media_last_three_days(stage: Stage) -> None:
    form = {"media": ("a.jpg", io.BytesIO(b"jpeg"), "image/jpeg")}
    token = stage.new_token()["access_token"]
    url = f"{stage.url}/cgi-bin/media"
    params = {"access_token": token, "type": "image"}
    kept = requests.post(f"{url}/upload", params=params, files=form, timeout=5).json()
    query = {"access_token": token, "media_id": kept["media_id"]}
    assert requests.get(f"{url}/get", params=query, timeout=5).content == b"jpeg"
    stage.pass_time(3 * 86_400)
    stage.token = ""
    assert stage.call("/cgi-bin/media/get", media_id=kept["media_id"])["errcode"] == 40007


def test_sign_in_gives_a_code_that_works_once(stage: Stage) -> None:
    query = {
        "appid": stage.settings.appid,
        "redirect_uri": f"{stage.webhook.url}/back?x=1",
        "scope": "snsapi_base",
        "state": "s",
    }
    agent = {"User-Agent": "MicroMessenger SandboxPhone/o_demo_guardian"}
    sent = requests.get(
        f"{stage.url}/connect/oauth2/authorize",
        params=query, headers=agent, allow_redirects=False, timeout=5,
    )  # fmt: skip
    back = parse_qs(urlsplit(sent.headers["Location"]).query)
    assert (back["x"], back["state"]) == (["1"], ["s"])
    exchange = {
        "appid": stage.settings.appid,
        "secret": stage.settings.secret,
        "code": back["code"][0],
        "grant_type": "authorization_code",
    }
    url = f"{stage.url}/sns/oauth2/access_token"
    first = requests.get(url, params=exchange, timeout=5).json()
    assert first["openid"] == "o_demo_guardian"
    assert requests.get(url, params=exchange, timeout=5).json()["errcode"] == 40163
    named = {"access_token": first["access_token"], "openid": first["openid"]}
    person = requests.get(f"{stage.url}/sns/userinfo", params=named, timeout=5).json()
    assert person["errcode"] == 48001
    asked = requests.get(f"{stage.url}/connect/oauth2/authorize", params=query, timeout=5)
    assert "你是谁" in asked.text


def test_the_web_ticket_is_shared(stage: Stage) -> None:
    first, second = (stage.call("/cgi-bin/ticket/getticket", type="jsapi") for _ in range(2))
    assert first["ticket"] == second["ticket"]
    assert len(hashlib.sha1(first["ticket"].encode()).hexdigest()) == 40


def test_sms_and_mail_land_in_their_inbox(stage: Stage) -> None:
    key = {"Authorization": f"Bearer {stage.settings.gateway_key}"}
    sms = {"phone": "13800138000", "text": "验证码 123456"}
    mail = {"to": "a@b.example", "subject": "账单", "text": "见附件"}
    assert requests.post(f"{stage.url}/sms/send", json=sms, timeout=5).status_code == 401
    assert requests.post(f"{stage.url}/sms/send", json=sms, headers=key, timeout=5).ok
    assert requests.post(f"{stage.url}/mail/send", json=mail, headers=key, timeout=5).ok
    wrong = requests.post(
        f"{stage.url}/sms/send", json={**sms, "phone": "1"}, headers=key, timeout=5
    )
    assert wrong.status_code == 400
    letters = requests.get(f"{stage.url}/sandbox/outside", timeout=5).json()["letters"]
    assert [(one["kind"], one["recipient"]) for one in letters] == [
        ("sms", "13800138000"),
        ("mail", "a@b.example"),
    ]
    assert "验证码 123456" in requests.get(f"{stage.url}/outside", timeout=5).text

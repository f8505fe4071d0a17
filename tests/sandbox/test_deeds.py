"""What a person does, and the message or event WeChat makes of it."""

from __future__ import annotations

import io

import requests

from tests.sandbox.stage import Stage


def events(stage: Stage) -> list[dict[str, object]]:
    """Each once: what is not answered within five seconds comes again."""
    stage.settle()
    made = [stage.opened(post) for post in stage.webhook.posts]
    return [each for at, each in enumerate(made) if each not in made[:at]]


def test_following_is_an_event_and_scanning_a_code_follows_with_its_scene(stage: Stage) -> None:
    made = stage.call(
        "/cgi-bin/qrcode/create",
        {"action_name": "QR_LIMIT_STR_SCENE", "action_info": {"scene": {"scene_str": "booth1"}}},
    )
    stage.phone("prospect", "/event", {"event": "subscribe"})
    stage.phone("prospect", "/event", {"event": "SCAN", "key": "booth1"})
    stage.phone("o_newcomer", "/event", {"event": "SCAN", "key": "booth1"})
    first, second, third = events(stage)
    assert (first["Event"], first["EventKey"]) == ("subscribe", None)
    assert (second["Event"], second["EventKey"]) == ("SCAN", "booth1")
    assert (third["Event"], third["EventKey"]) == ("subscribe", "qrscene_booth1")
    assert second["Ticket"] == third["Ticket"] == made["ticket"]
    picture = requests.get(
        f"{stage.url}/cgi-bin/showqrcode", params={"ticket": made["ticket"]}, timeout=5
    )
    assert picture.content.startswith(b"\x89PNG")


def test_who_has_left_must_follow_again(stage: Stage) -> None:
    stage.phone("guardian", "/event", {"event": "unsubscribe"})
    assert "关注" in stage.phone("guardian", "/say", {"text": "你好"})["error"]
    refused = stage.call(
        "/cgi-bin/message/custom/send",
        {"touser": "o_demo_guardian", "msgtype": "text", "text": {"content": "x"}},
    )
    assert refused["errcode"] == 43004
    assert stage.call("/cgi-bin/user/info", openid="o_demo_guardian")["subscribe"] == 0
    stage.phone("guardian", "/event", {"event": "subscribe"})
    assert "delivery" in stage.phone("guardian", "/say", {"text": "你好"})


def test_every_kind_of_message_has_its_elements(stage: Stage) -> None:
    place = {"kind": "location", "x": 39.9, "y": 116.4, "label": "国贸"}
    stage.phone("guardian", "/send", place)
    stage.phone("guardian", "/send", {"kind": "voice", "seconds": 3})
    stage.phone("guardian", "/send", {"kind": "link", "title": "文章", "url": "http://a.example/"})
    picture = {"file": ("a.png", io.BytesIO(b"\x89PNG fake"), "image/png")}
    url = f"{stage.url}/sandbox/phones/guardian/upload"
    requests.post(url, files=picture, data={"kind": "image"}, timeout=5)
    stage.phone("guardian", "/event", {"event": "CLICK", "key": "我的课表"})
    location, voice, link, image, click = events(stage)
    assert (location["Location_X"], location["Label"]) == ("39.9", "国贸")
    assert (voice["Format"], voice["Recognition"]) == ("amr", None)
    assert link["Url"] == "http://a.example/"
    assert requests.get(str(image["PicUrl"]), timeout=5).content == b"\x89PNG fake"
    assert (click["MsgType"], click["EventKey"]) == ("event", "我的课表")
    sound = requests.get(
        f"{stage.url}/cgi-bin/media/get",
        params={"access_token": stage.token or stage.new_token()["access_token"],
                "media_id": str(voice["MediaId"])},
        timeout=5,
    )  # fmt: skip
    assert sound.content.startswith(b"#!AMR\n")


def test_an_unknown_kind_and_an_impossible_openid_are_refused(stage: Stage) -> None:
    assert "error" in stage.phone("guardian", "/send", {"kind": "telepathy"})
    assert "error" in stage.phone("not an openid", "/say", {"text": "x"})
    assert "error" in stage.phone("guardian", "/say", {"text": "  "})


def test_tapping_a_menu_inside_a_message_sends_its_words_and_number(stage: Stage) -> None:
    stage.phone("guardian", "/say", {"text": "报名", "menu_id": "7"})
    (asked,) = events(stage)
    assert (asked["Content"], asked["bizmsgmenuid"]) == ("报名", "7")


def test_newcomers_get_openids_of_their_own(stage: Stage) -> None:
    made = [
        requests.post(f"{stage.url}/sandbox/phones", json={}, timeout=5).json() for _ in range(3)
    ]
    assert len({one["openid"] for one in made}) == 3
    assert {one["state"] for one in made} == {"new"}
    listed = requests.get(f"{stage.url}/sandbox/phones", timeout=5).json()["phones"]
    assert listed[0]["role"] == "prospect"
    assert [one["openid"] for one in listed[13:]] == [one["openid"] for one in reversed(made)]


def test_a_notice_needs_consent_and_uses_it_up(stage: Stage) -> None:
    notice = {
        "touser": "o_demo_guardian",
        "template_id": "N1",
        "data": {"thing1": {"value": "明天 9 点上课"}},
    }
    path = "/cgi-bin/message/subscribe/bizsend"
    assert stage.call(path, notice)["errcode"] == 43101
    stage.phone("guardian", "/consent", {"N1": "accept", "N2": "reject"})
    assert stage.call(path, notice)["errcode"] == 0
    assert stage.call(path, notice)["errcode"] == 43101
    too_long = {**notice, "data": {"thing1": {"value": "字" * 21}}}
    assert stage.call(path, too_long)["errcode"] == 47003
    popup, sent = events(stage)
    assert popup["Event"] == "subscribe_msg_popup_event"
    listed = popup["SubscribeMsgPopupEvent"]["List"]  # type: ignore[index]
    assert [one["SubscribeStatusString"] for one in listed] == ["accept", "reject"]
    assert sent["Event"] == "subscribe_msg_sent_event"

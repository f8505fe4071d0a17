"""What goes over the wire, and how the platform's refusals come back."""

from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager

import pytest
import structlog

from backend.gateways.ports import TemplateMessage
from backend.gateways.wechat.client import WechatClient
from backend.kit import queue
from backend.kit.errors import GatewayError
from tests.backend.gateways.stub import Answer, Heard, Stub, serving
from tests.backend.gateways.wechat_stub import Platform

SEND = "/cgi-bin/message/custom/send"
TEMPLATE = "/cgi-bin/message/template/send"
TEXT = {"msgtype": "text", "text": {"content": "周六见 🎉"}}
CARD = TemplateMessage(
    template_id="T", fields={"thing1": "英语班"}, url="https://a.cn", client_msg_id="c1"
)


@pytest.fixture
def platform() -> Platform:
    return Platform()


@pytest.fixture
def stub(platform: Platform) -> Iterator[Stub]:
    with serving(platform) as running:
        yield running


@pytest.fixture
def client(stub: Stub, redis_server: str) -> Iterator[WechatClient]:
    with calling(stub) as made:
        yield made


@contextmanager
def calling(stub: Stub, secret: str = "right") -> Iterator[WechatClient]:
    """A client of the stub, closed afterwards."""
    with queue.connect() as redis:
        made = WechatClient(
            appid="wx1",
            secret=secret,
            api_url=stub.url,
            mp_url="https://mp.example.cn",
            redis=redis,
        )
        with closing(made):
            yield made


def test_chinese_travels_as_raw_utf8(client: WechatClient, stub: Stub) -> None:
    client.send("o1", TEXT)
    (heard,) = stub.to(SEND)
    assert heard.body == {"touser": "o1", **TEXT}
    assert "周六见 🎉".encode() in heard.raw
    assert b"\\u" not in heard.raw


def test_the_token_is_never_forced(client: WechatClient, stub: Stub) -> None:
    client.send("o1", TEXT)
    (heard,) = stub.to("/cgi-bin/stable_token")
    assert heard.body == {
        "grant_type": "client_credential",
        "appid": "wx1",
        "secret": "right",
        "force_refresh": False,
    }


@pytest.mark.parametrize("code", [40001, 40014, 42001])
def test_a_stale_token_is_replaced_and_the_call_repeated_once(
    client: WechatClient, stub: Stub, platform: Platform, code: int
) -> None:
    client.send("o1", TEXT)
    platform.expire()
    client.send("o2", TEXT)
    assert len(stub.to(SEND)) == 3
    platform.answers[SEND] = Answer({"errcode": code, "errmsg": "always"})
    with pytest.raises(GatewayError) as caught:
        client.send("o3", TEXT)
    assert caught.value.code == str(code)
    assert len(stub.to(SEND)) == 5


def test_a_template_names_its_fields_and_returns_the_platforms_id(
    client: WechatClient, stub: Stub, platform: Platform
) -> None:
    platform.answers[TEMPLATE] = Answer({"errcode": 0, "msgid": 200228332})
    assert client.send_template("o1", CARD) == "200228332"
    assert stub.to(TEMPLATE)[0].body == {
        "touser": "o1",
        "template_id": "T",
        "client_msg_id": "c1",
        "data": {"thing1": {"value": "英语班"}},
        "url": "https://a.cn",
    }


def test_a_repeated_template_counts_as_sent(client: WechatClient, platform: Platform) -> None:
    platform.answers[TEMPLATE] = Answer({"errcode": 45065, "errmsg": "duplicate"})
    assert client.send_template("o1", CARD) == ""


def test_s6_a_subscription_notice_opens_a_page(
    client: WechatClient, stub: Stub, platform: Platform
) -> None:
    path = "/cgi-bin/message/subscribe/bizsend"
    platform.answers[path] = Answer({"errcode": 0, "msgid": 7})
    assert client.send_subscription("o1", CARD) == "7"
    assert stub.to(path)[0].body == {
        "touser": "o1",
        "template_id": "T",
        "data": {"thing1": {"value": "英语班"}},
        "page": "https://a.cn",
    }
    platform.answers[path] = Answer({"errcode": 43101, "errmsg": "user refuse to accept the msg"})
    with pytest.raises(GatewayError) as caught:
        client.send_subscription("o1", CARD)
    assert (caught.value.code, caught.value.retry) == ("43101", False)


@pytest.mark.parametrize(
    ("answer", "code", "retry", "words"),
    [
        (Answer({"errcode": -1, "errmsg": "system error"}), "-1", True, "system error"),
        (Answer({"errcode": 45011, "errmsg": "slow down"}), "45011", True, "slow down"),
        (Answer({"errcode": 45015, "errmsg": "rid: 5f-1"}), "45015", False, "rid: 5f-1"),
        (Answer({"errcode": 45047, "errmsg": "limit"}), "45047", False, "limit"),
        (Answer({"errcode": 48001, "errmsg": "no"}), "48001", False, "服务号"),
        (Answer({"errcode": 45009, "errmsg": "daily"}), "45009", False, "midnight"),
        (
            Answer({"errcode": 40164, "errmsg": "invalid ip 203.0.113.7 ipv6 ::ffff, not in"}),
            "40164",
            False,
            "add the IP 203.0.113.7",
        ),
        (Answer(b"oops", status=502), "http_502", True, "502"),
        (Answer(b"gone", status=404), "http_404", False, "404"),
        (Answer(b"<html>", content_type="text/html"), "garbled", True, "not JSON"),
        (Answer(b"[1]"), "garbled", True, "not JSON"),
    ],
)
def test_refusals_say_whether_to_retry_and_what_to_fix(
    client: WechatClient, platform: Platform, answer: Answer, code: str, retry: bool, words: str
) -> None:
    platform.answers[SEND] = answer
    with pytest.raises(GatewayError) as caught:
        client.send("o1", TEXT)
    assert (caught.value.code, caught.value.retry) == (code, retry)
    assert words in str(caught.value)


def test_what_only_a_person_can_repair_is_logged_as_such(
    client: WechatClient, platform: Platform
) -> None:
    platform.answers[SEND] = Answer({"errcode": 40164, "errmsg": "invalid ip 203.0.113.7"})
    with structlog.testing.capture_logs() as logs, pytest.raises(GatewayError):
        client.send("o1", TEXT)
    assert [entry["event"] for entry in logs] == ["wechat_needs_attention"]


def test_a_wrong_secret_is_asked_about_once_and_named(stub: Stub, redis_server: str) -> None:
    with calling(stub, secret="wrong") as client, pytest.raises(GatewayError, match="SECRET"):
        client.send("o1", TEXT)
    assert stub.to(SEND) == []


def test_an_absent_platform_may_be_tried_again_and_no_token_leaks(redis_server: str) -> None:
    with ExitStack() as town:
        stub = town.enter_context(serving(Platform()))
        client = town.enter_context(calling(stub))
        client.send("o1", TEXT)
        stub.stop()
        with pytest.raises(GatewayError) as caught:
            client.send("o1", TEXT)
    assert (caught.value.code, caught.value.retry) == ("network", True)
    assert "token-1" not in str(caught.value)


def test_typing_is_a_nicety(client: WechatClient, stub: Stub, platform: Platform) -> None:
    path = "/cgi-bin/message/custom/typing"
    platform.answers[path] = Answer({"errcode": 45080, "errmsg": "nobody there"})
    client.show_typing("o1")
    assert stub.to(path)[0].body == {"touser": "o1", "command": "Typing"}


def test_menus_are_replaced(client: WechatClient, stub: Stub, platform: Platform) -> None:
    """The new menus stand before the old conditional one goes."""
    button = {"type": "click", "name": "我要报名", "key": "SIGN_UP"}
    platform.answers["/cgi-bin/menu/get"] = Answer({"conditionalmenu": [{"menuid": 7}]})
    platform.answers["/cgi-bin/tags/get"] = Answer({"tags": [{"id": 101, "name": "家长"}]})
    client.menus.publish([button], {"家长": [button]})
    called = [heard for heard in stub.heard if heard.path.startswith("/cgi-bin/menu/")]
    assert [(heard.path.rsplit("/", 1)[1], heard.body) for heard in called] == [
        ("get", None),
        ("create", {"button": [button]}),
        ("addconditional", {"button": [button], "matchrule": {"tag_id": "101"}}),
        ("delconditional", {"menuid": "7"}),
    ]


@pytest.mark.parametrize(
    ("expires", "action"), [(None, "QR_LIMIT_STR_SCENE"), (3600, "QR_STR_SCENE")]
)
def test_codes_are_permanent_or_expire(
    client: WechatClient, stub: Stub, platform: Platform, expires: int | None, action: str
) -> None:
    path = "/cgi-bin/qrcode/create"
    platform.answers[path] = Answer({"ticket": "a+b/c=", "url": "http://weixin.qq.com/q/1"})
    code = client.create_code("campaign:7", expires_in_seconds=expires)
    assert code.image_url == "https://mp.example.cn/cgi-bin/showqrcode?ticket=a%2Bb%2Fc%3D"
    body = stub.to(path)[0].body
    assert body["action_name"] == action
    assert body["action_info"] == {"scene": {"scene_str": "campaign:7"}}
    assert body.get("expire_seconds") == expires


def test_followers_and_files(client: WechatClient, stub: Stub, platform: Platform) -> None:
    platform.answers["/cgi-bin/user/info"] = Answer({"subscribe": 1, "openid": "o1"})
    assert client.user("o1")["subscribe"] == 1
    picture = Answer(b"\xff\xd8\xff", content_type="image/jpeg; x=1")
    platform.answers["/cgi-bin/media/get"] = picture
    media = client.download("M1")
    assert (media.content, media.content_type) == (b"\xff\xd8\xff", "image/jpeg")
    platform.answers["/cgi-bin/media/get"] = Answer({"errcode": 40007, "errmsg": "bad media"})
    with pytest.raises(GatewayError, match="40007"):
        client.download("M2")


def test_a_video_is_fetched_from_where_it_lies(client: WechatClient, platform: Platform) -> None:
    def video(heard: Heard) -> Answer:
        assert "access_token" not in heard.query
        return Answer(b"mp4", content_type="video/mp4")

    with serving(video) as shelf:
        platform.answers["/cgi-bin/media/get"] = Answer({"video_url": f"{shelf.url}/v"})
        assert client.download("M1").content == b"mp4"

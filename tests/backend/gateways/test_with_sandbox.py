"""The outbox and the gateways against the real sandbox: what a phone really shows."""

from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta
from typing import Any

import pytest
from redis import Redis
from sqlalchemy import func, select

from backend.gateways import letters, ports
from backend.gateways.ports import TemplateMessage
from backend.gateways.wechat.client import WechatClient
from backend.kit import clock, queue
from backend.kit.config import settings
from backend.kit.db import reading, unit_of_work
from backend.kit.errors import GatewayError
from backend.outbox import jobs, service
from backend.outbox.models import OutboxAttempt, OutboxMessage
from backend.outbox.schemas import Interaction, Notice, Recipient
from sandbox.remote import Remote
from tests.backend.gateways.payments.till import opened

CLAIM = "http://127.0.0.1:8000/oauth/start?next=/leads/1/claim"
LEAD = Notice(
    template="new_lead",
    values={"customer": "林女士", "interest": "周末英语班", "time": "今天 14:00", "number": "7"},
    url=CLAIM,
)
TEXT = {"msgtype": "text", "text": {"content": "您好，周六见 🎉"}}


@pytest.fixture(scope="module")
def phones(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Remote, dict[str, str]]]:
    """A sandbox of this module's own, and the settings that lead to it."""
    with opened(tmp_path_factory.mktemp("phones")) as sandbox:
        addresses = dict.fromkeys(
            ("WECHAT_API_URL", "WECHAT_MP_URL", "WECHAT_OPEN_URL"), sandbox.url
        )
        given = {
            **sandbox.given,
            **addresses,
            "SMS_URL": f"{sandbox.url}/sms/send",
            "SMS_KEY": sandbox.given["SANDBOX_GATEWAY_KEY"],
            "MAIL_URL": f"{sandbox.url}/mail/send",
            "MAIL_KEY": sandbox.given["SANDBOX_GATEWAY_KEY"],
        }
        yield Remote(sandbox.url), given


@pytest.fixture
def remote(
    phones: tuple[Remote, dict[str, str]], redis_server: str, monkeypatch: pytest.MonkeyPatch
) -> Remote:
    remote, given = phones
    for name, value in given.items():
        monkeypatch.setenv(name, value)
    settings.cache_clear()
    return remote


@pytest.fixture
def client(remote: Remote, redis_server: str) -> Iterator[WechatClient]:
    with (
        Redis.from_url(redis_server) as redis,
        closing(
            WechatClient(
                appid=settings().wechat_appid,
                secret=settings().wechat_secret.get_secret_value(),
                api_url=settings().wechat_api_url,
                mp_url=settings().wechat_mp_url,
                redis=redis,
            )
        ) as made,
    ):
        yield made


def shown(remote: Remote, openid: str) -> list[dict[str, Any]]:
    """What the account has put on this phone."""
    bubbles = remote.get(f"/sandbox/phones/{openid}/bubbles", after=0)["bubbles"]
    return [one for one in bubbles if one["via"] in ("customer", "template")]


def test_a_follower_reads_what_was_said(client: WechatClient, remote: Remote) -> None:
    remote.say("o_talker", "您好")
    client.show_typing("o_talker")
    client.send("o_talker", TEXT)
    (bubble,) = shown(remote, "o_talker")
    assert (bubble["via"], bubble["kind"]) == ("customer", "text")
    assert "周六见 🎉" in str(bubble["body"])


def test_the_sixth_message_is_refused(client: WechatClient, remote: Remote) -> None:
    remote.say("o_listener", "您好")
    for _ in range(5):
        client.send("o_listener", TEXT)
    with pytest.raises(GatewayError) as caught:
        client.send("o_listener", TEXT)
    assert (caught.value.code, caught.value.retry) == ("45047", False)


def test_a_template_is_shown_once_however_often_it_is_sent(
    client: WechatClient, remote: Remote
) -> None:
    card = TemplateMessage(
        template_id="task", fields={"thing1": "新客户"}, url=CLAIM, client_msg_id="c-1"
    )
    client.send_template("o_demo_teacher", card)
    client.send_template("o_demo_teacher", card)
    (bubble,) = shown(remote, "o_demo_teacher")
    assert bubble["via"] == "template"


def test_menu_codes_and_followers(client: WechatClient) -> None:
    client.menus.publish([{"type": "click", "name": "我要报名", "key": "SIGN_UP"}], {})
    code = client.create_code("campaign:7", expires_in_seconds=3600)
    assert "/cgi-bin/showqrcode?ticket=" in code.image_url
    assert client.user("o_demo_advisor")["subscribe"] == 1


def test_a_wrong_secret_is_named(remote: Remote, redis_server: str) -> None:
    with (
        queue.connect() as redis,
        closing(
            WechatClient(
                appid=settings().wechat_appid,
                secret="wrong",
                api_url=settings().wechat_api_url,
                mp_url=settings().wechat_mp_url,
                redis=redis,
            )
        ) as client,
        pytest.raises(GatewayError, match="WECHAT_SECRET"),
    ):
        client.send("o_demo_advisor", TEXT)


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_a_push_finds_its_way_down_the_ladder(
    database: str, client: WechatClient, remote: Remote, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The advisor has not written, so a card comes; the stranger does not follow, so an SMS."""
    sms = letters.sms_from_settings()
    monkeypatch.setattr(ports, "_chat", client)
    monkeypatch.setattr(ports, "_sms", sms)
    advisor = Recipient(openid="o_demo_advisor", name="周婷")
    left = Recipient(openid="o_nobody", phone="13812345678", name="路人")
    with unit_of_work() as session:
        service.post(session, to=advisor, notice=LEAD, dedupe_key="a")
        service.post(session, to=left, notice=LEAD, dedupe_key="b")
    for message_id in (1, 2):
        jobs.deliver(message_id)
    (card,) = shown(remote, "o_demo_advisor")
    assert card["via"] == "template"
    assert "周末英语班" in str(card["body"])
    assert CLAIM in str(card["body"])
    (letter,) = remote.get("/sandbox/outside", after=0)["letters"]
    assert (letter["kind"], letter["recipient"]) == ("sms", "13812345678")
    assert letter["text"].endswith(CLAIM)
    with reading() as session:
        channels = [session.get_one(OutboxMessage, number).channel for number in (1, 2)]
    assert channels == ["template", "sms"]
    assert isinstance(sms, letters.SmsGateway)
    sms.close()


@pytest.fixture
def desk(client: WechatClient, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The outbox sends through the sandbox, and nobody sleeps."""
    sms = letters.sms_from_settings()
    assert isinstance(sms, letters.SmsGateway)
    monkeypatch.setattr(ports, "_chat", client)
    monkeypatch.setattr(ports, "_sms", sms)
    monkeypatch.setattr(settings(), "quiet_hours", "")
    yield
    sms.close()


def attempts_of(openid: str) -> list[tuple[str, str]]:
    with reading() as session:
        rows = session.scalars(
            select(OutboxAttempt)
            .join(OutboxMessage, OutboxMessage.id == OutboxAttempt.message_id)
            .where(OutboxMessage.openid == openid)
            .order_by(OutboxAttempt.id)
        )
        return [(row.channel, row.code) for row in rows]


def tell(openid: str, key: str) -> None:
    with unit_of_work() as session:
        to = Recipient(openid=openid, phone="13812345678", name="周婷")
        service.post(session, to=to, notice=LEAD, dedupe_key=f"{openid}:{key}")
        message_id = session.scalar(select(func.max(OutboxMessage.id)))
    assert message_id is not None
    jobs.deliver(message_id)


def note(openid: str, kind: Interaction) -> None:
    with unit_of_work() as session:
        service.note_interaction(session, openid=openid, kind=kind, at=clock.now())


@pytest.mark.usefixtures("desk")
@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_c1_the_sender_is_never_told_that_the_budget_is_used_up(
    database: str, remote: Remote
) -> None:
    for openid in ("o_thrifty", "o_frugal", "o_budget"):
        remote.say(openid, "您好")
        note(openid, Interaction.MESSAGE)
        for number in range(7):
            tell(openid, str(number))
        remote.happen(openid, "CLICK", "courses")
        note(openid, Interaction.MOMENT)
        tell(openid, "click")
        assert {code for _, code in attempts_of(openid)} <= {"", "no_budget", "no_consent"}
        vias = [one["via"] for one in shown(remote, openid)]
        assert vias[:4] == ["customer"] * 3 + ["template"]
        assert len(vias) == 8


@pytest.mark.usefixtures("desk")
@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_s6_a_consented_notice_is_shown_before_any_template(database: str, remote: Remote) -> None:
    remote.happen("o_subscriber", "subscribe")
    remote.post("/sandbox/phones/o_subscriber/consent", {"task_notice": "accept"})
    with unit_of_work() as session:
        service.note_consent(
            session, openid="o_subscriber", template_id="task_notice", is_accepted=True
        )
    tell("o_subscriber", "a")
    tell("o_subscriber", "b")
    sent = [attempt for attempt in attempts_of("o_subscriber") if attempt[1] == ""]
    assert sent == [("subscribe", ""), ("template", "")]
    assert len(shown(remote, "o_subscriber")) == 2


@pytest.mark.usefixtures("desk")
@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_a14_a_day_without_quota_loses_nothing(database: str, remote: Remote) -> None:
    fault = {"target": "api", "kind": "daily_quota", "match": "custom/send", "probability": 1}
    remote.say("o_patient", "您好")
    note("o_patient", Interaction.MESSAGE)
    remote.post("/sandbox/faults", fault)
    tell("o_patient", "a")
    tell("o_patient", "b")
    remote.delete("/sandbox/faults")
    with clock.frozen(clock.now() + timedelta(seconds=61)):
        tell("o_patient", "c")
    sent = [attempt for attempt in attempts_of("o_patient") if attempt[1] in ("", "45009")]
    assert sent == [("chat", "45009"), ("template", ""), ("template", ""), ("chat", "")]

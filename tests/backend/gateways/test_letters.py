"""SMS and mail over real HTTP, and their doubles where nothing is configured."""

from contextlib import closing

import pytest

from backend.gateways import letters
from backend.gateways.letters import MailGateway, SmsGateway
from backend.kit.config import settings
from backend.kit.errors import GatewayError
from tests.backend.gateways.stub import Answer, serving


def test_sms_and_mail_are_posted_with_their_key() -> None:
    with serving(lambda _heard: Answer({"id": 1})) as stub:
        with closing(SmsGateway(f"{stub.url}/sms/send", "k1")) as gateway:
            gateway.send("13812345678", "您好")
        with closing(MailGateway(f"{stub.url}/mail/send", "k2")) as mailer:
            mailer.send("a@b.cn", "标题", "正文")
    sms, mail = stub.heard
    assert (sms.path, sms.body) == ("/sms/send", {"phone": "13812345678", "text": "您好"})
    assert sms.headers["Authorization"] == "Bearer k1"
    assert mail.path == "/mail/send"
    assert mail.body == {"to": "a@b.cn", "subject": "标题", "text": "正文"}


@pytest.mark.parametrize(
    ("status", "retry", "words"),
    [(401, False, "check SMS_URL"), (400, False, "400"), (429, True, "429"), (503, True, "503")],
)
def test_refusals_say_whether_to_retry(status: int, retry: bool, words: str) -> None:
    with (
        serving(lambda _heard: Answer({}, status=status)) as stub,
        closing(SmsGateway(stub.url, "k")) as gateway,
        pytest.raises(GatewayError, match=words) as caught,
    ):
        gateway.send("13812345678", "您好")
    assert caught.value.retry is retry


def test_an_absent_gateway_may_be_tried_again() -> None:
    with serving() as stub:
        url = stub.url
    with closing(MailGateway(url, "k")) as gateway, pytest.raises(GatewayError) as caught:
        gateway.send("a@b.cn", "标题", "正文")
    assert caught.value.retry


def test_without_a_gateway_nothing_counts_as_sent(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(settings(), "sms_url", "")
    monkeypatch.setattr(settings(), "mail_url", "")
    with pytest.raises(GatewayError) as sms:
        letters.sms_from_settings().send("13812345678", "您好")
    with pytest.raises(GatewayError) as mail:
        letters.mail_from_settings().send("a@b.cn", "标题", "正文")
    for refusal in (sms.value, mail.value):
        assert (refusal.code, refusal.retry) == ("not_configured", False)


def test_a_configured_gateway_is_used(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(settings(), "sms_url", "http://127.0.0.1:9/sms")
    monkeypatch.setattr(settings(), "mail_url", "http://127.0.0.1:9/mail")
    assert isinstance(letters.sms_from_settings(), SmsGateway)
    assert isinstance(letters.mail_from_settings(), MailGateway)

"""S6: SMS and mail as real vendors speak them, over real sockets, and their reports afterwards."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import replace
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from backend.app import create_app
from backend.gateways import ports
from backend.gateways.letters_aliyun import AliyunSms, signature_of
from backend.gateways.letters_smtp import SmtpMail
from backend.kit.config import settings as house
from backend.kit.db import reading, unit_of_work
from backend.kit.errors import GatewayError
from backend.outbox import jobs, queries, service
from backend.outbox.models import OutboxAttempt, OutboxMessage
from backend.outbox.schemas import Notice, Recipient
from sandbox import reports
from sandbox.outside import received
from sandbox.settings import Settings
from tests.fixtures.doorbell import free_port
from tests.sandbox.stage import Post, Stage, Webhook

KEY = "how-reports-prove-themselves"
ANSWER = Notice(template="ticket_answered", values={"number": "T1", "answer": "已安排补课"})


@pytest.fixture
def vendors(settings: Settings, webhook: Webhook) -> Iterator[Stage]:
    """A sandbox that listens for mail too and reports."""
    made = Stage(replace(settings, receipt_key=KEY, smtp_port=free_port()), webhook)
    yield made
    made.close()


def by_aliyun(vendors: Stage, **other: str) -> AliyunSms:
    given = {
        "key_id": "sandbox",
        "secret": vendors.settings.gateway_key,
        "sign_name": "晨光教育",
        **other,
    }
    templates = {"ticket_answered": "SMS_101", "*": "SMS_100"}
    return AliyunSms(f"{vendors.url}/aliyun/", templates=templates, **given)


def by_smtp(vendors: Stage, password: str = "") -> SmtpMail:
    return SmtpMail(
        f"smtp://127.0.0.1:{vendors.settings.smtp_port}",
        user="sandbox",
        password=password or vendors.settings.gateway_key,
        sender="晨光教育 <hello@school.cn>",
    )


def inbox(vendors: Stage) -> list[dict[str, Any]]:
    with vendors.app.app_context():
        return received(0)


def test_s6_signatures_are_those_of_the_vendors_own_example() -> None:
    asked = {
        "AccessKeyId": "testId", "Action": "SendSms", "Format": "XML", "OutId": "123",
        "PhoneNumbers": "15300000001", "RegionId": "cn-hangzhou", "SignName": "阿里云短信测试专用",
        "SignatureMethod": "HMAC-SHA1", "SignatureNonce": "45e25e9b-0a6f-4070-8c85-2956eda1b466",
        "SignatureVersion": "1.0", "TemplateCode": "SMS_71390007",
        "TemplateParam": '{"customer":"test"}', "Timestamp": "2017-07-12T02:42:19Z",
        "Version": "2017-05-25",
    }  # fmt: skip
    assert signature_of("GET", asked, "testSecret") == "zJDF+Lrzhj/ThnlvIToysFRq6t4="


def test_s6_an_sms_goes_out_as_an_approved_template(vendors: Stage) -> None:
    with closing(by_aliyun(vendors)) as sms:
        values = {"answer": "好" * 50, "number": "T1~ *+&"}
        assert sms.send("13812345678", "一句话", template="ticket_answered", values=values)
        assert sms.send("13812345678", "别的话", template="reminder", values={"lines": "x"})
    first, second = inbox(vendors)
    assert first["text"] == f"【晨光教育】SMS_101 answer={'好' * 34}…，number=T1~ *+&"
    assert second["text"] == "【晨光教育】SMS_100 content=别的话"


@pytest.mark.parametrize(
    ("wrong", "phone", "code"),
    [
        ({"key_id": "other"}, "13812345678", "InvalidAccessKeyId.NotFound"),
        ({"secret": "other"}, "13812345678", "SignatureDoesNotMatch"),
        ({"sign_name": ""}, "13812345678", "isv.SMS_SIGNATURE_ILLEGAL"),
        ({}, "12345", "isv.MOBILE_NUMBER_ILLEGAL"),
    ],
)
def test_s6_a_refused_sms_says_why_and_is_not_tried_again(
    vendors: Stage, wrong: dict[str, str], phone: str, code: str
) -> None:
    with closing(by_aliyun(vendors, **wrong)) as sms, pytest.raises(GatewayError) as caught:
        sms.send(phone, "您好")
    assert (caught.value.code, caught.value.retry) == (code, False)


def test_s6_a_mail_arrives_word_for_word(vendors: Stage) -> None:
    text = "您好：\n.第一行以点开头\n" + "很长的一行" * 60
    assert by_smtp(vendors).send("a@b.cn", "关于补课", text, key="k") == by_smtp(vendors).send(
        "a@b.cn", "关于补课", text, key="k"
    )
    first, _ = inbox(vendors)
    assert (first["kind"], first["recipient"], first["subject"]) == ("mail", "a@b.cn", "关于补课")
    assert first["text"].splitlines() == text.splitlines()


@pytest.mark.parametrize(
    ("password", "to", "code", "retry"),
    [
        ("wrong", "a@b.cn", "smtp_535", False),
        ("", "nobody@b.cn", "smtp_550", False),
        ("", "busy@b.cn", "smtp_451", True),
    ],
)
def test_s6_a_refused_mail_says_whether_it_may_work_later(
    vendors: Stage, password: str, to: str, code: str, retry: bool
) -> None:
    with pytest.raises(GatewayError) as caught:
        by_smtp(vendors, password).send(to, "标题", "正文")
    assert (caught.value.code, caught.value.retry) == (code, retry)


@pytest.fixture
def reported(
    database: str, vendors: Stage, webhook: Webhook, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Flask]:
    """The house, told by the vendors over HTTP what became of its letters."""
    monkeypatch.setenv("RECEIPT_KEY", KEY)
    monkeypatch.setattr(reports, "REPORTS_AFTER_SECONDS", 0.2)
    house.cache_clear()
    app = create_app(lambda: None)
    client = app.test_client()

    def pass_on(post: Post) -> tuple[int, str]:
        answer = client.post(
            post.path, query_string=post.query, data=post.body, content_type="application/json"
        )
        return answer.status_code, answer.text

    webhook.answer = pass_on
    sms = by_aliyun(vendors)
    monkeypatch.setattr(ports, "_sms", sms)
    monkeypatch.setattr(ports, "_mail", by_smtp(vendors))
    yield app
    sms.close()


def until(true: Callable[[], bool]) -> None:
    for _ in range(100):
        if true():
            return
        time.sleep(0.05)
    raise AssertionError("it did not come about within 5 s")


def receipts() -> list[tuple[str, str | None]]:
    with reading() as session:
        rows = session.execute(
            select(OutboxAttempt.channel, OutboxAttempt.receipt).order_by(OutboxAttempt.id)
        )
        return [(channel, receipt) for channel, receipt in rows]


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_s6_what_an_sms_could_not_bring_goes_by_mail_and_then_to_a_person(reported: Flask) -> None:
    """SMS accepted, reported undeliverable → mail accepted, bounced → a task; each step shown."""
    to = Recipient(phone="13812340000", email="bounce@b.cn", name="林女士")
    with unit_of_work() as session:
        service.post(session, to=to, notice=ANSWER, dedupe_key="a")
        message_id = session.scalars(select(OutboxMessage.id)).one()
    jobs.deliver(message_id)
    until(lambda: receipts() == [("sms", "MOBILE_NOT_ON_SERVICE")])
    jobs.deliver(message_id)
    until(lambda: receipts()[1:] == [("mail", "smtp_550")])
    with reading() as session:
        (missed,) = queries.deliveries(session, state="failed", before=None, limit=9)
    assert (missed.recipient_name, missed.result) == ("林女士", "邮件地址不存在")
    assert missed.is_task


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_s6_reports_are_believed_with_the_key_only_and_once(reported: Flask) -> None:
    with unit_of_work() as session:
        to = Recipient(phone="13812345678", name="林女士")
        service.post(session, to=to, notice=ANSWER, dedupe_key="a")
    jobs.deliver(1)
    with reading() as session:
        biz_id = session.scalars(select(OutboxAttempt.platform_id)).one()
    until(lambda: receipts() == [("sms", "success")])
    with reading() as session:
        (sent,) = queries.deliveries(session, state="sent", before=None, limit=9)
        assert sent.result == "短信已送达"
    lie = [{"biz_id": biz_id, "success": False, "err_code": "UNDELIVERED"}]
    client = reported.test_client()
    for path, status in (
        ("/receipts/sms", 403),
        ("/receipts/sms?key=guess", 403),
        (f"/receipts/chat?key={KEY}", 404),
        (f"/receipts/sms?key={KEY}", 200),
        (f"/receipts/mail?key={KEY}", 404),
    ):
        assert client.post(path, json=lie).status_code == status, path
    assert client.post(f"/receipts/sms?key={KEY}", json={"a": 1}).status_code == 400
    assert receipts() == [("sms", "success")]

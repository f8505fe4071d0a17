"""WeChat's side of a delivery: signs, seals and posts, and opens what comes back."""

import secrets
import time
from dataclasses import dataclass, field
from itertools import count

import xmltodict
from flask import Flask
from werkzeug.test import TestResponse

from backend.kit.config import settings
from bot import envelope

_numbers = count(6054768590064713728)


def message(kind: str = "text", *, openid: str = "o_somebody", **fields: str) -> bytes:
    """The clear XML of a new message; an event has no MsgId."""
    fields = {"MsgId": str(next(_numbers)), **fields} if kind != "event" else fields
    inner = "".join(
        f"<{name}><![CDATA[{text.replace(']]>', ']]]]><![CDATA[>')}]]></{name}>"
        for name, text in fields.items()
    )
    return (
        f"<xml><ToUserName><![CDATA[{settings().wechat_account}]]></ToUserName>"
        f"<FromUserName><![CDATA[{openid}]]></FromUserName>"
        f"<CreateTime>{time.time():.0f}</CreateTime><MsgType><![CDATA[{kind}]]></MsgType>"
        f"{inner}</xml>"
    ).encode()


@dataclass
class Platform:
    """Posts to an application. With `aes_key` (43 characters) in safe mode, else plain."""

    app: Flask
    aes_key: str = ""
    stamp: str = field(default_factory=lambda: str(int(time.time())))

    def post(self, xml: bytes) -> TestResponse:
        """One delivery, with a nonce of its own."""
        nonce = secrets.token_hex(5)
        token = settings().wechat_token.get_secret_value()
        query = {
            "signature": envelope.signature(token, self.stamp, nonce),
            "timestamp": self.stamp,
            "nonce": nonce,
        }
        if self.aes_key:
            key = envelope.aes_key(self.aes_key)
            sealed = envelope.seal(xml, key=key, appid=settings().wechat_appid)
            query["encrypt_type"] = "aes"
            query["msg_signature"] = envelope.signature(token, self.stamp, nonce, sealed)
            xml = f"<xml><Encrypt><![CDATA[{sealed}]]></Encrypt></xml>".encode()
        return self.app.test_client().post("/wechat", query_string=query, data=xml)

    def said(self, answer: TestResponse) -> str:
        """The text of a passive reply, opened if it is sealed; "" for an acknowledgement."""
        assert answer.status_code == 200
        if answer.data in (b"", b"success"):
            return ""
        root = xmltodict.parse(answer.data)["xml"]
        if self.aes_key:
            token = settings().wechat_token.get_secret_value()
            parts = (token, root["TimeStamp"], root["Nonce"], root["Encrypt"])
            assert root["MsgSignature"] == envelope.signature(*parts)
            keys = [envelope.aes_key(self.aes_key)]
            clear = envelope.unseal(root["Encrypt"], keys=keys, appid=settings().wechat_appid).xml
            root = xmltodict.parse(clear)["xml"]
        return str(root["Content"])

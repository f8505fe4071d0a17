"""SMS through Alibaba Cloud (短信服务, SendSms of 2017-05-25, RPC signature version 1.0).

The house's sentences go out as templates that were approved there: SMS_TEMPLATES names the code for
each notice (`ticket_answered=SMS_1,reminder=SMS_2`), whose variables are the notice's values; under
`*` may stand one with a single variable `content`. Sources: the vendor's pages on SendSms, on RPC
signatures and on its error codes.
"""

import base64
import hashlib
import hmac
import json
import secrets
from collections.abc import Mapping
from urllib.parse import quote

import httpx

from backend.kit import clock, http
from backend.kit.errors import GatewayError

VARIABLE_LIMIT = 35
"""Characters of a variable; longer ones are refused (isv.PARAM_LENGTH_LIMIT)."""
MAY_PASS = ("isv.BUSINESS_LIMIT_CONTROL", "isp.", "Throttling", "ServiceUnavailable")


class AliyunSms:
    """Raises GatewayError with the vendor's code; only its own troubles and its limits may pass."""

    def __init__(
        self, url: str, *, key_id: str, secret: str, sign_name: str, templates: Mapping[str, str]
    ) -> None:
        self._url, self._key_id, self._secret = url, key_id, secret
        self._sign_name, self._templates = sign_name, templates
        self._http = http.client(url)

    def close(self) -> None:
        """Give the connections back; the gateway is of no use afterwards."""
        self._http.close()

    def send(
        self,
        phone: str,
        text: str,
        *,
        template: str = "",
        values: Mapping[str, str] | None = None,
        key: str = "",
    ) -> str:
        """Hand a text over; returns the id that a receipt will name."""
        code, filled = self._filled(template, values or {}, text)
        asked = {
            "AccessKeyId": self._key_id,
            "Action": "SendSms",
            "Format": "JSON",
            "PhoneNumbers": phone,
            "RegionId": "cn-hangzhou",
            "SignName": self._sign_name,
            "SignatureMethod": "HMAC-SHA1",
            "SignatureNonce": secrets.token_hex(16),
            "SignatureVersion": "1.0",
            "TemplateCode": code,
            "TemplateParam": json.dumps(filled, ensure_ascii=False),
            "Timestamp": f"{clock.now():%Y-%m-%dT%H:%M:%SZ}",
            "Version": "2017-05-25",
        }
        if key:
            asked["OutId"] = hashlib.sha256(key.encode()).hexdigest()[:32]
        asked["Signature"] = signature_of("POST", asked, self._secret)
        try:
            response = self._http.post(self._url, data=asked)
            answer = response.json()
        except httpx.HTTPError as error:
            name = type(error).__name__
            raise GatewayError(f"aliyun: {name}", retry=True, code="network") from None
        except ValueError:
            failed = f"aliyun: HTTP {response.status_code}"
            raise GatewayError(failed, retry=True, code=f"http_{response.status_code}") from None
        said = str(answer.get("Code", ""))[:40]
        if said != "OK":
            message = f"aliyun: {said} {answer.get('Message', '')}"
            raise GatewayError(message, retry=said.startswith(MAY_PASS), code=said or "no_code")
        return str(answer.get("BizId", ""))

    def _filled(
        self, template: str, values: Mapping[str, str], text: str
    ) -> tuple[str, dict[str, str]]:
        code = self._templates.get(template)
        if code is None:
            code, values = self._templates.get("*"), {"content": text}
        if code is None:
            message = f"no SMS template for {template!r}: set SMS_TEMPLATES"
            raise GatewayError(message, retry=False, code="no_template")
        return code, {name: _fitting(value) for name, value in values.items()}


def signature_of(method: str, asked: Mapping[str, str], secret: str) -> str:
    """The signature of a request, over all of its parameters in order."""
    query = "&".join(f"{_escaped(name)}={_escaped(asked[name])}" for name in sorted(asked))
    signed = f"{method}&{_escaped('/')}&{_escaped(query)}"
    digest = hmac.new(f"{secret}&".encode(), signed.encode(), hashlib.sha1).digest()
    return base64.b64encode(digest).decode()


def _escaped(text: str) -> str:
    return quote(text, safe="-_.~")


def _fitting(value: str) -> str:
    line = " ".join(value.split())
    return line if len(line) <= VARIABLE_LIMIT else line[: VARIABLE_LIMIT - 1] + "…"

"""SMS and mail by the simplest gateway there is, a JSON POST with a bearer key, and the choice of
what speaks: this, `letters_aliyun` (SMS_VENDOR=aliyun), `letters_smtp` (MAIL_URL=smtps://…).

SMS_URL takes `{phone, text}`, MAIL_URL `{to, subject, text}`; any 2xx answer means accepted, and an
`id` in it is what a receipt will name.
"""

from collections.abc import Mapping

import httpx

from backend.gateways.console import ConsoleMail, ConsoleSms
from backend.gateways.letters_aliyun import AliyunSms
from backend.gateways.letters_smtp import SmtpMail
from backend.gateways.ports import MailSender, SmsSender
from backend.kit import http
from backend.kit.config import settings
from backend.kit.errors import GatewayError


class _JsonPost:
    """One address that takes JSON. Raises GatewayError; only 429, 5xx and the network may pass."""

    setting: str

    def __init__(self, url: str, key: str) -> None:
        self._url = url
        self._key = key
        self._http = http.client(url)

    def close(self) -> None:
        """Give the connections back; the gateway is of no use afterwards."""
        self._http.close()

    def _post(self, body: dict[str, str]) -> str:
        headers = {"Authorization": f"Bearer {self._key}"}
        try:
            response = self._http.post(self._url, json=body, headers=headers)
        except httpx.HTTPError as error:
            name = type(error).__name__
            raise GatewayError(f"{self.setting}: {name}", retry=True, code="network") from None
        code = response.status_code
        if not response.is_success:
            fix = f" (check {self.setting} and its key)" if code in (401, 403, 404) else ""
            raise GatewayError(
                f"{self.setting}: HTTP {code}{fix}",
                retry=code == 429 or code >= 500,
                code=f"http_{code}",
            )
        try:
            answer = response.json()
        except ValueError:
            return ""
        return str(answer.get("id", ""))[:40] if isinstance(answer, dict) else ""


class SmsGateway(_JsonPost):
    """Text messages through SMS_URL."""

    setting = "SMS_URL"

    def send(
        self,
        phone: str,
        text: str,
        *,
        template: str = "",
        values: Mapping[str, str] | None = None,
        key: str = "",
    ) -> str:
        """Hand a text over; delivery to the phone is the provider's promise."""
        return self._post({"phone": phone, "text": text})


class MailGateway(_JsonPost):
    """E-mail through MAIL_URL."""

    setting = "MAIL_URL"

    def send(self, address: str, subject: str, text: str, *, key: str = "") -> str:
        """Hand a mail over."""
        return self._post({"to": address, "subject": subject, "text": text})


def sms_from_settings() -> SmsSender:
    """The adapter for SMS_URL, or the console double where none is set."""
    given = settings()
    if not given.sms_url:
        return ConsoleSms()
    secret = given.sms_key.get_secret_value()
    if given.sms_vendor == "aliyun":
        pairs = (pair.split("=", 1) for pair in given.sms_templates.split(",") if "=" in pair)
        return AliyunSms(
            given.sms_url,
            key_id=given.sms_key_id,
            secret=secret,
            sign_name=given.sms_sign_name,
            templates={name.strip(): code.strip() for name, code in pairs},
        )
    return SmsGateway(given.sms_url, secret)


def mail_from_settings() -> MailSender:
    """The adapter for MAIL_URL, or the console double where none is set."""
    given = settings()
    if not given.mail_url:
        return ConsoleMail()
    secret = given.mail_key.get_secret_value()
    if given.mail_url.startswith(("smtp://", "smtps://")):
        return SmtpMail(
            given.mail_url, user=given.mail_user, password=secret, sender=given.mail_from
        )
    return MailGateway(given.mail_url, secret)

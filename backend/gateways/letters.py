"""SMS and mail by the simplest gateway there is: a JSON POST with a bearer key.

SMS_URL takes `{phone, text}`, MAIL_URL `{to, subject, text}`; any 2xx answer means accepted. A
provider with another protocol gets its own adapter beside this one.
"""

import httpx

from backend.gateways.console import ConsoleMail, ConsoleSms
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

    def _post(self, body: dict[str, str]) -> None:
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


class SmsGateway(_JsonPost):
    """Text messages through SMS_URL."""

    setting = "SMS_URL"

    def send(self, phone: str, text: str) -> None:
        """Hand a text over; delivery to the phone is the provider's promise."""
        self._post({"phone": phone, "text": text})


class MailGateway(_JsonPost):
    """E-mail through MAIL_URL."""

    setting = "MAIL_URL"

    def send(self, address: str, subject: str, text: str) -> None:
        """Hand a mail over."""
        self._post({"to": address, "subject": subject, "text": text})


def sms_from_settings() -> SmsSender:
    """The adapter for SMS_URL, or the console double where none is set."""
    url = settings().sms_url
    return SmsGateway(url, settings().sms_key.get_secret_value()) if url else ConsoleSms()


def mail_from_settings() -> MailSender:
    """The adapter for MAIL_URL, or the console double where none is set."""
    url = settings().mail_url
    return MailGateway(url, settings().mail_key.get_secret_value()) if url else ConsoleMail()

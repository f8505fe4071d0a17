"""Doubles for machines without an SMS or mail gateway: they log, and refuse for good.

Refusing keeps the outbox honest: the message goes on down the ladder and, if nothing else is left,
becomes a task for a person instead of counting as sent. Texts are personal, so only their length is
logged.
"""

from collections.abc import Mapping

import structlog

from backend.kit.errors import GatewayError

log = structlog.get_logger(__name__)


class ConsoleSms:
    """Stands in for SMS where SMS_URL is empty."""

    def send(
        self,
        phone: str,
        text: str,
        *,
        template: str = "",
        values: Mapping[str, str] | None = None,
        key: str = "",
    ) -> str:
        """Log and refuse."""
        log.warning("sms_not_sent", phone=phone, characters=len(text), fix="set SMS_URL")
        raise GatewayError("no SMS gateway: set SMS_URL", retry=False, code="not_configured")


class ConsoleMail:
    """Stands in for mail where MAIL_URL is empty."""

    def send(self, address: str, subject: str, text: str, *, key: str = "") -> str:
        """Log and refuse."""
        log.warning("mail_not_sent", subject=subject, characters=len(text), fix="set MAIL_URL")
        raise GatewayError("no mail gateway: set MAIL_URL", retry=False, code="not_configured")

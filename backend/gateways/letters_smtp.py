"""Mail by SMTP: `smtp://host:587` with STARTTLS, `smtps://host:465` with TLS from the first byte.
On this machine itself no encryption is asked for.

One connection for each mail: they are few, and a broken connection is nobody's trouble but its own.
A refused address is known at once (5xx); what bounces later comes as a receipt, by the id of the
message.
"""

import hashlib
import secrets
import smtplib
import ssl
from email.message import EmailMessage
from email.utils import formatdate, parseaddr
from urllib.parse import urlsplit

from backend.kit.errors import GatewayError

TIMEOUT_SECONDS = 10.0
LOOPBACK = ("127.0.0.1", "localhost")


class SmtpMail:
    """Raises GatewayError: 5xx is final for this letter, 4xx and the network may pass, and 535
    says that user or password are wrong."""

    def __init__(self, url: str, *, user: str, password: str, sender: str) -> None:
        parts = urlsplit(url)
        self._host, self._is_tls = parts.hostname or "", parts.scheme == "smtps"
        self._port = parts.port or (465 if self._is_tls else 587)
        self._user, self._password, self._sender = user, password, sender

    def send(self, address: str, subject: str, text: str, *, key: str = "") -> str:
        """Hand a mail over; returns the local part of its Message-ID, the same for the same key."""
        local = hashlib.sha256(key.encode()).hexdigest()[:32] if key else secrets.token_hex(16)
        mail = EmailMessage()
        mail["From"], mail["To"], mail["Subject"] = self._sender, address, subject
        mail["Date"] = formatdate()
        mail["Message-ID"] = f"<{local}@{parseaddr(self._sender)[1].partition('@')[2]}>"
        mail.set_content(text)
        try:
            with self._connected() as server:
                server.send_message(mail)
        except smtplib.SMTPRecipientsRefused as refused:
            code = next(iter(refused.recipients.values()))[0]
            raise _failure(code) from None
        except smtplib.SMTPResponseException as refused:
            raise _failure(refused.smtp_code) from None
        except (smtplib.SMTPException, OSError) as error:
            name = type(error).__name__
            raise GatewayError(f"smtp: {name}", retry=True, code="network") from None
        return local

    def _connected(self) -> smtplib.SMTP:
        safe = ssl.create_default_context()
        if self._is_tls:
            server: smtplib.SMTP = smtplib.SMTP_SSL(
                self._host, self._port, timeout=TIMEOUT_SECONDS, context=safe
            )
        else:
            server = smtplib.SMTP(self._host, self._port, timeout=TIMEOUT_SECONDS)
        try:
            if not self._is_tls and self._host not in LOOPBACK:
                server.starttls(context=safe)
            if self._user:
                server.login(self._user, self._password)
        except BaseException:
            server.close()
            raise
        return server


def _failure(code: int) -> GatewayError:
    return GatewayError(f"smtp: {code}", retry=400 <= code < 500, code=f"smtp_{code}")

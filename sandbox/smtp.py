"""A mail server for one sender: what it takes lies in the same inbox as the other mails.

Speaks enough of RFC 5321 for a client that signs in (AUTH PLAIN or LOGIN; user `sandbox`, password
SANDBOX_GATEWAY_KEY) and sends. `nobody@…` is unknown at once (550), `busy@…` later perhaps (451),
`bounce@…` comes back afterwards. Listens where SANDBOX_SMTP_PORT says, else not at all.
"""

from __future__ import annotations

import base64
import email
import email.policy
import re
import socketserver
import threading
from email.message import EmailMessage

from sandbox import reports
from sandbox.world import World

USER = "sandbox"
_ADDRESS = re.compile(rb"<([^<>\s]+@[^<>\s]+)>")


class MailServer(socketserver.ThreadingTCPServer):
    """Accepts mails for a world until it is shut down."""

    allow_reuse_address = True
    daemon_threads = True

    def __init__(self, world: World, port: int) -> None:
        super().__init__((world.settings.host, port), _Dialogue)
        self.world = world
        threading.Thread(target=self.serve_forever, args=(0.05,), daemon=True).start()

    def keep(self, raw: bytes, recipients: list[str]) -> None:
        """Put a mail into the inbox and report on it."""
        mail = email.message_from_bytes(raw, policy=email.policy.default)
        assert isinstance(mail, EmailMessage)
        body = mail.get_body(("plain",))
        text = body.get_content().strip() if body else ""
        for to in recipients:
            self.world.store.insert(
                "INSERT INTO outside (kind, recipient, subject, text, ts) VALUES (?, ?, ?, ?, ?)",
                "mail", to, str(mail["Subject"]), text, self.world.clock.now(),
            )  # fmt: skip
            arrived, word = reports.fate_of_mail(to)
            report = {"message_id": str(mail["Message-ID"]), "success": arrived, "err_code": word}
            reports.tell(self.world, "mail", report)


class _Dialogue(socketserver.StreamRequestHandler):
    server: MailServer
    timeout = 20

    def handle(self) -> None:
        self._known, self._to = False, list[str]()
        self._say("220 sandbox ESMTP")
        while True:
            line = self.rfile.readline(2048)
            if not line or not self._answered(line.strip()):
                return

    def _answered(self, line: bytes) -> bool:
        """Answer a command; False after the last one."""
        verb = line.split(b" ", 1)[0].split(b":", 1)[0].upper()
        if verb == b"QUIT":
            self._say("221 bye")
            return False
        if verb in (b"EHLO", b"HELO"):
            self._say("250-sandbox\r\n250-AUTH PLAIN LOGIN\r\n250 8BITMIME")
        elif verb == b"AUTH":
            self._sign_in(line.split(b" "))
        elif verb in (b"NOOP", b"RSET"):
            self._to = []
            self._say("250 ok")
        elif not self._known:
            self._say("530 authentication required")
        elif verb == b"MAIL":
            self._to = []
            self._say("250 ok")
        elif verb == b"RCPT":
            self._receive(line)
        elif verb == b"DATA":
            self._take()
        else:
            self._say("502 not implemented")
        return True

    def _sign_in(self, parts: list[bytes]) -> None:
        if parts[1].upper() == b"PLAIN":
            _, user, password = base64.b64decode(parts[2]).split(b"\0")
        else:
            user = base64.b64decode(parts[2]) if len(parts) > 2 else self._asked("VXNlcm5hbWU6")
            password = self._asked("UGFzc3dvcmQ6")
        wanted = self.server.world.settings.gateway_key.encode()
        self._known = (user, password) == (USER.encode(), wanted)
        self._say("235 welcome" if self._known else "535 authentication failed")

    def _asked(self, prompt: str) -> bytes:
        self._say(f"334 {prompt}")
        return base64.b64decode(self.rfile.readline(1024).strip())

    def _receive(self, line: bytes) -> None:
        found = _ADDRESS.search(line)
        to = found.group(1).decode() if found else ""
        if not to or to.startswith("nobody@"):
            self._say("550 no such user")
        elif to.startswith("busy@"):
            self._say("451 try again later")
        else:
            self._to.append(to)
            self._say("250 ok")

    def _take(self) -> None:
        if not self._to:
            self._say("503 nobody to send it to")
            return
        self._say("354 go on")
        lines: list[bytes] = []
        while (line := self.rfile.readline(2048)) not in (b".\r\n", b""):
            lines.append(line[1:] if line.startswith(b"..") else line)
        self.server.keep(b"".join(lines), self._to)
        self._say("250 kept")

    def _say(self, text: str) -> None:
        self.wfile.write(f"{text}\r\n".encode())

"""A town without telephone lines: ports that write down what they are given, or refuse on cue."""

from collections.abc import Mapping
from typing import Any

from backend.gateways.ports import TemplateMessage
from backend.kit.errors import GatewayError


class Outside:
    """All channels. `refusals[channel]` is a list of errors to raise before the next sends."""

    def __init__(self) -> None:
        self.sent: list[tuple[str, str, Any]] = []
        self.refusals: dict[str, list[GatewayError]] = {}

    def refuse(self, channel: str, code: str, *, retry: bool = False, times: int = 1) -> None:
        error = GatewayError(f"{code} refused", retry=retry, code=code)
        self.refusals.setdefault(channel, []).extend([error] * times)

    def take(self, channel: str, address: str, content: Any) -> None:
        if self.refusals.get(channel):
            raise self.refusals[channel].pop(0)
        self.sent.append((channel, address, content))

    def texts(self) -> list[str]:
        """What was said in chats, in order."""
        return [
            content["text"]["content"]
            for channel, _, content in self.sent
            if channel == "chat" and content["msgtype"] == "text"
        ]


class RecordingChat:
    def __init__(self, outside: Outside) -> None:
        self.outside = outside

    def send(self, openid: str, body: Mapping[str, Any], *, key: str) -> None:
        self.outside.take("chat", openid, body)

    def send_template(self, openid: str, message: TemplateMessage) -> str:
        self.outside.take("template", openid, message)
        return f"msg{len(self.outside.sent)}"

    def send_subscription(self, openid: str, message: TemplateMessage) -> str:
        self.outside.take("subscribe", openid, message)
        return f"msg{len(self.outside.sent)}"

    def show_typing(self, openid: str) -> None:
        self.outside.take("typing", openid, None)


class RecordingSms:
    def __init__(self, outside: Outside) -> None:
        self.outside = outside

    def send(
        self,
        phone: str,
        text: str,
        *,
        template: str = "",
        values: Mapping[str, str] | None = None,
        key: str = "",
    ) -> str:
        self.outside.take("sms", phone, text)
        return f"sms{len(self.outside.sent)}"


class RecordingMail:
    def __init__(self, outside: Outside) -> None:
        self.outside = outside

    def send(self, address: str, subject: str, text: str, *, key: str = "") -> str:
        self.outside.take("mail", address, (subject, text))
        return f"mail{len(self.outside.sent)}"

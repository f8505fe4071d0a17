"""The chat's adapter that looks at the address: a visitor's window, or WeChat for everybody else.

No call to WeChat ever carries a visitor's address.
"""

import re
from collections.abc import Mapping
from typing import Any

from backend.gateways.ports import ChatSender, TemplateMessage
from backend.gateways.visitors import is_visitor
from backend.gateways.webchat import lines
from backend.kit.db import unit_of_work
from backend.kit.errors import GatewayError, NotFound

_TAP = re.compile(r'<a href="weixin://[^"]*">([^<]*)</a>')
"""A link that says its words in WeChat; the window makes buttons of «回复「…」» by itself."""


class ByAddress:
    """A ChatSender for both kinds of people."""

    def __init__(self, wechat: ChatSender) -> None:
        self._wechat = wechat

    def send(self, openid: str, body: Mapping[str, Any], *, key: str) -> None:
        """Put a line into a visitor's window, once per key; or send a customer message."""
        if not is_visitor(openid):
            self._wechat.send(openid, body, key=key)
            return
        try:
            with unit_of_work() as session:
                lines.show(session, openid, key=key, body=_without_taps(body))
        except NotFound:
            raise GatewayError("no such visitor", retry=False, code="no_visitor") from None

    def send_template(self, openid: str, message: TemplateMessage) -> str:
        """Only to followers."""
        return self._wechat.send_template(_follower(openid), message)

    def send_subscription(self, openid: str, message: TemplateMessage) -> str:
        """Only to followers."""
        return self._wechat.send_subscription(_follower(openid), message)

    def show_typing(self, openid: str) -> None:
        """Show in the window, or in WeChat, that an answer is on its way."""
        if not is_visitor(openid):
            self._wechat.show_typing(openid)
            return
        with unit_of_work() as session:
            lines.set_typing(session, openid, is_typing=True)


def _without_taps(body: Mapping[str, Any]) -> Mapping[str, Any]:
    said = body.get("text", {}).get("content")
    return {**body, "text": {"content": _TAP.sub(r"\1", said)}} if said else body


def _follower(openid: str) -> str:
    if is_visitor(openid):
        raise GatewayError("a visitor of the website follows nobody", retry=False, code="no_openid")
    return openid

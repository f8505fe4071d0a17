"""Pages opened inside WeChat: who is looking (OAuth2, silently), and the ticket of the JS-SDK.

A web token is not the account's access token and is thrown away: all we want of it is the openid.
"""

from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import urlencode

from redis import Redis

from backend.gateways.wechat.token import TokenKeeper
from backend.kit.errors import GatewayError

Ask = Callable[[str, Mapping[str, str]], dict[str, Any]]
"""A GET by path and parameters; its answer, or GatewayError."""


class Website:
    """A WebSignIn. `ask` sends the account's access token along, `ask_bare` does not."""

    def __init__(
        self, *, appid: str, secret: str, open_url: str, ask: Ask, ask_bare: Ask, redis: Redis
    ) -> None:
        self._appid = appid
        self._secret = secret
        self._open_url = open_url.rstrip("/")
        self._ask = ask
        self._ask_bare = ask_bare
        self._tickets = TokenKeeper(f"wechat:jsapi_ticket:{appid}", self._fetch_ticket, redis)

    def sign_in_url(self, back_url: str, state: str) -> str:
        """Where to send a browser. The parameters' order is the platform's own; so is the hash."""
        query = urlencode(
            {
                "appid": self._appid,
                "redirect_uri": back_url,
                "response_type": "code",
                "scope": "snsapi_base",
                "state": state,
            }
        )
        return f"{self._open_url}/connect/oauth2/authorize?{query}#wechat_redirect"

    def openid_behind(self, code: str) -> str:
        """Exchange a code, which works once within five minutes. Raises GatewayError."""
        answer = self._ask_bare(
            "/sns/oauth2/access_token",
            {
                "appid": self._appid,
                "secret": self._secret,
                "code": code,
                "grant_type": "authorization_code",
            },
        )
        openid = answer.get("openid")
        if not isinstance(openid, str) or not openid:
            raise GatewayError("the platform named nobody", retry=True, code="garbled")
        return openid

    def page_ticket(self) -> str:
        """The JS-SDK's ticket, one for all processes for two hours."""
        return self._tickets.token()

    def _fetch_ticket(self) -> tuple[str, int]:
        answer = self._ask("/cgi-bin/ticket/getticket", {"type": "jsapi"})
        return answer["ticket"], int(answer["expires_in"])

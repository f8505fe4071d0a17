"""Calls to the server API: customer and template messages, codes, followers, media."""

import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

import httpx
import structlog
from redis import Redis

from backend.gateways.ports import Media, SceneCode, TemplateMessage
from backend.gateways.wechat.errors import ALREADY_SENT, STALE_TOKEN, gateway_error, raise_alarm
from backend.gateways.wechat.menus import Menus
from backend.gateways.wechat.token import TokenKeeper
from backend.gateways.wechat.website import Website
from backend.kit import http, queue
from backend.kit.config import settings
from backend.kit.errors import GatewayError

log = structlog.get_logger(__name__)


class WechatClient:
    """The account's server API: a ChatSender and a PublicAccount; `website` and `menus` are its
    other parts. Safe to share among threads."""

    def __init__(
        self,
        *,
        appid: str,
        secret: str,
        api_url: str,
        mp_url: str,
        redis: Redis,
        open_url: str = "https://open.weixin.qq.com",
    ) -> None:
        self._appid = appid
        self._secret = secret
        self._mp_url = mp_url.rstrip("/")
        self._http = http.client(api_url)
        self._tokens = TokenKeeper(f"wechat:token:{appid}", self._fetch_token, redis)
        self.menus = Menus(post=self._post, get=lambda path: self._json("GET", path))
        self.website = Website(
            appid=appid,
            secret=secret,
            open_url=open_url,
            ask=lambda path, params: self._json("GET", path, params=params),
            ask_bare=lambda path, params: _json_of(self._request("GET", path, params)),
            redis=redis,
        )

    @classmethod
    def from_settings(cls) -> "WechatClient":
        """The client for WECHAT_APPID, sharing its token through REDIS_URL."""
        return cls(
            appid=settings().wechat_appid,
            secret=settings().wechat_secret.get_secret_value(),
            api_url=settings().wechat_api_url,
            mp_url=settings().wechat_mp_url,
            open_url=settings().wechat_open_url,
            redis=queue.connect(),
        )

    def close(self) -> None:
        """Give the connections back; the client is of no use afterwards."""
        self._http.close()

    def send(self, openid: str, body: Mapping[str, Any], *, key: str = "") -> None:
        """Send a customer-service message; the platform has no use for its key."""
        self._post("/cgi-bin/message/custom/send", {"touser": openid, **body})

    def send_template(self, openid: str, message: TemplateMessage) -> str:
        """Send a template message; a repeat of the same `client_msg_id` counts as sent."""
        body: dict[str, Any] = {
            "touser": openid,
            "template_id": message.template_id,
            "client_msg_id": message.client_msg_id,
            "data": {name: {"value": text} for name, text in message.fields.items()},
        }
        if message.url:
            body["url"] = message.url
        try:
            answer = self._post("/cgi-bin/message/template/send", body)
        except GatewayError as error:
            if error.code == ALREADY_SENT:
                return ""
            raise
        return str(answer.get("msgid", ""))

    def send_subscription(self, openid: str, message: TemplateMessage) -> str:
        """Send a notice that the person has agreed to; it uses that consent up (43101: none)."""
        body: dict[str, Any] = {
            "touser": openid,
            "template_id": message.template_id,
            "data": {name: {"value": text} for name, text in message.fields.items()},
        }
        if message.url:
            body["page"] = message.url
        return str(self._post("/cgi-bin/message/subscribe/bizsend", body).get("msgid", ""))

    def show_typing(self, openid: str) -> None:
        """Show that an answer is on its way; refused without harm when the person is not there."""
        try:
            self._post("/cgi-bin/message/custom/typing", {"touser": openid, "command": "Typing"})
        except GatewayError as error:
            log.info("typing_not_shown", code=error.code)

    def create_code(self, scene: str, *, expires_in_seconds: int | None = None) -> SceneCode:
        """A code whose scan reports `scene`; at most 30 days, or one of 100,000 permanent ones."""
        body: dict[str, Any] = {
            "action_name": "QR_STR_SCENE" if expires_in_seconds else "QR_LIMIT_STR_SCENE",
            "action_info": {"scene": {"scene_str": scene}},
        }
        if expires_in_seconds:
            body["expire_seconds"] = expires_in_seconds
        answer = self._post("/cgi-bin/qrcode/create", body)
        image = f"{self._mp_url}/cgi-bin/showqrcode?ticket={quote(answer['ticket'], safe='')}"
        return SceneCode(image_url=image, url=answer["url"])

    def user(self, openid: str) -> dict[str, Any]:
        """What the platform tells of a follower."""
        return self._json("GET", "/cgi-bin/user/info", params={"openid": openid, "lang": "zh_CN"})

    def download(self, media_id: str) -> Media:
        """A file that somebody sent. Videos are answered with an address, which is followed."""
        path = "/cgi-bin/media/get"
        response = self._call("GET", path, params={"media_id": media_id})
        address = _json_of(response).get("video_url") if _is_json(response) else None
        if address:
            response = self._request("GET", address, {})
        content_type = response.headers.get("content-type", "application/octet-stream")
        return Media(content=response.content, content_type=content_type.split(";")[0])

    def _post(self, path: str, body: Mapping[str, Any]) -> dict[str, Any]:
        return self._json("POST", path, body=body)

    def _json(self, method: str, path: str, **arguments: Any) -> dict[str, Any]:
        return _json_of(self._call(method, path, **arguments))

    def _call(
        self,
        method: str,
        path: str,
        *,
        params: Mapping[str, str] | None = None,
        body: Mapping[str, Any] | None = None,
    ) -> httpx.Response:
        """One call with the shared token, and once more with its successor if it was stale."""
        try:
            token = self._tokens.token()
            try:
                return self._request(method, path, {**(params or {}), "access_token": token}, body)
            except GatewayError as error:
                if error.code not in STALE_TOKEN:
                    raise
            token = self._tokens.replace(token)
            return self._request(method, path, {**(params or {}), "access_token": token}, body)
        except GatewayError as error:
            raise_alarm(error)
            raise

    def _fetch_token(self) -> tuple[str, int]:
        body = {
            "grant_type": "client_credential",
            "appid": self._appid,
            "secret": self._secret,
            "force_refresh": False,
        }
        answer = _json_of(self._request("POST", "/cgi-bin/stable_token", {}, body))
        return answer["access_token"], int(answer["expires_in"])

    def _request(
        self,
        method: str,
        path: str,
        params: Mapping[str, str],
        body: Mapping[str, Any] | None = None,
    ) -> httpx.Response:
        # The platform takes raw UTF-8 only: escaped Chinese appears on phones as \uXXXX.
        content = json.dumps(body, ensure_ascii=False).encode() if body is not None else None
        try:
            response = self._http.request(
                method,
                path,
                params=dict(params),
                content=content,
                headers={"Content-Type": "application/json"} if content else None,
            )
        except httpx.HTTPError as error:
            # The exception's own text may carry the address, and with it the access token.
            name = type(error).__name__
            raise GatewayError(f"{path}: {name}", retry=True, code="network") from None
        if response.status_code >= 400:
            code = response.status_code
            raise GatewayError(f"{path}: HTTP {code}", retry=code >= 500, code=f"http_{code}")
        if _is_json(response):
            answer = _json_of(response)
            if answer.get("errcode"):
                raise gateway_error(answer["errcode"], answer.get("errmsg", ""), call=path)
        return response


def _is_json(response: httpx.Response) -> bool:
    # The platform labels JSON as text/plain on some calls.
    kind = response.headers.get("content-type", "")
    return "json" in kind or (kind.startswith("text/plain") and response.content[:1] == b"{")


def _json_of(response: httpx.Response) -> dict[str, Any]:
    try:
        answer = json.loads(response.content)
    except ValueError:
        answer = None
    if not isinstance(answer, dict):
        raise GatewayError("the platform's answer is not JSON", retry=True, code="garbled")
    return answer

"""What rooms may ask of the outside world, and which adapter answers.

`wiring.connect()` calls `use(...)` once per process; the outbox asks `chat()`, `sms()`, `mail()`.
Every method raises GatewayError when the outside world fails, and never retries by itself except
for a stale access token: when to try again is the outbox's decision, made in the database.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from pydantic import BaseModel, ConfigDict


class TemplateMessage(BaseModel):
    """A WeChat template message or subscription notice, ready to send.

    `fields` maps a field's name in the template (`thing1`) to its text; `client_msg_id` makes a
    repeat of a template message harmless, because the platform refuses the second one.
    """

    model_config = ConfigDict(frozen=True)

    template_id: str
    fields: dict[str, str]
    url: str | None = None
    client_msg_id: str


class SceneCode(BaseModel):
    """A parametric QR code: `image_url` shows it, `url` is what it encodes."""

    model_config = ConfigDict(frozen=True)

    image_url: str
    url: str


class Media(BaseModel):
    """A file somebody sent: its bytes and its MIME type."""

    model_config = ConfigDict(frozen=True)

    content: bytes
    content_type: str


class ChatSender(Protocol):
    """Says something in the chat of one follower, or of a visitor of our website."""

    def send(self, openid: str, body: Mapping[str, Any], *, key: str) -> None:
        """Send a customer-service message: `{"msgtype": …}` as the platform documents it. `key`
        names it: where the chat is our own, a repeat shows nothing twice."""

    def send_template(self, openid: str, message: TemplateMessage) -> str:
        """Send a template message; returns the platform's id for it, "" for a known repeat."""

    def send_subscription(self, openid: str, message: TemplateMessage) -> str:
        """Send a notice that the person has agreed to; returns the platform's id for it."""

    def show_typing(self, openid: str) -> None:
        """Show "typing…" for up to 15 s. A nicety: its failures are logged and swallowed."""


class PublicAccount(Protocol):
    """The account behind the chat: its codes, its followers and their files."""

    def create_code(self, scene: str, *, expires_in_seconds: int | None = None) -> SceneCode:
        """A QR code whose scan reports `scene` (1–64 characters); permanent without an expiry."""

    def user(self, openid: str) -> dict[str, Any]:
        """What the platform tells of a follower (no nickname since 2021)."""

    def download(self, media_id: str) -> Media:
        """Fetch a file that somebody sent; the platform keeps it for 3 days."""


class MenuDesk(Protocol):
    """The menu at the bottom of the chat, one for everybody and one for each tag."""

    def publish(
        self,
        default: Sequence[Mapping[str, Any]],
        by_tag: Mapping[str, Sequence[Mapping[str, Any]]],
    ) -> None:
        """Replace all menus by these buttons, as the platform documents them."""

    def tag(self, openids: Sequence[str], *, add: str | None, remove: str | None) -> None:
        """Give followers a tag, take one away, or both."""


class WebSignIn(Protocol):
    """What pages inside WeChat ask of the platform."""

    def sign_in_url(self, back_url: str, state: str) -> str:
        """Where to send a browser, which comes back to `back_url` with `code` and `state`."""

    def openid_behind(self, code: str) -> str:
        """Who came back. Raises GatewayError for a code that is old or used."""

    def page_ticket(self) -> str:
        """What signatures for the JS-SDK are made with."""


class SmsSender(Protocol):
    """Sends a text message to a mobile phone."""

    def send(
        self,
        phone: str,
        text: str,
        *,
        template: str = "",
        values: Mapping[str, str] | None = None,
        key: str = "",
    ) -> str:
        """Send `text`, or what the vendor has approved for `template` filled with `values`; `key`
        names it. Returns the id by which a receipt will name it, "" where there are none."""


class MailSender(Protocol):
    """Sends a plain-text e-mail."""

    def send(self, address: str, subject: str, text: str, *, key: str = "") -> str:
        """Send a mail; `key` names it. Returns the id by which a receipt will name it, or ""."""


class NotWired(RuntimeError):
    """Somebody called a port before `wiring.connect()` had filled it."""


_chat: ChatSender | None = None
_account: PublicAccount | None = None
_menus: MenuDesk | None = None
_sign_in: WebSignIn | None = None
_sms: SmsSender | None = None
_mail: MailSender | None = None


def use(
    *,
    chat: ChatSender | None = None,
    account: PublicAccount | None = None,
    menus: MenuDesk | None = None,
    sign_in: WebSignIn | None = None,
    sms: SmsSender | None = None,
    mail: MailSender | None = None,
) -> None:
    """Fill ports; those not named keep their adapter."""
    global _chat, _account, _menus, _sign_in, _sms, _mail
    _chat = chat or _chat
    _account = account or _account
    _menus = menus or _menus
    _sign_in = sign_in or _sign_in
    _sms = sms or _sms
    _mail = mail or _mail


def chat() -> ChatSender:
    """The chat's adapter."""
    if _chat is None:
        raise NotWired("chat")
    return _chat


def account() -> PublicAccount:
    """The public account's adapter."""
    if _account is None:
        raise NotWired("account")
    return _account


def menus() -> MenuDesk:
    """The menu's adapter."""
    if _menus is None:
        raise NotWired("menus")
    return _menus


def sign_in() -> WebSignIn:
    """The adapter that tells who looks at a page."""
    if _sign_in is None:
        raise NotWired("sign_in")
    return _sign_in


def sms() -> SmsSender:
    """The text messages' adapter."""
    if _sms is None:
        raise NotWired("sms")
    return _sms


def mail() -> MailSender:
    """The mail's adapter."""
    if _mail is None:
        raise NotWired("mail")
    return _mail

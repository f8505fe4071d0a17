"""The door of our own website: a chat window, behind which the same bot talks (A13).

What a visitor says is stored and answered exactly like a message from WeChat; the answer is a line
of their window, which the page reads from any number on. `browsers` knows who they are.
"""

import hashlib
import time
import uuid
from datetime import timedelta
from typing import Annotated
from urllib.parse import quote

import segno
import structlog
from flask import Blueprint, Response, jsonify, make_response, render_template, request, url_for
from flask_limiter.util import get_remote_address
from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StringConstraints,
    ValidationError,
)

from backend.gateways.webchat import lines
from backend.kit import clock
from backend.kit.config import settings
from backend.kit.db import reading, unit_of_work
from backend.kit.errors import GatewayError
from backend.security import codes
from backend.security import queries as origins
from backend.security import service as security
from backend.security.schemas import CodeKind
from backend.web import shield
from bot import browsers, conversation, window
from bot.conversation import Delivered
from bot.inbound import Incoming, Kind
from bot.phrases import web_chat as phrases
from bot.waiting import answer_in_time

log = structlog.get_logger(__name__)
blueprint = Blueprint(
    "web_chat",
    __name__,
    template_folder="templates",
    static_folder="static",
    static_url_path="/chat/static",
)

CODE_LASTS = timedelta(days=2)
ANSWER_WITHIN_SECONDS = 4.0
LARGEST_BODY, LONGEST_TEXT = 16 * 1024, 1000
WIDGET_KEPT_SECONDS = 600


def _address_of_visitor() -> str:
    return browsers.visitor() or get_remote_address() or ""


per_visitor = shield.limiter.limit("20 per minute", key_func=_address_of_visitor)
per_address = shield.limiter.limit("120 per minute")
polls = shield.limiter.limit("240 per minute", key_func=_address_of_visitor)
codes_asked = shield.limiter.limit("6 per minute", key_func=_address_of_visitor)

codes_per_address = shield.limiter.limit("20 per minute;300 per day")
"""Visitors cost nothing, and the platform makes only so many codes a day."""


def _printable(text: object) -> object:
    """Without the control characters that XML from WeChat could not carry either."""
    if not isinstance(text, str):
        return text
    printable = (character for character in text if character >= " " or character in "\t\n")
    return "".join(printable).strip()


Text = Annotated[
    str,
    BeforeValidator(_printable),
    StringConstraints(min_length=1, max_length=LONGEST_TEXT),
]


class _Words(BaseModel):
    """What the page sends: `client_id` names the message however often it is sent; `after` is the
    last line the page has; the rest says where the visitor comes from."""

    model_config = ConfigDict(extra="ignore")

    client_id: uuid.UUID
    text: Text
    after: int = Field(default=0, ge=0)
    source: str = Field(default="", max_length=200)
    campaign: str = Field(default="", max_length=200)
    page: str = Field(default="", max_length=2000)


@blueprint.get("/chat")
def page() -> Response:
    """The window. Looking at it stores nothing, neither here nor in the browser: the token of a
    visitor to be lives in the page until they write."""
    token = browsers.token_for_page()
    answer = make_response(
        render_template("web_chat/window.html", token=token, phrases=phrases, version=_version)
    )
    answer.headers["Content-Security-Policy"] = shield.content_security_policy(
        framed_by=settings().website_origin_list
    )
    return answer


@blueprint.get("/chat/widget.js")
def widget() -> Response:
    """The script that a website includes."""
    answer = make_response(blueprint.send_static_file("widget.js"))
    answer.cache_control.no_cache = None
    answer.cache_control.public, answer.cache_control.max_age = True, WIDGET_KEPT_SECONDS
    return answer


@blueprint.post("/chat/messages")
@per_address
@per_visitor
def hear() -> tuple[Response, int] | Response:
    """One message, however often it is sent; what is new in the window, with the answer if it is
    there within four seconds. Else the window finds it by asking on."""
    arrived = time.monotonic()
    openid = browsers.sender()
    request.max_content_length = LARGEST_BODY
    try:
        words = _Words.model_validate_json(request.get_data(cache=False))
    except ValidationError:
        return jsonify(error="invalid", message=phrases.NOT_TAKEN), 400
    delivered = _store(openid, words)
    if delivered.done is None:
        answer_in_time(delivered, until=arrived + ANSWER_WITHIN_SECONDS, while_slow=lambda: None)
    answer = _news(openid, after=words.after)
    browsers.remember(answer, openid)
    return answer


@blueprint.get("/chat/events")
@polls
def events() -> Response:
    """The lines after number `after`, and how soon to ask again."""
    after = request.args.get("after", 0, int)
    return _news(browsers.sender(), after=max(0, after))


@blueprint.post("/chat/wechat")
@codes_per_address
@codes_asked
def go_on() -> tuple[Response, int] | Response:
    """A QR code, for two days, whose scan takes this visitor's talk to WeChat. Asked for again it
    is the same one."""
    openid = browsers.sender()
    with unit_of_work() as session:
        ticket = lines.ticket_of(session, openid)
    try:
        code = codes.make(CodeKind.WEB, ticket, label=phrases.VISITOR, lasts=CODE_LASTS)
    except GatewayError as error:
        log.warning("code_not_made", error=str(error))
        return jsonify(error="unreachable", message=phrases.NO_CODE), 503
    picture = segno.make(code.url or "", error="m", micro=False)
    return jsonify(picture=picture.svg_data_uri(scale=5, border=3))


def _store(openid: str, words: _Words) -> Delivered:
    """Write the message down, once, with the visitor and where they come from; take it up."""
    name = f"{openid}\x1f{words.client_id}"
    incoming = Incoming(
        account=settings().wechat_account,
        openid=openid,
        sent_at=clock.now(),
        kind=Kind.TEXT,
        text=words.text,
        dedupe_key=hashlib.sha256(name.encode()).hexdigest(),
    )
    with unit_of_work() as session:
        # The talk, the message, the lead, the visitor: in this order turns lock them too.
        conversation.lock_talk(session, openid)
        delivered = conversation.deliver(session, incoming)
        code = origins.origin_named(session, words.source, words.campaign)
        if code is not None and code.source != lines.source_of(session, openid):
            security.note_scan(session, openid, code.scene)
        source = code.source if code else None
        lines.arrive(session, openid, source=source, came_from=_place(words))
        lines.hear(session, openid, key=f"{window.SAID_KEY}{words.client_id}", text=words.text)
        return delivered


def _place(words: _Words) -> str | None:
    """The page and the campaign in a form fit for the lead's timeline: no query, no fragment."""
    address = words.page.split("?")[0].split("#")[0]
    if not address.startswith(("http://", "https://")) or not address.isprintable():
        return None
    named = f"（{quote(words.campaign, safe='')[:60]}）" if words.campaign else ""
    return f"{address[:230]}{named}"


def _news(openid: str, *, after: int) -> Response:
    with reading() as session:
        found = lines.read(session, openid, after=after)
    if found.must_note_seen:
        with unit_of_work() as session:
            lines.note_seen(session, openid)
    body = window.as_json(found, after=after)
    return jsonify(**body, retry_after_ms=int(1000 * window.pause_seconds(found)))


def _version(name: str) -> str:
    """The address of a static file with its version."""
    path = f"{blueprint.static_folder}/{name}"
    with open(path, "rb") as file:
        digest = hashlib.sha256(file.read()).hexdigest()[:8]
    return url_for("web_chat.static", filename=name, v=digest)

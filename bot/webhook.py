"""The door WeChat knocks at: verify, decrypt, claim, answer (design §3, steps 1–5).

A request that is not WeChat's is refused with nothing stored. A message is stored before anything
else, then answered within WeChat's five seconds or, when that does not work out, by a customer
message: exactly one of the two.
"""

import time
from dataclasses import dataclass

import structlog
from flask import Blueprint, Response, request
from pydantic import SecretStr

from backend.gateways.visitors import is_visitor
from backend.kit import clock
from backend.kit.config import settings
from backend.kit.db import unit_of_work
from backend.outbox import service as outbox
from bot import conversation, envelope, inbound, replies
from bot.conversation import PASSIVE, Answered
from bot.inbound import Kind
from bot.waiting import answer_in_time

log = structlog.get_logger(__name__)
blueprint = Blueprint("wechat", __name__)

ANSWER_WITHIN_SECONDS = 4.3  # WeChat hangs up after five.
LARGEST_BODY = 64 * 1024
SUCCESS = "success"


@dataclass(frozen=True)
class Delivery:
    """A verified delivery: the message, and how to seal the answer."""

    incoming: inbound.Incoming
    aes_key: bytes | None


@blueprint.get("/wechat")
def verify() -> Response:
    """WeChat checks that this address is ours: echostr back, and nothing else."""
    try:
        _check_plain_signature()
    except envelope.EnvelopeRefused:
        return _refused()
    echo = request.args.get("echostr", "")
    return Response(echo, mimetype="text/plain") if echo else _refused()


@blueprint.post("/wechat")
def receive() -> Response:
    """One delivery of a message or event; the same one may come three times, also at once."""
    arrived = time.monotonic()
    try:
        delivery = _open()
    except (envelope.EnvelopeRefused, inbound.NotAMessage) as error:
        log.info("delivery_refused", reason=str(error))
        return _refused()
    if delivery.incoming.kind is Kind.OTHER:
        return Response(SUCCESS)
    with unit_of_work() as session:
        delivered = conversation.deliver(session, delivery.incoming)
    who = delivery.incoming.openid
    done = delivered.done or answer_in_time(
        delivered,
        until=arrived + ANSWER_WITHIN_SECONDS,
        while_slow=lambda: outbox.announce_typing(who),  # Who waits long sees «typing».
    )
    return _respond(delivery, done)


def _respond(delivery: Delivery, done: Answered | None) -> Response:
    if done is None or done.via != PASSIVE or not done.reply.bubbles:
        return Response(SUCCESS)
    now = int(clock.now().timestamp())
    incoming = delivery.incoming
    xml = replies.to_xml(
        done.reply.bubbles[0], openid=incoming.openid, account=incoming.account, at=now
    )
    if delivery.aes_key is not None:
        sealed = envelope.seal(xml, key=delivery.aes_key, appid=settings().wechat_appid)
        nonce = request.args.get("nonce", "")
        token = settings().wechat_token.get_secret_value()
        signed = envelope.signature(token, str(now), nonce, sealed)
        xml = replies.sealed_xml(sealed, msg_signature=signed, timestamp=str(now), nonce=nonce)
    return Response(xml, mimetype="application/xml")


def _open() -> Delivery:
    """Verify and decrypt. With an Encrypt element only msg_signature and decrypted fields count;
    without one a plain delivery is taken only while no AES key is set."""
    if (request.content_length or 0) > LARGEST_BODY:
        raise inbound.NotAMessage("too large")
    body = request.get_data(cache=False)[: LARGEST_BODY + 1]
    if len(body) > LARGEST_BODY:
        raise inbound.NotAMessage("too large")
    encrypted_mode = request.args.get("encrypt_type", "raw").lower() == "aes"
    keys = _aes_keys()
    if not encrypted_mode:
        if keys:
            raise envelope.EnvelopeRefused("plain text although an AES key is set")
        _check_plain_signature()
        return Delivery(_for_us(inbound.parse(inbound.elements(body))), None)
    root = inbound.elements(body)
    encrypted = root.get("Encrypt")
    if not isinstance(encrypted, str):
        raise inbound.NotAMessage("no Encrypt")
    token = settings().wechat_token.get_secret_value()
    stamp, nonce = request.args.get("timestamp", ""), request.args.get("nonce", "")
    expected = envelope.signature(token, stamp, nonce, encrypted)
    envelope.check(expected, request.args.get("msg_signature", ""))
    opened = envelope.unseal(encrypted, keys=keys, appid=settings().wechat_appid)
    return Delivery(_for_us(inbound.parse(inbound.elements(opened.xml))), opened.aes_key)


def _for_us(incoming: inbound.Incoming) -> inbound.Incoming:
    if incoming.account != settings().wechat_account:
        raise inbound.NotAMessage("another account's")
    if is_visitor(incoming.openid):
        raise inbound.NotAMessage("a visitor of the website, who comes through another door")
    return incoming


def _check_plain_signature() -> None:
    token = settings().wechat_token.get_secret_value()
    expected = envelope.signature(
        token, request.args.get("timestamp", ""), request.args.get("nonce", "")
    )
    envelope.check(expected, request.args.get("signature", ""))


def _aes_keys() -> list[bytes]:
    wanted = settings()
    both: tuple[SecretStr, ...] = (wanted.wechat_aes_key, wanted.wechat_aes_key_previous)
    return [envelope.aes_key(key.get_secret_value()) for key in both if key.get_secret_value()]


def _refused() -> Response:
    return Response("", status=403)

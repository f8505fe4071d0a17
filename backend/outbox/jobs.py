"""Delivery, woken by the doorbell or by the clock.

A crash between sending and recording may say one thing twice: the platform offers no transaction.
For template messages `client_msg_id` makes the second one harmless. For customer messages, SMS and
mail the window is the few milliseconds between the answer of the gateway and our commit, and a
request that timed out is tried again although it may have arrived: twice is better than never.
"""

import hashlib
from datetime import datetime, timedelta

import structlog

from backend.gateways import ports
from backend.gateways.webchat import lines
from backend.kit import clock, queue
from backend.kit.config import settings
from backend.kit.db import unit_of_work
from backend.kit.errors import GatewayError
from backend.kit.links import page_in_wechat
from backend.outbox import delivery, permission, results, retention, rules, service
from backend.outbox.schemas import Channel, ChatMessage, Letter, Notice, NoticeKind, Outcome
from backend.outbox.service import DELIVER

log = structlog.get_logger(__name__)
TYPING_IS_NEWS_FOR = timedelta(seconds=3)
BLANKED_AT_ONCE = 500


def deliver(message_id: int) -> None:
    """Send everything that is ready for this message's recipient, in order.

    Running it twice, or on two workers at once, sends nothing twice: each message is leased.
    """
    with unit_of_work() as session:
        letter = delivery.take(session, message_id)
    while letter is not None:
        outcome = _send(letter)
        with unit_of_work() as session:
            results.record(session, letter, outcome)
            letter = delivery.take(session, message_id)


def sweep() -> None:
    """Ring again for whatever is due: retries, messages for later, and lost doorbells."""
    with unit_of_work() as session:
        message_ids = delivery.ring_due(session)
    for message_id in message_ids:
        if not queue.defer(DELIVER, message_id):
            return


def show_typing(openid: str, asked_at: str) -> None:
    """Show 「对方正在输入」 on a phone, unless it has become too late to be true."""
    if clock.now() - datetime.fromisoformat(asked_at) <= TYPING_IS_NEWS_FOR:
        ports.chat().show_typing(openid)


def blank_old() -> None:
    """Forget what was said, and where to, in messages done with 30 days ago; once a day. What the
    windows of the website's visitors showed goes with it."""
    blanked = BLANKED_AT_ONCE
    while blanked == BLANKED_AT_ONCE:
        with unit_of_work() as session:
            blanked = retention.blank(session, limit=BLANKED_AT_ONCE)
    deleted = BLANKED_AT_ONCE
    while deleted == BLANKED_AT_ONCE:
        with unit_of_work() as session:
            deleted = lines.forget(session, limit=BLANKED_AT_ONCE)


def _send(letter: Letter) -> Outcome:
    """One attempt, with no transaction open. Never raises: whatever went wrong is an outcome."""
    try:
        platform_id = _hand_over(letter)
    except GatewayError as error:
        log.warning(
            "outbox_attempt_failed",
            message_id=letter.message_id,
            channel=letter.channel.value,
            code=error.code,
            error=str(error),
        )
        return Outcome(error=str(error), retry=error.retry, code=error.code)
    except Exception as error:
        # A bug of ours must not stop the ladder: it is logged, retried, and then stepped over.
        log.exception("outbox_attempt_broke", message_id=letter.message_id)
        return Outcome(error=f"{type(error).__name__}: {error}", retry=True, code="bug")
    return Outcome(platform_id=platform_id)


def _hand_over(letter: Letter) -> str:
    to, content = letter.recipient, letter.content
    if letter.merged:
        text = rules.merged_text_of([content, *(each.content for each in letter.merged)])
        body = {"msgtype": "text", "text": {"content": text}}
        ports.chat().send(to.openid or "", body, key=letter.dedupe_key)
        return ""
    if isinstance(content, ChatMessage):
        ports.chat().send(to.openid or "", content.body, key=letter.dedupe_key)
        return ""
    match letter.channel:
        case Channel.CHAT:
            body = rules.chat_body_of(content)
            ports.chat().send(to.openid or "", body, key=letter.dedupe_key)
        case Channel.SUBSCRIPTION:
            template_id = permission.subscription_id_of(letter)
            card = _card(letter, content, template_id, setting="WECHAT_SUBSCRIPTIONS")
            if card.url is None:  # It has used a consent up: a tap on it may give the next one.
                page = page_in_wechat("/me/messages")
                card = card.model_copy(update={"url": page})
            return ports.chat().send_subscription(to.openid or "", card)
        case Channel.TEMPLATE:
            template_id = _template_id(rules.template_of(content).wechat or "")
            card = _card(letter, content, template_id, setting="WECHAT_TEMPLATES")
            return ports.chat().send_template(to.openid or "", card)
        case Channel.SMS:
            text = rules.letter_text_of(content) + _way_out(letter)
            return ports.sms().send(
                to.phone or "",
                text,
                template=content.template,
                values=content.values,
                key=letter.dedupe_key,
            )
        case Channel.MAIL:
            title = rules.template_of(content).title
            text = rules.letter_text_of(content, value_limit=rules.LONG_VALUE)
            text += _way_out(letter)
            return ports.mail().send(to.email or "", title, text, key=letter.dedupe_key)
    return ""


def _way_out(letter: Letter) -> str:
    """How advertising by letter ends: with a way to have no more of it (广告法 §43)."""
    content = letter.content
    if isinstance(content, ChatMessage):
        return ""
    kind = rules.template_of(content).kind
    if kind is not NoticeKind.MARKETING:
        return ""
    return f" 退订请点 {service.stop_link(letter, kind)}"


def _card(
    letter: Letter, notice: Notice, template_id: str | None, *, setting: str
) -> ports.TemplateMessage:
    """The card of a notice, checked before it is sent: the platform counts refused calls too."""
    fields = rules.fields_of(notice)
    unfit = rules.unfit_fields(fields)
    if unfit:
        raise GatewayError(f"{notice.template}: {unfit} do not fit", retry=False, code="unfit")
    if not template_id:
        name = rules.template_of(notice).wechat
        message = f"no WeChat template id for {name!r}: set {setting}"
        raise GatewayError(message, retry=False, code="no_template")
    return ports.TemplateMessage(
        template_id=template_id,
        fields=fields,
        url=notice.url,
        client_msg_id=hashlib.sha256(letter.dedupe_key.encode()).hexdigest()[:32],
    )


def _template_id(name: str) -> str | None:
    """The account's id for one of our templates, from WECHAT_TEMPLATES (`task=ID,progress=ID`).

    The sandbox accepts any id, so locally a template's name serves.
    """
    found = rules.template_id(settings().wechat_templates, name)
    return found or (name if settings().environment == "local" else None)

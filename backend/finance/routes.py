"""The API's door: where the payment platform tells us about money.

Exempt from CSRF protection: the caller is a machine and proves itself by its signature.
"""

import hashlib
from collections.abc import Callable

import structlog
from flask import Blueprint, Response, jsonify, request
from werkzeug.exceptions import RequestEntityTooLarge

from backend.finance import checkout, service
from backend.gateways.payments import (
    NotificationRefused,
    Platform,
    alipay,
    has_alipay,
    payments,
)
from backend.kit import clock
from backend.kit.db import unit_of_work
from backend.kit.errors import DomainError

MAX_BODY_BYTES = 64 * 1024
blueprint = Blueprint("finance_routes", __name__)
log = structlog.get_logger(__name__)


@blueprint.post(checkout.NOTIFY_PATH)
def wechat_notified() -> tuple[Response | str, int]:
    """204 when we know (also of a repetition); 4xx when it must not be believed, with nothing
    stored; a failure of ours is a 5xx, and either way the platform tells us again."""
    refusal = _heard(payments)
    if refusal is None:
        return "", 204
    code, message, status = refusal
    return jsonify(code=code, message=message), status


@blueprint.post(checkout.ALIPAY_NOTIFY_PATH)
def alipay_notified() -> tuple[str, int]:
    """`success` when we know, which ends Alipay's repetitions; `failure` with a 4xx or 5xx for
    everything else, also where there is no Alipay."""
    if not has_alipay():
        return "failure", 404
    refusal = _heard(alipay)
    return ("success", 200) if refusal is None else ("failure", refusal[2])


def _heard(platform: Callable[[], Platform]) -> tuple[str, str, int] | None:
    """Act on the request if it can be believed; else (code, message, status) of the refusal."""
    request.max_content_length = MAX_BODY_BYTES
    try:
        body = request.get_data(cache=False)
    except RequestEntityTooLarge:
        return "PARAM_ERROR", "the notification is too large", 413
    try:
        told = platform().read_notification(dict(request.headers), body, now=clock.now())
        with unit_of_work() as session:
            service.receive(session, notification=told, digest=hashlib.sha256(body).hexdigest())
    except NotificationRefused as refused:
        if not refused.probe:
            log.warning("notification_refused", reason=str(refused))
        return refused.code, str(refused), 401 if refused.code == "SIGN_ERROR" else 400
    except DomainError as error:
        log.error("notification_does_not_fit", error=type(error).__name__, facts=error.facts)
        return "PARAM_ERROR", type(error).__name__, error.status
    return None

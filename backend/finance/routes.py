"""The API's door: where the payment platform tells us about money.

Exempt from CSRF protection: the caller is a machine and proves itself by its signature.
"""

import hashlib

import structlog
from flask import Blueprint, Response, jsonify, request
from werkzeug.exceptions import RequestEntityTooLarge

from backend.finance import checkout, service
from backend.gateways.payments import NotificationRefused, payments
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
    request.max_content_length = MAX_BODY_BYTES
    try:
        body = request.get_data(cache=False)
    except RequestEntityTooLarge:
        return jsonify(code="PARAM_ERROR", message="the notification is too large"), 413
    try:
        told = payments().read_notification(dict(request.headers), body, now=clock.now())
        with unit_of_work() as session:
            service.receive(session, notification=told, digest=hashlib.sha256(body).hexdigest())
    except NotificationRefused as refused:
        if not refused.probe:
            log.warning("notification_refused", reason=str(refused))
        status = 401 if refused.code == "SIGN_ERROR" else 400
        return jsonify(code=refused.code, message=str(refused)), status
    except DomainError as error:
        log.error("notification_does_not_fit", error=type(error).__name__, facts=error.facts)
        return jsonify(code="PARAM_ERROR", message=type(error).__name__), error.status
    return "", 204

"""Where the providers of SMS and mail report what became of a letter.

Alibaba Cloud posts `[{"biz_id": …, "success": true, "err_code": "DELIVERED"}, …]` and signs
nothing, so the address itself holds a key (RECEIPT_KEY). Mail gateways are given the same form with
`message_id`. Repeats change nothing; where no id is known the answer is 404, and the provider says
it again: it may have been faster than our own commit.
"""

import secrets

from flask import Blueprint, Response, abort, jsonify, request
from pydantic import BaseModel, Field, TypeAdapter, ValidationError

from backend.kit.config import settings
from backend.kit.db import unit_of_work
from backend.outbox import service
from backend.outbox.schemas import Channel

blueprint = Blueprint("outbox_routes", __name__)
MOST_BYTES = 512 * 1024
DELIVERED = "success"


class Report(BaseModel):
    """One letter's fate."""

    id: str = Field(default="", max_length=80)
    biz_id: str = Field(default="", max_length=80)
    message_id: str = Field(default="", max_length=120)
    success: bool
    err_code: str = Field(default="", max_length=60)


_REPORTS = TypeAdapter(list[Report])


@blueprint.post("/receipts/<channel>")
def receipts(channel: str) -> tuple[Response, int]:
    """Take reports for SMS or mail; 403 without the key."""
    key = settings().receipt_key.get_secret_value()
    given = request.args.get("key", "")
    if not key or not secrets.compare_digest(given.encode(), key.encode()):
        abort(403)
    if channel not in (Channel.SMS, Channel.MAIL):
        abort(404)
    request.max_content_length = MOST_BYTES
    try:
        reports = _REPORTS.validate_json(request.get_data(cache=False))
    except ValidationError:
        return jsonify(code=1, msg="unreadable"), 400
    known = False
    with unit_of_work() as session:
        for report in reports:
            named = report.biz_id or report.message_id.strip("<>").partition("@")[0] or report.id
            status = DELIVERED if report.success else report.err_code or "failed"
            known |= service.note_receipt(
                session, platform_id=named, status=status, channel=channel
            )
    if reports and not known:
        return jsonify(code=1, msg="unknown"), 404
    return jsonify(code=0, msg="接收成功"), 200

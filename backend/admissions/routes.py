"""The API's door of the admissions room: partners send leads (A7, A8).

`POST /partners/leads` with X-Partner-Key, X-Timestamp (seconds), X-Nonce and X-Signature; see
`intake.partners`. The answer tells nothing about whom we know already.
"""

from typing import Annotated

from flask import Blueprint, Response, jsonify, request
from pydantic import BaseModel, ConfigDict, StringConstraints, ValidationError

from backend.admissions.intake import partners
from backend.admissions.intake.arriving import Arrived, arrive
from backend.kit.db import unit_of_work
from backend.web import shield

blueprint = Blueprint("admissions_routes", __name__)
MOST_BYTES = 16 * 1024


def _words(most: int, least: int = 1) -> StringConstraints:
    return StringConstraints(strip_whitespace=True, min_length=least, max_length=most)


class _Sent(BaseModel):
    """What a partner knows of somebody who has agreed to be called."""

    model_config = ConfigDict(extra="ignore")

    reference: Annotated[str, _words(64)]
    customer: Annotated[str, _words(40)]
    phone: Annotated[str, StringConstraints(pattern=r"^1[3-9][0-9]{9}$")]
    interest: Annotated[str, _words(500)]
    child_name: Annotated[str, _words(40)] | None = None
    consent: bool


def _partner_key() -> str:
    return request.headers.get("X-Partner-Key", "")[:64] or "nobody"


@blueprint.post("/partners/leads")
@shield.limiter.limit("120 per minute")
@shield.limiter.limit("60 per minute", key_func=_partner_key)
def take() -> tuple[Response, int]:
    """Take a lead: 201 once, 200 for the same reference again, 401 unproven, 409 replayed, 422 for
    what does not fit."""
    request.max_content_length = MOST_BYTES
    body = request.get_data(cache=False)
    nonce = request.headers.get("X-Nonce", "")
    try:
        with unit_of_work() as session:
            partner = partners.proven(
                session,
                key=_partner_key(),
                timestamp=request.headers.get("X-Timestamp", ""),
                nonce=nonce,
                signature=request.headers.get("X-Signature", ""),
                body=body,
            )
            partners.use_up(session, partner.id, nonce)
            sent = _Sent.model_validate_json(body)
            if not sent.consent:
                return _refused("consent", 422)
            came = arrive(
                session,
                Arrived(
                    way="partner",
                    source=partner.source,
                    key=f"partner:{partner.id}:{sent.reference}",
                    customer=sent.customer,
                    phone=sent.phone,
                    interest=sent.interest,
                    child_name=sent.child_name,
                    campus_id=partner.campus_id,
                    reference=sent.reference,
                    partner_id=partner.id,
                    privacy_version=f"partner:{partner.short}",
                ),
            )
    except partners.SignatureWrong:
        return _refused("signature", 401)
    except partners.Replayed:
        return _refused("replayed", 409)
    except ValidationError as error:
        fields = sorted({str(each["loc"][0]) if each["loc"] else "body" for each in error.errors()})
        return _refused("fields", 422, fields=fields)
    answer = jsonify(status="accepted", reference=sent.reference, repeated=came.is_repeat)
    return answer, 200 if came.is_repeat else 201


def _refused(why: str, status: int, **more: object) -> tuple[Response, int]:
    return jsonify(status="refused", why=why, **more), status

"""The browser's door of the admissions room: the page behind an advisor's one-tap claim."""

from typing import Any

from flask import Blueprint, render_template
from sqlalchemy.orm import Session

from backend.admissions import queries, service
from backend.kit import crypto
from backend.kit.crypto import LinkInvalid
from backend.kit.db import reading, unit_of_work
from backend.security import queries as staff
from backend.security.permissions import may
from backend.security.schemas import Permission

blueprint = Blueprint("admissions_pages", __name__, template_folder="templates")


@blueprint.get("/leads/claim/<token>")
def claim_page(token: str) -> str:
    """Shows what is asked and claims by a POST as soon as it is open in a browser: robots that
    only fetch links (previews, virus scanners) claim nothing."""
    claims = _claims(token)
    with reading() as session:
        _must_be_at_work(session, claims)
        leads = queries.leads_of_advisor(session, claims["account"], limit=100)
    lead = next((lead for lead in leads if lead.id == claims["lead"]), None)
    return render_template("admissions/claim.html", lead=lead, claimed=False)


@blueprint.post("/leads/claim/<token>")
def claim(token: str) -> str:
    """Claims the lead for the advisor the link was made for, and nobody else."""
    claims = _claims(token)
    with unit_of_work() as session:
        _must_be_at_work(session, claims)
        lead = service.claim(session, lead_id=claims["lead"], account_id=claims["account"])
    return render_template("admissions/claim.html", lead=lead, claimed=True)


def _claims(token: str) -> dict[str, Any]:
    return crypto.unsign(service.CLAIM_PURPOSE, token, max_age_seconds=service.CLAIM_LINK_SECONDS)


def _must_be_at_work(session: Session, claims: dict[str, Any]) -> None:
    """A link made for somebody who has left, or advises no more, has run out with them (X2)."""
    member = staff.staff_member(session, claims["account"])
    if member is None or not may(member.role, Permission.CLAIM_LEAD):
        raise LinkInvalid(expired=True)

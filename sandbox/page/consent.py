"""Asking a person whether they want an account's notices, as <wx-open-subscribe> does."""

from __future__ import annotations

from flask import Blueprint, Response, jsonify, render_template, request

from sandbox import deeds, phones
from sandbox.world import here

consent = Blueprint("consent", __name__)


@consent.get("/consent")
def ask() -> str:
    """Show the question for the template ids in `template`."""
    ids = [one for one in request.args.get("template", "").split(",") if one][:3]
    titles = {}
    for one in ids:
        found = here().store.row("SELECT title FROM templates WHERE template_id = ?", one)
        titles[one] = found["title"] if found else one
    return render_template("consent.html", titles=titles, settings=here().settings)


@consent.post("/sandbox/phones/<who>/consent")
def decide(who: str) -> tuple[Response, int]:
    """Record {template_id: accept|reject}; one yes is good for one notice."""
    body = request.get_json(silent=True)
    if not isinstance(body, dict) or not set(body.values()) <= {"accept", "reject"}:
        return jsonify(error="accept or reject for each template id"), 400
    phone = phones.phone_of(here(), who)
    deeds.consent(here(), phone, {str(one): str(verdict) for one, verdict in body.items()})
    return jsonify(body), 200

"""The browser's door to tickets: the board, one ticket, and what is learned from them (S8–S10)."""

from flask import Blueprint, g

from backend.security.permissions import may
from backend.security.schemas import Permission
from backend.students.ticket_pages import board, case, improvement

blueprint = Blueprint(
    "tickets", __name__, static_folder="static", static_url_path="/tickets/static"
)
for each in (board, case, improvement):
    blueprint.register_blueprint(each.blueprint)


@blueprint.context_processor
def _for_tabs() -> dict[str, bool]:
    """Which tabs the reader may open."""
    return {"manages_tickets": "staff" in g and may(g.staff.role, Permission.MANAGE_TICKETS)}

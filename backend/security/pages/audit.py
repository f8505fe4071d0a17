"""The audit trail, for auditors, the security officer and the principal."""

from datetime import date, timedelta

from flask import Blueprint, render_template, request
from flask.typing import ResponseReturnValue

from backend.kit import clock
from backend.kit.db import reading
from backend.security import queries, trail, trail_details, trail_words
from backend.security.gate import staff_only
from backend.security.schemas import Permission, StaffMember

blueprint = Blueprint("audit", __name__)


@blueprint.get("/console/audit")
@staff_only(Permission.READ_AUDIT)
def trail_page(_me: StaffMember) -> ResponseReturnValue:
    """Entries by actor, action, subject and day, the newest first."""
    asked = {
        name: request.args.get(name, "").strip()[:80]
        for name in ("actor", "action", "kind", "which")
    }
    from_on, to_on = _day("from"), _day("to")
    wanted = trail.Filter(
        **asked,
        from_at=clock.day_of(from_on)[0] if from_on else None,
        to_at=clock.day_of(to_on)[1] if to_on else None,
    )
    with reading() as session:
        found = trail.entries(session, wanted, before=request.args.get("before", type=int))
        names = {f"account:{one.id}": one.name for one in queries.everybody(session)}
    shown = found[: trail.PAGE]
    query = {**asked, "from": request.args.get("from", ""), "to": request.args.get("to", "")}
    more = {**query, "before": shown[-1].id} if len(found) > trail.PAGE else None
    return render_template(
        "security/trail_rows.html" if "HX-Request" in request.headers else "security/trail.html",
        found=shown,
        names=names,
        asked=query,
        more=more,
        words=trail_words,
        said=trail_details.said,
    )


def _day(name: str) -> date | None:
    """A day of the form; what is no day leaves nothing out."""
    try:
        day = date.fromisoformat(request.args.get(name, ""))
    except ValueError:
        return None
    return day if date(2000, 1, 1) <= day <= clock.today() + timedelta(days=1) else None

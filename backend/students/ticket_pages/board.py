"""The board: a column for each status, filters, search. It asks every few seconds for what is new
and hears 204 when nothing is."""

import hashlib
from typing import Any

from flask import Blueprint, Response, render_template, request
from flask.typing import ResponseReturnValue

from backend.kit.db import reading
from backend.kit.errors import NotFound
from backend.logistics import queries as places
from backend.security import queries as staff
from backend.security.gate import staff_only
from backend.security.permissions import roles_with
from backend.security.schemas import Permission, StaffMember
from backend.students.schemas import Severity, TicketCategory, TicketStatus
from backend.students.tickets import board, words

blueprint = Blueprint("board", __name__)
LONGEST = 40


@blueprint.get("/tickets")
@staff_only(Permission.SEE_TICKETS)
def shown(member: StaffMember) -> ResponseReturnValue:
    """All columns, as far as this member of staff may see them."""
    wanted = wanted_now()
    is_again = "HX-Request" in request.headers
    with reading() as session:
        columns = {status: board.column(session, member, status, wanted) for status in TicketStatus}
        around = {} if is_again else _around(session)
    shown = render_template("students/tickets/columns.html", columns=columns, **_words(wanted))
    mark = hashlib.sha256(shown.encode()).hexdigest()[:16]
    if is_again and request.args.get("mark") == mark:
        return Response(status=204)
    page = "live" if is_again else "board"
    return render_template(
        f"students/tickets/{page}.html", shown=shown, mark=mark, **around, **_words(wanted)
    )


@blueprint.get("/tickets/columns/<status>")
@staff_only(Permission.SEE_TICKETS)
def more(member: StaffMember, status: str) -> ResponseReturnValue:
    """The next page of a column."""
    if status not in list(TicketStatus):
        raise NotFound()
    wanted, after = wanted_now(), request.args.get("after", "")[:LONGEST]
    with reading() as session:
        found = board.column(session, member, TicketStatus(status), wanted, after=after)
    return render_template(
        "students/tickets/rows.html", found=found, status=TicketStatus(status), **_words(wanted)
    )


@blueprint.get("/tickets/found")
@staff_only(Permission.SEE_TICKETS)
def found(member: StaffMember) -> ResponseReturnValue:
    """What a search finds; nothing searched is nothing found."""
    wanted, said = wanted_now(), request.args.get("q", "").strip()[:LONGEST]
    before = request.args.get("before", type=int)
    with reading() as session:
        result = board.search(session, member, said, wanted, before=before) if said else None
    page = "found" if "HX-Request" in request.headers else "found_page"
    return render_template(
        f"students/tickets/{page}.html", result=result, said=said, **_words(wanted)
    )


def wanted_now() -> board.Filter:
    """The filter of this request; what it does not know it leaves out."""
    category, severity = request.args.get("category", ""), request.args.get("severity", "")
    return board.Filter(
        owner_id=request.args.get("owner_id", type=int),
        category=TicketCategory(category) if category in list(TicketCategory) else None,
        severity=Severity(severity) if severity in list(Severity) else None,
        campus_id=request.args.get("campus_id", type=int),
    )


def _around(session: Any) -> dict[str, Any]:
    roles = roles_with(Permission.ANSWER_TICKET)
    return {
        "owners": staff.staff_with_roles(session, roles),
        "campuses": places.campuses(session),
    }


def _words(wanted: board.Filter) -> dict[str, Any]:
    return {
        "wanted": wanted,
        "asked": {k: str(v) for k, v in wanted.model_dump(mode="json").items() if v is not None},
        "categories": words.CATEGORIES,
        "severities": words.SEVERITIES,
        "statuses": words.STATUSES,
        "kinds": words.KINDS,
    }

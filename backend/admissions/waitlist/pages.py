"""候补 at a screen: the lines of all classes, one line, and taking somebody out of it."""

from flask import Blueprint, redirect, render_template
from flask.typing import ResponseReturnValue

from backend.admissions.waitlist import line
from backend.admissions.waitlist.schemas import WaitingStatus
from backend.kit.db import reading, unit_of_work
from backend.kit.errors import NotFound
from backend.security.gate import staff_only
from backend.security.permissions import may, scope_of
from backend.security.schemas import Permission, Scope, StaffMember
from backend.teaching import queries as classes

blueprint = Blueprint("waitlists", __name__)
PATH = "/waitlists"


@blueprint.get(PATH)
@staff_only(Permission.SEE_LEADS)
def listed(me: StaffMember) -> ResponseReturnValue:
    """Classes that somebody waits for, the longest line first."""
    with reading() as session:
        found = line.lines(session, campus_id=_campus(me))
    return render_template("admissions/waitlists.html", found=found)


@blueprint.get(f"{PATH}/<int:class_group_id>")
@staff_only(Permission.SEE_LEADS)
def one(me: StaffMember, class_group_id: int) -> ResponseReturnValue:
    """The line of a class, in its order."""
    with reading() as session:
        name = classes.class_names(session, [class_group_id]).get(class_group_id)
        if name is None or not _reaches(me, classes.campus_of(session, class_group_id)):
            raise NotFound()
        found = line.of_class(session, class_group_id)
        leads = line.numbers_of(session, [each.id for each in found])
    return render_template(
        "admissions/waitlist.html",
        name=name,
        found=found,
        leads=leads,
        offered=WaitingStatus.OFFERED,
        strikes=may(me.role, Permission.ASSIGN_LEADS),
    )


@blueprint.post(f"{PATH}/waiting/<int:waiting_id>/strike")
@staff_only(Permission.ASSIGN_LEADS)
def strike(me: StaffMember, waiting_id: int) -> ResponseReturnValue:
    """Take a child out of the line, at the family's word by phone."""
    with unit_of_work() as session:
        class_group_id = line.strike(session, waiting_id=waiting_id, by=me)
        if not _reaches(me, classes.campus_of(session, class_group_id)):
            raise NotFound()
    return redirect(f"{PATH}/{class_group_id}", 303)


def _campus(me: StaffMember) -> int | None:
    is_bound = scope_of(me.role, Permission.SEE_LEADS) is Scope.CAMPUS
    return me.campus_id if is_bound else None


def _reaches(me: StaffMember, campus_id: int) -> bool:
    return _campus(me) in (None, campus_id)

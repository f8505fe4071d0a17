"""How much rooms and teachers are used, as charts and tables."""

from datetime import timedelta

from flask import Blueprint, render_template
from flask.typing import ResponseReturnValue

from backend.kit.db import reading
from backend.security.gate import staff_only
from backend.security.schemas import Permission, StaffMember
from backend.teaching.drafts import using
from backend.teaching.timetable_pages import asked

blueprint = Blueprint("use", __name__)
WEEKS = (1, 4, 16)


@blueprint.get("/timetable/use")
@staff_only(Permission.KEEP_TIMETABLE)
def shown(member: StaffMember) -> ResponseReturnValue:
    """Some weeks from a Monday on."""
    monday, weeks = asked.monday(), asked.number("weeks") or 1
    weeks = weeks if weeks in WEEKS else 1
    with reading() as session:
        rooms, teachers = using.used(
            session, first_on=monday, weeks=weeks, campus_id=asked.campus_of(member)
        )
    return render_template(
        "teaching/timetable/use.html",
        rooms=rooms,
        teachers=teachers,
        monday=monday,
        weeks=weeks,
        choices=WEEKS,
        before=monday - timedelta(weeks=weeks),
        after=monday + timedelta(weeks=weeks),
    )

"""What teachers, rooms and classes can do, entered by whoever keeps the timetable."""

from datetime import timedelta
from typing import Any

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from backend.kit import clock
from backend.kit.db import reading, unit_of_work
from backend.kit.errors import NotFound
from backend.logistics import queries as logistics
from backend.logistics.schemas import VenueView
from backend.security.gate import staff_only
from backend.security.schemas import Permission, StaffMember
from backend.teaching import queries
from backend.teaching.drafts import feeds, keeping, means, scope
from backend.teaching.drafts.schemas import FeedKind, TimeOffKind
from backend.teaching.timetable_pages import asked

blueprint = Blueprint("keeping", __name__)
DAYS = list(enumerate("一二三四五六日"))
MOST_WINDOWS = 7


@blueprint.get("/timetable/means")
@staff_only(Permission.KEEP_TIMETABLE)
def listed(member: StaffMember) -> ResponseReturnValue:
    """Teachers, rooms, classes, and the house."""
    own = asked.campus_of(member)
    with reading() as session:
        return render_template(
            "teaching/timetable/means.html",
            teachers=keeping.teachers(session, campus_id=own),
            rooms=logistics.venues(session, campus_id=own),
            equipment=keeping.equipment_of(session),
            classes=scope.open_classes(session, campus_id=own),
            campuses={each.id: each.name for each in logistics.campuses(session)},
            ways=means.ways(session) if own is None else {},
            closed=keeping.offs(session, TimeOffKind.HOUSE, 0),
            breaks=keeping.offs(session, TimeOffKind.BREAK, 0),
            keeps_house=own is None,
        )


@blueprint.get("/timetable/teachers/<int:account_id>")
@staff_only(Permission.KEEP_TIMETABLE)
def teacher(member: StaffMember, account_id: int) -> ResponseReturnValue:
    """One teacher's subjects, hours, limits and absences."""
    with reading() as session:
        found = keeping.teacher(session, account_id, campus_id=asked.campus_of(member))
        form = keeping.hours_of(session, account_id)
        offs = keeping.offs(session, TimeOffKind.STAFF, account_id)
        return render_template(
            "teaching/timetable/teacher.html",
            teacher=found,
            form=form,
            hours={each["weekday"]: each for each in form.hours},
            avoids={each["weekday"]: each for each in form.avoids},
            subjects=keeping.subjects(session),
            days=DAYS,
            offs=offs,
            affected=keeping.in_the_way(session, TimeOffKind.STAFF, account_id, offs),
            feed=feeds.link_of(session, FeedKind.TEACHER, account_id, by=member.id),
        )


@blueprint.post("/timetable/teachers/<int:account_id>")
@staff_only(Permission.KEEP_TIMETABLE)
def keep_teacher(member: StaffMember, account_id: int) -> ResponseReturnValue:
    """Save the form."""
    limit = request.form.get("max_per_day", "")
    if not (limit.isdecimal() and 1 <= int(limit[:3]) <= 12):
        raise asked.FormWrong()
    with unit_of_work() as session:
        keeping.teacher(session, account_id, campus_id=asked.campus_of(member))
        known = set(keeping.subjects(session))
        form = keeping.StaffForm(
            teaches=sorted(known & set(request.form.getlist("teaches"))),
            assists=sorted(known & set(request.form.getlist("assists"))),
            hours=_windows("hours"),
            avoids=_windows("avoids"),
            max_per_day=int(limit),
        )
        keeping.keep_hours(session, account_id, form, by=member.id)
    return _back("teacher", account_id=account_id)


@blueprint.get("/timetable/rooms/<int:venue_id>")
@staff_only(Permission.KEEP_TIMETABLE)
def room(member: StaffMember, venue_id: int) -> ResponseReturnValue:
    """One room's equipment and repairs."""
    with reading() as session:
        found = _room(session, member, venue_id)
        offs = keeping.offs(session, TimeOffKind.ROOM, venue_id)
        return render_template(
            "teaching/timetable/room.html",
            room=found,
            equipment=keeping.equipment_of(session).get(venue_id, []),
            offs=offs,
            affected=keeping.in_the_way(session, TimeOffKind.ROOM, venue_id, offs),
            feed=feeds.link_of(session, FeedKind.ROOM, venue_id, by=member.id),
        )


@blueprint.post("/timetable/rooms/<int:venue_id>")
@staff_only(Permission.KEEP_TIMETABLE)
def keep_room(member: StaffMember, venue_id: int) -> ResponseReturnValue:
    """Save what is in it."""
    with unit_of_work() as session:
        keeping.keep_equipment(
            session,
            venue_id,
            asked.words("equipment"),
            by=member.id,
            campus_id=asked.campus_of(member),
        )
    return _back("room", venue_id=venue_id)


@blueprint.get("/timetable/classes/<int:class_group_id>")
@staff_only(Permission.KEEP_TIMETABLE)
def group(member: StaffMember, class_group_id: int) -> ResponseReturnValue:
    """One class's needs, and when its learners can never come."""
    with reading() as session:
        need = keeping.need_of(session, class_group_id, campus_id=asked.campus_of(member))
        return render_template(
            "teaching/timetable/class.html",
            id=class_group_id,
            name=queries.class_name(session, class_group_id),
            need=need,
            learners=keeping.learners_of(session, class_group_id),
            days=DAYS,
        )


@blueprint.post("/timetable/classes/<int:class_group_id>")
@staff_only(Permission.KEEP_TIMETABLE)
def keep_class(member: StaffMember, class_group_id: int) -> ResponseReturnValue:
    """Save the needs."""
    need = means.Need(
        frozenset(asked.words("equipment")),
        is_assisted="is_assisted" in request.form,
        is_online="is_online" in request.form,
        any_teacher="any_teacher" in request.form,
    )
    with unit_of_work() as session:
        keeping.keep_need(
            session, class_group_id, need, by=member.id, campus_id=asked.campus_of(member)
        )
    return _back("group", class_group_id=class_group_id)


@blueprint.post("/timetable/classes/<int:class_group_id>/learners/<int:student_id>")
@staff_only(Permission.KEEP_TIMETABLE)
def keep_learner(member: StaffMember, class_group_id: int, student_id: int) -> ResponseReturnValue:
    """Save when a learner can never come."""
    with unit_of_work() as session:
        keeping.keep_busy(
            session,
            class_group_id,
            student_id,
            _windows("busy"),
            by=member.id,
            campus_id=asked.campus_of(member),
        )
    return _back("group", class_group_id=class_group_id)


@blueprint.post("/timetable/off/<kind>/<int:subject_id>")
@staff_only(Permission.KEEP_TIMETABLE)
def take_off(member: StaffMember, kind: str, subject_id: int) -> ResponseReturnValue:
    """Somebody or something is not there for a while; or is again."""
    with unit_of_work() as session:
        what = _subject(session, member, kind, subject_id)
        back = request.form.get("back", "")
        if back.isdecimal():
            keeping.take_back(session, int(back), what, subject_id, by=member.id)
        else:
            if what in (TimeOffKind.HOUSE, TimeOffKind.BREAK):
                from_at = clock.at_local(asked.day("from_on"))
                to_at = clock.at_local(asked.day("to_on") + timedelta(days=1))
            else:
                from_at = asked.moment(request.form.get("from_at", ""))
                to_at = asked.moment(request.form.get("to_at", ""))
            if not from_at < to_at <= from_at + timedelta(days=370):
                raise asked.FormWrong()
            keeping.take_off(
                session,
                what,
                subject_id,
                from_at=from_at,
                to_at=to_at,
                words=request.form.get("words", "").strip(),
                by=member.id,
            )
    if what is TimeOffKind.STAFF:
        return _back("teacher", account_id=subject_id)
    if what is TimeOffKind.ROOM:
        return _back("room", venue_id=subject_id)
    return _back("listed")


@blueprint.post("/timetable/ways")
@staff_only(Permission.KEEP_TIMETABLE)
def keep_ways(member: StaffMember) -> ResponseReturnValue:
    """Save the ways between campuses."""
    if asked.campus_of(member) is not None:
        raise NotFound()
    with unit_of_work() as session:
        for from_id, to_id in means.ways(session):
            typed = request.form.get(f"way-{from_id}-{to_id}", "")
            if not (typed.isdecimal() and int(typed[:4]) <= 300):
                raise asked.FormWrong()
            keeping.keep_way(session, from_id, to_id, int(typed), by=member.id)
    return _back("listed")


@blueprint.post("/timetable/feeds/<kind>/<int:subject_id>")
@staff_only(Permission.KEEP_TIMETABLE)
def feed(member: StaffMember, kind: str, subject_id: int) -> ResponseReturnValue:
    """A calendar's address for a room or a teacher: a new one, the old one ends."""
    if kind not in (TimeOffKind.STAFF, TimeOffKind.ROOM):
        raise NotFound()
    with unit_of_work() as session:
        what = _subject(session, member, kind, subject_id)
        of = FeedKind.TEACHER if what is TimeOffKind.STAFF else FeedKind.ROOM
        if request.form.get("act") == "revoke":
            feeds.revoke(session, of, subject_id, by=member.id)
        else:
            feeds.renew(session, of, subject_id, by=member.id)
    if what is TimeOffKind.STAFF:
        return _back("teacher", account_id=subject_id)
    return _back("room", venue_id=subject_id)


def _subject(session: Session, member: StaffMember, kind: str, subject_id: int) -> TimeOffKind:
    """Whom or what it is about, if the reader keeps it. Raises NotFound."""
    own = asked.campus_of(member)
    if kind not in list(TimeOffKind):
        raise NotFound()
    what = TimeOffKind(kind)
    if what is TimeOffKind.STAFF:
        keeping.teacher(session, subject_id, campus_id=own)
    elif what is TimeOffKind.ROOM:
        _room(session, member, subject_id)
    elif subject_id != 0 or own is not None:
        raise NotFound()
    return what


def _room(session: Session, member: StaffMember, venue_id: int) -> VenueView:
    for each in logistics.venues(session, campus_id=asked.campus_of(member)):
        if each.id == venue_id:
            return each
    raise NotFound()


def _windows(name: str) -> list[dict[str, int]]:
    """One stretch for each weekday whose two fields are filled. Raises FormWrong."""
    found = []
    for weekday in range(MOST_WINDOWS):
        start, end = asked.minute(f"{name}-{weekday}-from"), asked.minute(f"{name}-{weekday}-to")
        if start is None and end is None:
            continue
        if start is None or end is None or start >= end:
            raise asked.FormWrong()
        found.append({"weekday": weekday, "start": start, "end": end})
    return found


def _back(view: str, **values: Any) -> ResponseReturnValue:
    return redirect(url_for(f"teaching_pages.timetable.keeping.{view}", **values), 303)

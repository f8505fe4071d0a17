"""Customers as a list (S3): searched and filtered as one types, tagged singly and in bulk, taken
out as a workbook."""

from urllib.parse import urlencode

from flask import Blueprint, redirect, render_template, request
from flask.typing import ResponseReturnValue

from backend.kit.db import reading, unit_of_work
from backend.kit.errors import NotFound
from backend.portal import customers, words
from backend.portal.customers import Asked
from backend.portal.schemas import Segment
from backend.security.gate import staff_only
from backend.security.permissions import may
from backend.security.schemas import Permission, Role, StaffMember
from backend.security.words import ROLES
from backend.students import roster, tags
from backend.students.schemas import Person
from backend.students.tags import Colour
from backend.web import errors

blueprint = Blueprint("customers", __name__)
PATH = "/console/customers"
FIELDS = ("person", "q", "tag", "class", "course", "campus", "left", "segment", "days", "lessons")

errors.apologise(tags.TagWrong, "标签没有填对", "标签名称请写1到20个字，选好颜色后再保存。")


@blueprint.get(PATH)
@staff_only(Permission.FIND_STUDENTS)
def listed(me: StaffMember) -> ResponseReturnValue:
    """The list; a page at a time."""
    asked, after = asked_for(), request.args.get("after", 0, type=int)
    is_fragment = "HX-Request" in request.headers
    with reading() as session:
        found = customers.page(session, me, asked, after=after)
        offered = {} if is_fragment else customers.choices(session)
        known_tags = [] if is_fragment else tags.all_tags(session)
        settable = tags.settable(session, me, asked.person)
    shown = found[: roster.PAGE]
    query = {name: request.args[name] for name in FIELDS if request.args.get(name)}
    return render_template(
        "portal/customer_rows.html" if is_fragment else "portal/customers.html",
        asked=asked,
        found=shown,
        query=urlencode(query),
        next_query=urlencode({**query, "after": shown[-1].listed.id})
        if len(found) > roster.PAGE
        else "",
        offered=offered,
        tags=known_tags,
        settable=settable,
        segments=words.SEGMENTS,
        can=_can(me),
    )


@blueprint.post(f"{PATH}/tagging")
@staff_only(Permission.TAG_STUDENTS)
def tag(me: StaffMember) -> ResponseReturnValue:
    """Put a tag on those who are ticked, or take it off; whoever may not be seen is left out."""
    person = _person(request.form.get("person", ""))
    ids = {int(each) for each in request.form.getlist("id") if each.isdecimal()}
    tag_id = request.form.get("tag", 0, type=int)
    act = tags.take_off if request.form.get("off") else tags.put
    with unit_of_work() as session:
        seen = customers.visible(session, me, person, sorted(ids)[: tags.MOST_AT_ONCE])
        if ids and not seen:
            raise NotFound()
        act(session, tag_id=tag_id, person=person, ids=seen, by=me)
    back = request.form.get("back", "")
    one = request.form.get("one", 0, type=int)
    return redirect(f"/students/{one}#tags" if one else f"{PATH}?{back}", 303)


@blueprint.get(f"{PATH}/tags")
@staff_only(Permission.KEEP_TAGS)
def kept_tags(_me: StaffMember) -> ResponseReturnValue:
    """The tags there are."""
    with reading() as session:
        found = tags.all_tags(session)
    return render_template(
        "portal/tags.html", tags=found, colours=words.COLOURS, persons=words.PERSONS, roles=ROLES
    )


@blueprint.post(f"{PATH}/tags")
@staff_only(Permission.KEEP_TAGS)
def keep_tag(me: StaffMember) -> ResponseReturnValue:
    """Make or change a tag."""
    colour, kind = request.form.get("colour", ""), request.form.get("kind", "")
    if colour not in list(Colour):
        raise tags.TagWrong()
    with unit_of_work() as session:
        tags.keep(
            session,
            name=request.form.get("name", "").strip(),
            colour=Colour(colour),
            kind=_person(kind) if kind else None,
            setters=[Role(each) for each in request.form.getlist("role") if each in list(Role)],
            by=me,
        )
    return redirect(f"{PATH}/tags", 303)


@blueprint.post(f"{PATH}/tags/<int:tag_id>/retire")
@staff_only(Permission.KEEP_TAGS)
def retire_tag(me: StaffMember, tag_id: int) -> ResponseReturnValue:
    """A tag is no longer used."""
    with unit_of_work() as session:
        tags.retire(session, tag_id, by=me)
    return redirect(f"{PATH}/tags", 303)


def asked_for() -> Asked:
    """What the form asks for; what it does not offer counts as nothing asked."""
    values = request.values
    person, left = values.get("person", ""), values.get("left", "")
    segment = values.get("segment", "")
    return Asked(
        person=_person(person) if person in list(Person) else Person.STUDENT,
        words=values.get("q", "").strip()[:40],
        tag_id=values.get("tag", type=int),
        class_group_id=values.get("class", type=int),
        course_id=values.get("course", type=int),
        campus_id=values.get("campus", type=int),
        has_lessons={"yes": True, "no": False}.get(left),
        segment=Segment(segment) if segment in list(Segment) else None,
        days=_within(values.get("days", type=int), 1, 3650, customers.SILENT_DAYS),
        lessons=_within(values.get("lessons", type=int), 0, 999, customers.AT_RISK_LESSONS),
    )


def _within(number: int | None, least: int, most: int, usual: int) -> int:
    return usual if number is None else min(max(number, least), most)


def _person(word: str) -> Person:
    if word not in list(Person):
        raise NotFound()
    return Person(word)


def _can(me: StaffMember) -> set[str]:
    return {each.value for each in Permission if may(me.role, each)}

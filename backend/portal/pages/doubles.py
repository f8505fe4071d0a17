"""Doubles 疑似重复 (S4): proposed, shown side by side, merged, and taken apart again."""

from flask import Blueprint, redirect, render_template, request
from flask.typing import ResponseReturnValue

from backend.kit.db import reading, unit_of_work
from backend.kit.errors import NotFound
from backend.portal import words
from backend.security.gate import staff_only
from backend.security.schemas import Permission, StaffMember
from backend.students import doubles, merging, roster
from backend.students.merging import MergeRefused
from backend.students.schemas import Person

blueprint = Blueprint("doubles", __name__)
PATH = "/console/customers/doubles"


@blueprint.get(PATH)
@staff_only(Permission.MERGE_STUDENTS)
def proposed(_me: StaffMember) -> ResponseReturnValue:
    """What may be one person's, a page at a time, and what was merged last."""
    return _page()


@blueprint.get(f"{PATH}/<person>/<int:first_id>/<int:second_id>")
@staff_only(Permission.MERGE_STUDENTS)
def compare(_me: StaffMember, person: str, first_id: int, second_id: int) -> ResponseReturnValue:
    """Two files side by side."""
    return _side_by_side(_person(person), first_id, second_id)


@blueprint.post(f"{PATH}/<person>/<int:first_id>/<int:second_id>")
@staff_only(Permission.MERGE_STUDENTS)
def merge(me: StaffMember, person: str, first_id: int, second_id: int) -> ResponseReturnValue:
    """Keep the first of the address, or the other one if the form says so."""
    kind = _person(person)
    kept, gone = first_id, second_id
    if request.form.get("keep", type=int) == second_id:
        kept, gone = second_id, first_id
    take = [
        name for name in merging.FIELDS[kind] if request.form.get(f"from_{name}", type=int) == gone
    ]
    try:
        with unit_of_work() as session:
            merging.merge(session, person=kind, kept_id=kept, gone_id=gone, take=take, by=me.id)
    except MergeRefused as refused:
        return _side_by_side(kind, first_id, second_id, alert=words.refusal(refused.facts))
    return redirect(PATH, 303)


@blueprint.post(f"{PATH}/merges/<int:merge_id>/undo")
@staff_only(Permission.MERGE_STUDENTS)
def undo(me: StaffMember, merge_id: int) -> ResponseReturnValue:
    """Take a merge apart."""
    try:
        with unit_of_work() as session:
            merging.undo(session, merge_id, by=me.id)
    except MergeRefused as refused:
        return _page(alert=words.refusal(refused.facts))
    return redirect(PATH, 303)


@blueprint.post(f"{PATH}/<person>/<int:first_id>/<int:second_id>/<verb>")
@staff_only(Permission.MERGE_STUDENTS)
def tell(
    me: StaffMember, person: str, first_id: int, second_id: int, verb: str
) -> ResponseReturnValue:
    """«不是同一人», remembered; or that was a mistake."""
    say = {"apart": doubles.tell_apart, "alike": doubles.liken}.get(verb)
    if say is None:
        raise NotFound()
    with unit_of_work() as session:
        say(session, person=_person(person), first_id=first_id, second_id=second_id, by=me.id)
    return redirect(PATH, 303)


def _page(*, alert: str = "") -> str:
    with reading() as session:
        pairs = doubles.proposed(session, before=request.args.get("before", type=int))
        shown = pairs[: doubles.PAGE]
        apart = doubles.told_apart(session)
        merges = merging.latest(session)
        names = {
            person: roster.names_of(
                session,
                person,
                {id_ for p in shown if p.kind is person for id_ in (p.first_id, p.second_id)}
                | {id_ for m in merges if m.kind is person for id_ in (m.kept_id, m.gone_id)}
                | {id_ for kind, *ids in apart if kind is person for id_ in ids},
            )
            for person in Person
        }
    return render_template(
        "portal/doubles.html",
        pairs=shown,
        before=shown[-1].id if len(pairs) > len(shown) else None,
        merges=merges,
        apart=apart,
        names=names,
        alert=alert,
        persons=words.PERSONS,
        whys=words.WHYS,
        references=words.REFERENCES,
    )


def _side_by_side(person: Person, first_id: int, second_id: int, *, alert: str = "") -> str:
    with reading() as session:
        sides = [
            (roster.one(session, person, id_), merging.to_move(session, person, id_))
            for id_ in (first_id, second_id)
        ]
    return render_template(
        "portal/double.html",
        person=person,
        sides=sides,
        fields=[(name, words.FIELDS[name]) for name in merging.FIELDS[person]],
        alert=alert,
        persons=words.PERSONS,
        references=words.REFERENCES,
    )


def _person(word: str) -> Person:
    if word not in list(Person):
        raise NotFound()
    return Person(word)

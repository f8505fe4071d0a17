"""A family's own pages inside WeChat: the file, consents, who looked, copies, and the way out."""

from flask import Blueprint, Response, make_response, redirect, render_template, request
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from backend.kit.db import reading, unit_of_work
from backend.kit.errors import NotFound
from backend.portal import erasing, queries, service, student
from backend.security import queries as security
from backend.security.schemas import Speaker
from backend.students import queries as students
from backend.students.file import consents, details, erasures, exports, looks
from backend.web.sign_in import wechat_only

blueprint = Blueprint("family", __name__)
_TYPES = {"json": "application/json", "pdf": "application/pdf"}


@blueprint.get("/me/file/<int:student_id>")
@wechat_only
def file(openid: str, student_id: int) -> ResponseReturnValue:
    """One's own child's file, or one's own."""
    with reading() as session:
        speaker = security.speaker(session, openid)
        found = student.file_for_family(session, student_id, speaker)
        may_tell_health = consents.may(session, consents.Purpose.HEALTH, student_id=student_id)
    own = [one for one in found.details.guardians if one.id == speaker.guardian_id]
    return render_template(
        "portal/own_file.html", file=found, own=own, may_tell_health=may_tell_health
    )


@blueprint.post("/me/file/<int:student_id>")
@wechat_only
def change(openid: str, student_id: int) -> ResponseReturnValue:
    """A guardian fills in or clears the child's fields."""
    fields = {name: request.form[name] for name in details.EDITABLE if name in request.form}
    with unit_of_work() as session:
        speaker = security.speaker(session, openid)
        own = students.children_of(session, speaker.guardian_id or 0)
        if student_id not in {child.id for child in own}:
            raise NotFound()
        details.change(session, student_id, by=f"wechat:{openid}", fields=fields)
    return redirect(f"/me/file/{student_id}", 303)


@blueprint.post("/me/own")
@wechat_only
def change_own(openid: str) -> ResponseReturnValue:
    """A guardian fills in or clears their own fields."""
    fields = {n: request.form[n] for n in details.EDITABLE_OF_GUARDIAN if n in request.form}
    with unit_of_work() as session:
        guardian_id = security.speaker(session, openid).guardian_id or 0
        details.change_guardian(session, guardian_id, by=f"wechat:{openid}", fields=fields)
    return redirect("/me", 303)


@blueprint.get("/me/consents")
@wechat_only
def agreed(openid: str) -> ResponseReturnValue:
    """Every purpose: given or not, in which words, and what follows from taking it back."""
    with reading() as session:
        found = consents.standings(session, security.speaker(session, openid))
    return render_template("portal/consents.html", found=found, ways=consents.WAYS)


@blueprint.post("/me/consents/<purpose>")
@wechat_only
def decide(openid: str, purpose: str) -> ResponseReturnValue:
    """Give or take back one consent by a tap."""
    if purpose not in list(consents.Purpose):
        raise NotFound()
    act = service.agree if request.form.get("agree") == "yes" else service.withdraw
    with unit_of_work() as session:
        act(session, openid=openid, purpose=consents.Purpose(purpose), way="tap")
    return redirect("/me/consents", 303)


@blueprint.get("/me/looks")
@wechat_only
def looked(openid: str) -> ResponseReturnValue:
    """Who of ours looked at the children's sensitive fields, when and why."""
    with reading() as session:
        children = queries.learners(session, security.speaker(session, openid))
        found = looks.looks_at(session, [child.id for child in children])
    return render_template("portal/looks.html", children=children, found=found)


@blueprint.post("/me/exports")
@wechat_only
def ask_copy(openid: str) -> ResponseReturnValue:
    """Ask for a copy of everything."""
    with unit_of_work() as session:
        speaker = security.speaker(session, openid)
        if not erasing.is_known(session, speaker):
            raise NotFound()
        asked = exports.ask(session, speaker)
    return redirect(f"/me/exports/{asked.id}", 303)


@blueprint.get("/me/exports/<int:export_id>")
@wechat_only
def copy(openid: str, export_id: int) -> ResponseReturnValue:
    """The copy's page, for its requester alone."""
    with reading() as session:
        found = exports.export_for(session, export_id, security.speaker(session, openid))
    return render_template("portal/copy_page.html", copy=found)


@blueprint.get("/me/exports/<int:export_id>/<form>")
@wechat_only
def download(openid: str, export_id: int, form: str) -> Response:
    """The bytes; each fetching is written down."""
    if form not in _TYPES:
        raise NotFound()
    with unit_of_work() as session:
        speaker = security.speaker(session, openid)
        content = exports.fetched(session, export_id, speaker, form=form)
    answer = make_response(content)
    answer.content_type = _TYPES[form]
    answer.headers["Content-Disposition"] = f'attachment; filename="my-file.{form}"'
    answer.headers["Cache-Control"] = "no-store"
    return answer


@blueprint.get("/me/erasure")
@wechat_only
def way_out(openid: str) -> ResponseReturnValue:
    """What would be erased, what is kept and why, and what has to be done first."""
    with reading() as session:
        speaker = security.speaker(session, openid)
        _must_know(session, speaker)
        asked = erasures.open_erasure_of(session, speaker)
        obstacles = [] if asked else erasing.obstacles(session, speaker)
    return render_template("portal/erasure.html", asked=asked, obstacles=obstacles)


@blueprint.post("/me/erasure")
@wechat_only
def ask_erasure(openid: str) -> ResponseReturnValue:
    """Ask to be forgotten, or take that back."""
    with unit_of_work() as session:
        speaker = security.speaker(session, openid)
        if request.form.get("wish") == "take_back":
            erasures.take_back(session, speaker)
        else:
            _must_know(session, speaker)
            if not erasing.obstacles(session, speaker):
                erasures.ask(session, speaker)
    return redirect("/me/erasure", 303)


def _must_know(session: Session, speaker: Speaker) -> None:
    """Raise NotFound for whoever we hold nothing of, and for who may not ask for themselves."""
    if not (erasures.may_ask(session, speaker) and erasing.is_known(session, speaker)):
        raise NotFound()

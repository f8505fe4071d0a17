"""The page on which staff review what the bot did not understand: label, retrain, compare, publish,
take back. Every step works as a plain form; HTMX only saves the way back to the page.
"""

from collections.abc import Callable

from flask import Blueprint, Response, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from backend.kit import clock
from backend.kit.db import reading, unit_of_work
from backend.security import gate
from backend.security import service as security
from backend.security.schemas import Permission, StaffMember
from bot.phrases import understanding as phrases
from bot.review import queue, school, sentences, shown

blueprint = Blueprint(
    "review_pages",
    __name__,
    template_folder="templates",
    static_folder="static",
    static_url_path="/understanding/static",
)
LAST_PAGE = 500


@blueprint.get("/understanding")
@gate.staff_only(Permission.TEACH_BOT)
def queued(member: StaffMember) -> ResponseReturnValue:
    """Open sentences, newest first, below how well the bot understands."""
    return _page(number=min(LAST_PAGE, max(0, request.args.get("page", 0, type=int))))


@blueprint.post("/understanding/<int:row_id>/label")
@gate.staff_only(Permission.TEACH_BOT)
def label(member: StaffMember, row_id: int) -> ResponseReturnValue:
    """What the sentence means: a guess that was tapped, or the one chosen from the list."""
    intent = request.form.get("intent") or request.form.get("other", "")
    sentence = " ".join(request.form.get("sentence", "").split(" ")).strip()
    if intent not in phrases.NAMES:
        return _again(row_id, phrases.NO_INTENT, sentence)
    try:
        with unit_of_work() as session:
            queue.label(session, row_id, intent=intent, sentence=sentence, account_id=member.id)
    except sentences.WrongMarks as wrong:
        return _again(row_id, str(wrong), sentence)
    except queue.Gone:
        return _settled(phrases.GONE)
    return _settled(phrases.LABELLED.format(intent=phrases.NAMES[intent]))


@blueprint.post("/understanding/<int:row_id>/dismiss")
@gate.staff_only(Permission.TEACH_BOT)
def dismiss(member: StaffMember, row_id: int) -> ResponseReturnValue:
    """Nothing to be learned from it."""
    try:
        with unit_of_work() as session:
            queue.dismiss(session, row_id, account_id=member.id)
    except queue.Gone:
        return _settled(phrases.GONE)
    return _settled(phrases.DISMISSED)


@blueprint.get("/understanding/school")
@gate.staff_only(Permission.TEACH_BOT)
def models(member: StaffMember) -> ResponseReturnValue:
    """The models: which one serves, which one is new, and what can be done."""
    return _school()


@blueprint.post("/understanding/school/train")
@gate.staff_only(Permission.TEACH_BOT)
def train(member: StaffMember) -> ResponseReturnValue:
    """Teach everything that is labelled to a new model, which is not served yet."""

    def begin() -> str:
        read_at = clock.now()
        with reading() as session:
            lessons = queue.lessons(session)
        refused = school.keep(lessons)
        school.train()
        count = len(lessons) - len(refused)
        with unit_of_work() as session:
            queue.taught(session, read_at=read_at)
            _audit(session, member, "train", "nlu", sentences=count)
        told = phrases.BEGUN.format(count=count)
        if refused:
            told += phrases.REFUSED.format(sentences="、".join(map(sentences.plain, refused)))
        return told

    return _done(begin)


@blueprint.post("/understanding/school/publish")
@gate.staff_only(Permission.TEACH_BOT)
def publish(member: StaffMember) -> ResponseReturnValue:
    """The new model serves from now on."""
    model = request.form.get("model", "")

    def step() -> str:
        school.publish(model)
        with unit_of_work() as session:
            queue.learned(session, model)
            _audit(session, member, "publish", model)
        return phrases.PUBLISHED

    return _done(step)


@blueprint.post("/understanding/school/rollback")
@gate.staff_only(Permission.TEACH_BOT)
def roll_back(member: StaffMember) -> ResponseReturnValue:
    """The model before serves again; what the other one had learned waits for a training."""
    model, leaving = request.form.get("model", ""), request.form.get("leaving", "")

    def step() -> str:
        school.roll_back(model)
        with unit_of_work() as session:
            queue.unlearned(session, leaving)
            _audit(session, member, "rollback", model, instead_of=leaving)
        return phrases.ROLLED_BACK

    return _done(step)


def _audit(session: Session, member: StaffMember, what: str, model: str, **detail: object) -> None:
    security.audit(
        session,
        actor=f"account:{member.id}",
        action=f"understanding.{what}",
        subject=f"model:{model[:40]}",
        **detail,
    )


def _done(step: Callable[[], str]) -> ResponseReturnValue:
    """Do something at the school and show how things stand; what stands in the way, in words."""
    try:
        return _school(told=step())
    except school.Shut:
        return _school(alert=phrases.SHUT)
    except school.Away:
        return _school(alert=phrases.AWAY)
    except school.Refused:
        return _school(alert=phrases.MOVED)


def _school(*, told: str = "", alert: str = "") -> str:
    report = None
    try:
        report = school.look()
    except school.Shut:
        alert = phrases.SHUT
    except (school.Away, school.Refused):
        alert = phrases.AWAY
    with reading() as session:
        waiting = shown.waiting(session)
    name = "school" if "HX-Request" in request.headers else "school_page"
    return render_template(
        f"understanding/{name}.html",
        report=report,
        waiting=waiting,
        told=told,
        alert=alert,
        phrases=phrases,
    )


def _page(*, number: int = 0, alert: str = "", at: int = 0, typed: str = "") -> str:
    with reading() as session:
        groups, total = shown.groups(session, page=number)
        shares = shown.accuracy(session)
    return render_template(
        "understanding/index.html",
        groups=groups,
        total=total,
        shares=shares,
        page=number,
        is_last=(number + 1) * shown.PAGE >= total,
        alert=alert,
        at=at,
        typed=typed,
        phrases=phrases,
    )


def _again(row_id: int, alert: str, typed: str) -> ResponseReturnValue:
    """The sentence once more, with what to do differently and what was typed."""
    with reading() as session:
        group = shown.group(session, row_id)
    if group is None:
        return _settled(phrases.GONE)
    name = "row" if "HX-Request" in request.headers else "row_page"
    return render_template(
        f"understanding/{name}.html",
        group=group,
        alert=alert,
        at=row_id,
        typed=typed,
        phrases=phrases,
    )


def _settled(told: str) -> Response:
    """In the place of the sentence; without HTMX, the page again."""
    if "HX-Request" in request.headers:
        return make_response(render_template("understanding/settled.html", told=told))
    return make_response(redirect(url_for("review_pages.queued"), code=303))

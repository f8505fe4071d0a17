"""The browser's door to the talks that people lead (C3): who waits, what was said, and a box to
answer in. Everything is done by the same calls as in the staff's own chats.

A page asks every 3 s for what is new and hears 204 when nothing is. An answer carries a token of
its form, so that it is said once however often the button is tapped.
"""

import hashlib
import secrets
from collections.abc import Callable
from datetime import datetime

from flask import Blueprint, Response, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from backend.kit import clock
from backend.kit.db import reading, unit_of_work
from backend.kit.errors import NotAllowed, NotFound
from backend.security import queries as staff
from backend.security import service as security
from backend.security.gate import staff_only
from backend.security.schemas import Permission, StaffMember
from backend.students import queries as students
from backend.students import takeovers
from backend.students.schemas import TakeoverView
from bot import lead_line
from bot.flows import handoff, transcript
from bot.replies import TEXT_BYTES

blueprint = Blueprint(
    "talk_pages",
    __name__,
    template_folder="templates",
    static_folder="static",
    static_url_path="/talks/static",
)
blueprint.register_blueprint(lead_line.blueprint)
LINES = 60
LONGEST_TOKEN = 64
EMPTY = "请先写好要发给客户的话，再点发送。"
TOO_LONG = "内容太长，一次发不完，请分成两条发送。"
MOVED = "这位客户已由同事接待，这句话没有发出。需要接手请点「接管」。"
OVER = "这次对话刚刚结束，这句话没有发出。要再联系客户，请在公众号回复「接管 客户编号」。"


@blueprint.get("/talks")
@staff_only(Permission.LEAD_TALK)
def talks(member: StaffMember) -> ResponseReturnValue:
    """The talks that this member of staff leads or may lead."""
    with reading() as session:
        views = students.talks_for(session, member)
        owners = staff.staff_members(session, {view.owner_id for view in views})
    shown = render_template(
        "talks/list.html", views=views, owners=owners, member=member, minutes=_minutes
    )
    mark = _digest(shown)
    if "HX-Request" not in request.headers:
        return render_template("talks/index.html", shown=shown, mark=mark)
    if request.args.get("mark") == mark:
        return Response(status=204)
    return render_template("talks/board.html", shown=shown, mark=mark)


@blueprint.get("/talks/<int:takeover_id>")
@staff_only(Permission.LEAD_TALK)
def talk(member: StaffMember, takeover_id: int) -> ResponseReturnValue:
    """One talk: the transcript, and what can be done."""
    return _page(takeover_id, member)


@blueprint.get("/talks/<int:takeover_id>/lines")
@staff_only(Permission.LEAD_TALK)
def lines(member: StaffMember, takeover_id: int) -> ResponseReturnValue:
    """What has changed since the page with this mark; 204 when nothing has."""
    with reading() as session:
        view = students.talk_for(session, takeover_id, member)
        shown = _shown(session, view, member)
        mark, known = _mark(view, shown), request.args.get("mark", "")
        if mark == known:
            return Response(status=204)
        is_moved = mark.partition(".")[0] != known.partition(".")[0]
        desk = _desk(session, view, member, beside=True) if is_moved else ""
    return render_template("talks/lines.html", view=view, shown=shown, mark=mark, desk=desk)


@blueprint.get("/talks/<int:takeover_id>/suggestions")
@staff_only(Permission.LEAD_TALK)
def suggestions(member: StaffMember, takeover_id: int) -> ResponseReturnValue:
    """What could be answered: the bot's flows are tried out and undone, which takes a unit."""
    with unit_of_work() as session:
        view = students.talk_for(session, takeover_id, member)
        found = [] if view.ended_at else handoff.suggested(session, view, owner_id=member.id)
    return render_template("talks/suggestions.html", found=found)


@blueprint.post("/talks/<int:takeover_id>/answer")
@staff_only(Permission.LEAD_TALK)
def answer(member: StaffMember, takeover_id: int) -> ResponseReturnValue:
    """Say something to the customer, once for each form."""
    words = request.form.get("words", "").replace("\r\n", "\n").strip()
    token = request.form.get("token", "")[:LONGEST_TOKEN]
    alert = _said(takeover_id, member, words, token)
    if "HX-Request" not in request.headers:
        return _page(takeover_id, member, alert=alert, words=words) if alert else _back(takeover_id)
    with reading() as session:
        view = students.talk_for(session, takeover_id, member)
        return _desk(session, view, member, alert=alert, words=words if alert else "")


@blueprint.post("/talks/<int:takeover_id>/take")
@staff_only(Permission.LEAD_TALK)
def take(member: StaffMember, takeover_id: int) -> ResponseReturnValue:
    """From now on this member of staff leads."""
    return _done(
        takeover_id,
        lambda unit: takeovers.take(unit, takeover_id=takeover_id, account_id=member.id),
    )


@blueprint.post("/talks/<int:takeover_id>/hand")
@staff_only(Permission.LEAD_TALK)
def hand(member: StaffMember, takeover_id: int) -> ResponseReturnValue:
    """From now on the chosen colleague leads."""
    to_id = request.form.get("to", type=int) or 0
    return _done(
        takeover_id, lambda unit: handoff.give(unit, takeover_id, to_id=to_id, by_id=member.id)
    )


@blueprint.post("/talks/<int:takeover_id>/end")
@staff_only(Permission.LEAD_TALK)
def end(member: StaffMember, takeover_id: int) -> ResponseReturnValue:
    """The bot leads again."""
    return _done(takeover_id, lambda unit: handoff.finish(unit, takeover_id, account_id=member.id))


def _said(takeover_id: int, member: StaffMember, words: str, token: str) -> str:
    """Say it unless it has been said; returns what stands in the way, in words for the page."""
    if not words or not token:
        return EMPTY
    if len(words.encode()) > TEXT_BYTES:
        return TOO_LONG
    key = f"talk:{takeover_id}:{member.id}:{token}"
    try:
        with unit_of_work() as session:
            security.use_link(session, key)
            takeovers.answer(
                session,
                takeover_id=takeover_id,
                account_id=member.id,
                words=words,
                source_key=f"page:{member.id}:{token}",
            )
    except security.LinkUsed:
        return ""
    except NotFound:
        return OVER
    except NotAllowed:
        return MOVED
    return ""


def _page(takeover_id: int, member: StaffMember, *, alert: str = "", words: str = "") -> str:
    """The whole page of a talk."""
    with reading() as session:
        view = students.talk_for(session, takeover_id, member)
        shown = _shown(session, view, member)
        desk = _desk(session, view, member, alert=alert, words=words)
    mark = _mark(view, shown)
    return render_template("talks/talk.html", view=view, shown=shown, desk=desk, mark=mark)


def _done(takeover_id: int, act: Callable[[Session], object]) -> Response:
    """Do something with a talk in one unit, then show it."""
    with unit_of_work() as session:
        act(session)
    return _back(takeover_id)


def _shown(session: Session, view: TakeoverView, member: StaffMember) -> str:
    """How the talk stands and what was said, as HTML."""
    owner = staff.staff_members(session, {view.owner_id})[view.owner_id]
    said = transcript.lines(session, view.openid, limit=LINES)
    if view.ended_at is not None:  # What came later is between the customer and whoever is next.
        said = [line for line in said if line.at <= view.ended_at]
    return render_template(
        "talks/shown.html", view=view, owner=owner, member=member, lines=said, minutes=_minutes
    )


def _desk(
    session: Session,
    view: TakeoverView,
    member: StaffMember,
    *,
    alert: str = "",
    words: str = "",
    beside: bool = False,
) -> str:
    """The box and the buttons, as HTML, with a token of its own; `beside` something else that a
    page has asked for, it replaces the page's own."""
    colleagues = [] if view.ended_at else takeovers.colleagues(session)
    return render_template(
        "talks/desk.html",
        view=view,
        member=member,
        colleagues=[each for each in colleagues if each[0].id != view.owner_id],
        token=secrets.token_urlsafe(16),
        alert=alert,
        words=words,
        beside=beside,
    )


def _mark(view: TakeoverView, shown: str) -> str:
    """Names what a page shows: who leads, then everything."""
    return f"{view.owner_id}-{int(view.ended_at is not None)}.{_digest(shown)}"


def _digest(shown: str) -> str:
    return hashlib.sha256(shown.encode()).hexdigest()[:16]


def _minutes(since: datetime) -> int:
    return int((clock.now() - since).total_seconds() // 60)


def _back(takeover_id: int) -> Response:
    """To the page, by GET."""
    return make_response(redirect(url_for("talk_pages.talk", takeover_id=takeover_id), code=303))

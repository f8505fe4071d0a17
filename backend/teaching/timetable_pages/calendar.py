"""Calendars: the file behind a secret address, and one's own addresses inside WeChat."""

from flask import Blueprint, Response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from backend.kit.db import reading, unit_of_work
from backend.teaching.drafts import feeds
from backend.teaching.drafts.schemas import FeedKind, NoSuchFeed
from backend.web import errors
from backend.web.sign_in import wechat_only

blueprint = Blueprint("calendar", __name__)
LONGEST = 60

errors.apologise(
    NoSuchFeed, "日历地址已失效", "这个日历地址不对或已停用。请回公众号回复「日历订阅」看新的地址。"
)


@blueprint.get("/calendar/<token>.ics")
def feed(token: str) -> Response:
    """The lessons behind an address; whoever has it may read it, as long as its owner may."""
    if len(token) > LONGEST:
        raise NoSuchFeed()
    with reading() as session:
        content = feeds.calendar(session, token)
    answer = Response(content, content_type="text/calendar; charset=utf-8")
    answer.headers["Content-Disposition"] = "inline; filename=timetable.ics"
    return answer


@blueprint.get("/lessons/calendar")
@wechat_only
def own(openid: str) -> ResponseReturnValue:
    """The addresses of one's children, and of the lessons one teaches."""
    with reading() as session:
        found = feeds.own(session, openid)
    return render_template("teaching/calendar.html", found=found, kinds=FeedKind)


@blueprint.post("/lessons/calendar/<kind>/<int:subject_id>")
@wechat_only
def change(openid: str, kind: str, subject_id: int) -> ResponseReturnValue:
    """A new address, or none any more."""
    if kind not in list(FeedKind):
        raise NoSuchFeed()
    with unit_of_work() as session:
        if request.form.get("act") == "revoke":
            feeds.revoke_own(session, openid, FeedKind(kind), subject_id)
        else:
            feeds.renew_own(session, openid, FeedKind(kind), subject_id)
    return redirect(url_for("teaching_pages.timetable.calendar.own"), 303)

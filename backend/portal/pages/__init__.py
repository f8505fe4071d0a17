"""The browser's door: 「我的」 and 「消息设置」, opened from the chat's menu, the way out of
advertising that its letters carry, and the console's desk and people."""

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from backend.admissions.figures import telling
from backend.kit.db import reading, unit_of_work
from backend.kit.errors import NotFound
from backend.outbox import service as outbox
from backend.outbox.schemas import NoticeKind
from backend.portal import queries, service
from backend.portal.desk import desk_of
from backend.portal.pages import (
    customers,
    doubles,
    exports,
    family,
    files,
    intakes,
    people,
    reminders,
    reviews,
)
from backend.portal.shell import shell
from backend.security import identities
from backend.security.gate import staff_only
from backend.security.permissions import may
from backend.security.schemas import Permission, StaffMember
from backend.students import bindings, freezing
from backend.web.sign_in import wechat_only

blueprint = Blueprint(
    "portal_pages",
    __name__,
    template_folder="../templates",
    static_folder="../static",
    static_url_path="/me/static",
)
for each in (people, files, family, reviews, reminders, customers, doubles, intakes, exports):
    blueprint.register_blueprint(each.blueprint)
blueprint.app_context_processor(lambda: {"shell": shell})


@blueprint.get("/me")
@wechat_only
def me(openid: str) -> ResponseReturnValue:
    """The signed-in person's own page."""
    with reading() as session:
        mine = queries.mine(session, openid)
    return render_template("portal/me.html", mine=mine)


@blueprint.post("/me/unbind")
@wechat_only
def unbind(openid: str) -> ResponseReturnValue:
    """This WeChat speaks for nobody any more."""
    with unit_of_work() as session:
        identities.unbind(session, openid, by=f"wechat:{openid}")
    return redirect(url_for("portal_pages.me"), code=303)


@blueprint.post("/me/freeze/<mark>")
@wechat_only
def freeze(openid: str, mark: str) -> ResponseReturnValue:
    """Freeze another WeChat of the person or of the family, by the mark on the page."""
    with unit_of_work() as session:
        stolen = next(
            (
                each.openid
                for each in bindings.companions(session, openid)
                if each.mark == mark and not each.is_mine
            ),
            None,
        )
        if stolen is None:
            raise NotFound()
        freezing.freeze_companion(session, openid=openid, stolen=stolen)
    return redirect(url_for("portal_pages.me"), code=303)


@blueprint.get("/me/messages")
@wechat_only
def messages(openid: str) -> ResponseReturnValue:
    """What the signed-in person is told, by kind, and what they agreed to get in WeChat."""
    with reading() as session:
        mine = queries.messages(session, openid)
    return render_template("portal/messages.html", mine=mine)


@blueprint.post("/me/messages/<kind>")
@wechat_only
def wish(openid: str, kind: str) -> ResponseReturnValue:
    """Switch one kind on or off."""
    if kind not in service.DECLINABLE:
        raise NotFound()
    wanted = request.form.get("wanted") == "yes"
    with unit_of_work() as session:
        service.wish(session, openid=openid, kinds=[NoticeKind(kind)], wanted=wanted)
    return redirect(url_for("portal_pages.messages"), code=303)


@blueprint.get("/stop/<token>")
def stop_page(token: str) -> str:
    """Asks first: robots open links too."""
    kind, channel = outbox.stop_of(token)
    return render_template("portal/stop.html", kind=kind, channel=channel, done=False)


@blueprint.post("/stop/<token>")
def stop(token: str) -> str:
    """Whoever holds a letter may end its kind at the address it went to; nothing else follows."""
    kind, channel = outbox.stop_of(token)
    with unit_of_work() as session:
        outbox.follow_stop(session, token)
    return render_template("portal/stop.html", kind=kind, channel=channel, done=True)


@blueprint.get("/console")
@staff_only(Permission.OPEN_DESK)
def desk(member: StaffMember) -> ResponseReturnValue:
    """「我的工作台」."""
    if may(member.role, Permission.SEE_FIGURES):
        telling.refresh()
    with reading() as session:
        found = desk_of(session, member)
    return render_template(
        "portal/desk.html", desk=found, calls_roll=may(member.role, Permission.TAKE_ATTENDANCE)
    )

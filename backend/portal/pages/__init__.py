"""The browser's door: 「我的」, opened from the chat's menu, and the console's desk and people."""

from flask import Blueprint, render_template
from flask.typing import ResponseReturnValue

from backend.kit.db import reading
from backend.portal import queries
from backend.portal.desk import desk_of
from backend.portal.pages import people
from backend.portal.shell import shell
from backend.security.gate import staff_only
from backend.security.schemas import Permission, StaffMember
from backend.web.sign_in import wechat_only

blueprint = Blueprint(
    "portal_pages",
    __name__,
    template_folder="../templates",
    static_folder="../static",
    static_url_path="/me/static",
)
blueprint.register_blueprint(people.blueprint)
blueprint.app_context_processor(lambda: {"shell": shell})


@blueprint.get("/me")
@wechat_only
def me(openid: str) -> ResponseReturnValue:
    """The signed-in person's own page."""
    with reading() as session:
        mine = queries.mine(session, openid)
    return render_template("portal/me.html", mine=mine)


@blueprint.get("/console")
@staff_only(Permission.OPEN_DESK)
def desk(member: StaffMember) -> ResponseReturnValue:
    """「我的工作台」."""
    with reading() as session:
        found = desk_of(session, member)
    return render_template("portal/desk.html", desk=found)

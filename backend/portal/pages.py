"""The browser's door: 「我的」, opened from the chat's menu."""

from flask import Blueprint, render_template
from flask.typing import ResponseReturnValue

from backend.kit.db import reading
from backend.portal import queries
from backend.web.sign_in import wechat_only

blueprint = Blueprint(
    "portal_pages",
    __name__,
    template_folder="templates",
    static_folder="static",
    static_url_path="/me/static",
)


@blueprint.get("/me")
@wechat_only
def me(openid: str) -> ResponseReturnValue:
    """The signed-in person's own page."""
    with reading() as session:
        mine = queries.mine(session, openid)
    return render_template("portal/me.html", mine=mine)

"""The browser's door of the security room: inside WeChat, the console's entrance, one's own
account, and the audit trail."""

from flask import Blueprint

from backend.kit.db import reading
from backend.kit.errors import NotAllowed
from backend.security import queries
from backend.security.pages import account, audit, entrance, keys, wechat
from backend.web import errors, sign_in


class WechatFrozen(NotAllowed):
    """The WeChat that this browser is signed in with was reported stolen."""


errors.apologise(
    WechatFrozen,
    "这个微信已被冻结",
    "资料都还在，只是暂时不能查看和办理。找回微信后，请在公众号对话里发送「解冻」。",
)
blueprint = Blueprint("security_pages", __name__, template_folder="../templates")
for part in (wechat, entrance, account, audit, keys):
    blueprint.register_blueprint(part.blueprint)


@blueprint.before_app_request
def refuse_frozen() -> None:
    """Sessions of a stolen WeChat end with the freezing, whatever page they are on (C4)."""
    openid = sign_in.signed_in()
    if openid is None:
        return
    with reading() as session:
        if queries.is_frozen(session, openid):
            raise WechatFrozen()

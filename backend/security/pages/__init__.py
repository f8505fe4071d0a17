"""The browser's door of the security room: inside WeChat, the console's entrance, one's own
account, and the audit trail."""

from flask import Blueprint

from backend.security.pages import account, audit, entrance, keys, wechat

blueprint = Blueprint("security_pages", __name__, template_folder="../templates")
for part in (wechat, entrance, account, audit, keys):
    blueprint.register_blueprint(part.blueprint)

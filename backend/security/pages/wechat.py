"""Signing in inside WeChat, links for one person, and
signatures for the JS-SDK."""

import secrets

from flask import Blueprint, jsonify, redirect, request
from flask.typing import ResponseReturnValue

from backend.gateways import ports
from backend.kit import clock
from backend.kit.config import settings
from backend.kit.crypto import LinkInvalid
from backend.kit.db import unit_of_work
from backend.kit.errors import GatewayError, NotAllowed, NotFound
from backend.security import rules, service
from backend.web import errors, sign_in

blueprint = Blueprint("wechat", __name__)

OLD_CODE = frozenset({"40029", "40163"})
LONGEST_URL = 2000

errors.apologise(
    service.LinkUsed, "链接已使用过", "这个链接只能用一次，请回到公众号对话，重新获取一条链接。"
)
errors.apologise(
    service.LinkOfAnother,
    "这个链接不是发给您的",
    "它只对收到它的人有效。请从公众号菜单打开您自己的页面，需要帮助请发送「转人工」。",
)


@blueprint.get(sign_in.SIGN_IN_PATH)
def start() -> ResponseReturnValue:
    """Ask the platform who is looking, whoever may be signed in here. `next` is a path of ours."""
    path = sign_in.own_path(request.args.get("next", "/me"))
    if path is None:
        raise NotFound()
    state = sign_in.begin(path)
    back_url = f"{settings().public_url}/oauth/callback"
    return redirect(ports.sign_in().sign_in_url(back_url, state))


@blueprint.get("/oauth/callback")
def callback() -> ResponseReturnValue:
    """Back from the platform. A state that this browser did not begin signs nobody in, so that
    nobody can be made to look at somebody else's pages."""
    path = sign_in.come_back(request.args.get("state", ""))
    code = request.args.get("code", "")
    if path is None or not code:
        raise LinkInvalid(expired=True)
    try:
        openid = ports.sign_in().openid_behind(code)
    except GatewayError as error:
        if error.code in OLD_CODE:
            return redirect(sign_in.start_url(path))
        return errors.page(503)
    sign_in.sign_in(openid)
    return redirect(path)


@blueprint.get("/go/<token>")
@sign_in.wechat_only
def go(openid: str, token: str) -> ResponseReturnValue:
    """Follow a link from the chat, if it was made for whoever is signed in."""
    with unit_of_work() as session:
        path = service.follow_link(session, token, openid=openid)
    return redirect(path)


@blueprint.get("/jssdk")
def page_signature() -> ResponseReturnValue:
    """What a page of ours gives `wx.config`. Addresses of other sites are not signed."""
    url = request.args.get("url", "")
    if len(url) > LONGEST_URL or not rules.is_own_page(url, site=settings().public_url):
        raise NotAllowed()
    timestamp, nonce = int(clock.now().timestamp()), secrets.token_hex(8)
    try:
        ticket = ports.sign_in().page_ticket()
    except GatewayError:
        return errors.page(503)
    signature = rules.page_signature(ticket=ticket, nonce=nonce, timestamp=timestamp, url=url)
    return jsonify(
        appId=settings().wechat_appid, timestamp=timestamp, nonceStr=nonce, signature=signature
    )

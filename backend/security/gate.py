"""The gate of the console: which member of staff is looking, and whether they may.

A page takes `@staff_only(Permission.READ_AUDIT)`; its view gets the `StaffMember` first. Staff come
in by a console session or by their own WeChat; a former member of staff is nobody at either. The
table in `permissions` decides; the marks left on a view let `backend.doors` be checked against it.
"""

import time
from collections.abc import Callable
from functools import wraps
from typing import Concatenate, ParamSpec
from urllib.parse import urlencode

from flask import Response, g, redirect, request
from flask import session as cookie
from flask.typing import ResponseReturnValue

from backend.kit.db import reading, unit_of_work
from backend.kit.errors import NotAllowed
from backend.security import permissions, queries, sessions
from backend.security.schemas import Permission, Speaker, StaffMember
from backend.web import errors, sign_in

P = ParamSpec("P")
SIGN_IN_PATH, HOME_PATH = "/console/sign-in", "/console"
HALF_SECONDS = 600


class StaffOnly(NotAllowed):
    """The page is for colleagues, and whoever is signed in is none."""


class OtherRole(NotAllowed):
    """The page belongs to other roles than the reader's."""


errors.apologise(
    StaffOnly,
    "这是员工页面",
    "当前微信没有绑定员工账号。如果您是本机构员工，请联系信息安全老师开通；"
    "学员和家长请回到公众号对话，需要帮助请发送「转人工」。",
)
errors.apologise(
    OtherRole,
    "不在您的岗位权限里",
    "这个页面由其他岗位的同事负责。确有需要请联系校长或信息安全老师开通，也可以先回到工作台。",
)


def staff_only(
    *needed: Permission,
) -> Callable[
    [Callable[Concatenate[StaffMember, P], ResponseReturnValue]], Callable[P, ResponseReturnValue]
]:
    """A page for active staff who have each of these permissions; the view gets them first."""

    def guard(
        view: Callable[Concatenate[StaffMember, P], ResponseReturnValue],
    ) -> Callable[P, ResponseReturnValue]:
        @wraps(view)
        def guarded(*args: P.args, **kwargs: P.kwargs) -> ResponseReturnValue:
            member = _reader()
            if member is None:
                return _to_sign_in()
            if not permissions.may(member.role, *needed):
                raise OtherRole()
            g.staff = member
            return view(member, *args, **kwargs)

        guarded.__dict__["needs"] = frozenset(needed)
        return guarded

    return guard


def known_only(
    view: Callable[Concatenate[Speaker, P], ResponseReturnValue],
) -> Callable[P, ResponseReturnValue]:
    """A page for whoever WeChat has signed in, and for staff at their console; the view gets who
    reads. A console alone speaks for no openid."""

    @wraps(view)
    def guarded(*args: P.args, **kwargs: P.kwargs) -> ResponseReturnValue:
        openid = sign_in.signed_in()
        if openid is not None:
            with reading() as session:
                speaker = queries.speaker(session, openid)
            return view(speaker, *args, **kwargs)
        member = _reader()
        if member is None:
            return redirect(sign_in.start_url(request.full_path.rstrip("?")))
        return view(Speaker(openid="", account_id=member.id, role=member.role), *args, **kwargs)

    guarded.__dict__["asks"] = "wechat"
    return guarded


def half_only(
    view: Callable[Concatenate[int, P], ResponseReturnValue],
) -> Callable[P, ResponseReturnValue]:
    """A page between password and code; the view gets the account's id."""

    @wraps(view)
    def guarded(*args: P.args, **kwargs: P.kwargs) -> ResponseReturnValue:
        held = cookie.get("half")
        if not isinstance(held, dict) or held["until"] <= time.time():
            return redirect(SIGN_IN_PATH)
        return view(int(held["account"]), *args, **kwargs)

    guarded.__dict__["asks"] = "half"
    return guarded


def go_halfway(account_id: int, *, path: str) -> None:
    """The password was right; the second factor is still to come."""
    cookie.clear()
    cookie["half"] = {"account": account_id, "until": time.time() + HALF_SECONDS}
    cookie["going"] = path


def enter(secret: str, *, path: str) -> None:
    """Give this browser a console session; what it held before is forgotten (session fixation)."""
    cookie.clear()
    cookie["console"] = secret
    cookie["going"] = path


def going() -> str:
    """Where whoever signs in wanted to go."""
    return sign_in.own_path(str(cookie.get("going", HOME_PATH))) or HOME_PATH


def leave() -> None:
    """Forget this browser's sign-in, here and in the database."""
    secret = cookie.get("console")
    if isinstance(secret, str):
        with unit_of_work() as session:
            found = sessions.reader(session, secret)
            if found:
                member, session_id, _ = found
                sessions.end(session, session_id, of=member.id, by=f"account:{member.id}")
    cookie.clear()


def _reader() -> StaffMember | None:
    """Who looks: a member of staff, or None for nobody signed in. Raises StaffOnly for others."""
    secret, openid = cookie.get("console"), sign_in.signed_in()
    if isinstance(secret, str):
        with reading() as session:
            found = sessions.reader(session, secret)
        if found:
            member, g.session_id, is_stale = found
            if is_stale:
                with unit_of_work() as session:
                    sessions.note_seen(session, g.session_id)
            return member
    if openid is None:
        return None
    with reading() as session:
        behind = queries.staff_behind(session, openid)
    if behind is None:
        raise StaffOnly()
    return behind


def _to_sign_in() -> ResponseReturnValue:
    """To the entrance that fits the browser; a fragment's request moves the page around it."""
    path = request.full_path.rstrip("?") if request.method == "GET" else HOME_PATH
    is_fragment = "HX-Request" in request.headers
    if is_fragment:
        path = HOME_PATH
    is_wechat = "MicroMessenger" in request.headers.get("User-Agent", "")
    to = sign_in.start_url(path) if is_wechat else f"{SIGN_IN_PATH}?{urlencode({'next': path})}"
    return Response(status=204, headers={"HX-Redirect": to}) if is_fragment else redirect(to)

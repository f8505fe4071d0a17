"""The gate of the console: which member of staff is looking, and whether they may.

A page takes `@staff_only(Permission.READ_AUDIT)`; its view gets the `StaffMember` first. Staff come
in by a console session or by their own WeChat; a former member of staff is nobody at either. The
table in `permissions` decides; the marks left on a view let `backend.doors` be checked against it.
"""

from collections.abc import Callable
from functools import wraps
from typing import Concatenate, ParamSpec

from flask import g, redirect, request
from flask.typing import ResponseReturnValue

from backend.kit.db import reading
from backend.kit.errors import NotAllowed
from backend.security import permissions, queries
from backend.security.schemas import Permission, StaffMember
from backend.web import errors, sign_in

P = ParamSpec("P")


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
                return redirect(sign_in.start_url(request.full_path.rstrip("?")))
            if not permissions.may(member.role, *needed):
                raise OtherRole()
            g.staff = member
            return view(member, *args, **kwargs)

        guarded.__dict__["needs"] = frozenset(needed)
        return guarded

    return guard


def _reader() -> StaffMember | None:
    """Who looks: a member of staff, or None for nobody signed in. Raises StaffOnly for others."""
    openid = sign_in.signed_in()
    if openid is None:
        return None
    with reading() as session:
        member = queries.staff_behind(session, openid)
    if member is None:
        raise StaffOnly()
    return member

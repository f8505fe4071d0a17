"""Who may open a page of the staff's: signed in, and working here now.

@blueprint.get("/talks")
@gate.staff_only()
def talks(member: StaffMember) -> ResponseReturnValue: ...
"""

from collections.abc import Callable
from functools import wraps
from typing import Concatenate, ParamSpec

from flask import Response, redirect, request
from flask.typing import ResponseReturnValue

from backend.kit.db import reading
from backend.kit.errors import NotAllowed
from backend.security import queries
from backend.security.schemas import Role, StaffMember
from backend.web import errors, sign_in

P = ParamSpec("P")
_SIGNED_OUT = errors.Apology("登录已过期", "请刷新页面重新登录，再提交一次即可。")


class NotStaff(NotAllowed):
    """Whoever is signed in does not work here (any more), or not in this role."""


errors.apologise(
    NotStaff,
    "这是员工页面",
    "您的微信没有相应的员工权限。如果您是老师，请联系校长开通，或回到公众号发送「帮助」。",
)


def staff_only(
    *roles: Role,
) -> Callable[
    [Callable[Concatenate[StaffMember, P], ResponseReturnValue]],
    Callable[P, ResponseReturnValue],
]:
    """A page for active staff, of these roles where any are named; the view gets the member first.
    Former staff are strangers at once (X2)."""

    def gated(
        view: Callable[Concatenate[StaffMember, P], ResponseReturnValue],
    ) -> Callable[P, ResponseReturnValue]:
        @wraps(view)
        def guarded(*args: P.args, **kwargs: P.kwargs) -> ResponseReturnValue:
            openid = sign_in.signed_in()
            if openid is None:
                return _to_sign_in()
            member = _member(openid)
            if member is None or (roles and member.role not in roles):
                raise NotStaff()
            return view(member, *args, **kwargs)

        return guarded

    return gated


def _member(openid: str) -> StaffMember | None:
    with reading() as session:
        account_id = queries.speaker(session, openid).account_id
        return queries.staff_members(session, {account_id})[account_id] if account_id else None


def _to_sign_in() -> ResponseReturnValue:
    """What was to be submitted cannot be carried through a sign-in; a page can."""
    if request.method != "GET":
        return errors.page(403, apology=_SIGNED_OUT, name="SignedOut")
    if "HX-Request" in request.headers:
        return Response(headers={"HX-Refresh": "true"})
    return redirect(sign_in.start_url(request.full_path.rstrip("?")))

"""One's own account: password, second factor, where one is signed in."""

from flask import Blueprint, g, redirect, render_template, request
from flask import session as cookie
from flask.typing import ResponseReturnValue

from backend.kit.db import reading, unit_of_work
from backend.security import accounts, entrance, people, permissions, second_factor, sessions, words
from backend.security.gate import staff_only
from backend.security.schemas import Permission, StaffMember
from backend.web.pictures import picture_of

blueprint = Blueprint("account", __name__)
PATH = "/console/account"


@blueprint.get(PATH)
@staff_only(Permission.OPEN_DESK)
def account(me: StaffMember) -> ResponseReturnValue:
    """The page."""
    return _page(me)


@blueprint.post(f"{PATH}/password")
@staff_only(Permission.OPEN_DESK)
def change_password(me: StaffMember) -> ResponseReturnValue:
    """Change the password; every other session ends."""
    new = request.form.get("password", "")
    if new != request.form.get("again"):
        return _page(me, wrong=words.NOT_ALIKE), 422
    try:
        if not _confirmed(me):
            return _page(me, wrong=words.OLD_WRONG), 422
        with unit_of_work() as session:
            accounts.change_password(session, me.id, new=new, keep=g.get("session_id"))
    except entrance.SignInLocked as error:
        return _page(me, wrong=words.LOCKED.format(**error.facts)), 429
    except accounts.PasswordWeak as error:
        return _page(me, wrong=words.WEAK[error.facts["why"]]), 422
    return _page(me, said=words.CHANGED)


@blueprint.post(f"{PATH}/sessions/<int:session_id>")
@staff_only(Permission.OPEN_DESK)
def end_session(me: StaffMember, session_id: int) -> ResponseReturnValue:
    """Sign one of one's own browsers out."""
    with unit_of_work() as session:
        sessions.end(session, session_id, of=me.id, by=f"account:{me.id}")
    if "HX-Request" in request.headers:
        with reading() as session:
            live = sessions.live_of(session, me.id)
        return render_template(
            "security/sessions.html", live=live, current=g.get("session_id"), told=True
        )
    return redirect(PATH, 303)


@blueprint.get(f"{PATH}/second-factor")
@staff_only(Permission.OPEN_DESK)
def ask_app(me: StaffMember) -> ResponseReturnValue:
    """Set up an app, or another one in place of the old."""
    return _app_page(me)


@blueprint.post(f"{PATH}/second-factor")
@staff_only(Permission.OPEN_DESK)
def set_app(me: StaffMember) -> ResponseReturnValue:
    """Take the app once its code is right. The password is asked again: a browser left open must
    not be enough to take an account over."""
    secret = cookie.get("secret", "")
    try:
        if not _confirmed(me):
            return _app_page(me, wrong=words.OLD_WRONG), 422
        with unit_of_work() as session:
            codes = accounts.set_second_factor(
                session, me.id, secret=secret, code=request.form.get("code", "")
            )
    except entrance.SignInLocked as error:
        return _app_page(me, wrong=words.LOCKED.format(**error.facts)), 429
    except accounts.CodeWrong:
        return _app_page(me, wrong=words.CODE_WRONG), 422
    del cookie["secret"]
    return render_template("security/recovery_codes.html", codes=codes, path=PATH)


def _confirmed(me: StaffMember) -> bool:
    """Whether the form's old password is right. Raises SignInLocked."""
    old = request.form.get("old", "")
    return entrance.confirm_password(me.id, old, address=request.remote_addr or "unknown")


def _app_page(me: StaffMember, *, wrong: str | None = None) -> str:
    secret = cookie.setdefault("secret", second_factor.new_secret())
    picture = picture_of(second_factor.address(secret, label=me.name), title="绑定验证应用的二维码")
    return render_template("security/app.html", wrong=wrong, secret=secret, picture=picture)


def _page(me: StaffMember, *, wrong: str | None = None, said: str | None = None) -> str:
    with reading() as session:
        live = sessions.live_of(session, me.id)
        mine = people.person(session, me.id)
    return render_template(
        "security/account.html",
        wrong=wrong,
        said=said,
        live=live,
        current=g.get("session_id"),
        has_app=mine.has_app,
        has_password=mine.has_password,
        must_have_app=me.role in permissions.SECOND_FACTOR,
        codes_left=mine.codes_left,
    )

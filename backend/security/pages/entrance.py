"""The console's entrance: password, code, and the link that sets a first password."""

from flask import Blueprint, redirect, render_template, request
from flask import session as cookie
from flask.typing import ResponseReturnValue

from backend.kit.db import reading, unit_of_work
from backend.security import accounts, entrance, gate, people, second_factor, words
from backend.web import sign_in
from backend.web.pictures import picture_of

blueprint = Blueprint("entrance", __name__)


@blueprint.get(gate.SIGN_IN_PATH)
def ask() -> ResponseReturnValue:
    """The form; `next` is a path of ours, `ready` follows an accepted invitation."""
    said = words.READY_TO_SIGN_IN if "ready" in request.args else None
    return _form(said=said)


@blueprint.post(gate.SIGN_IN_PATH)
def sign_in_by_password() -> ResponseReturnValue:
    """The password's turn."""
    path = sign_in.own_path(request.form.get("next", gate.HOME_PATH)) or gate.HOME_PATH
    try:
        account_id, needs_more = entrance.check_password(
            request.form.get("who", ""), request.form.get("password", ""), address=_address()
        )
    except entrance.SignInLocked as error:
        return _form(wrong=words.LOCKED.format(**error.facts)), 429
    except entrance.SignInWrong:
        return _form(wrong=words.SIGN_IN_WRONG), 403
    if needs_more:
        gate.go_halfway(account_id, path=path)
        return redirect("/console/sign-in/code", 303)
    return _let_in(account_id, path)


@blueprint.get("/console/sign-in/code")
@gate.half_only
def ask_code(account_id: int) -> ResponseReturnValue:
    """The code's form, or the app's set-up for a role that has none yet."""
    return _code_form(account_id)


@blueprint.post("/console/sign-in/code")
@gate.half_only
def sign_in_by_code(account_id: int) -> ResponseReturnValue:
    """The code's turn; a first code proves that the app has been set up."""
    code, path = request.form.get("code", ""), gate.going()
    codes: list[str] = []
    try:
        secret = cookie.get("secret")
        if _has_app(account_id) or not isinstance(secret, str):
            entrance.check_code(account_id, code, address=_address())
        else:
            codes = entrance.set_up_code(account_id, code, secret=secret, address=_address())
    except entrance.SignInLocked as error:
        return _code_form(account_id, wrong=words.LOCKED.format(**error.facts)), 429
    except entrance.SignInWrong:
        return _code_form(account_id, wrong=words.CODE_WRONG), 403
    answer = _let_in(account_id, path)
    if codes:
        return render_template("security/recovery_codes.html", codes=codes, path=path)
    return answer


@blueprint.post("/console/sign-out")
def sign_out() -> ResponseReturnValue:
    """Sign this browser out. Again changes nothing."""
    gate.leave()
    return redirect(gate.SIGN_IN_PATH, 303)


@blueprint.get("/console/invitation/<token>")
def invitation(token: str) -> ResponseReturnValue:
    """The form of a first password. Looking uses nothing up, for robots look too."""
    with reading() as session:
        name = accounts.invited(session, token).name
    return render_template("security/invitation.html", name=name, wrong=None)


@blueprint.post("/console/invitation/<token>")
def accept(token: str) -> ResponseReturnValue:
    """Set the password and use the invitation up."""
    password = request.form.get("password", "")
    try:
        with unit_of_work() as session:
            name = accounts.invited(session, token).name
            if password != request.form.get("again"):
                wrong = words.NOT_ALIKE
                return render_template("security/invitation.html", name=name, wrong=wrong), 422
            accounts.accept(session, token, password=password)
    except accounts.PasswordWeak as error:
        wrong = words.WEAK[error.facts["why"]]
        return render_template("security/invitation.html", name=name, wrong=wrong), 422
    return redirect(f"{gate.SIGN_IN_PATH}?ready", 303)


def _form(*, wrong: str | None = None, said: str | None = None) -> str:
    path = request.values.get("next", gate.HOME_PATH)
    return render_template(
        "security/sign_in.html",
        wrong=wrong,
        said=said,
        path=sign_in.own_path(path) or gate.HOME_PATH,
        who=request.form.get("who", ""),
    )


def _code_form(account_id: int, *, wrong: str | None = None) -> str:
    if _has_app(account_id):
        return render_template("security/code.html", wrong=wrong)
    secret = cookie.setdefault("secret", second_factor.new_secret())
    with reading() as session:
        name = people.person(session, account_id).name
    picture = picture_of(second_factor.address(secret, label=name), title="绑定验证应用的二维码")
    return render_template(
        "security/second_factor.html", wrong=wrong, secret=secret, picture=picture
    )


def _has_app(account_id: int) -> bool:
    with reading() as session:
        return people.person(session, account_id).has_app


def _let_in(account_id: int, path: str) -> ResponseReturnValue:
    device = request.headers.get("User-Agent", "")
    gate.enter(entrance.let_in(account_id, address=_address(), device=device), path=path)
    return redirect(path, 303)


def _address() -> str:
    return request.remote_addr or "unknown"

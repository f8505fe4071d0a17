"""Who looks at a page inside WeChat: a short session in a signed cookie, bound to one openid.

A room's page asks with `@wechat_only`; whoever is not signed in is sent to SIGN_IN_PATH first,
where the platform tells silently who they are. A page that is passed on shows its next reader
nothing of the first one, because the next reader's browser carries no such cookie.
"""

import secrets
import time
from collections.abc import Callable
from functools import wraps
from typing import Concatenate, ParamSpec
from urllib.parse import urlencode, urlsplit

from flask import redirect, request, session
from flask.typing import ResponseReturnValue

SIGN_IN_PATH = "/oauth/start"
LASTS_SECONDS = 2 * 3600
STATE_SECONDS = 600
MOST_STATES = 3
"""Sign-ins under way in one browser: a few tabs, no more, for a cookie is small."""

P = ParamSpec("P")


def signed_in() -> str | None:
    """The openid this browser is signed in with, None when nobody is (any more)."""
    held = session.get("wechat")
    if not isinstance(held, dict) or held.get("until", 0) <= time.time():
        return None
    return str(held["openid"])


def sign_in(openid: str) -> None:
    """Sign this browser in; whatever it held of somebody else is forgotten first."""
    session.clear()
    session["wechat"] = {"openid": openid, "until": time.time() + LASTS_SECONDS}


def begin(path: str) -> str:
    """Note where a browser wants to go; returns the state that the platform hands back."""
    state = secrets.token_urlsafe(16)
    pending = _pending()
    while len(pending) >= MOST_STATES:
        del pending[next(iter(pending))]
    session["signing_in"] = {**pending, state: [path, time.time() + STATE_SECONDS]}
    return state


def come_back(state: str) -> str | None:
    """Where the sign-in with this state was going, once; None for a state of no or another one."""
    pending = _pending()
    going = pending.pop(state, None)
    session["signing_in"] = pending
    return str(going[0]) if going else None


def own_path(wanted: str) -> str | None:
    """A path of this site, as it was given; None for anything that leads elsewhere."""
    parts = urlsplit(wanted)
    is_plain = wanted.isprintable() and "\\" not in wanted and len(wanted) <= 1000
    is_path = wanted.startswith("/") and not wanted.startswith("//")
    if not is_plain or not is_path or parts.scheme or parts.netloc:
        return None
    return None if parts.path.startswith("/oauth/") else wanted


def start_url(path: str) -> str:
    """Where a browser signs in before it goes on to a path of ours."""
    return f"{SIGN_IN_PATH}?{urlencode({'next': path})}"


def wechat_only(
    view: Callable[Concatenate[str, P], ResponseReturnValue],
) -> Callable[P, ResponseReturnValue]:
    """A page for whoever is signed in; the view gets their openid first."""

    @wraps(view)
    def guarded(*args: P.args, **kwargs: P.kwargs) -> ResponseReturnValue:
        openid = signed_in()
        if openid is None:
            return redirect(start_url(request.full_path.rstrip("?")))
        return view(openid, *args, **kwargs)

    guarded.__dict__["asks"] = "wechat"
    return guarded


def _pending() -> dict[str, list[object]]:
    """Sign-ins under way by state, without those that have run out."""
    held = session.get("signing_in")
    if not isinstance(held, dict):
        return {}
    return {state: going for state, going in held.items() if going[1] > time.time()}

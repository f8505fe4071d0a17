"""The blueprint with the layouts and static files, and what page templates may call.

Templates get `asset(name)` (None when `make assets` has not run, so that a page leaves it out),
`csp_nonce()` for inline scripts, `bridge_url` (the script that stands in for WeChat's bridge; empty
where WeChat supplies its own), and the filters `yuan` and `clock_time`.
"""

from datetime import datetime
from pathlib import Path
from typing import Any

from flask import Blueprint, Flask, url_for

from backend.kit import clock, money
from backend.kit.config import settings
from backend.web.shield import csp_nonce

blueprint = Blueprint(
    "web", __name__, template_folder="templates", static_folder="static", static_url_path="/static"
)
_STATIC = Path(__file__).parent / "static"
_WEEKDAYS = "一二三四五六日"


def asset(name: str) -> str | None:
    """The address of a static file with its version, or None when it is not there."""
    path = _STATIC / name
    if not path.is_file():
        return None
    return url_for("web.static", filename=name, v=f"{path.stat().st_mtime:.0f}")


def clock_time(at: datetime) -> str:
    """`11月23日 周一 19:00`, as a clock in Shanghai shows it."""
    local = clock.local(at)
    return f"{local.month}月{local.day}日 周{_WEEKDAYS[local.weekday()]} {local:%H:%M}"


def _words_for_templates() -> dict[str, Any]:
    return {
        "asset": asset,
        "csp_nonce": csp_nonce,
        "bridge_url": settings().wechat_bridge_url,
    }


def install(app: Flask) -> None:
    """Give an application the layouts, the static files and the words for templates."""
    app.register_blueprint(blueprint)
    app.context_processor(_words_for_templates)
    app.jinja_env.filters["yuan"] = money.yuan
    app.jinja_env.filters["clock_time"] = clock_time
    # Addresses of static files carry their version, so browsers may keep them.
    app.config["SEND_FILE_MAX_AGE_DEFAULT"] = 30 * 24 * 3600

"""Settings, launcher, containers and `.env.example` speak of the same variables."""

import re
from pathlib import Path

from backend.kit.config import Settings
from tests.house.files import text_of

EXAMPLE = re.compile(r"^#?([A-Z][A-Z0-9_]*)=(.*)$", re.M)
# Read by the launcher, gunicorn, the sandbox and the settings' reader, not by `Settings`.
OF_THE_PROCESSES = {
    *("WEB_HOST", "WEB_PORT", "SANDBOX_PORT", "NLU_PORT", "REDIS_PORT"),
    *("WEB_WORKERS", "WEB_THREADS", "WEB_TRUSTED_PROXIES", "WORKERS", "NLU_REPLICAS"),
    *("REDIS_SERVER", "SANDBOX_URL", "WECHAT_MODE", "SECRETS_DIR"),
}


def example() -> dict[str, str]:
    return dict(EXAMPLE.findall(text_of(Path(".env.example"))))


def test_the_example_lists_exactly_the_settings() -> None:
    settings = {name.upper() for name in Settings.model_fields}
    assert set(example()) == settings | OF_THE_PROCESSES


def test_the_example_shows_the_defaults() -> None:
    shown = example()
    for name, field in Settings.model_fields.items():
        default = field.default
        if hasattr(default, "get_secret_value"):
            default = default.get_secret_value()
        assert shown[name.upper()] == ("" if default is None else str(default)), name


def test_every_setting_of_the_example_is_explained() -> None:
    """Names may share the remark above them, but no group of names stands without one."""
    blocks = re.split(r"\n(?=# )", text_of(Path(".env.example")))
    unexplained = [block for block in blocks if EXAMPLE.match(block)]
    assert unexplained == []


def test_what_the_launcher_and_gunicorn_read_is_known() -> None:
    made_here = {"PROMETHEUS_MULTIPROC_DIR", "SANDBOX_GATEWAY_KEY"}
    known = set(example()) | made_here
    for path in ("deploy/gunicorn.py", "sandbox/launch/plan.py", "sandbox/launch/__main__.py"):
        read = re.findall(r"""(?:get\(|environ\[|env\[)["']([A-Z_]+)["']""", text_of(Path(path)))
        assert set(read) <= known, path

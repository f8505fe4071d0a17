"""Signatures for the JS-SDK, and which addresses they are for."""

import json

import pytest

from backend.security import rules
from backend.web.sign_in import own_path
from tests.bot.vectors import FOLDER, needs_vectors

SITE = "https://school.example.cn"


@needs_vectors
def test_published_page_signatures_come_out_alike() -> None:
    published = json.loads((FOLDER / "pay" / "jssdk_signatures.json").read_text("utf-8"))
    assert len(published) >= 2
    for one in published:
        assert (
            rules.page_signature(
                ticket=one["jsapi_ticket"],
                nonce=one["noncestr"],
                timestamp=one["timestamp"],
                url=one["url"] + "#part",
            )
            == one["signature"]
        )


@pytest.mark.parametrize(
    ("url", "is_own"),
    [
        (SITE, True),
        (f"{SITE}/me?tab=1", True),
        (f"{SITE}?a=1", True),
        (f"{SITE}.evil.example/me", False),
        (f"{SITE}@evil.example/", False),
        (f"{SITE}:8443/me", False),
        ("http://school.example.cn/me", False),
        ("", False),
    ],
)
def test_only_our_own_pages_are_signed(url: str, is_own: bool) -> None:
    assert rules.is_own_page(url, site=SITE) is is_own


@pytest.mark.parametrize(
    "wanted",
    [
        "https://evil.example/",
        "//evil.example/me",
        "/\\evil.example",
        "me",
        "",
        "javascript:alert(1)",
        "/oauth/start?next=/me",
        "/me\r\nSet-Cookie: a=b",
        "/" + "a" * 1000,
    ],
)
def test_a_sign_in_leads_nowhere_else(wanted: str) -> None:
    assert own_path(wanted) is None


def test_a_sign_in_leads_to_our_own_pages() -> None:
    assert own_path("/me?tab=orders") == "/me?tab=orders"

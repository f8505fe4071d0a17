"""Signing in inside WeChat, links for one person, and signed pages, against the real sandbox."""

import re
from urllib.parse import parse_qs, urlsplit

import pytest

from backend.gateways import ports
from backend.kit import crypto
from backend.kit.config import settings
from backend.security import rules, service
from backend.web import sign_in
from tests.backend.security.conftest import Site

pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)


def test_a_page_asks_who_is_looking_and_then_shows_itself(site: Site) -> None:
    phone = site.phone("o_mother")
    assert phone.open("/me")[:2] == (200, "/me")
    cookie = phone.browser.get_cookie("session")
    assert cookie is not None
    assert cookie.http_only
    assert cookie.same_site == "Lax"


def test_a_page_that_is_passed_on_asks_its_next_reader(site: Site) -> None:
    mother, stranger = site.phone("o_mother"), site.phone("o_stranger")
    mother.open("/me")
    first = stranger.browser.get("/me")
    assert first.status_code == 302
    assert first.headers["Location"] == "/oauth/start?next=%2Fme"
    with stranger.browser as browser:
        stranger.open("/me")
        assert sign_in.signed_in() == "o_stranger"
        browser.get("/static/site.css").close()


def test_a_session_ends(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    phone = site.phone("o_mother")
    phone.open("/me")
    monkeypatch.setattr(sign_in, "LASTS_SECONDS", 0)
    phone.open("/oauth/start?next=/privacy")
    assert phone.browser.get("/me").status_code == 302


def test_a_state_that_this_browser_did_not_begin_signs_nobody_in(site: Site) -> None:
    """An attacker's own code and state, put into somebody else's browser."""
    attacker, victim = site.phone("o_attacker"), site.phone("o_victim")
    url = attacker.browser.get("/oauth/start?next=/me").headers["Location"]
    path = attacker.authorize(url.partition("#")[0])
    assert victim.browser.get(path).status_code == 403
    assert victim.browser.get("/me").status_code == 302
    assert attacker.browser.get(path).headers["Location"] == "/me"
    assert attacker.browser.get(path).status_code == 403  # A state is good for once.


def test_a_used_code_begins_again(site: Site) -> None:
    phone = site.phone("o_mother")
    url = phone.browser.get("/oauth/start?next=/me").headers["Location"]
    code = parse_qs(urlsplit(phone.authorize(url.partition("#")[0])).query)["code"][0]
    ports.sign_in().openid_behind(code)
    state = parse_qs(urlsplit(url).query)["state"][0]
    answer = phone.browser.get(f"/oauth/callback?code={code}&state={state}")
    assert answer.headers["Location"] == "/oauth/start?next=%2Fme"


@pytest.mark.parametrize("wanted", ["https://evil.example/", "//evil.example", "/oauth/callback"])
def test_a_sign_in_leads_only_to_our_own_pages(site: Site, wanted: str) -> None:
    answer = site.phone("o_mother").browser.get("/oauth/start", query_string={"next": wanted})
    assert answer.status_code == 404


def test_a_link_from_the_chat_is_one_persons_alone(site: Site) -> None:
    link = service.personal_link("o_mother", "/me")
    assert site.phone("o_mother").open(link)[:2] == (200, "/me")
    assert site.phone("o_mother").open(link)[0] == 200
    status, path, page = site.phone("o_stranger").open(link)
    assert (status, path.startswith("/go/")) == (403, True)
    assert "不是发给您的" in page
    assert "o_mother" not in page


def test_a_single_use_link_works_once_and_only_for_its_owner(site: Site) -> None:
    link = service.personal_link("o_mother", "/me", once=True)
    assert site.phone("o_stranger").open(link)[0] == 403  # This did not use it up.
    assert site.phone("o_mother").open(link)[0] == 200
    status, _, page = site.phone("o_mother").open(link)
    assert (status, "只能用一次" in page) == (410, True)


def test_a_link_cannot_be_made_by_hand(site: Site) -> None:
    token = crypto.sign("pay", {"openid": "o_stranger", "path": "/me", "once": False})
    assert site.phone("o_stranger").open(f"/go/{token}")[0] == 403


def test_our_pages_are_signed_with_one_ticket_for_all(site: Site) -> None:
    browser = site.phone("o_mother").browser
    url = f"{settings().public_url}/me?tab=1"
    given = browser.get("/jssdk", query_string={"url": url}).get_json()
    ticket = ports.sign_in().page_ticket()
    assert given["signature"] == rules.page_signature(
        ticket=ticket, nonce=given["nonceStr"], timestamp=given["timestamp"], url=url
    )
    assert given["appId"] == settings().wechat_appid
    assert not re.search(re.escape(ticket), str(given))
    foreign = browser.get("/jssdk", query_string={"url": "https://evil.example/me"})
    assert foreign.status_code == 403

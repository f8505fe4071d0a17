"""The page behind an advisor's one tap, against the real sign-in: theirs alone (A14, X3)."""

import re

import pytest
from sqlalchemy import select

from backend.admissions import service
from backend.admissions.models import Lead
from backend.kit.config import settings
from backend.kit.db import reading, unit_of_work
from backend.outbox.models import OutboxMessage
from backend.outbox.schemas import Notice
from backend.security import service as security
from backend.security.schemas import Role
from tests.backend.security.conftest import Phone, Site, site, wechat

__all__ = ["site", "wechat"]


@pytest.fixture
def link(site: Site) -> str:
    """What the advisor was pushed about a new lead."""
    with unit_of_work() as session:
        security.hire(session, name="周婷", role=Role.ADVISOR, openid="o_advisor")
        service.open_lead(session, openid="o_mother", interest="英语多少钱")
        security.hire(session, name="钱进", role=Role.ADVISOR, openid="o_other")
    with reading() as session:
        payload = session.scalars(select(OutboxMessage.payload)).one()
    return Notice.model_validate_json(payload).url or ""


def claimed() -> bool:
    with reading() as session:
        return session.scalars(select(Lead.claimed_at)).one() is not None


def press(phone: Phone, path: str, page: str) -> tuple[int, str]:
    """What the page's script does as soon as it is open."""
    token = re.search(r'name="csrf_token" value="([^"]+)"', page)
    answer = phone.browser.post(path, data={"csrf_token": token.group(1) if token else ""})
    return answer.status_code, answer.text


def test_the_advisors_own_wechat_claims_by_opening(site: Site, link: str) -> None:
    phone = site.phone("o_advisor")
    status, path, page = phone.open(link)
    assert (status, claimed()) == (200, False)
    for _tap in range(2):
        status, done = press(phone, path, page)
        assert status == 200
        assert "认领成功" in done
    assert claimed()


@pytest.mark.parametrize(
    ("who", "status", "words"),
    [("o_other", 422, "只对收到它的顾问本人有效"), ("o_mother", 403, "这是员工页面")],
)
def test_a_link_that_is_passed_on_claims_nothing(
    site: Site, link: str, who: str, status: int, words: str
) -> None:
    owner, other = site.phone("o_advisor"), site.phone(who)
    _, path, page = owner.open(link)
    got, _, refusal = other.open(link)
    assert (got, words in refusal, "英语多少钱" in refusal) == (status, True, False)
    # The owner's page itself, token and all, posted by somebody else's browser.
    assert press(other, path, page)[0] in (400, status)
    assert not claimed()


def test_without_wechat_a_link_asks_who_is_there(site: Site, link: str) -> None:
    path = link.removeprefix(settings().public_url)
    answer = site.phone("o_advisor").browser.get(path)
    assert answer.status_code == 302
    assert answer.headers["Location"].startswith(settings().wechat_open_url)

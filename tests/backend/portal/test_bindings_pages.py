"""「我的」 shows and ends bindings; staff review changes and freeze; a frozen WeChat opens nothing
(C4, S4)."""

import re

import pytest

from backend.kit import crypto
from backend.kit.db import STATEMENTS, reading, unit_of_work
from backend.security import identities, queries
from backend.security import service as security
from backend.security.schemas import Role
from backend.seed import load
from backend.students import bindings, details
from tests.backend.security.conftest import Phone, Site, site, wechat
from tests.backend.security.desks import Desktop, colleague

__all__ = ["site", "wechat"]
pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)
GUARDIAN, OTHER = "o_demo_guardian", "o_second_wechat"


def press(phone: Phone, path: str) -> int:
    """A button of the page 「我的」."""
    _, _, page = phone.open("/me")
    token = re.search(r'name="csrf_token" value="([^"]+)"', page)
    fields = {"csrf_token": token.group(1) if token else ""}
    return phone.browser.post(path, data=fields).status_code


def mark(openid: str) -> str:
    return crypto.blind_index(openid, context="companion")[:24]


def test_bindings_are_seen_frozen_and_ended_by_their_family_alone(site: Site) -> None:
    load()
    with unit_of_work() as session:
        guardian_id = queries.speaker(session, GUARDIAN).guardian_id
        identities.bind(session, OTHER, guardian_id=guardian_id)
        link = security.personal_link(OTHER, "/me")
    mine, second, stranger = (site.phone(each) for each in (GUARDIAN, OTHER, "o_family_li"))
    before = STATEMENTS._value.get()
    _, _, page = mine.open("/me")
    assert STATEMENTS._value.get() - before < 40
    assert "138****2222" in page
    assert "13811112222" not in page
    assert page.count("陈建国的微信") == 2
    assert OTHER not in page
    assert press(stranger, f"/me/freeze/{mark(OTHER)}") == 404
    assert press(mine, f"/me/freeze/{mark(GUARDIAN)}") == 404
    second.open("/me")  # Signed in before it is frozen.
    assert press(mine, f"/me/freeze/{mark(OTHER)}") == 303
    assert "已冻结" in mine.open("/me")[2]
    for path in ("/me", "/me/messages", link):
        status, _, page = second.open(path)
        assert status == 403
        assert "已被冻结" in page
        assert "陈小宇" not in page
    assert press(mine, "/me/unbind") == 303
    assert "陈小宇" not in mine.open("/me")[2]
    with reading() as session:
        assert not queries.speaker(session, GUARDIAN).is_known


def test_staff_decide_once_with_before_and_after_and_freeze_by_phone(site: Site) -> None:
    load()
    with unit_of_work() as session:
        asked = details.change(
            session, openid=GUARDIAN, field="guardian.name", after="陈建军", source_key="m:1"
        )
    one, desk = colleague(Role.ACADEMIC), Desktop(site.app)
    desk.sign_in(one)
    page = desk.get("/console/reviews").text
    assert all(word in page for word in ("家长姓名", "陈建国", "陈建军", f"R{asked.id}"))
    assert desk.post(f"/console/reviews/{asked.id}", agrees="yes").status_code == 303
    assert "已办好" in desk.get("/console/reviews").text
    desk.post(f"/console/reviews/{asked.id}", agrees="no")
    page = desk.get("/console/reviews").text
    assert "同事已经处理过" in page
    assert "没有等待审核" in page
    assert desk.post("/console/reviews/freeze", phone="13811112222").status_code == 422
    desk.post("/console/reviews/freeze", phone="13811112222", reason="来电报告被盗")
    assert "已冻结1个微信" in desk.get("/console/reviews").text
    with reading() as session:
        assert queries.speaker(session, GUARDIAN).is_frozen
        known = [each.name for each in bindings.claims_of(session, "13811112222")]
        assert known == ["陈建军"]

"""Prices at a screen: proposed by one, approved by another, never by the same (F1, four eyes)."""

import re
from datetime import timedelta

import pytest
from sqlalchemy import select

from backend.finance import service
from backend.finance.models import Price
from backend.finance.prices.models import FeeRuleSwitch, PriceChange, Promotion
from backend.kit import clock
from backend.kit.db import reading, unit_of_work
from backend.security import service as security
from backend.security.models import AuditEntry
from backend.security.schemas import Role
from backend.teaching.models import Course
from tests.backend.finance import scenes
from tests.backend.portal.test_desk import counted
from tests.backend.security.conftest import Phone, Site, site, wechat

__all__ = ["site", "wechat"]


def entered(site: Site, openid: str) -> Phone:
    """Somebody whom WeChat has signed in."""
    phone = site.phone(openid)
    assert phone.open("/oauth/start?next=/privacy")[0] == 200
    return phone


def sent(who: Phone, path: str, page: str, **fields: object) -> int:
    """A form of a page, with its token and key."""
    names = {"csrf_token", "key"} - set(fields)
    found = {name: re.search(rf'name="{name}" value="([^"]+)"', page) for name in names}
    hidden = {name: match.group(1) for name, match in found.items() if match}
    return who.browser.post(path, data={**hidden, **fields}).status_code


@pytest.fixture
def school(site: Site) -> scenes.School:
    with unit_of_work() as session:
        security.hire(session, name="钱会计", role=Role.ACCOUNTANT, openid="o_accountant")
        security.hire(session, name="校长", role=Role.PRINCIPAL, openid="o_head")
        security.hire(session, name="周婷", role=Role.ADVISOR, openid="o_advisor")
        opened = scenes.open_school(session)
        course = session.get_one(Course, opened.course_id)
        course.grade_from, course.grade_to = 1, 6
        service.set_price(
            session, course_id=opened.course_id, campus_id=None, amount_fen=128_000,
            lesson_count=16, effective_from=clock.today() - timedelta(days=1),
        )  # fmt: skip
    return opened


def test_a_price_needs_two_people(site: Site, school: scenes.School) -> None:
    accountant, head = entered(site, "o_accountant"), entered(site, "o_head")
    form = accountant.open("/prices/new/fee")[2]
    fee = {"kind": "fee", "course_id": school.course_id, "lesson_count": 20,
           "amount_yuan": "1500.50", "effective_from": clock.today()}  # fmt: skip
    for name, wrong in (
        ("key", "x"), ("amount_yuan", "很多"), ("amount_yuan", "-1"), ("lesson_count", 61),
        ("amount_yuan", "5000.01"), ("effective_from", "2020-01-01"), ("course_id", 999),
    ):  # fmt: skip
        assert sent(accountant, "/prices", form, **{**fee, name: wrong}) == 422, name
    for _ in range(2):  # Sent twice is proposed once.
        assert sent(accountant, "/prices", form, **fee) == 303
    page = accountant.open("/prices")[2]
    assert "20课时1500.50元" in page
    assert "同意生效" not in page
    assert sent(accountant, "/prices/1/approve", page) == 403  # One's own.
    with reading() as session:
        assert len(session.scalars(select(Price)).all()) == 1
    for _ in range(2):
        status = sent(head, "/prices/1/approve", head.open("/prices")[2])
        assert status in (303, 409)
    with reading() as session:
        newest = session.scalars(select(Price).order_by(Price.id.desc())).first()
        assert newest is not None
        assert (newest.amount_fen, newest.lesson_count) == (150_050, 20)
        actions = set(session.scalars(select(AuditEntry.action)))
        assert {"price.proposed", "price.approved"} <= actions
        change = session.get_one(PriceChange, 1)
        assert change.decided_by not in (None, change.proposed_by)


def test_promotions_are_proposed_ended_and_reckoned(site: Site, school: scenes.School) -> None:
    accountant, head = entered(site, "o_accountant"), entered(site, "o_head")
    form = accountant.open("/prices/new/promotion")[2]
    coupon = {"kind": "promotion", "name": "春季券", "occasion": "coupon", "code": "spring",
              "amount_yuan": "100", "limit_total": "5",
              "effective_from": clock.today()}  # fmt: skip
    assert sent(accountant, "/prices", form, **{**coupon, "code": ""}) == 422
    assert sent(accountant, "/prices", form, **{**coupon, "amount_yuan": ""}) == 422
    assert sent(accountant, "/prices", form, **coupon) == 303
    assert sent(head, "/prices/1/approve", head.open("/prices")[2]) == 303
    advisor = entered(site, "o_advisor")
    assert advisor.open("/prices")[0] == 403
    quote = f"/prices/quote?class={school.class_group_id}&children=2&code=Spring"
    shown = advisor.open(quote)[2]
    assert "春季券" in shown
    assert "一共2460元" in shown
    assert "用不上" in advisor.open(quote.replace("Spring", "NONE"))[2]
    page = head.open("/prices")[2]
    assert "共5次，已用0次" in page
    ending = {"kind": "end", "what": "promotion", "id": 1, "name": "春季券",
              "effective_to": clock.today(), "key": "0" * 32}  # fmt: skip
    assert sent(head, "/prices", page, **ending) == 303
    own = accountant.open("/prices")[2]
    assert sent(accountant, "/prices/2/refuse", own, note="先不停") == 303
    switch = {"kind": "switch", "rule": "k12_non_subject_2022", "learner": "preschool",
              "is_on": "1", "key": "1" * 32}  # fmt: skip
    assert sent(accountant, "/prices", own, **switch) == 303
    assert sent(head, "/prices/3/approve", page) == 303
    with reading() as session:
        assert session.get_one(Promotion, 1).effective_to is None
        assert session.scalars(select(FeeRuleSwitch.is_on)).all() == [True]


def test_how_long_lessons_last_is_proposed_like_a_price(site: Site, school: scenes.School) -> None:
    accountant, head = entered(site, "o_accountant"), entered(site, "o_head")
    form = accountant.open("/prices/new/validity")[2]
    assert "付款后几个月内有效" in form
    wish = {"kind": "validity", "course_id": school.course_id, "months": 12}
    for wrong in ({"months": 0}, {"months": 121}, {"course_id": 999}):
        assert sent(accountant, "/prices", form, **{**wish, **wrong}) == 422
    assert sent(accountant, "/prices", form, **wish) == 303
    assert "课时有效期：付款后12个月" in accountant.open("/prices")[2]
    with reading() as session:
        assert session.get_one(Course, school.course_id).valid_months is None
    assert sent(head, "/prices/1/approve", head.open("/prices")[2]) == 303
    with reading() as session:
        assert session.get_one(Course, school.course_id).valid_months == 12
    with counted() as few:
        head.open("/prices")
    for months in (6, ""):
        form = accountant.open("/prices/new/validity")[2]
        assert sent(accountant, "/prices", form, **{**wish, "months": months}) == 303
        form = accountant.open("/prices/new/fee")[2]
        fee = {"kind": "fee", "course_id": school.course_id, "lesson_count": 20,
               "amount_yuan": f"15{months}0", "effective_from": clock.today()}  # fmt: skip
        assert sent(accountant, "/prices", form, **fee) == 303
    for change_id in range(2, 6):
        assert sent(head, f"/prices/{change_id}/approve", head.open("/prices")[2]) == 303
    with unit_of_work() as session:
        scenes.open_school(session)
    with counted() as many:
        page = head.open("/prices")[2]
    assert len(many) == len(few)
    assert "1560元" in page
    with reading() as session:
        assert session.get_one(Course, school.course_id).valid_months is None

"""收银台 at a screen: a morning at the desk, and the accountant's afternoon (F6)."""

import io
import re

import pytest

from backend.finance.models import Order
from backend.finance.schemas import OrderStatus
from backend.kit import clock, workbook
from backend.kit.db import reading, unit_of_work
from backend.security import service as security
from backend.security.schemas import Role
from tests.backend.finance import scenes
from tests.backend.finance.prices.test_price_pages import entered, sent
from tests.backend.security.conftest import Phone, Site, site, wechat

__all__ = ["site", "wechat"]


def status_of(order_id: int) -> OrderStatus:
    with reading() as session:
        return OrderStatus(session.get_one(Order, order_id).status)


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
@pytest.mark.usefixtures("heard")
def test_a_day_at_the_till(site: Site) -> None:
    with unit_of_work() as session:
        school = scenes.open_school(session)
        for name, role in (("desk", Role.OFFICE), ("books", Role.ACCOUNTANT)):
            campus_id = school.campus_id if role is Role.OFFICE else None
            security.hire(session, name=name, role=role, campus_id=campus_id, openid=f"o_{name}")
        security.hire(session, name="周婷", role=Role.ADVISOR, openid="o_advisor")
        first, second = scenes.bill(session, school), scenes.bill(session, school)
    desk, books = entered(site, "o_desk"), entered(site, "o_books")
    assert entered(site, "o_advisor").open("/till")[0] == 403
    assert desk.open("/till/bank")[0] == 403

    path = f"/till/orders/{first.number}"
    page = desk.open(path)[2]
    assert "先开班" in page
    assert sent(desk, f"{path}/cash", page, once="1", amount="100") == 409
    page = desk.open("/till")[2]
    assert first.number in page
    assert sent(desk, "/till/shift/open", page, campus_id=school.campus_id, float="x") == 422
    assert sent(desk, "/till/shift/open", page, campus_id=school.campus_id, float="200") == 303
    page = desk.open(path)[2]
    for _ in range(2):  # A button pressed twice takes once.
        form = {"once": "2", "amount": "800", "tendered": "1000"}
        assert sent(desk, f"{path}/cash", page, **form) == 303
    assert "请找零<strong>200元" in desk.open(f"{path}?change=20000")[2]
    assert "还差<strong>480元" in desk.open(path)[2]
    form = {"once": "3", "amount": "480", "reference": "31402", "payer": "晨星公司"}
    assert sent(desk, f"{path}/cheque", page, **form) == 303
    assert "还差<strong>0元" in desk.open(path)[2]
    form = {"once": "4", "payer": "陈建国", "reference": ""}
    assert sent(desk, f"/till/orders/{second.number}/claim", page, **form) == 303

    counted = {"face10000": "9", "face5000": "2", "cheques": "480", "explanation": ""}
    page = desk.open("/till")[2]
    assert "应有现金<strong>1000元" in page
    assert sent(desk, "/till/shift/count", page, **counted, face100="x") == 422
    assert sent(desk, "/till/shift/count", page, **counted) == 303
    assert "等另一位同事审核" in desk.open("/till")[2]
    page = books.open("/till/shifts")[2]
    assert "账实相符" in page
    assert sent(books, "/till/shifts/1/close", page, verdict="even", banked="800") == 303
    assert "存入银行800元" in books.open("/till/shifts")[2]

    page = books.open("/till/bank")[2]
    assert sent(books, "/till/cheques/1/clear", page) == 404  # Cash is no cheque.
    assert sent(books, "/till/cheques/2/clear", page) == 303
    assert status_of(first.id) == OrderStatus.PAID
    lines = [
        ("交易日期", "收入金额", "对方户名", "附言"),
        (f"{clock.today()}", "1280.00", "陈建国", "学费"),
    ]
    sheet = workbook.written(lines, title="流水")
    assert _uploaded(books, page, sheet) == "/till/bank?fresh=1"
    assert _uploaded(books, page, b"nothing") is None
    page = books.open("/till/bank")[2]
    assert f'value="{second.number}"' in page  # Proposed by amount and name.
    assert sent(books, "/till/bank/1/match", page, number=second.number) == 303
    assert sent(books, "/till/bank/1/match", page, number=second.number) == 409
    assert status_of(second.id) == OrderStatus.PAID
    assert "已对上订单" in books.open("/till/bank")[2]


def _uploaded(who: Phone, page: str, content: bytes) -> str | None:
    token = re.search(r'name="csrf_token" value="([^"]+)"', page)
    assert token is not None
    given = {"csrf_token": token.group(1), "file": (io.BytesIO(content), "a.xlsx")}
    answer = who.browser.post("/till/bank", data=given, content_type="multipart/form-data")
    return answer.headers.get("Location")

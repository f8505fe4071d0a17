"""Receipts by their link, and the accountant's desk for invoices (F6)."""

import io
import re
from urllib.parse import urlsplit

import pytest

from backend import wiring
from backend.finance import service
from backend.finance.till import invoices, receipts
from backend.finance.till.words import InvoiceWish
from backend.kit.db import reading, unit_of_work
from backend.security import service as security
from backend.security.schemas import Role
from tests.backend.finance import scenes
from tests.backend.finance.prices.test_price_pages import entered, sent
from tests.backend.security.conftest import Site, site, wechat

__all__ = ["site", "wechat"]


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
@pytest.mark.usefixtures("heard")
def test_papers_at_a_screen(site: Site) -> None:
    wiring.compose_papers()
    with unit_of_work() as session:
        school = scenes.open_school(session)
        security.hire(session, name="钱会计", role=Role.ACCOUNTANT, openid="o_books")
        order = scenes.bill(session, school)
        service.settle(session, paid=scenes.fact(scenes.begin(session, order)))
        wish = InvoiceWish(number=order.number, title="陈建国", email="chen@example.cn")
        invoices.ask(session, wish, openid=scenes.GUARDIAN, source_key="1")
        (blue,) = receipts.of_payer(session, scenes.GUARDIAN)
        path = urlsplit(receipts.link(blue.id)).path
    anybody = site.app.test_client()
    page = anybody.get(path).text
    assert blue.number in page
    assert "壹仟贰佰捌拾元整" in page
    paper = anybody.get(f"{path}/pdf")
    assert (paper.content_type, paper.data[:5]) == ("application/pdf", b"%PDF-")
    assert anybody.get(f"{path[:-2]}xx").status_code == 403
    pay_page = anybody.get(urlsplit(service.pay_link(order.number, scenes.GUARDIAN)).path).text
    assert "查看收据" in pay_page

    books = entered(site, "o_books")
    page = books.open("/till/receipts")[2]
    assert sent(books, "/till/receipts/1/void", page, reason="名字错", payer="陈建国") == 303
    assert sent(books, "/till/receipts/1/void", page, reason="名字错") == 409
    page = books.open("/till/receipts")[2]
    assert "已作废：名字错" in page
    assert "000002" in page

    page = books.open("/till/invoices")[2]
    assert "chen@example.cn" in page
    token = re.search(r'name="csrf_token" value="([^"]+)"', page)
    assert token is not None
    book = books.browser.post("/till/invoices/export", data={"csrf_token": token.group(1)})
    assert book.data[:2] == b"PK"
    assert sent(books, "/till/invoices/1/refuse", page, note="") == 422
    assert sent(books, "/till/invoices/1/issued", page, number="") == 422
    form = {"csrf_token": token.group(1), "number": "24112000000001"}
    for content, status in ((b"MZ", 422), (b"%PDF-1.7 x", 303)):
        given = {**form, "file": (io.BytesIO(content), "a.pdf")}
        answer = books.browser.post("/till/invoices/1/issued", data=given)
        assert answer.status_code == status
    assert "已开，号码24112000000001" in books.open("/till/invoices")[2]
    with reading() as session:
        (done,) = invoices.of_payer(session, scenes.GUARDIAN)
    assert anybody.get(urlsplit(done.link).path).data == b"%PDF-1.7 x"

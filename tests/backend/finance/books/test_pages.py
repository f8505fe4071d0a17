"""The pages of the books: what each shows, who may act, and what a form does (F11–F16)."""

import io
import re
from datetime import date

import pytest
from flask import Flask
from openpyxl import load_workbook
from sqlalchemy import func, select

from backend.app import create_app
from backend.finance.books import jobs, periods
from backend.finance.books.models import Budget, CostRate, FixedAsset, Voucher
from backend.finance.schemas import LedgerAccount
from backend.kit import clock
from backend.kit.db import reading, unit_of_work
from backend.outbox.models import OutboxMessage
from backend.security import queries as staff
from backend.security.schemas import Role
from tests.backend.finance.books.offices import book
from tests.backend.finance.books.test_statements import two_months
from tests.backend.security.desks import Desktop, colleague

A = LedgerAccount
pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)
PAGES = (
    *("/books/statements/compared", "/books/statements/compared?by=campus"),
    *("/books/statements", "/books/analysis", "/books/entries", "/books/vouchers"),
    *("/books/budget", "/books/periods", "/books/costs", "/books/entries/1"),
)


@pytest.fixture
def app(database: str) -> Flask:
    return create_app(lambda: None)


def test_every_page_empty_and_full(app: Flask) -> None:
    desk = Desktop(app)
    desk.sign_in(colleague(Role.ACCOUNTANT))
    for path in PAGES[:-1]:
        assert desk.get(path).status_code == 200, path
    with unit_of_work() as session:
        two_months(session)
    for path in PAGES:
        answer = desk.get(path)
        assert answer.status_code == 200, path
        assert "<h1" in answer.text
    chosen = "?month=2026-11"
    page = desk.get(f"/books/statements{chosen}").text
    assert "预收账款" in page
    assert "18000.00" in page
    assert "不平衡" not in page
    page = desk.get(f"/books/analysis{chosen}").text
    (said,) = re.findall(r"<li>(本月营业收入.*?)</li>", page, re.DOTALL)
    assert "8000元" in said
    link = re.findall(r'href="(/books/entries[^"]*)"', said)[0].replace("&amp;", "&")
    assert "净额-8000.00元" in desk.get(link).text
    sheets = desk.get(f"/books/statements.xlsx{chosen}")
    assert load_workbook(io.BytesIO(sheets.data)).sheetnames[0] == "资产负债表"
    assert desk.get(f"/books/analysis.pdf{chosen}").data.startswith(b"%PDF")
    assert desk.get("/books/entries/9999").status_code == 404


def test_a_voucher_takes_two_people(app: Flask) -> None:
    keeper, head = Desktop(app), Desktop(app)
    keeper.sign_in(colleague(Role.ACCOUNTANT))
    head.sign_in(colleague(Role.PRINCIPAL, phone="13900000078"))
    fields = {
        "booked_on": f"{clock.today()}", "summary": "房租", "kind": "manual", "once": "a",
        "account0": "5602", "debit0": "8,000.50", "account1": "1002", "credit1": "8000.50",
        "flow1": "6",
    }  # fmt: skip
    assert keeper.post("/books/vouchers", **{**fields, "credit1": "1"}).status_code == 422
    where = keeper.post("/books/vouchers", **fields).headers["Location"]
    assert keeper.post("/books/vouchers", **fields).headers["Location"] == where
    assert keeper.post(f"{where}/approve").status_code == 403
    assert "待审批" in head.get("/books/vouchers").text
    assert head.post(f"{where}/refuse").headers["Location"].endswith("missing=note")
    assert head.post(f"{where}/approve").status_code == 303
    assert head.post(f"{where}/approve").status_code == 409
    assert "8000.50" in head.get(f"/books/entries?month={clock.today():%Y-%m}").text
    with reading() as session:
        assert session.get_one(Voucher, int(where.rpartition("/")[2])).status == "posted"


def test_a_budget_warns(app: Flask) -> None:
    """Once a month to those who keep the books, and on the voucher that would break it."""
    keeper = Desktop(app)
    keeper.sign_in(colleague(Role.ACCOUNTANT))
    month = clock.today().replace(day=1)
    keeper.post("/books/budget", month=f"{month:%Y-%m}", account="5602", amount="100")
    fields = {
        "booked_on": f"{clock.today()}", "summary": "房租", "kind": "manual", "once": "b",
        "account0": "5602", "debit0": "160", "account1": "2202", "credit1": "160",
    }  # fmt: skip
    where = keeper.post("/books/vouchers", **fields).headers["Location"]
    assert "将超出本月预算60元" in keeper.get(where).text
    jobs.warn_of_budgets()
    told = select(func.count()).where(OutboxMessage.template == "budget_over")
    with reading() as session:
        assert session.scalar(told) == 0
    with unit_of_work() as session:
        book(session, month, (A.ADMINISTRATION, 10_100), (A.PAYABLE, -10_100))
    for _ in range(2):
        jobs.warn_of_budgets()
    with reading() as session:
        assert session.scalar(told) == 1


def test_months_budgets_and_costs_by_form(app: Flask) -> None:
    keeper, head = Desktop(app), Desktop(app)
    one = colleague(Role.ACCOUNTANT)
    keeper.sign_in(one)
    head.sign_in(colleague(Role.PRINCIPAL, phone="13900000078"))
    with unit_of_work() as session:
        book(session, date(2026, 9, 3), (A.CASH, 100), (A.BANK, -100))
    assert "可以结账" in keeper.get("/books/periods").text
    assert head.post("/books/periods/2026-09/close").status_code == 403
    assert keeper.post("/books/periods/2026-09/close").status_code == 303
    assert keeper.post("/books/periods/2026-09/ask", reason="补票").status_code == 303
    assert keeper.post("/books/periods/2026-09/reopen").status_code == 409
    assert head.post("/books/periods/2026-09/reopen").status_code == 303
    with reading() as session:
        assert [each.closed_at for each, _ in periods.months(session)] == [None]
        me = staff.staff_member(session, one.id)
    assert me is not None
    month = f"{clock.today():%Y-%m}"
    for amount in ("100", "250.5"):
        keeper.post("/books/budget", month=month, account="5602", amount=amount)
    assert "250.50元" in keeper.get(f"/books/budget?month={month}").text
    keeper.post("/books/costs/rates", whose="teacher:", effective_from="2026-01-01", amount="90")
    assert keeper.post("/books/costs/rates", whose="cat:", amount="1").status_code == 422
    keeper.post(
        "/books/costs/assets", name="钢琴", account="5401", cost="12000", salvage="600",
        months="60", in_use_from="2026-01-10",
    )  # fmt: skip
    page = keeper.get("/books/costs").text
    assert "钢琴" in page
    assert "90元" in page
    with reading() as session:
        assert [row.amount_fen for row in session.query(Budget)] == [25050]
        assert session.query(CostRate).count() == session.query(FixedAsset).count() == 1

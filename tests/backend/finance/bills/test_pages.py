"""渠道对账 at a screen: seen, explained, booked by form (F7)."""

import pytest

from backend.app import create_app
from backend.finance.bills.models import Bill, BillDifference, Line
from backend.finance.bills.words import BillStatus, Difference
from backend.finance.books.models import Voucher
from backend.gateways.payments import LineKind, LineStatus
from backend.kit import clock
from backend.kit.db import reading, unit_of_work
from backend.security.schemas import Role
from tests.backend.security.desks import Desktop, colleague

pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)


def test_the_days_and_one_day(database: str) -> None:
    app = create_app(lambda: None)
    keeper, teacher = Desktop(app), Desktop(app)
    keeper.sign_in(colleague(Role.ACCOUNTANT))
    teacher.sign_in(colleague(Role.TEACHER, phone="13900000079"))
    assert "还没有账单" in keeper.get("/bills").text
    assert teacher.get("/bills").status_code == 403
    now = clock.now()
    with unit_of_work() as session:
        session.add(Bill(channel="wechat", on=clock.today(), status=BillStatus.COMPARED))
        session.flush()
        session.add(
            Line(
                bill_id=1, kind=LineKind.PAYMENT, number="A1", platform_id="42", fee_fen=30,
                amount_fen=5_000, rate_ppm=6000, status=LineStatus.DONE, at=now,
            )
        )  # fmt: skip
        session.add_all(
            BillDifference(
                bill_id=1, difference=each, kind="payment", number="A1", theirs_fen=fen,
                ours_fen=60, found_at=now,
            )
            for each, fen in ((Difference.AMOUNT, 5_000), (Difference.FEE, 30))
        )  # fmt: skip
    assert "2处差异" in keeper.get("/bills").text
    page = keeper.get("/bills/1").text
    assert "金额不一致" in page
    assert "银行存款增加49.40元" in page
    assert keeper.get("/bills/9").status_code == 404
    assert keeper.post("/bills/1/differences/2/explain", reason=" ").status_code == 422
    assert keeper.post("/bills/1/differences/2/book", reason="x").status_code == 422
    assert keeper.post("/bills/1/differences/2/explain", reason="活动费率").status_code == 303
    booked = keeper.post("/bills/1/differences/1/book", reason="补记", account="2241")
    assert booked.status_code == 303
    assert keeper.post("/bills/1/again").status_code == 303
    page = keeper.get("/bills/1").text
    assert "活动费率" in page
    assert "/books/vouchers/1" in page
    with reading() as session:
        assert (session.get_one(Voucher, 1).total_fen, session.get_one(Bill, 1).tries) == (4_940, 0)

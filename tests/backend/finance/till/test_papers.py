"""Receipts without gaps, invoices never for more than was kept (F6): on both databases."""

import io
import threading

import pytest
from openpyxl import load_workbook
from sqlalchemy import event, select
from sqlalchemy.orm import Session

from backend import wiring
from backend.finance import refunds, service
from backend.finance.models import Order
from backend.finance.refund_words import RefundCause
from backend.finance.schemas import OrderView
from backend.finance.till import desk, invoices, receipts, shifts, tax
from backend.finance.till.models import Receipt
from backend.finance.till.words import (
    InvoiceDone,
    InvoiceStatus,
    InvoiceUnfit,
    InvoiceWish,
    ReceiptVoid,
)
from backend.gateways.payments import RefundFact
from backend.kit import clock, money
from backend.kit.db import reading, unit_of_work
from backend.kit.errors import NotFound
from backend.outbox.models import OutboxMessage
from backend.security.schemas import Role
from tests.backend.finance import scenes
from tests.backend.finance.till.test_till_desk import colleague, tender

COMPANY = {"title": "北京晨星科技有限公司", "tax_number": "91110108MA01ABCD3L"}


@pytest.fixture(autouse=True)
def listening(heard: list[object]) -> None:
    wiring.compose_papers()


@pytest.fixture
def school(session: Session) -> scenes.School:
    return scenes.open_school(session)


def pay(session: Session, order: OrderView) -> None:
    service.settle(session, paid=scenes.fact(scenes.begin(session, order)))


def give_back(session: Session, order: OrderView) -> int:
    """The order's whole price goes back, approved by two and sent by the platform."""
    asked = refunds.ask(
        session, number=order.number, openid=order.payer_openid, cause=RefundCause.CUSTOMER,
        reason="", source_key=f"m:{order.number}",
    )  # fmt: skip
    for name in ("甲", "乙"):
        by = colleague(session, name, Role.PRINCIPAL)
        refunds.approve(session, refund_id=asked.id, by=by)
    fact = RefundFact(
        out_trade_no=order.number, out_refund_no=asked.number, refund_id="1",
        amount_fen=asked.amount_fen, status="success",
    )  # fmt: skip
    for _ in range(2):
        refunds.settle(session, fact=fact)
    return asked.amount_fen


@pytest.mark.parametrize(
    ("fen", "words"),
    [
        (128000, "壹仟贰佰捌拾元整"), (5, "伍分"), (10, "壹角"), (105, "壹元零伍分"),
        (10000005, "壹拾万元零伍分"), (100010000, "壹佰万零壹佰元整"), (0, "零元整"),
        (12345678901, "壹亿贰仟叁佰肆拾伍万陆仟柒佰捌拾玖元零壹分"), (-2010, "负贰拾元壹角"),
    ],
)  # fmt: skip
def test_amounts_in_capitals(fen: int, words: str) -> None:
    assert money.capitals(fen) == words


@pytest.mark.parametrize(
    ("title", "tax_number", "email", "why"),
    [
        ("北京晨星科技有限公司", "91110108MA01ABCD3L", "a@b.cn", ""),
        ("北京晨星科技有限公司", " 91110108ma01abcd3l ", "", ""),
        ("个人", "", "", ""),
        ("陈建国", "", "", ""),
        ("北京晨星科技有限公司", "", "", "tax_number"),
        ("北京晨星科技有限公司", "91110108MA01ABCD3V", "", "tax_number"),
        ("北京晨星科技有限公司", "91110108MA01ABCDOI", "", "tax_number"),  # O and I are no signs.
        ("陈", "", "", "title"),
        ("陈<b>", "", "", "title"),
        ("陈建国", "", "chen@", "email"),
    ],
)
def test_what_an_invoice_needs(title: str, tax_number: str, email: str, why: str) -> None:
    wish = InvoiceWish(number="1", title=title, tax_number=tax_number, email=email)
    assert tax.flaw_of(wish) == why


def test_money_has_its_receipt_and_a_refund_a_red_one(
    session: Session, school: scenes.School
) -> None:
    order = scenes.bill(session, school)
    cashier = colleague(session, "前台", Role.OFFICE, school.campus_id)
    shifts.begin(session, by=cashier, campus_id=school.campus_id, float_fen=0)
    desk.take(session, tender(order, 28000), by=cashier, form_key="1")
    pay(session, order)
    seen = OrderView.model_validate(session.get_one(Order, order.id))
    assert not seen.due_fen or seen.status == "paid"
    first, second = receipts.of_order(session, order.id)
    assert [first.amount_fen, second.amount_fen] == [28000, 100000]
    year = clock.today().year
    assert first.number == f"SJ{school.campus_id:02d}-{year}-000001"
    assert (second.number[-6:], second.payer) == ("000002", receipts.UNNAMED)
    assert receipts.of_payer(session, "o_stranger") == []
    accountant = colleague(session, "会计")
    instead = receipts.void(
        session, receipt_id=first.id, by=accountant, reason="名字错了", payer="陈建国"
    )
    assert (instead.number[-6:], instead.amount_fen, instead.payer) == ("000003", 28000, "陈建国")
    with pytest.raises(ReceiptVoid):
        receipts.void(session, receipt_id=first.id, by=accountant, reason="又")
    back_fen = give_back(session, order)
    found = receipts.of_payer(session, order.payer_openid)
    assert [each.amount_fen for each in found] == [100000, 28000, -back_fen]
    assert instead.number in found[-1].about
    assert back_fen == 128000
    told = session.scalars(
        select(OutboxMessage.dedupe_key).where(OutboxMessage.dedupe_key.like("money-taken:%"))
    ).all()
    assert len(told) == 1  # The part; the rest shows on the pay page.


def test_what_was_paid_before_there_were_receipts_gets_one(
    session: Session, school: scenes.School
) -> None:
    from backend.kit import events

    events._listeners.clear()
    order = scenes.bill(session, school)
    pay(session, order)
    assert receipts.of_order(session, order.id) == []
    for _ in range(2):
        (found,) = receipts.of_payer(session, order.payer_openid)
    assert (found.amount_fen, found.number[-6:]) == (128000, "000001")


@pytest.mark.usefixtures("database")
def test_numbers_have_no_gap_under_concurrency_and_rollback() -> None:
    """20 payments at once, every fourth of which fails at the last moment."""
    with unit_of_work() as session:
        school = scenes.open_school(session)
        facts = [
            scenes.fact(scenes.begin(session, scenes.bill(session, school))) for _ in range(20)
        ]
    start = threading.Barrier(20)

    def tell(n: int) -> None:
        start.wait()
        try:
            with unit_of_work() as session:
                service.settle(session, paid=facts[n])
                if n % 4 == 0:
                    raise TimeoutError
        except TimeoutError:
            return

    threads = [threading.Thread(target=tell, args=(n,)) for n in range(20)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    with reading() as session:
        serials = list(session.scalars(select(Receipt.serial).order_by(Receipt.serial)))
    assert serials == list(range(1, 16))


def test_an_invoice_is_for_what_was_paid_and_kept(session: Session, school: scenes.School) -> None:
    order, accountant = scenes.bill(session, school), colleague(session, "会计")
    wish = InvoiceWish(number=order.number, **COMPANY)
    with pytest.raises(InvoiceUnfit):  # Nothing has been paid.
        invoices.ask(session, wish, openid=scenes.GUARDIAN, source_key="1")
    pay(session, order)
    with pytest.raises(NotFound):
        invoices.ask(session, wish, openid="o_stranger", source_key="1")
    wrong = wish.model_copy(update={"tax_number": "91110108MA01ABCD3V"})
    with pytest.raises(InvoiceUnfit):
        invoices.ask(session, wrong, openid=scenes.GUARDIAN, source_key="1")
    for _ in range(2):
        asked = invoices.ask(session, wish, openid=scenes.GUARDIAN, source_key="2")
    assert (asked.amount_fen, asked.status) == (128000, InvoiceStatus.ASKED)
    with pytest.raises(InvoiceUnfit):  # A second one for the same money.
        invoices.ask(session, wish, openid=scenes.GUARDIAN, source_key="3")
    book = load_workbook(io.BytesIO(invoices.export(session, by=accountant)))
    heads, lines = (list(sheet.values) for sheet in book.worksheets)
    assert heads[1][:6] == (f"FP{asked.id:08d}", "普通发票", None, "是", None, COMPANY["title"])
    assert (heads[1][9], lines[1][7]) == (COMPANY["tax_number"], "1280.00")
    done = invoices.issued(session, invoice_id=asked.id, by=accountant, number="24112000000001")
    assert done.status is InvoiceStatus.ISSUED
    with pytest.raises(InvoiceDone):
        invoices.refuse(session, invoice_id=asked.id, by=accountant, note="晚了")
    give_back(session, order)
    statements: list[str] = []
    event.listen(
        session.get_bind(),
        "before_cursor_execute",
        lambda _c, _k, text, *_: statements.append(text),
    )
    (seen,) = invoices.listed(session, accountant)
    assert len(statements) == 2
    assert (seen.is_to_redden, seen.red_fen) == (True, 128000)
    red = invoices.turned_red(session, invoice_id=asked.id, by=accountant, number="24112000000002")
    assert (red.is_to_redden, red.red_number) == (False, "24112000000002")
    with pytest.raises(InvoiceDone):
        invoices.turned_red(session, invoice_id=asked.id, by=accountant, number="3")
    with pytest.raises(InvoiceUnfit):
        invoices.ask(session, wish, openid=scenes.GUARDIAN, source_key="4")


def test_a_wish_falls_away_with_the_money(session: Session, school: scenes.School) -> None:
    order = scenes.bill(session, school)
    pay(session, order)
    wish = InvoiceWish(number=order.number, title="个人")
    asked = invoices.ask(session, wish, openid=scenes.GUARDIAN, source_key="1")
    give_back(session, order)
    (seen,) = invoices.of_payer(session, scenes.GUARDIAN)
    assert (seen.id, seen.status, seen.note) == (asked.id, InvoiceStatus.REFUSED, "订单已退费")

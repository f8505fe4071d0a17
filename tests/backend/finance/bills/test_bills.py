"""A day's bill fetched from the real till, compared, healed, settled by two (F7)."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import httpx
import pytest
from sqlalchemy import select

from backend.finance import ledger
from backend.finance import service as finance
from backend.finance.bills import jobs, queries, service
from backend.finance.bills.models import Bill, BillDifference, Line
from backend.finance.bills.words import BillStatus, Difference, DifferenceSettled, Outcome
from backend.finance.books import vouchers
from backend.finance.books.words import OwnVoucher
from backend.finance.models import JournalEntry, Order, Payment
from backend.gateways import payments
from backend.gateways.payments import Bill as PlatformBill
from backend.gateways.payments import BillLine, LineKind, LineStatus
from backend.kit import clock, queue
from backend.kit.db import reading, unit_of_work
from backend.kit.errors import GatewayError
from backend.outbox.models import OutboxMessage
from backend.security.schemas import Role, StaffMember
from tests.backend.finance import scenes
from tests.backend.finance.books.offices import colleague
from tests.backend.gateways.payments.test_wechat_pay import charge, pay
from tests.backend.gateways.payments.till import opened, using


class Platform:
    """A platform that says what it is told to say."""

    def __init__(self) -> None:
        self.lines: list[BillLine] = []
        self.silent = 0

    def bill(self, _on: object) -> PlatformBill:
        if self.silent:
            self.silent -= 1
            raise GatewayError("账单生成中", retry=False, code="STATEMENT_CREATING")
        return PlatformBill(lines=tuple(self.lines))

    def find(self, number: str) -> payments.Trade:
        raise GatewayError("not now", retry=True, code=number)


@pytest.fixture
def platform(database: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Platform]:
    said = Platform()
    payments.use(said)  # type: ignore[arg-type]
    monkeypatch.setattr(queue, "defer", lambda job, *args: bool(job) or args)
    yield said
    payments.use(None)


def line(number: str, fen: int, *, kind: LineKind = LineKind.PAYMENT) -> BillLine:
    return BillLine(
        kind=kind, number=number, platform_id=f"42{number}", amount_fen=fen,
        fee_fen=fen * 6 // 1000, rate_ppm=6000, status=LineStatus.DONE, at=clock.now(),
    )  # fmt: skip


def book(difference_id: int, by: StaffMember) -> int:
    with unit_of_work() as session:
        return service.book(
            session, difference_id=difference_id, by=by, reason="门店转来的款", account="2241",
            campus_id=None,
        )  # fmt: skip


def test_a_days_bill_from_silence_to_the_settled_difference(platform: Platform) -> None:
    """Twice, late and by two people: nothing is booked twice or by one."""
    noon = clock.at_local(clock.today(), 12)
    with clock.frozen(noon - timedelta(days=1)), unit_of_work() as session:
        school = scenes.open_school(session)
        one, other = colleague(session, Role.ACCOUNTANT), colleague(session, Role.ACCOUNTANT)
        paid = scenes.begin(session, scenes.bill(session, school))
        finance.settle(session, paid=scenes.fact(paid))
        unheard = scenes.begin(session, scenes.bill(session, school))
    platform.lines = [line(paid.out_trade_no, 128_000), line(unheard.out_trade_no, 128_000),
                      line("UNKNOWN1", 5_000)]  # fmt: skip
    platform.silent = 1
    with clock.frozen(noon):
        jobs.fetch_due()
        with reading() as session:
            (bill_id,) = queries.due(session, now=noon)
        jobs.fetch(bill_id)
    with reading() as session:
        row = session.get_one(Bill, bill_id)
        assert (row.status, row.tries) == (BillStatus.WAITING, 1)
    with clock.frozen(noon + timedelta(minutes=11)):
        jobs.fetch_due()
        jobs.fetch(bill_id)
        jobs.fetch(bill_id)
        with unit_of_work() as session:
            service.compare(
                session, bill_id=bill_id, bill=PlatformBill(lines=tuple(platform.lines))
            )
    with reading() as session:
        bill, found, lines = queries.bill(session, bill_id)
        assert (bill.payments, bill.payments_fen, bill.fee_fen) == (3, 261_000, 1_566)
        assert len(lines) == len(session.scalars(select(Line)).all()) == 3
        assert sorted(each.difference for each in found) == [
            Difference.MISSING_HERE, Difference.STATUS,
        ]  # fmt: skip
        fees = select(JournalEntry).where(JournalEntry.event == "fee")
        assert len(session.scalars(fees).all()) == 1
        told = select(OutboxMessage.dedupe_key).where(OutboxMessage.template == "bill_differences")
        assert len(session.scalars(told).all()) == 2
        missing = next(each for each in found if each.difference == Difference.MISSING_HERE)
    voucher_id = book(missing.id, one)
    with pytest.raises(OwnVoucher), unit_of_work() as session:
        vouchers.approve(session, voucher_id=voucher_id, by=one)
    with pytest.raises(DifferenceSettled), unit_of_work() as session:
        service.explain(session, difference_id=missing.id, by=other, reason="又一次")
    with unit_of_work() as session:
        vouchers.refuse(session, voucher_id=voucher_id, by=other, note="科目不对")
    again = book(missing.id, one)
    assert again != voucher_id
    with unit_of_work() as session:
        vouchers.approve(session, voucher_id=again, by=other)
    with unit_of_work() as session:
        finance.settle(session, paid=scenes.fact(unheard))
        service.ask_again(session, bill_id=bill_id, by=one)
    jobs.fetch(bill_id)
    with reading() as session:
        assert queries.differences(session) == []
        outcomes = session.scalars(select(BillDifference.outcome).order_by(BillDifference.id))
        assert sorted(filter(None, outcomes)) == [Outcome.BOOKED, Outcome.HEALED]
        rows = ledger.trial_balance(session)
        assert sum(each.debit_fen - each.credit_fen for each in rows) == 0


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_what_was_paid_unheard_is_taken_up_from_the_till(
    database: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The real files over real HTTP: a payment nobody told us of is healed, ours that the platform
    does not have is a difference, the fees agree to the fen."""
    with opened(tmp_path) as own_till, using(own_till, monkeypatch) as wechat_pay:
        with unit_of_work() as session:
            school = scenes.open_school(session)
            order = scenes.bill(session, school)
            attempt = scenes.begin(session, order)
            phantom = scenes.begin(session, scenes.bill(session, school))
        unheard = charge().model_copy(
            update={"out_trade_no": attempt.out_trade_no, "amount_fen": attempt.amount_fen}
        )
        pay(own_till, wechat_pay, wechat_pay.prepay_jsapi(unheard, openid=scenes.GUARDIAN))
        with unit_of_work() as session:
            finance.settle(session, paid=scenes.fact(phantom))
        on = clock.today()
        seconds = {"add": 2 * 86400}
        httpx.post(f"{own_till.url}/sandbox/clock", json=seconds, trust_env=False)
        with unit_of_work() as session:
            session.add(
                Bill(channel="wechat", on=on, status=BillStatus.WAITING, due_at=clock.now())
            )
        jobs.fetch(1)
    with reading() as session:
        assert session.get_one(Order, order.id).status == "paid"
        bill, found, _ = queries.bill(session, 1)
        assert (bill.payments, bill.payments_fen, bill.fee_fen) == (1, 128_000, 768)
        assert [(each.difference, each.number) for each in found] == [
            (Difference.MISSING_THERE, phantom.out_trade_no)
        ]
        paid = session.scalars(select(Payment).where(Payment.order_id == order.id)).one()
        assert paid.transaction_id is not None

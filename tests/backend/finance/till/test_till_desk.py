"""Money taken by staff, by several means, once (F6): on both databases."""

import threading
from datetime import timedelta

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from backend.finance import queries, service
from backend.finance.arrears import plans
from backend.finance.arrears.schemas import PlanUnfit
from backend.finance.books import checks, giving_back
from backend.finance.books.giving_back import OwedKind
from backend.finance.books.models import Voucher
from backend.finance.models import Order, Payment, SurplusReceipt
from backend.finance.schemas import (
    LedgerAccount as A,
)
from backend.finance.schemas import (
    OrderNotPayable,
    OrderPaid,
    OrderStatus,
    OrderView,
    PaymentMethod,
)
from backend.finance.till import bank, desk, shifts
from backend.finance.till.models import BankLine, Shift
from backend.finance.till.words import (
    ChequeDone,
    CountWrong,
    LineDone,
    NoShift,
    OwnShift,
    ShiftDone,
    StatementLine,
    TakenWrong,
    Tender,
    Verdict,
)
from backend.kit import clock
from backend.kit.db import reading, unit_of_work
from backend.kit.errors import DomainError, NotAllowed, NotFound
from backend.security import service as security
from backend.security.schemas import Role, StaffMember
from tests.backend.finance import scenes

pytestmark = pytest.mark.usefixtures("heard")


def colleague(
    session: Session, name: str, role: Role = Role.ACCOUNTANT, campus_id: int | None = None
) -> StaffMember:
    hired = security.hire(session, name=name, role=role, campus_id=campus_id)
    return StaffMember(id=hired.id, name=name, role=role, campus_id=campus_id)


def tender(order: OrderView, amount_fen: int, **other: object) -> Tender:
    asked = {"number": order.number, "method": PaymentMethod.CASH, "amount_fen": amount_fen}
    return Tender.model_validate({**asked, **other})


def cheque(order: OrderView, amount_fen: int) -> Tender:
    return tender(
        order, amount_fen, method=PaymentMethod.CHEQUE, reference="31402", payer="晨星公司"
    )


def balance(session: Session) -> dict[str, int]:
    found = queries.trial_balance(session)
    return {r.account: r.debit_fen - r.credit_fen for r in found if r.debit_fen != r.credit_fen}


def now(session: Session, order: OrderView) -> OrderView:
    return queries.order_for(session, number=order.number, openid=order.payer_openid)


def sound(session: Session) -> None:
    """The books agree with orders and lessons."""
    assert checks.lopsided(session) == []
    assert checks.liabilities(session) == []
    assert checks.advances(session) == []


@pytest.fixture
def school(session: Session) -> scenes.School:
    return scenes.open_school(session)


@pytest.fixture
def cashier(session: Session, school: scenes.School) -> StaffMember:
    """A colleague at the desk with an open drawer."""
    found = colleague(session, "前台", Role.OFFICE, school.campus_id)
    shifts.begin(session, by=found, campus_id=school.campus_id, float_fen=20000)
    return found


def test_an_order_is_paid_in_parts_by_several_means(
    session: Session, school: scenes.School, cashier: StaffMember, heard: list[object]
) -> None:
    order = scenes.bill(session, school, within=timedelta(minutes=30))
    old = scenes.begin(session, order)  # The payer has the pay page open, for all of it.
    first = tender(order, 50000, tendered_fen=60000)
    for _ in range(2):  # The same form again.
        taken = desk.take(session, first, by=cashier, form_key="form:1")
    assert (taken.change_fen, taken.due_fen, taken.is_clearing) == (10000, 78000, False)
    seen = now(session, order)
    assert (seen.status, seen.advance_fen, seen.due_fen) == (OrderStatus.PENDING, 50000, 78000)
    assert seen.expires_at > clock.now() + timedelta(days=6)  # What is paid in part is kept.
    assert balance(session) == {A.CASH: 50000, A.ADVANCES: -50000}
    sound(session)
    with pytest.raises(PlanUnfit):
        plans.make(session, number=order.number, due_on=[clock.today()], by="x")
    open_attempt = queries.open_attempt(session, payment_id=old.id, now=clock.now())
    assert open_attempt is not None
    assert not open_attempt.is_wanted
    rest = scenes.begin(session, seen)
    assert rest.amount_fen == 78000
    assert not [each for each in heard if isinstance(each, OrderPaid)]
    service.settle(session, paid=scenes.fact(rest))
    assert now(session, order).status == OrderStatus.PAID
    assert len([each for each in heard if isinstance(each, OrderPaid)]) == 1
    assert balance(session) == {A.CASH: 50000, A.BANK: 78000, A.CONTRACT_LIABILITY: -128000}
    sound(session)
    service.settle(session, paid=scenes.fact(old))  # The old page was paid as well.
    assert [each.amount_fen for each in queries.open_surpluses(session)] == [128000]
    with pytest.raises(OrderNotPayable):
        desk.take(session, tender(order, 100), by=cashier, form_key="form:2")


def test_what_does_not_fit_is_not_taken(
    session: Session, school: scenes.School, cashier: StaffMember
) -> None:
    order = scenes.bill(session, school)
    wrong = [
        tender(order, 128001),
        tender(order, 0),
        tender(order, 100, tendered_fen=99),
        tender(order, 100, method=PaymentMethod.CHEQUE),
        tender(order, 100, method=PaymentMethod.WECHAT_JSAPI),
    ]
    for n, each in enumerate(wrong):
        with pytest.raises(TakenWrong):
            desk.take(session, each, by=cashier, form_key=f"wrong:{n}")
    away = colleague(session, "别处", Role.OFFICE, scenes.open_school(session).campus_id)
    with pytest.raises(NotAllowed):
        desk.take(session, tender(order, 100), by=away, form_key="a")
    with pytest.raises(NoShift):
        desk.take(session, tender(order, 100), by=colleague(session, "会计"), form_key="b")
    with pytest.raises(NotFound):
        desk.take(session, tender(order, 100, number="1"), by=cashier, form_key="c")
    assert balance(session) == {}


def test_a_part_of_an_order_that_is_never_paid_is_owed_back(
    session: Session, school: scenes.School, cashier: StaffMember
) -> None:
    order = scenes.bill(session, school)
    desk.take(session, tender(order, 30001), by=cashier, form_key="1")
    with clock.frozen(now(session, order).expires_at):
        assert service.close_expired(session, order_id=order.id)
    assert balance(session) == {A.CASH: 30001, A.OTHER_PAYABLE: -30001}
    assert [each.amount_fen for each in queries.open_surpluses(session)] == [30001]
    sound(session)


def test_a_cheque_pays_when_it_has_cleared(
    session: Session, school: scenes.School, cashier: StaffMember
) -> None:
    order, accountant = scenes.bill(session, school), colleague(session, "会计")
    taken = desk.take(session, cheque(order, 130000), by=cashier, form_key="1")
    assert (taken.is_clearing, taken.due_fen) == (True, 0)
    assert balance(session) == {A.NOTES_RECEIVABLE: 130000, A.OTHER_PAYABLE: -130000}
    with pytest.raises(OrderNotPayable):  # Neither at the desk nor by telephone.
        scenes.begin(session, order)
    for _ in range(2):
        try:
            desk.clear(session, taking_id=taken.id, by=accountant)
        except ChequeDone:
            assert now(session, order).status == OrderStatus.PAID
    assert balance(session) == {
        A.BANK: 130000, A.OTHER_PAYABLE: -2000, A.CONTRACT_LIABILITY: -128000,
    }  # fmt: skip
    assert [each.amount_fen for each in queries.open_surpluses(session)] == [2000]
    (over,) = giving_back.owed(session)
    giving_back.ask(session, kind=OwedKind.SURPLUS, owed_id=over.id, by=accountant)
    assert session.scalars(select(Voucher.campus_id)).one() == school.campus_id
    with pytest.raises(ChequeDone):
        desk.bounce(session, taking_id=taken.id, by=accountant, note="迟了")
    sound(session)


def test_a_bounced_cheque_undoes_what_it_stood_for(
    session: Session, school: scenes.School, cashier: StaffMember
) -> None:
    order, accountant = scenes.bill(session, school), colleague(session, "会计")
    taken = desk.take(session, cheque(order, 128000), by=cashier, form_key="1")
    assert now(session, order).expires_at > clock.now() + timedelta(days=9)
    desk.bounce(session, taking_id=taken.id, by=accountant, note="存款不足")
    seen = now(session, order)
    assert (seen.due_fen, seen.clearing_fen, balance(session)) == (128000, 0, {})
    assert seen.expires_at <= clock.now() + timedelta(days=1)
    desk.take(session, tender(order, 128000), by=cashier, form_key="2")
    assert now(session, order).status == OrderStatus.PAID
    sound(session)


def test_a_shift_is_counted_by_one_and_closed_by_another(
    session: Session, school: scenes.School, cashier: StaffMember
) -> None:
    order, manager = scenes.bill(session, school), colleague(session, "会计")
    desk.take(session, tender(order, 50000), by=cashier, form_key="1")
    desk.take(session, cheque(order, 10000), by=cashier, form_key="2")
    drawer = {"10000": 6, "5000": 1, "1000": 4}  # 690 yuan of 700.
    with pytest.raises(CountWrong):
        shifts.count(session, by=cashier, counted=drawer, cheques_fen=10000, explanation="")
    shift_id = shifts.count(
        session, by=cashier, counted=drawer, cheques_fen=10000, explanation="找零多给了一张"
    )
    with pytest.raises(NoShift):
        desk.take(session, tender(order, 100), by=cashier, form_key="3")
    with pytest.raises(ShiftDone):
        shifts.begin(session, by=cashier, campus_id=school.campus_id, float_fen=0)
    with pytest.raises(OwnShift):
        shifts.confirm(session, shift_id=shift_id, by=cashier, verdict=Verdict.LOSS)
    for wrong in (Verdict.EVEN, Verdict.GAIN):
        with pytest.raises(CountWrong):
            shifts.confirm(session, shift_id=shift_id, by=manager, verdict=wrong)
    shifts.send_back(session, shift_id=shift_id, by=manager)
    shifts.count(session, by=cashier, counted=drawer, cheques_fen=10000, explanation="少10元")
    shifts.confirm(session, shift_id=shift_id, by=manager, verdict=Verdict.LOSS, banked_fen=40000)
    found = balance(session)
    assert (found[A.CASH], found[A.BANK]) == (50000 - 1000 - 40000, 40000)
    assert found[A.NON_OPERATING_EXPENSE] == 1000
    with pytest.raises(ShiftDone):
        shifts.confirm(session, shift_id=shift_id, by=manager, verdict=Verdict.LOSS)
    session.flush()
    for statement in (
        "UPDATE finance_shift SET counted_fen = 0",
        "DELETE FROM finance_shift",
        "INSERT INTO finance_taking (payment_id, shift_id, form_key, reference, payer, taken_by,"
        f" taken_at, note) SELECT max(id) + 0, {shift_id}, 'x', '', '', {cashier.id},"
        " CURRENT_TIMESTAMP, '' FROM finance_payment",
    ):
        with pytest.raises(IntegrityError, match="shift"), session.begin_nested():
            session.execute(text(statement))
    assert session.get_one(Shift, shift_id).verdict == Verdict.LOSS
    sound(session)


def test_a_line_of_the_banks_pays_one_order_once(session: Session, school: scenes.School) -> None:
    accountant = colleague(session, "会计")
    order, other = scenes.bill(session, school), scenes.bill(session, school)
    for _ in range(2):
        bank.claim(
            session, number=order.number, payer="陈建国", reference="", by="wechat:o_a",
            source_key="message:1", openid=scenes.GUARDIAN,
        )  # fmt: skip
    with pytest.raises(NotFound):
        bank.claim(
            session, number=order.number, payer="路人", reference="", by="x", source_key="2",
            openid="o_stranger",
        )  # fmt: skip
    assert now(session, order).status == OrderStatus.PENDING  # A claim alone pays nothing.
    assert now(session, order).expires_at > clock.now() + timedelta(days=2)
    lines = [
        StatementLine(booked_on=clock.today(), amount_fen=128000, payer="陈建国", serial="A1"),
        StatementLine(booked_on=clock.today(), amount_fen=777, payer="利息"),
        StatementLine(booked_on=clock.today(), amount_fen=130000, payer="晨星公司"),
    ]
    assert bank.bring_in(session, lines, by=accountant) == 3
    assert bank.bring_in(session, lines, by=accountant) == 0
    first, interest, third = session.scalars(select(BankLine).order_by(BankLine.id))
    assert [first.proposed_id, interest.proposed_id, third.proposed_id] == [order.id, None, None]
    taken = bank.match(session, line_id=first.id, number=order.number, by=accountant)
    assert (taken.due_fen, now(session, order).status) == (0, OrderStatus.PAID)
    with pytest.raises(LineDone):
        bank.match(session, line_id=first.id, number=other.number, by=accountant)
    bank.set_aside(session, line_id=interest.id, by=accountant, note="利息")
    with pytest.raises(LineDone):
        bank.match(session, line_id=interest.id, number=other.number, by=accountant)
    bank.match(session, line_id=third.id, number=other.number, by=accountant)  # By hand, too much.
    assert [each.amount_fen for each in queries.open_surpluses(session)] == [2000]
    assert balance(session)[A.BANK] == 258000
    sound(session)


@pytest.mark.usefixtures("database")
def test_cash_and_the_platform_at_once_never_pay_twice(heard: list[object]) -> None:
    """Whoever comes second at the desk is refused; what the platform has taken is owed back."""
    with unit_of_work() as session:
        school = scenes.open_school(session)
        cashier = colleague(session, "前台", Role.OFFICE, school.campus_id)
        shifts.begin(session, by=cashier, campus_id=school.campus_id, float_fen=0)
    for turn in range(6):
        with unit_of_work() as session:
            order = scenes.bill(session, school)
            attempt = scenes.begin(session, order)
        start, done = threading.Barrier(3), list[str]()

        def desk_takes(order: OrderView = order, turn: int = turn, key: str = "a") -> None:
            start.wait()  # noqa: B023 - joined within the turn.
            try:
                with unit_of_work() as session:
                    desk.take(session, tender(order, 128000), by=cashier, form_key=f"{turn}{key}")
                done.append("cash")  # noqa: B023
            except DomainError as error:
                done.append(type(error).__name__)  # noqa: B023

        def platform_tells() -> None:
            start.wait()  # noqa: B023
            with unit_of_work() as session:
                service.settle(session, paid=scenes.fact(attempt))  # noqa: B023

        threads = [
            threading.Thread(target=desk_takes),
            threading.Thread(target=lambda: desk_takes(key="b")),
            threading.Thread(target=platform_tells),
        ]
        for each in threads:
            each.start()
        for each in threads:
            each.join()
        with reading() as session:
            status = session.get_one(Order, order.id).status
            over = session.scalars(
                select(SurplusReceipt.amount_fen).where(SurplusReceipt.order_id == order.id)
            ).all()
            cash = session.scalars(
                select(Payment.amount_fen).where(
                    Payment.order_id == order.id, Payment.method == PaymentMethod.CASH
                )
            ).all()
        assert status == OrderStatus.PAID
        assert done.count("cash") == len(cash) <= 1
        assert sorted(done) in (["OrderNotPayable", "cash"], ["OrderNotPayable"] * 2)
        assert list(over) == [128000] * len(cash)
    with reading() as session:
        sound(session)
    assert len([each for each in heard if isinstance(each, OrderPaid)]) == 6

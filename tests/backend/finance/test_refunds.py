"""Money that goes back: asked for, approved by two, sent through the till, booked (F7, A12)."""

from datetime import timedelta
from threading import Thread

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from backend.finance import hours, jobs, queries, refund_reads, refund_reckoning, refunds, service
from backend.finance.books import giving_back, vouchers
from backend.finance.books.words import OwnVoucher
from backend.finance.models import HourEntry, JournalEntry, LessonAccount, Order
from backend.finance.refund_words import (
    NothingToRefund,
    OwnApproval,
    RefundApproved,
    RefundCause,
    RefundDecided,
    RefundOpen,
    RefundStatus,
    RefundView,
)
from backend.finance.schemas import HourKind, LedgerAccount, OrderStatus, OrderView
from backend.kit import clock, events
from backend.kit.db import reading, unit_of_work
from backend.kit.errors import DomainError, NotAllowed, NotFound
from backend.outbox.models import OutboxMessage
from backend.security.models import Account, AuditEntry
from backend.security.schemas import Role, StaffMember
from tests.backend.finance import scenes
from tests.backend.finance.conftest import Shop
from tests.backend.finance.test_jobs import eventually, silently_paid

CUSTOMER = RefundCause.CUSTOMER


def hired(session: Session, role: Role, name: str, campus_id: int | None = None) -> StaffMember:
    row = Account(name=name, role=role, campus_id=campus_id, created_at=clock.now())
    session.add(row)
    session.flush()
    return StaffMember.model_validate(row)


@pytest.fixture
def school(session: Session, heard: list[object]) -> scenes.School:
    events.listen(RefundApproved, lambda _session, event: heard.append(event))
    return scenes.open_school(session)


@pytest.fixture
def order(session: Session, school: scenes.School) -> OrderView:
    """Paid a month ago, 18 lessons, 3 of them taken."""
    then = clock.now() - timedelta(days=30)
    with clock.frozen(then):
        billed = scenes.bill(session, school)
        paid = service.settle(session, paid=scenes.fact(scenes.begin(session, billed)))
        service.open_lesson_accounts(session, order_id=paid.id, student_id=school.student_id)
    account_id = session.scalars(select(LessonAccount.id)).one()
    for number in range(3):
        hours.enter(
            session, account_id=account_id, kind=HourKind.CONSUME, lessons=-1,
            source_key=f"consume:{number}",
        )  # fmt: skip
    return paid


def asked(session: Session, order: OrderView, key: str = "message:1") -> RefundView:
    return refunds.ask(
        session, number=order.number, openid=order.payer_openid, cause=CUSTOMER,
        reason="没时间", source_key=key,
    )  # fmt: skip


def balance(session: Session) -> dict[LedgerAccount, int]:
    return {row.account: row.debit_fen - row.credit_fen for row in queries.trial_balance(session)}


def test_the_whole_way(session: Session, order: OrderView, heard: list[object]) -> None:
    accountant = hired(session, Role.ACCOUNTANT, "周会")
    manager = hired(session, Role.CAMPUS_MANAGER, "林主管")
    refund = asked(session, order)
    assert (refund.amount_fen, refund.status) == (100000, RefundStatus.ASKED)
    assert sum(step.amount_fen for step in refund.steps) == refund.amount_fen
    assert asked(session, order) == refund
    with pytest.raises(RefundOpen):
        asked(session, order, "message:2")
    told = session.scalars(
        select(OutboxMessage.dedupe_key).where(OutboxMessage.dedupe_key.startswith("refund:"))
    ).all()
    assert {key.rsplit(":", 1)[1] for key in told} == {str(accountant.id), str(manager.id)}

    once = refunds.approve(session, refund_id=refund.id, by=accountant)
    assert once.status is RefundStatus.ASKED
    with pytest.raises(OwnApproval):
        refunds.approve(session, refund_id=refund.id, by=accountant)
    assert refund_reads.due_to_pay(session, now=clock.now()) == []
    done = refunds.approve(session, refund_id=refund.id, by=manager)
    assert done.status is RefundStatus.APPROVED
    assert refund_reads.due_to_pay(session, now=clock.now()) == [refund.id]
    assert queries.lessons_left(session, student_ids=[1])[0].left == 0
    assert [type(event) for event in heard][-1] is RefundApproved
    books = balance(session)
    assert books[LedgerAccount.CONTRACT_LIABILITY] == 0
    assert done.interest_fen == 136  # 1,000 yuan at 1.5% for 33 days, rounded up (§16).
    assert books[LedgerAccount.OTHER_PAYABLE] == -100000 - done.interest_fen
    assert books[LedgerAccount.REVENUE] == -28000
    with pytest.raises(RefundDecided):
        refunds.withdraw(session, openid=order.payer_openid)
    with pytest.raises(RefundDecided):
        refunds.refuse(session, refund_id=refund.id, by=manager, note="晚了")
    actions = session.scalars(
        select(AuditEntry.action).where(AuditEntry.subject == f"refund:{refund.number}")
    ).all()
    assert actions == ["refund.asked", "refund.approved", "refund.approved"]
    (interest,) = giving_back.owed(session)
    voucher_id = giving_back.ask(session, kind=interest.kind, owed_id=interest.id, by=accountant)
    with pytest.raises(OwnVoucher):
        vouchers.approve(session, voucher_id=voucher_id, by=accountant)
    vouchers.approve(session, voucher_id=voucher_id, by=hired(session, Role.PRINCIPAL, "校长"))
    assert giving_back.owed(session) == []
    assert balance(session)[LedgerAccount.OTHER_PAYABLE] == -100000


def test_a_lesson_taken_meanwhile_is_reckoned_anew_and_asked_anew(
    session: Session, order: OrderView
) -> None:
    accountant = hired(session, Role.ACCOUNTANT, "周会")
    principal = hired(session, Role.PRINCIPAL, "校长")
    refund = asked(session, order)
    refunds.approve(session, refund_id=refund.id, by=accountant)
    account_id = session.scalars(select(LessonAccount.id)).one()
    hours.enter(
        session, account_id=account_id, kind=HourKind.CONSUME, lessons=-1, source_key="consume:9"
    )
    changed = refunds.approve(session, refund_id=refund.id, by=principal)
    assert changed.was_recomputed
    assert (changed.amount_fen, changed.approvals) == (93334, ())
    for member in (principal, accountant):
        changed = refunds.approve(session, refund_id=refund.id, by=member)
    assert changed.status is RefundStatus.APPROVED


def test_who_may_decide(session: Session, school: scenes.School, order: OrderView) -> None:
    here = hired(session, Role.CAMPUS_MANAGER, "林主管", school.campus_id)
    elsewhere = scenes.open_school(session).campus_id
    other = hired(session, Role.CAMPUS_MANAGER, "外主管", elsewhere)
    advisor = hired(session, Role.ADVISOR, "顾问")
    refund = asked(session, order)
    for member in (other, advisor):
        with pytest.raises(NotAllowed):
            refunds.approve(session, refund_id=refund.id, by=member)
        with pytest.raises(NotAllowed):
            refund_reads.visible_to(session, member, refund.id)
        assert refund_reads.waiting_for(session, member) == []
    assert refund_reads.waiting_for(session, here) == [refund]
    for strange in ("o_else", ""):
        with pytest.raises(NotFound):
            refund_reckoning.reckon(session, number=order.number, openid=strange, cause=CUSTOMER)
        with pytest.raises(NotFound):
            refunds.withdraw(session, openid=strange)


def test_another_cause_is_another_sum_and_a_no_ends_it(session: Session, order: OrderView) -> None:
    principal = hired(session, Role.PRINCIPAL, "校长")
    refund = asked(session, order)
    ours = refunds.recast(session, refund_id=refund.id, by=principal, cause=RefundCause.INSTITUTION)
    assert ours.amount_fen == 108000
    refused = refunds.refuse(session, refund_id=refund.id, by=principal, note="已协商换班")
    assert refused.status is RefundStatus.REFUSED
    assert queries.lessons_left(session, student_ids=[1])[0].left == 15
    again = asked(session, order, "message:2")
    assert again.number.endswith("_2")
    assert refunds.withdraw(session, openid=order.payer_openid).status is RefundStatus.WITHDRAWN


def test_nothing_is_left_of_lessons_all_taken(session: Session, order: OrderView) -> None:
    account_id = session.scalars(select(LessonAccount.id)).one()
    for number in range(3, 18):
        hours.enter(
            session, account_id=account_id, kind=HourKind.CONSUME, lessons=-1,
            source_key=f"consume:{number}",
        )  # fmt: skip
    with pytest.raises(NothingToRefund):
        asked(session, order)


def approved(shop: Shop, order: OrderView) -> RefundView:
    with unit_of_work() as session:
        accountant = hired(session, Role.ACCOUNTANT, "周会")
        principal = hired(session, Role.PRINCIPAL, "校长")
        refund = asked(session, order)
        refunds.approve(session, refund_id=refund.id, by=accountant)
        return refunds.approve(session, refund_id=refund.id, by=principal)


def status_of(refund: RefundView) -> RefundStatus:
    with reading() as session:
        return refund_reads.view(session, refund.id).status


def test_the_till_sends_it_back_once(shop: Shop) -> None:
    """Asked for twice, notified as well: one refund at the platform, one entry in the books."""
    order = silently_paid(shop)
    with reading() as session:
        (payment_id,) = queries.open_payment_ids(session, order_id=order.id)
    jobs.poll(payment_id)
    refund = approved(shop, order)
    jobs.refund(refund.id)
    jobs.refund(refund.id)

    def is_done() -> bool:
        jobs.refund(refund.id)
        return status_of(refund) is RefundStatus.DONE

    eventually(is_done)
    jobs.refund(refund.id)
    with reading() as session:
        assert balance(session)[LedgerAccount.OTHER_PAYABLE] == 0
        assert balance(session)[LedgerAccount.BANK] == 0
        assert session.get_one(Order, order.id).status == OrderStatus.REFUNDED
        keys = select(func.count(JournalEntry.id)).where(
            JournalEntry.source_key.startswith(f"refund:{refund.id}")
        )
        assert session.scalar(keys) == 2


def test_what_the_platform_refuses_an_accountant_transfers(shop: Shop) -> None:
    """The payment is not known there: no retry can help."""
    order = shop.bill()
    with unit_of_work() as session:
        service.settle(session, paid=scenes.fact(scenes.begin(session, order)))
    refund = approved(shop, order)
    jobs.refund(refund.id)
    assert status_of(refund) is RefundStatus.STUCK
    with unit_of_work() as session:
        principal = hired(session, Role.PRINCIPAL, "校长")
        with pytest.raises(NotAllowed):
            refunds.transferred(session, refund_id=refund.id, by=principal, note="转了")
        accountant = hired(session, Role.ACCOUNTANT, "钱会")
        done = refunds.transferred(session, refund_id=refund.id, by=accountant, note="凭证88")
        assert done.status is RefundStatus.DONE
        with pytest.raises(RefundDecided):
            refunds.transferred(session, refund_id=refund.id, by=accountant, note="凭证88")


def test_two_who_agree_at_once_grant_it_once(shop: Shop) -> None:
    order = shop.bill()
    with unit_of_work() as session:
        service.settle(session, paid=scenes.fact(scenes.begin(session, order)))
        service.open_lesson_accounts(session, order_id=order.id, student_id=shop.school.student_id)
        members = [hired(session, Role.ACCOUNTANT, f"会计{n}") for n in range(4)]
        refund = asked(session, order)

    def agree(member: StaffMember) -> None:
        try:
            with unit_of_work() as session:
                refunds.approve(session, refund_id=refund.id, by=member)
        except DomainError:
            pass

    threads = [Thread(target=agree, args=(member,)) for member in members]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with reading() as session:
        found = refund_reads.view(session, refund.id)
        assert (found.status, len(found.approvals)) == (RefundStatus.APPROVED, 2)
        taken = select(func.count(HourEntry.id)).where(HourEntry.kind == HourKind.REFUND)
        assert session.scalar(taken) == 1

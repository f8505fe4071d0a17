"""The seeded institution after a busy week: what makes the pages of single things openable."""

from dataclasses import dataclass
from datetime import time, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from backend.admissions import service as admissions
from backend.admissions.intake import workbooks
from backend.admissions.waitlist import line
from backend.admissions.waitlist.schemas import WaitForm
from backend.finance import queries as money
from backend.finance import refunds
from backend.finance import service as finance
from backend.finance.arrears import plans
from backend.finance.arrears import service as arrears
from backend.finance.bills import service as bills
from backend.finance.bills.models import Bill
from backend.finance.bills.words import BillStatus
from backend.finance.books import vouchers
from backend.finance.chart import LedgerAccount
from backend.finance.refund_words import RefundCause
from backend.finance.schemas import OrderPaid, OrderView
from backend.finance.till import bank, invoices, receipts, shifts
from backend.finance.till.words import InvoiceWish, StatementLine
from backend.gateways import payments
from backend.kit import clock
from backend.kit.db import unit_of_work
from backend.logistics.models import Campus
from backend.outbox import service as post_office
from backend.outbox.schemas import Channel, Letter, Notice, NoticeKind, Recipient
from backend.reminders import registry
from backend.reminders import service as reminders
from backend.reminders.schemas import RuleDraft
from backend.security import accounts
from backend.security import queries as staff
from backend.security.schemas import Role, StaffMember
from backend.students import intake, takeovers
from backend.students.file import exports
from backend.students.schemas import TicketKind
from backend.students.tickets import desk
from backend.teaching.drafts import running
from backend.teaching.homework import setting
from backend.teaching.models import ClassGroup
from backend.teaching.scores import entering
from tests.backend.finance import scenes

FAMILY, ASKER = "o_demo_guardian", "o_asker"
SHEET = "学员姓名,年级,监护人姓名,监护人手机\n赵小乐,三年级,赵明,13812340001\n坏,,,12\n"
LEADS = "称呼,手机,想了解\n孙女士,13812340005,数学\n没有号码,,\n"


@dataclass(frozen=True)
class Links:
    """Signed addresses that reach people by message, and the numbers of what was made."""

    payable: str
    stop: str
    invitation: str
    copy: int
    ticket: str


def lived_in() -> Links:
    """Fill the house; the database is the seeded one."""
    with unit_of_work() as session:
        teacher, principal = (_one(session, role) for role in (Role.TEACHER, Role.PRINCIPAL))
        group = session.scalars(select(ClassGroup).filter_by(name="英语三级平日班")).one()
        for number, words in enumerate(("老师迟到了三次", "乱收费", "教室空调坏了")):
            kind, key = TicketKind.COMPLAINT, f"test:{number}"
            opened = desk.open_ticket(
                session, openid="o_author", kind=kind, text=words, source_key=key
            )
        admissions.open_lead(session, openid=ASKER, interest="周末英语")
        _teach(session, group, teacher)
        order = _owe(session)
        paid = next(each for each in money.orders_of(session, openid=FAMILY) if each.paid_at)
        refunds.ask(
            session, number=paid.number, openid=FAMILY, cause=RefundCause.CUSTOMER,
            reason="没时间", source_key="test:refund",
        )  # fmt: skip
        vouchers.claim(
            session, by=principal, amount_fen=12_00, summary="粉笔",
            account=LedgerAccount.ADMINISTRATION, source_key="test:claim",
        )  # fmt: skip
        _take(session, paid, principal)
        _remind(session)
        _talk(session)
        day = Bill(channel="wechat", on=clock.today(), status=BillStatus.WAITING)
        session.add(day)
        session.flush()
        bills.compare(session, bill_id=day.id, bill=payments.Bill())
        intake.begin(session, title="学员.csv", content=SHEET.encode(), by=principal)
        workbooks.begin(session, title="线索.csv", content=LEADS.encode(), by=principal)
        running.ask(
            session, by=principal.id, title="草案", class_group_ids=[group.id], seconds=10,
            first_on=clock.today(), last_on=clock.today() + timedelta(days=7), source_key="test",
        )  # fmt: skip
        return Links(
            payable=finance.pay_link(order.number, FAMILY),
            stop=_stop(),
            invitation=accounts.invite(session, teacher.id, by="system"),
            copy=exports.ask(session, staff.speaker(session, FAMILY)).id,
            ticket=opened.number,
        )


def _one(session: Session, role: Role) -> StaffMember:
    return staff.staff_with_role(session, role)[0]


def _teach(session: Session, group: ClassGroup, teacher: StaffMember) -> None:
    """Homework, a test, and a child that waits for a seat."""
    setting.assign(
        session, class_group_id=group.id, words="第三课练习", member=teacher, source_key="test:set",
        due_at=clock.now() + timedelta(days=3),
    )  # fmt: skip
    entering.hold(
        session, class_group_id=group.id, name="期中测验", held_on=clock.today(), full_mark=100,
        member=teacher, source_key="test:exam",
    )  # fmt: skip
    group.capacity = 1
    session.flush()
    line.join(
        session,
        WaitForm(
            openid=ASKER, child_name="王小明", grade="三年级", class_group_id=group.id,
            source_key="test:wait", phone="13812340002", privacy_version="2026-11",
        ),
    )  # fmt: skip


def _owe(session: Session) -> OrderView:
    """An order in two parts, the first paid; and one to pay, which it returns."""
    school = scenes.open_school(session)
    order = scenes.bill(session, school)
    due = clock.today() + timedelta(days=30)
    plans.make(session, number=order.number, due_on=[due], by="account:1")
    first = {**order.model_dump(include={"number", "payer_openid", "purpose_key", "total_fen"})}
    arrears.note_paid(session, OrderPaid(order_id=order.id, **first))
    return scenes.bill(session, school)


def _take(session: Session, paid: OrderView, principal: StaffMember) -> None:
    """Receipts, a wish for an invoice, an open drawer, a line of the bank's."""
    receipts.of_payer(session, FAMILY)
    wish = InvoiceWish(number=paid.number, title="个人")
    invoices.ask(session, wish, openid=FAMILY, source_key="test:invoice")
    campus_id = session.scalars(select(Campus.id)).first()
    shifts.begin(session, by=principal, campus_id=campus_id or 0, float_fen=200_00)
    line = StatementLine(booked_on=clock.today(), amount_fen=1, payer="晨星公司", memo="学费")
    bank.bring_in(session, [line], by=principal)


def _remind(session: Session) -> None:
    kind = registry.kinds()[0]
    campus = session.scalars(select(Campus.id)).first()
    reminders.write(
        session,
        RuleDraft(
            kind=kind.key, amount=kind.amounts[1], audience=next(iter(kind.wordings)),
            campus_id=campus, send_at=time(9), valid_from=clock.today(),
        ),
        by="account:1",
    )  # fmt: skip


def _stop() -> str:
    letter = Letter(
        message_id=1, dedupe_key="test", channel=Channel.SMS, tries=0,
        recipient=Recipient(phone="13812340003"), content=Notice(template="none", values={}),
    )  # fmt: skip
    return post_office.stop_link(letter, NoticeKind.MARKETING)


def _talk(session: Session) -> None:
    """Somebody waits for an advisor."""
    ticket = desk.open_ticket(
        session, openid=ASKER, kind=TicketKind.REQUEST, text="转人工", source_key="test:talk"
    )
    takeovers.begin(
        session, openid=ASKER, customer="客户1", role=Role.ADVISOR, ticket_id=ticket.id,
        said="转人工", preferred_id=None,
    )  # fmt: skip

"""The composition root: which gateway stands behind which port, and which event calls whom.

Every process (web, worker, cron) calls `connect()` once as it starts.
"""

from sqlalchemy.orm import Session

from backend.admissions import reminding as lead_reminders
from backend.admissions import service as leads
from backend.admissions import siblings, sign_up, trials
from backend.admissions.assigning import waiting
from backend.admissions.figures import watching
from backend.admissions.intake import merging
from backend.admissions.knowledge import proposals
from backend.admissions.referrals import service as referrals
from backend.admissions.waitlist import offers as waitlist
from backend.finance import consumption, hours
from backend.finance import queries as finance
from backend.finance import reminding as money_reminders
from backend.finance.arrears import reminding as instalment_reminders
from backend.finance.arrears import service as arrears
from backend.finance.prices import renewing
from backend.finance.prices import service as prices
from backend.finance.refund_words import RefundApproved, RefundDone
from backend.finance.schemas import MoneyTaken, OrderClosed, OrderHeld, OrderPaid, SurplusReceived
from backend.finance.till import invoices, receipts
from backend.gateways import letters, payments, ports
from backend.gateways.payments.alipay_client import Alipay
from backend.gateways.payments.wechat_pay import WechatPay
from backend.gateways.webchat.sender import ByAddress
from backend.gateways.wechat.client import WechatClient
from backend.kit import clock, events, log, money
from backend.kit.config import settings
from backend.outbox import service as outbox
from backend.outbox.schemas import (
    ChannelStopped,
    Interaction,
    MessageStuck,
    Notice,
    RecipientUnreachable,
)
from backend.reminders import contacts as colleagues
from backend.reminders import registry as reminders
from backend.reminders.schemas import Audience
from backend.security import service as security
from backend.security.schemas import AccountDeactivated, CodeScanned, PersonMet, Role
from backend.students import contacts as families
from backend.students import reminding as case_reminders
from backend.students import takeovers
from backend.students.file import consents
from backend.students.schemas import CustomerAnswered, PhoneProven, QuestionAnswered
from backend.students.tickets import leaving
from backend.teaching import reminding as teaching
from backend.teaching.homework import reminding as homework_reminders
from backend.teaching.schemas import (
    AttendanceSettled,
    BookingAsked,
    GuestMoved,
    GuestSeen,
    GuestSentAway,
    RestCounted,
    SeatEnded,
)


def compose_reminders() -> None:
    """What people can be reminded of, from the rooms that hold the facts, and how each audience is
    reached."""
    kinds = (
        *teaching.KINDS,
        *money_reminders.KINDS,
        *instalment_reminders.KINDS,
        *homework_reminders.KINDS,
        *case_reminders.KINDS,
        *lead_reminders.KINDS,
    )
    reminders.use(
        kinds,
        {
            Audience.GUARDIAN: families.guardians,
            Audience.STUDENT: families.learners,
            Audience.TEACHER: colleagues.staff,
            Audience.ADVISOR: colleagues.staff,
            Audience.PROSPECT: lead_reminders.prospects,
            Audience.PAYER: money_reminders.payers,
            Audience.CUSTOMER: case_reminders.authors,
        },
        agreed=consents.agreed_to_marketing,
    )


def compose_trials() -> None:
    """What admissions hears of trial lessons: from the roll, of lessons given up, of money. After
    `sign_up.seat_paid`, so that a sign-up that cannot be paid counts nothing."""
    events.listen(GuestSeen, trials.seen)
    events.listen(GuestSentAway, trials.sent_away)
    events.listen(GuestMoved, trials.moved)
    events.listen(OrderPaid, trials.paid)


def compose_figures() -> None:
    """What the figures of admissions hear: changes of leads, refunds, and who comes."""
    watching.watch()
    events.listen(RefundApproved, watching.refunded)
    events.listen(PersonMet, watching.met)


def compose_leads() -> None:
    """What admissions hears of customers and colleagues."""
    events.listen(CustomerAnswered, waiting.answered)
    events.listen(PhoneProven, merging.proven)


def compose_prices() -> None:
    """What becomes of codes and renewals with their orders."""
    events.listen(OrderPaid, prices.take)
    events.listen(OrderPaid, renewing.give)
    events.listen(OrderClosed, prices.free)


def compose_arrears() -> None:
    """Instalments hear of money after those who give seats and lessons, and of refunds."""
    events.listen(OrderPaid, arrears.note_paid)
    events.listen(OrderClosed, arrears.note_closed)
    events.listen(RefundApproved, arrears.call_off)
    events.listen(BookingAsked, arrears.refuse_booking)


def compose_papers() -> None:
    """Receipts for money that came in and went back; invoices hear of refunds."""
    events.listen(MoneyTaken, receipts.note_taken)
    events.listen(RefundDone, receipts.note_refunded)
    events.listen(RefundApproved, invoices.note_refunded)


def connect() -> None:
    """Wire this process. Calling it again changes nothing but makes new connections."""
    log.set_up(settings().log_level)
    wechat = WechatClient.from_settings()
    ports.use(
        chat=ByAddress(wechat),
        account=wechat,
        menus=wechat.menus,
        sign_in=wechat.website,
        sms=letters.sms_from_settings(),
        mail=letters.mail_from_settings(),
    )
    if settings().wechat_pay_private_key_file:
        payments.use(WechatPay.from_settings())
    if settings().alipay_app_id:
        payments.use_alipay(Alipay.from_settings())
    compose_reminders()
    events.listen(MessageStuck, security.ask_to_phone)
    events.listen(RecipientUnreachable, security.note_refusal)
    events.listen(ChannelStopped, security.raise_alarm)
    events.listen(OrderPaid, _open_chat_of_payer)
    compose_prices()
    events.listen(SurplusReceived, _tell_accountants)
    events.listen(OrderPaid, sign_up.seat_paid)
    events.listen(OrderPaid, referrals.paid)
    compose_trials()
    compose_figures()
    compose_leads()
    compose_arrears()
    compose_papers()
    events.listen(OrderClosed, sign_up.let_go)
    events.listen(OrderClosed, siblings.closed)
    events.listen(OrderHeld, sign_up.keep_on)
    events.listen(RefundApproved, sign_up.give_up)
    events.listen(RefundApproved, referrals.undone)
    events.listen(SeatEnded, waitlist.seat_ended)
    events.listen(QuestionAnswered, proposals.answered)
    events.listen(CodeScanned, leads.touched)
    # Talks first: a ticket that belongs to one goes with it.
    events.listen(AccountDeactivated, takeovers.pass_on)
    events.listen(AccountDeactivated, leads.pass_on)
    events.listen(AccountDeactivated, leaving.hand_on)
    events.listen(AttendanceSettled, consumption.settle)
    events.listen(RestCounted, hours.extend)


def _open_chat_of_payer(session: Session, paid: OrderPaid) -> None:
    """A payment by WeChat lets us write to the payer for 48 hours from its moment."""
    if not paid.in_wechat:
        return
    order = finance.order_for(session, number=paid.number, openid=paid.payer_openid)
    at = order.paid_at or clock.now()
    outbox.note_interaction(session, openid=paid.payer_openid, kind=Interaction.PAYMENT, at=at)


def _tell_accountants(session: Session, surplus: SurplusReceived) -> None:
    """Money that came twice has to go back."""
    values = {
        "number": surplus.number,
        "amount": money.yuan(surplus.amount_fen),
        "transaction": surplus.transaction_id,
    }
    security.tell(
        session,
        Role.ACCOUNTANT,
        notice=Notice(template="surplus_received", values=values),
        dedupe_key=f"surplus:{surplus.transaction_id}",
    )

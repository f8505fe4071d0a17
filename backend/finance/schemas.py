"""The words of the finance room. All amounts are fen, all moments aware UTC."""

from datetime import date, datetime
from enum import StrEnum

from pydantic import BaseModel, ConfigDict, Field, model_validator

from backend.finance.chart import LedgerAccount as LedgerAccount
from backend.kit.errors import DomainError


class OrderStatus(StrEnum):
    """An order's life: pending → paid (→ refunded), or pending → closed, which late money reopens
    as paid."""

    PENDING = "pending"
    PAID = "paid"
    CLOSED = "closed"
    REFUNDED = "refunded"


class CloseReason(StrEnum):
    EXPIRED = "expired"
    CANCELLED = "cancelled"


class PaymentMethod(StrEnum):
    """By which means: through a platform, or taken by staff."""

    WECHAT_JSAPI = "wechat_jsapi"
    WECHAT_NATIVE = "wechat_native"
    WECHAT_H5 = "wechat_h5"
    ALIPAY_PAGE = "alipay_page"
    ALIPAY_WAP = "alipay_wap"
    CASH = "cash"
    CHEQUE = "cheque"
    TRANSFER = "transfer"


BY_ALIPAY = frozenset({PaymentMethod.ALIPAY_PAGE, PaymentMethod.ALIPAY_WAP})
BY_STAFF = frozenset({PaymentMethod.CASH, PaymentMethod.CHEQUE, PaymentMethod.TRANSFER})


class Takings(BaseModel):
    """Money of a time: payments that came in, and refunds that went back."""

    model_config = ConfigDict(frozen=True)

    count: int
    fen: int
    back: int
    back_fen: int


class PaymentStatus(StrEnum):
    """`clearing`: a cheque that the bank has not credited yet."""

    CREATED = "created"
    CLEARING = "clearing"
    SUCCEEDED = "succeeded"
    CLOSED = "closed"
    REFUNDED = "refunded"


class HourKind(StrEnum):
    """Why lessons came into or left an account."""

    BUY = "buy"
    GIFT = "gift"
    CONSUME = "consume"
    REFUND = "refund"
    TRANSFER = "transfer"
    EXPIRE = "expire"
    REVERSE = "reverse"


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, from_attributes=True)


class PriceQuote(_Frozen):
    """What one class term of a course costs at a campus on a day; `months` where it is charged by
    time and not by lessons."""

    price_id: int
    course_id: int
    campus_id: int | None
    amount_fen: int
    lesson_count: int
    material_fee_fen: int
    months: int | None = None

    @property
    def per_lesson_fen(self) -> int:
        """For display only, rounded half up; accounts use the exact amount."""
        return (2 * self.amount_fen + self.lesson_count) // (2 * self.lesson_count)

    @property
    def total_fen(self) -> int:
        return self.amount_fen + self.material_fee_fen


class NewLine(_Frozen):
    """A line to bill. `net_fen` is what is charged after discounts from `list_fen`. The
    description is shown to whoever holds the pay link: it names no child."""

    description: str = Field(min_length=1, max_length=120)
    class_group_id: int | None = None
    course_id: int | None = None
    lesson_count: int = Field(default=0, ge=0)
    gift_count: int = Field(default=0, ge=0)
    list_fen: int = Field(ge=0)
    net_fen: int = Field(ge=0)
    is_material: bool = False

    @model_validator(mode="after")
    def _net_within_list(self) -> "NewLine":
        if self.net_fen > self.list_fen:
            raise ValueError("a line cannot cost more than its list price")
        if (self.lesson_count or self.gift_count) and self.course_id is None:
            raise ValueError("lessons belong to a course")
        return self


class OrderLineView(NewLine):
    id: int


class OrderView(_Frozen):
    """An order as other rooms and pages see it."""

    id: int
    number: str
    payer_openid: str
    purpose_key: str
    status: OrderStatus
    total_fen: int
    created_at: datetime
    expires_at: datetime
    paid_at: datetime | None
    advance_fen: int = 0
    clearing_fen: int = 0
    lines: tuple[OrderLineView, ...]

    @property
    def due_fen(self) -> int:
        """What may still be asked for: neither paid in part nor by a cheque under way."""
        return max(0, self.total_fen - self.advance_fen - self.clearing_fen)


class LessonBalance(_Frozen):
    """What is left in one lesson account; `expires_on` is the first day on which it does not last
    any more, None without an end."""

    account_id: int
    student_id: int
    course_id: int
    class_group_id: int | None
    bought: int
    given: int
    left: int
    expires_on: date | None = None


class PageState(StrEnum):
    """What the pay page shows. `unreachable`: the platform cannot be had just now; `clearing`: a
    cheque for all of it is under way."""

    PAYABLE = "payable"
    CLEARING = "clearing"
    EXPIRED = "expired"
    PAID = "paid"
    CLOSED = "closed"
    REFUNDED = "refunded"
    UNREACHABLE = "unreachable"


class PaymentAttempt(_Frozen):
    """One attempt to pay, as it is put to the platform; `prepay_id` is there while it is fresh: for
    a payment by scanning it is what the QR code holds."""

    id: int
    method: PaymentMethod
    out_trade_no: str
    amount_fen: int
    description: str
    expires_at: datetime
    prepay_id: str | None


class OpenAttempt(_Frozen):
    """An attempt whose outcome is unknown; `is_wanted` while its order may still be paid."""

    out_trade_no: str
    method: PaymentMethod
    is_wanted: bool


class SurplusView(_Frozen):
    """Money that came in for an order already paid and has to go back."""

    id: int
    order_id: int
    transaction_id: str
    amount_fen: int
    received_at: datetime


class TrialRow(_Frozen):
    """One account's totals in the trial balance."""

    account: LedgerAccount
    debit_fen: int
    credit_fen: int


class Posting(_Frozen):
    """One side of a journal entry: debit positive, credit negative. `order_line_id` says for what
    the money came or is owed; it also gives course, class and campus where they are not named.
    `flow` names the line of the cash-flow statement where it is not the event's own."""

    account: LedgerAccount
    amount_fen: int
    order_line_id: int | None = None
    campus_id: int | None = None
    course_id: int | None = None
    class_group_id: int | None = None
    teacher_id: int | None = None
    flow: str | None = None


class Money(_Frozen):
    """Money that is in. `key` names it once and for all: the platform's transaction id, or our own
    taking (`taking:12`). `account` is where it lies: 其他应付款 for a cheque, which was held there
    until it had cleared."""

    key: str
    out_trade_no: str
    method: PaymentMethod
    amount_fen: int
    at: datetime
    account: LedgerAccount = LedgerAccount.BANK
    actor: str = "system"


# Events.


class MoneyTaken(_Frozen):
    """Money came in for an order: `amount_fen` of it counts towards the order, which `is_all` says
    is now paid. Published once for each `key`."""

    order_id: int
    number: str
    payer_openid: str
    key: str
    method: PaymentMethod
    amount_fen: int
    at: datetime
    is_all: bool
    due_fen: int
    actor: str


class OrderHeld(_Frozen):
    """A part of an order is paid, or money for it is under way: what it is for is kept until."""

    order_id: int
    number: str
    purpose_key: str
    until: datetime


class OrderPaid(_Frozen):
    """Money for an order is in; published once per order. `is_late` says that the order had been
    closed meanwhile, so that what it was for may be gone: seat the payer again or give back.
    `in_wechat`: the last of it came by WeChat, which lets us write to the payer."""

    order_id: int
    number: str
    payer_openid: str
    purpose_key: str
    total_fen: int
    is_late: bool = False
    in_wechat: bool = True


class OrderClosed(_Frozen):
    """An unpaid order can no longer be paid."""

    order_id: int
    number: str
    payer_openid: str
    purpose_key: str
    reason: CloseReason


class SurplusReceived(_Frozen):
    """Money came in for an order that was paid already: somebody has to give it back."""

    order_id: int
    number: str
    payer_openid: str
    transaction_id: str
    amount_fen: int


# Broken rules.


class NothingToPay(DomainError):
    """The lines of an order come to nothing."""


class BilledDifferently(DomainError):
    """The purpose has been billed before, to somebody else or for another amount (`number`)."""

    status = 409


class OrderNotPayable(DomainError):
    """The order is paid, closed, or about to expire (`status`)."""

    status = 409


class OrderNotPaid(DomainError):
    """Only a paid order gives lessons (`number`)."""

    status = 409


class PaymentMismatch(DomainError):
    """The platform's word does not fit our payment (`field`). Nothing was changed."""

    status = 400


class LessonsShort(DomainError):
    """The account holds fewer lessons than would be taken (`left`, `asked`)."""


class Unbalanced(DomainError):
    """A journal entry whose sides differ (`source_key`, `difference_fen`)."""

    status = 500


class RuleBroken(DomainError):
    """An event may not touch this account on this side (`event`, `leg`): see `posting.RULES`."""

    status = 500


class PeriodClosed(DomainError):
    """The month is closed (`month`)."""

    status = 409

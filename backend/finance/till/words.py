"""The words of the till. All amounts are fen, all moments aware UTC."""

from collections.abc import Mapping
from datetime import date, datetime
from enum import StrEnum

from pydantic import BaseModel, ConfigDict

from backend.finance.schemas import PaymentMethod
from backend.kit.errors import DomainError

METHODS: Mapping[str, str] = {
    PaymentMethod.WECHAT_JSAPI: "微信支付",
    PaymentMethod.WECHAT_NATIVE: "微信扫码",
    PaymentMethod.WECHAT_H5: "微信支付",
    PaymentMethod.ALIPAY_PAGE: "支付宝",
    PaymentMethod.ALIPAY_WAP: "支付宝",
    PaymentMethod.CASH: "现金",
    PaymentMethod.CHEQUE: "支票",
    PaymentMethod.TRANSFER: "银行转账",
}


class ShiftStatus(StrEnum):
    """A shift's life: open → counted (→ open again to be counted anew) → closed for good."""

    OPEN = "open"
    COUNTED = "counted"
    CLOSED = "closed"


class Verdict(StrEnum):
    """Where a difference of the drawer is booked."""

    EVEN = "even"
    LOSS = "loss"  # Nobody knows why: 营业外支出
    OWED = "owed"  # The cashier makes it good: 其他应收款
    GAIN = "gain"  # Nobody knows whose it is: 营业外收入
    GIVE_BACK = "give_back"  # It is a customer's: 其他应付款


VERDICTS: Mapping[str, str] = {
    Verdict.EVEN: "账实相符",
    Verdict.LOSS: "盘亏，查不清原因（营业外支出）",
    Verdict.OWED: "盘亏，由经手人补足（其他应收款）",
    Verdict.GAIN: "盘盈，查不清原因（营业外收入）",
    Verdict.GIVE_BACK: "盘盈，应退还客户（其他应付款）",
}


class LineStatus(StrEnum):
    """A line of a bank statement: open until it is matched or set aside."""

    OPEN = "open"
    MATCHED = "matched"
    SET_ASIDE = "set_aside"


class Tender(BaseModel):
    """What is taken at the desk for an order. `tendered_fen` is what the customer handed over in
    cash: more than the amount is given back as change."""

    model_config = ConfigDict(frozen=True)

    number: str
    method: PaymentMethod
    amount_fen: int
    tendered_fen: int | None = None
    reference: str = ""  # The number on the cheque.
    payer: str = ""  # Who drew it.


class Taken(BaseModel):
    """What became of it. `change_fen` goes back to the customer, `due_fen` is still to be paid."""

    model_config = ConfigDict(frozen=True)

    id: int
    number: str
    method: PaymentMethod
    amount_fen: int
    change_fen: int
    due_fen: int
    is_clearing: bool


class StatementLine(BaseModel):
    """One line of a bank's statement: money that came in."""

    model_config = ConfigDict(frozen=True)

    booked_on: date
    amount_fen: int
    payer: str = ""
    memo: str = ""
    serial: str = ""


class LineView(StatementLine):
    """A line of the bank's as it stands; `proposed_id` is the order that it seems to be for."""

    model_config = ConfigDict(frozen=True, from_attributes=True)

    id: int
    status: LineStatus
    proposed_id: int | None
    note: str


class Candidate(BaseModel):
    """An order that a line of the bank's may be for, with what has been said about the transfer."""

    model_config = ConfigDict(frozen=True)

    order_id: int
    number: str
    due_fen: int
    payers: frozenset[str] = frozenset()
    references: frozenset[str] = frozenset()


class ShiftView(BaseModel):
    """A shift with what should be in the drawer."""

    model_config = ConfigDict(frozen=True, from_attributes=True)

    id: int
    campus_id: int
    cashier_id: int
    status: ShiftStatus
    opened_at: datetime
    float_fen: int
    counted: dict[str, int]
    counted_fen: int | None
    counted_cheques_fen: int | None
    expected_fen: int | None
    expected_cheques_fen: int | None
    explanation: str
    counted_at: datetime | None
    confirmed_by: int | None
    closed_at: datetime | None
    verdict: str | None
    banked_fen: int

    @property
    def difference_fen(self) -> int:
        """More (+) or less (−) in the drawer than there should be."""
        return (self.counted_fen or 0) - (self.expected_fen or 0)


class ReceiptView(BaseModel):
    """A receipt; less than nothing is red, for money that went back."""

    model_config = ConfigDict(frozen=True, from_attributes=True)

    id: int
    number: str
    order_id: int
    campus_id: int | None
    amount_fen: int
    method: str
    payer: str
    about: str
    received_at: datetime
    issued_at: datetime
    voided_at: datetime | None
    void_reason: str


class InvoiceStatus(StrEnum):
    """An invoice's life: asked for → issued, or refused."""

    ASKED = "asked"
    ISSUED = "issued"
    REFUSED = "refused"


class InvoiceWish(BaseModel):
    """What a payer wants: for which order, made out to whom."""

    model_config = ConfigDict(frozen=True)

    number: str
    title: str
    tax_number: str = ""
    email: str = ""


class InvoiceView(BaseModel):
    """An invoice as pages and the chat see it."""

    model_config = ConfigDict(frozen=True)

    id: int
    order_number: str
    title: str
    tax_number: str
    email: str
    amount_fen: int
    status: InvoiceStatus
    asked_at: datetime
    exported_at: datetime | None
    number: str | None
    note: str
    red_fen: int
    red_number: str | None
    link: str

    @property
    def is_to_redden(self) -> bool:
        """A refund has come after it, and the red invoice is still to be made out."""
        return self.status is InvoiceStatus.ISSUED and self.red_fen > 0 and not self.red_number


class NoShift(DomainError):
    """Cash and cheques are taken in a shift of one's own, and none is open."""

    status = 409


class ShiftDone(DomainError):
    """The shift is counted or closed already (`status`)."""

    status = 409


class OwnShift(DomainError):
    """Whoever counted a drawer does not confirm it."""

    status = 403


class CountWrong(DomainError):
    """The count or its explanation does not fit (`why`)."""


class TakenWrong(DomainError):
    """The amount, the means or the cheque's number does not fit (`why`)."""


class ChequeDone(DomainError):
    """The cheque has cleared or bounced already (`status`)."""

    status = 409


class LineDone(DomainError):
    """The line of the bank's stands for something already (`status`)."""

    status = 409


class ReceiptVoid(DomainError):
    """The receipt is void already (`number`)."""

    status = 409


class InvoiceUnfit(DomainError):
    """The invoice cannot be asked for or made out so (`why`: title, tax_number, email, number, url,
    nothing_left)."""


class InvoiceDone(DomainError):
    """Somebody has decided about the invoice already (`status`)."""

    status = 409


class StatementUnread(DomainError):
    """The file is no bank statement that we can read (`why`)."""

"""The payments port: what finance asks of any payment platform, and what it gets back.

Amounts are fen, moments aware UTC. Nothing here talks to anybody: `wechat_pay` and `alipay_client`
do, and only `wiring` knows them. Every method that goes out raises GatewayError; `retry` tells bad
luck (a timeout, a 5xx) from a refusal that will not change by itself.
"""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from enum import StrEnum
from typing import Protocol

from pydantic import BaseModel, ConfigDict

from backend.kit.errors import GatewayError


class TradeState(StrEnum):
    """What a platform knows of one payment."""

    PAID = "paid"
    UNPAID = "unpaid"
    CLOSED = "closed"
    REFUNDED = "refunded"
    UNKNOWN = "unknown"  # The platform has never heard of it.


class Charge(BaseModel):
    """What somebody is asked to pay. `out_trade_no` (6–32 characters) is the idempotency key: the
    same charge may be sent any number of times and is one payment."""

    model_config = ConfigDict(frozen=True)

    out_trade_no: str
    description: str
    amount_fen: int
    notify_url: str
    expires_at: datetime


class PaymentFact(BaseModel):
    """The platform's word that money came in: from a verified notification or a query."""

    model_config = ConfigDict(frozen=True)

    appid: str
    mchid: str
    out_trade_no: str
    transaction_id: str
    amount_fen: int
    payer_openid: str | None = None
    paid_at: datetime


class RefundFact(BaseModel):
    """The platform's word on one refund: `processing`, `success`, `closed` or `abnormal`."""

    model_config = ConfigDict(frozen=True)

    out_trade_no: str
    out_refund_no: str
    refund_id: str
    amount_fen: int
    status: str


class Trade(BaseModel):
    """The answer to a query; `paid` is there when money has come in."""

    model_config = ConfigDict(frozen=True)

    state: TradeState
    paid: PaymentFact | None = None


class LineKind(StrEnum):
    """Money that came, or money that went back."""

    PAYMENT = "payment"
    REFUND = "refund"


class LineStatus(StrEnum):
    """How it stands with the platform."""

    DONE = "done"
    UNDER_WAY = "under_way"
    FAILED = "failed"


class BillLine(BaseModel):
    """One trade. `number` is our own: of the attempt to pay, or of the refund (then `paid_as` is
    that of the attempt, where the platform says it). `fee_fen` is what the platform keeps
    (negative: gives back), `rate_ppm` the rate it names, in millionths."""

    model_config = ConfigDict(frozen=True)

    kind: LineKind
    number: str
    platform_id: str
    amount_fen: int
    fee_fen: int
    rate_ppm: int | None
    status: LineStatus
    at: datetime
    paid_as: str = ""


class Bill(BaseModel):
    """A day's trades. `moved_fen` is what they moved on the account there, fees taken off, by the
    platform's own list of the account; None where it has none."""

    model_config = ConfigDict(frozen=True)

    lines: Sequence[BillLine] = ()
    moved_fen: int | None = None


class BillUnreadable(ValueError):
    """A file that is not the bill it should be, or not all of it."""


class Notification(BaseModel):
    """A verified and decrypted callback. `id` is the same on every repetition."""

    model_config = ConfigDict(frozen=True)

    id: str
    event_type: str
    paid: PaymentFact | None = None
    refund: RefundFact | None = None


class NotificationRefused(Exception):
    """A callback that must not be believed. `probe` marks the platform's own signature tests,
    which must fail and are no reason for alarm."""

    def __init__(self, code: str, message: str, *, probe: bool = False) -> None:
        super().__init__(message)
        self.code = code
        self.probe = probe


class Platform(Protocol):
    """What every payment platform does for us."""

    def find(self, out_trade_no: str) -> Trade:
        """What the platform knows of a payment; never raises because it knows nothing."""

    def close(self, out_trade_no: str) -> None:
        """Make a payment unpayable. Repeating it, or closing an unknown one, is fine; a paid one
        raises GatewayError with code `ORDERPAID`."""

    def refund(
        self,
        *,
        out_trade_no: str,
        out_refund_no: str,
        amount_fen: int,
        total_fen: int,
        reason: str,
        notify_url: str,
    ) -> RefundFact:
        """Ask for money to go back. Accepted is not yet done; `out_refund_no` (≤ 64) is the
        idempotency key, a retry uses the same one."""

    def find_refund(self, out_refund_no: str, *, out_trade_no: str = "") -> RefundFact | None:
        """What became of a refund, None when the platform never heard of it. Alipay finds it by
        both numbers, WeChat Pay by its own alone."""

    def bill(self, on: date) -> Bill:
        """The platform's own list of a day, out from about 10:00 the next day; without lines when
        there was nothing. Its digest and its sums have been checked."""

    def read_notification(
        self, headers: Mapping[str, str], body: bytes, *, now: datetime
    ) -> Notification:
        """Believe a callback or raise NotificationRefused. Pure: goes nowhere, stores nothing."""


class Payments(Platform, Protocol):
    """WeChat Pay."""

    def prepay_jsapi(self, charge: Charge, *, openid: str) -> str:
        """Announce a charge to be paid inside WeChat by one person; returns the prepay id, good
        for about two hours."""

    def prepay_native(self, charge: Charge) -> str:
        """Announce a charge to be paid by scanning; returns the content of the QR code."""

    def prepay_h5(self, charge: Charge, *, client_ip: str) -> str:
        """Announce a charge to be paid from a browser outside WeChat; returns where to go."""

    def bridge_parameters(self, prepay_id: str, *, now: datetime) -> dict[str, str]:
        """The signed parameters of `WeixinJSBridge.invoke('getBrandWCPayRequest', …)`."""


class AlipayDesk(Platform, Protocol):
    """Alipay."""

    def pay_url(self, charge: Charge, *, is_mobile: bool, back_url: str) -> str:
        """Where to send the payer's browser, signed; asks nobody. The same charge is the same
        payment there."""


_payments: Payments | None = None
_alipay: AlipayDesk | None = None


def use(payments: Payments | None) -> None:
    """Say through which WeChat Pay this process pays (`wiring` and tests)."""
    global _payments
    _payments = payments


def use_alipay(alipay: AlipayDesk | None) -> None:
    """Say through which Alipay this process pays; None for not at all (`wiring` and tests)."""
    global _alipay
    _alipay = alipay


def payments() -> Payments:
    """WeChat Pay of this process. Raises GatewayError while none is configured."""
    if _payments is None:
        raise GatewayError("no payment platform is configured", retry=False, code="NOT_CONFIGURED")
    return _payments


def alipay() -> AlipayDesk:
    """Alipay of this process. Raises GatewayError while none is configured."""
    if _alipay is None:
        raise GatewayError("Alipay is not configured", retry=False, code="NOT_CONFIGURED")
    return _alipay


def has_alipay() -> bool:
    """Whether one can pay by Alipay here."""
    return _alipay is not None

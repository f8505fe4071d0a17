"""WeChat Pay's JSON, read strictly: answers about trades and refunds, and notifications."""

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any, Literal

from pydantic import AwareDatetime, BaseModel, Field, ValidationError

from backend.gateways.payments import (
    Notification,
    NotificationRefused,
    PaymentFact,
    RefundFact,
    Trade,
    TradeState,
)
from backend.gateways.payments.wechat_signing import Merchant, NotGenuine, check_genuine, unseal

_STATES = {
    "SUCCESS": TradeState.PAID,
    "REFUND": TradeState.REFUNDED,
    "NOTPAY": TradeState.UNPAID,
    "USERPAYING": TradeState.UNPAID,
    "PAYERROR": TradeState.UNPAID,
    "CLOSED": TradeState.CLOSED,
    "REVOKED": TradeState.CLOSED,
}


class _Amount(BaseModel):
    total: int = 0
    refund: int = 0
    currency: str = "CNY"


class _Payer(BaseModel):
    openid: str | None = None


class _Transaction(BaseModel):
    appid: str
    mchid: str
    out_trade_no: str
    trade_state: str
    transaction_id: str | None = None
    success_time: AwareDatetime | None = None
    amount: _Amount = Field(default_factory=_Amount)
    payer: _Payer = Field(default_factory=_Payer)


class _Refund(BaseModel):
    out_trade_no: str
    out_refund_no: str
    refund_id: str
    status: str | None = None
    refund_status: str | None = None
    amount: _Amount


class _Resource(BaseModel):
    algorithm: Literal["AEAD_AES_256_GCM"]
    ciphertext: str
    nonce: str = Field(min_length=12, max_length=12)
    associated_data: str = ""


class _Envelope(BaseModel):
    id: str = Field(min_length=1, max_length=64)
    event_type: str = Field(max_length=32)
    resource: _Resource


def trade_of(answer: dict[str, Any]) -> Trade:
    """A query's answer. Raises ValueError (pydantic's) when it is not one."""
    transaction = _Transaction.model_validate(answer)
    state = _STATES.get(transaction.trade_state, TradeState.UNPAID)
    return Trade(state=state, paid=_fact_of(transaction))


def refund_of(answer: dict[str, Any]) -> RefundFact:
    """The state of a refund, from an answer (`status`) or a notification (`refund_status`)."""
    refund = _Refund.model_validate(answer)
    return RefundFact(
        out_trade_no=refund.out_trade_no,
        out_refund_no=refund.out_refund_no,
        refund_id=refund.refund_id,
        amount_fen=refund.amount.refund,
        status=(refund.refund_status or refund.status or "").lower(),
    )


def read_notification(
    merchant: Merchant, headers: Mapping[str, str], body: bytes, *, now: datetime
) -> Notification:
    """Believe a callback or raise NotificationRefused: headers, signature, seal, content."""
    try:
        check_genuine(merchant, headers, body, now=now)
    except NotGenuine as error:
        raise NotificationRefused("SIGN_ERROR", str(error), probe=error.probe) from error
    try:
        envelope = _Envelope.model_validate_json(body)
        opened: Any = json.loads(
            unseal(
                merchant.apiv3_key,
                nonce=envelope.resource.nonce,
                associated=envelope.resource.associated_data,
                ciphertext=envelope.resource.ciphertext,
            )
        )
        if envelope.event_type == "TRANSACTION.SUCCESS":
            paid = trade_of(opened).paid
            if paid is None:
                raise ValueError("a successful transaction without its facts")
            return Notification(id=envelope.id, event_type=envelope.event_type, paid=paid)
        if envelope.event_type.startswith("REFUND."):
            refund = refund_of(opened)
            return Notification(id=envelope.id, event_type=envelope.event_type, refund=refund)
    except ValidationError as error:
        raise NotificationRefused("PARAM_ERROR", "the notification is malformed") from error
    except (ValueError, RecursionError) as error:
        raise NotificationRefused("PARAM_ERROR", str(error)) from error
    return Notification(id=envelope.id, event_type=envelope.event_type)


def _fact_of(transaction: _Transaction) -> PaymentFact | None:
    """The fact that money came in (also when it has gone back since), or None."""
    if transaction.trade_state not in ("SUCCESS", "REFUND") or transaction.amount.currency != "CNY":
        return None
    if transaction.transaction_id is None or transaction.success_time is None:
        return None
    return PaymentFact(
        appid=transaction.appid,
        mchid=transaction.mchid,
        out_trade_no=transaction.out_trade_no,
        transaction_id=transaction.transaction_id,
        amount_fen=transaction.amount.total,
        payer_openid=transaction.payer.openid,
        paid_at=transaction.success_time,
    )

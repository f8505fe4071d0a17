"""Alipay behind the payments port: page and wap payment, query, close, refund, bill.

Paying begins with a signed address to which the payer's browser is sent; everything else is asked
of the gateway, and every answer that counts is verified before it is believed. What the browser
brings back proves nothing. Amounts are yuan on the wire.
"""

import json
from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

import httpx

from backend.gateways.payments import (
    Bill,
    BillUnreadable,
    Charge,
    Notification,
    NotificationRefused,
    PaymentFact,
    RefundFact,
    Trade,
    TradeState,
)
from backend.gateways.payments.alipay_bills import bill_of
from backend.gateways.payments.alipay_signing import (
    Application,
    is_genuine_notice,
    opened,
    sign,
)
from backend.kit import clock, http
from backend.kit.config import settings
from backend.kit.errors import GatewayError
from backend.kit.money import decimal_yuan

_STATES = {
    "WAIT_BUYER_PAY": TradeState.UNPAID,
    "TRADE_SUCCESS": TradeState.PAID,
    "TRADE_FINISHED": TradeState.PAID,
    "TRADE_CLOSED": TradeState.CLOSED,
}
_PAID = ("TRADE_SUCCESS", "TRADE_FINISHED")
_TRY_AGAIN = ("ACQ.SYSTEM_ERROR", "aop.ACQ.SYSTEM_ERROR", "isp.unknow-error", "AQC.SYSTEM_ERROR")
_GATEWAY = "/gateway.do"
_SUBJECT_LIMIT = 256


class Alipay:
    """The `Platform` of Alipay. Thread-safe; one per process."""

    def __init__(
        self, application: Application, *, url: str, bill_host: str, timeout_seconds: float = 5.0
    ) -> None:
        self._application = application
        self._url = url.rstrip("/")
        self._bill_host = bill_host
        self._client = http.client(url, timeout_seconds=timeout_seconds)

    @classmethod
    def from_settings(cls) -> "Alipay":
        """Raises ValueError naming the setting that is missing."""
        given = settings()
        return cls(
            Application.from_settings(given), url=given.alipay_url, bill_host=given.alipay_bill_host
        )

    def hang_up(self) -> None:
        """Let go of the pooled connections; only for whoever makes more than one of these."""
        self._client.close()

    def pay_url(self, charge: Charge, *, is_mobile: bool, back_url: str) -> str:
        """Where to send the payer's browser; the same charge is the same payment there."""
        content = {
            "out_trade_no": charge.out_trade_no,
            "total_amount": decimal_yuan(charge.amount_fen),
            "subject": charge.description[:_SUBJECT_LIMIT],
            "product_code": "QUICK_WAP_WAY" if is_mobile else "FAST_INSTANT_TRADE_PAY",
            "time_expire": f"{clock.local(charge.expires_at):%Y-%m-%d %H:%M:%S}",
        }
        if is_mobile:
            content["quit_url"] = back_url
        method = "alipay.trade.wap.pay" if is_mobile else "alipay.trade.page.pay"
        also = {"notify_url": charge.notify_url, "return_url": back_url}
        return f"{self._url}{_GATEWAY}?{urlencode(self._signed(method, content, also))}"

    def find(self, out_trade_no: str) -> Trade:
        try:
            said = self._ask("alipay.trade.query", {"out_trade_no": out_trade_no})
        except GatewayError as error:
            if error.code == "ACQ.TRADE_NOT_EXIST":
                return Trade(state=TradeState.UNKNOWN)
            raise
        return self._trade(said)

    def close(self, out_trade_no: str) -> None:
        try:
            self._ask("alipay.trade.close", {"out_trade_no": out_trade_no})
        except GatewayError as error:
            if error.code == "ACQ.TRADE_NOT_EXIST":
                return  # Nobody has opened its page; its address expires by itself.
            if error.code != "ACQ.TRADE_STATUS_ERROR":
                raise
            if self.find(out_trade_no).state is TradeState.PAID:
                raise GatewayError("it has been paid", retry=False, code="ORDERPAID") from error

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
        said = self._ask(
            "alipay.trade.refund",
            {
                "out_trade_no": out_trade_no,
                "out_request_no": out_refund_no,
                "refund_amount": decimal_yuan(amount_fen),
                "refund_reason": reason[:256],
            },
        )
        if said.get("fund_change") == "Y":
            return RefundFact(
                out_trade_no=out_trade_no, out_refund_no=out_refund_no,
                refund_id=out_refund_no, amount_fen=amount_fen, status="success",
            )  # fmt: skip
        # «N» is what a repetition hears, and what is not through yet.
        found = self.find_refund(out_refund_no, out_trade_no=out_trade_no)
        return found or RefundFact(
            out_trade_no=out_trade_no, out_refund_no=out_refund_no, refund_id=out_refund_no,
            amount_fen=amount_fen, status="processing",
        )  # fmt: skip

    def find_refund(self, out_refund_no: str, *, out_trade_no: str = "") -> RefundFact | None:
        said = self._ask(
            "alipay.trade.fastpay.refund.query",
            {"out_trade_no": out_trade_no, "out_request_no": out_refund_no},
        )
        if said.get("refund_status") != "REFUND_SUCCESS":
            return None
        return RefundFact(
            out_trade_no=out_trade_no,
            out_refund_no=out_refund_no,
            refund_id=out_refund_no,
            amount_fen=_fen(said.get("refund_amount")),
            status="success",
        )

    def bill(self, on: date) -> Bill:
        try:
            said = self._ask(
                "alipay.data.dataservice.bill.downloadurl.query",
                {"bill_type": "trade", "bill_date": f"{on:%Y-%m-%d}"},
            )
        except GatewayError as error:
            if error.code == "isp.bill_not_exist":
                return Bill()
            raise
        place = urlsplit(str(said.get("bill_download_url", "")))
        if place.netloc not in (self._bill_host, self._client.base_url.netloc.decode()):
            raise GatewayError("the bill lies on a foreign host", retry=False, code="UNTRUSTED")
        try:
            answer = self._client.get(place.geturl()).raise_for_status()
            return bill_of(answer.content)
        except httpx.HTTPError as error:
            raise _unreachable(error) from error
        except BillUnreadable as error:
            raise GatewayError(str(error), retry=True, code="UNREADABLE") from error

    def read_notification(
        self, headers: Mapping[str, str], body: bytes, *, now: datetime
    ) -> Notification:
        try:
            pairs = parse_qsl(
                body.decode(), keep_blank_values=True, strict_parsing=True, max_num_fields=80
            )
        except ValueError as error:
            raise NotificationRefused("PARAM_ERROR", "no form") from error
        fields = dict(pairs)
        if len(fields) != len(pairs):
            raise NotificationRefused("PARAM_ERROR", "a parameter comes twice")
        if fields.get("sign_type") != "RSA2" or not is_genuine_notice(self._application, fields):
            raise NotificationRefused("SIGN_ERROR", "the signature does not fit")
        if fields.get("app_id") != self._application.app_id:
            raise NotificationRefused("PARAM_ERROR", "another application")
        if fields.get("seller_id") != self._application.seller_id:
            raise NotificationRefused("PARAM_ERROR", "another seller")
        notify_id = fields.get("notify_id", "")
        if not 1 <= len(notify_id) <= 128:
            raise NotificationRefused("PARAM_ERROR", "no notify_id")
        paid = None
        if fields.get("trade_status") in _PAID:
            # Also when it tells of a refund: the payment before it may not have been told yet.
            try:
                paid = self._fact(fields, at=fields.get("gmt_payment", ""))
            except GatewayError as error:
                raise NotificationRefused("PARAM_ERROR", str(error)) from error
        kind = fields.get("notify_type", "")[:32]
        return Notification(id=notify_id[-64:], event_type=kind, paid=paid)

    def _trade(self, said: Mapping[str, Any]) -> Trade:
        state = _STATES.get(str(said.get("trade_status")), TradeState.UNPAID)
        if state is not TradeState.PAID:
            return Trade(state=state)
        paid = self._fact(said, at=str(said.get("send_pay_date", "")))
        return Trade(state=state, paid=paid)

    def _fact(self, said: Mapping[str, Any], *, at: str) -> PaymentFact:
        try:
            paid_at = datetime.strptime(at, "%Y-%m-%d %H:%M:%S").replace(tzinfo=clock.SHANGHAI)
        except ValueError:
            paid_at = clock.now()
        if not said.get("trade_no") or not said.get("out_trade_no"):
            raise GatewayError("a payment without its numbers", retry=True, code="MALFORMED")
        return PaymentFact(
            appid=self._application.app_id,
            mchid=self._application.seller_id,
            out_trade_no=str(said["out_trade_no"]),
            transaction_id=str(said["trade_no"]),
            amount_fen=_fen(said.get("total_amount")),
            paid_at=paid_at.astimezone(clock.UTC),
        )

    def _signed(
        self, method: str, content: Mapping[str, str], also: Mapping[str, str] | None = None
    ) -> dict[str, str]:
        fields = {
            "app_id": self._application.app_id,
            "method": method,
            "format": "JSON",
            "charset": "utf-8",
            "sign_type": "RSA2",
            "timestamp": f"{clock.local(clock.now()):%Y-%m-%d %H:%M:%S}",
            "version": "1.0",
            "biz_content": json.dumps(content, ensure_ascii=False, separators=(",", ":")),
            **(also or {}),
        }
        return {**fields, "sign": sign(self._application, fields)}

    def _ask(self, method: str, content: Mapping[str, str]) -> dict[str, object]:
        """One signed call. Raises GatewayError unless Alipay says yes (10000) under its name."""
        try:
            answer = self._client.post(_GATEWAY, data=self._signed(method, content))
        except httpx.HTTPError as error:
            raise _unreachable(error) from error
        if not answer.is_success:
            raise GatewayError(
                f"Alipay {answer.status_code}", retry=True, code=f"HTTP_{answer.status_code}"
            )
        try:
            said = opened(self._application, answer.text, f"{method.replace('.', '_')}_response")
        except ValueError as error:
            raise GatewayError(str(error), retry=True, code="UNTRUSTED") from error
        code = str(said.get("sub_code") or said.get("code", ""))
        if said.get("code") == "10000":
            return said
        raise GatewayError(
            f"Alipay {said.get('code')} {code}: {said.get('sub_msg', '')}",
            retry=said.get("code") == "20000" or code in _TRY_AGAIN,
            code=code,
        )


def _fen(said: object) -> int:
    """An amount on the wire. Raises GatewayError for what is none."""
    try:
        amount = Decimal(str(said)) * 100
    except InvalidOperation as error:
        raise GatewayError("an amount that is none", retry=True, code="MALFORMED") from error
    if amount != amount.to_integral_value() or amount <= 0:
        raise GatewayError("an amount that is none", retry=True, code="MALFORMED")
    return int(amount)


def _unreachable(error: httpx.HTTPError) -> GatewayError:
    return GatewayError(
        f"Alipay did not answer: {type(error).__name__}", retry=True, code="UNREACHABLE"
    )

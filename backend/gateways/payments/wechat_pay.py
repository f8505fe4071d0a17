"""WeChat Pay v3 behind the payments port: a thin client of our own over httpx.

Every request is signed, every answer that says yes is verified before it is believed. The host,
the keys and the ids are settings; nothing is fetched on the word of an unverified message.
"""

import gzip
import hashlib
import json
import zlib
from collections.abc import Callable, Mapping
from datetime import date, datetime
from typing import Any, TypeVar
from urllib.parse import quote, urlsplit

import httpx

from backend.gateways.payments import (
    Bill,
    BillUnreadable,
    Charge,
    Notification,
    RefundFact,
    Trade,
    TradeState,
)
from backend.gateways.payments import wechat_messages as messages
from backend.gateways.payments.wechat_bills import bill_of
from backend.gateways.payments.wechat_signing import (
    Merchant,
    NotGenuine,
    authorization,
    bridge_parameters,
    check_genuine,
)
from backend.kit import clock, http
from backend.kit.config import settings
from backend.kit.errors import GatewayError

_TRY_AGAIN = {"SYSTEM_ERROR", "SYSTEMERROR", "FREQUENCY_LIMITED", "RATELIMIT_EXCEEDED", "BANKERROR"}
_DESCRIPTION_LIMIT = 127
_PACKED = b"\x1f\x8b"
Fact = TypeVar("Fact")


class WechatPay:
    """The `Payments` of WeChat. Thread-safe; one per process."""

    def __init__(self, merchant: Merchant, *, url: str, timeout_seconds: float = 5.0) -> None:
        self._merchant = merchant
        self._client = http.client(url, timeout_seconds=timeout_seconds)

    @classmethod
    def from_settings(cls) -> "WechatPay":
        """Raises ValueError naming the setting that is missing."""
        return cls(Merchant.from_settings(settings()), url=settings().wechat_pay_url)

    def hang_up(self) -> None:
        """Let go of the pooled connections; only for whoever makes more than one of these."""
        self._client.close()

    def prepay_jsapi(self, charge: Charge, *, openid: str) -> str:
        asked = {**self._charge(charge), "payer": {"openid": openid}}
        return self._announced("jsapi", asked, "prepay_id")

    def prepay_native(self, charge: Charge) -> str:
        return self._announced("native", self._charge(charge), "code_url")

    def prepay_h5(self, charge: Charge, *, client_ip: str) -> str:
        scene = {"payer_client_ip": client_ip, "h5_info": {"type": "Wap"}}
        return self._announced("h5", {**self._charge(charge), "scene_info": scene}, "h5_url")

    def bridge_parameters(self, prepay_id: str, *, now: datetime) -> dict[str, str]:
        return bridge_parameters(self._merchant, prepay_id, now=now)

    def find(self, out_trade_no: str) -> Trade:
        path = f"/v3/pay/transactions/out-trade-no/{quote(out_trade_no, safe='')}"
        try:
            answer = self._json("GET", f"{path}?mchid={self._merchant.mchid}")
        except _NotThere:
            return Trade(state=TradeState.UNKNOWN)
        return _read(messages.trade_of, answer)

    def close(self, out_trade_no: str) -> None:
        path = f"/v3/pay/transactions/out-trade-no/{quote(out_trade_no, safe='')}/close"
        try:
            self._ask("POST", path, {"mchid": self._merchant.mchid})
        except _NotThere:
            return
        except GatewayError as error:
            if error.code not in ("ORDER_CLOSED", "ORDERCLOSED"):
                raise

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
        asked = {
            "out_trade_no": out_trade_no,
            "out_refund_no": out_refund_no,
            "reason": reason[:80],
            "notify_url": notify_url,
            "amount": {"refund": amount_fen, "total": total_fen, "currency": "CNY"},
        }
        return _read(messages.refund_of, self._json("POST", "/v3/refund/domestic/refunds", asked))

    def find_refund(self, out_refund_no: str, *, out_trade_no: str = "") -> RefundFact | None:
        path = f"/v3/refund/domestic/refunds/{quote(out_refund_no, safe='')}"
        try:
            return _read(messages.refund_of, self._json("GET", path))
        except _NotThere:
            return None

    def bill(self, on: date) -> Bill:
        try:
            return bill_of(
                self._file(f"/v3/bill/tradebill?bill_date={on:%Y-%m-%d}&bill_type=ALL"),
                self._file(f"/v3/bill/fundflowbill?bill_date={on:%Y-%m-%d}&account_type=BASIC"),
            )
        except BillUnreadable as error:
            raise GatewayError(str(error), retry=True, code="UNREADABLE") from error

    def _file(self, path: str) -> str:
        """A bill, fetched packed from where the platform says it lies; empty for a day without."""
        try:
            bill = self._json("GET", f"{path}&tar_type=GZIP")
        except GatewayError as error:
            if error.code == "NO_STATEMENT_EXIST":
                return ""
            raise
        place = urlsplit(str(bill.get("download_url", "")))
        if place.netloc != self._client.base_url.netloc.decode():
            raise GatewayError("the bill lies on a foreign host", retry=False, code="UNTRUSTED")
        # The file itself comes unsigned; its digest was in the signed answer.
        content = self._send("GET", f"{place.path}?{place.query}", None).content
        try:
            # Packed, unless the platform (or the client on the way) has unpacked it already.
            content = gzip.decompress(content) if content[:2] == _PACKED else content
        except (OSError, EOFError, zlib.error) as error:
            raise GatewayError("the bill is broken", retry=True, code="UNREADABLE") from error
        digest = hashlib.sha1(content, usedforsecurity=False).hexdigest()
        if digest != str(bill.get("hash_value", "")).lower():
            raise GatewayError("the bill does not fit its digest", retry=True, code="UNTRUSTED")
        return content.decode("utf-8-sig")

    def read_notification(
        self, headers: Mapping[str, str], body: bytes, *, now: datetime
    ) -> Notification:
        return messages.read_notification(self._merchant, headers, body, now=now)

    def _charge(self, charge: Charge) -> dict[str, Any]:
        return {
            "appid": self._merchant.appid,
            "mchid": self._merchant.mchid,
            "description": charge.description[:_DESCRIPTION_LIMIT],
            "out_trade_no": charge.out_trade_no,
            "time_expire": clock.local(charge.expires_at).isoformat(timespec="seconds"),
            "notify_url": charge.notify_url,
            "amount": {"total": charge.amount_fen, "currency": "CNY"},
        }

    def _announced(self, kind: str, asked: dict[str, Any], wanted: str) -> str:
        answer = self._json("POST", f"/v3/pay/transactions/{kind}", asked)
        if not isinstance(answer.get(wanted), str):
            raise GatewayError(f"an answer without {wanted}", retry=True, code="MALFORMED")
        return str(answer[wanted])

    def _json(self, method: str, path: str, asked: dict[str, Any] | None = None) -> dict[str, Any]:
        answer = self._ask(method, path, asked)
        try:
            content: Any = answer.json()
        except ValueError as error:
            raise GatewayError("an answer that is no JSON", retry=True, code="MALFORMED") from error
        if not isinstance(content, dict):
            raise GatewayError("an answer that is no object", retry=True, code="MALFORMED")
        return content

    def _ask(self, method: str, path: str, asked: dict[str, Any] | None = None) -> httpx.Response:
        answer = self._send(method, path, asked)
        try:
            check_genuine(self._merchant, answer.headers, answer.content, now=clock.now())
        except NotGenuine as error:
            raise GatewayError(str(error), retry=True, code="UNTRUSTED") from error
        return answer

    def _send(self, method: str, path: str, asked: dict[str, Any] | None) -> httpx.Response:
        """One signed request. Raises GatewayError unless the platform says yes (2xx)."""
        body = "" if asked is None else json.dumps(asked, ensure_ascii=False, separators=(",", ":"))
        request = self._client.build_request(method, path, content=body.encode())
        request.headers["Accept"] = "application/json"
        request.headers["Content-Type"] = "application/json"
        request.headers["Wechatpay-Serial"] = next(iter(self._merchant.platform_keys))
        request.headers["Authorization"] = authorization(
            self._merchant,
            method=method,
            path=request.url.raw_path.decode(),
            body=body,
            now=clock.now(),
        )
        try:
            answer = self._client.send(request)
        except httpx.HTTPError as error:
            raise GatewayError(
                f"WeChat Pay did not answer: {type(error).__name__}", retry=True, code="UNREACHABLE"
            ) from error
        if not answer.is_success:
            raise _refusal(answer)
        return answer


class _NotThere(GatewayError):
    """The platform knows no such trade or refund."""


def _refusal(answer: httpx.Response) -> GatewayError:
    """What a platform's no means for us; `message` is theirs and names the fix."""
    try:
        said: Any = answer.json()
    except ValueError:
        said = {}
    said = said if isinstance(said, dict) else {}
    code, message = str(said.get("code", "")), str(said.get("message", ""))
    retry = answer.status_code >= 500 or answer.status_code == 429 or code in _TRY_AGAIN
    kind = _NotThere if answer.status_code == 404 and code else GatewayError
    return kind(
        f"WeChat Pay {answer.status_code} {code}: {message}",
        retry=retry,
        code=code or f"HTTP_{answer.status_code}",
    )


def _read(reader: Callable[[dict[str, Any]], Fact], answer: dict[str, Any]) -> Fact:
    try:
        return reader(answer)
    except ValueError as error:
        raise GatewayError("an answer of another shape", retry=True, code="MALFORMED") from error

"""Alipay's side of an order: made by a signed redirect, paid on its page, queried and refunded.

Amounts are strings in yuan on the wire and integer fen in the table.
"""

from __future__ import annotations

import json
import re
import secrets
import sqlite3
from datetime import datetime, timedelta
from decimal import Decimal, InvalidOperation
from typing import Any

from sandbox.pay.alipay_notice import local_time
from sandbox.pay.orders import SHANGHAI
from sandbox.world import World

_YUAN = re.compile(r"\d{1,9}(\.\d{1,2})?")
_SPAN = re.compile(r"(\d{1,4})([mhd])")
_PRODUCTS = {
    "alipay.trade.page.pay": "FAST_INSTANT_TRADE_PAY",
    "alipay.trade.wap.pay": "QUICK_WAP_WAY",
}
_ALSO = {"alipay.trade.wap.pay": "QUICK_WAP_PAY"}


class BusinessFailed(Exception):
    """Alipay's code 40004 with its own sub_code and sub_msg."""

    def __init__(self, sub_code: str, sub_msg: str) -> None:
        super().__init__(sub_code, sub_msg)
        self.sub_code, self.sub_msg = sub_code, sub_msg


def fen_of(yuan: object) -> int:
    """Return an amount in fen; raises INVALID_PARAMETER for what is no positive amount."""
    text = str(yuan)
    try:
        fen = int(Decimal(text) * 100) if _YUAN.fullmatch(text) else 0
    except InvalidOperation:
        fen = 0
    if fen < 1:
        raise BusinessFailed("ACQ.INVALID_PARAMETER", "金额不正确")
    return fen


def yuan_of(fen: int) -> str:
    """Return an amount as Alipay writes it."""
    return f"{fen // 100}.{fen % 100:02d}"


def open_order(world: World, fields: dict[str, str], content: dict[str, Any]) -> sqlite3.Row:
    """Make the order of a page.pay or wap.pay, or find the one made before."""
    method, number = fields["method"], str(content.get("out_trade_no", ""))
    if not number or not content.get("subject"):
        raise BusinessFailed("ACQ.INVALID_PARAMETER", "缺少 out_trade_no 或 subject")
    product = content.get("product_code")
    if product not in (_PRODUCTS[method], _ALSO.get(method)):
        raise BusinessFailed("ACQ.INVALID_PARAMETER", "product_code 不正确")
    total, now = fen_of(content.get("total_amount")), world.clock.now()
    kept = json.dumps({"fields": fields, "content": content}, ensure_ascii=False)
    with world.store.unit():
        found = _find(world, number)
        if found is None:
            world.store.run(
                "INSERT INTO orders (out_trade_no, platform, trade_type, prepay_id, body, state,"
                " total_fen, openid, ts, expires_ts)"
                " VALUES (?, 'alipay', ?, ?, ?, 'WAIT_BUYER_PAY', ?, '', ?, ?)",
                number, method, secrets.token_hex(16), kept, total, now, _expiry(content, now),
            )  # fmt: skip
        elif found["state"] != "WAIT_BUYER_PAY":
            raise BusinessFailed("ACQ.TRADE_HAS_SUCCESS", "交易已被支付或关闭")
        elif found["total_fen"] != total:
            raise BusinessFailed("ACQ.CONTEXT_INCONSISTENT", "交易信息被篡改")
    return order(world, {"out_trade_no": number})


def order(world: World, content: dict[str, Any]) -> sqlite3.Row:
    """Return an order by either number; raises ACQ.TRADE_NOT_EXIST."""
    found = _find(world, str(content.get("out_trade_no", ""))) or world.store.row(
        "SELECT * FROM orders WHERE platform = 'alipay' AND transaction_id = ?",
        str(content.get("trade_no", "")),
    )
    if found is None:
        raise BusinessFailed("ACQ.TRADE_NOT_EXIST", "交易不存在")
    return found


def settle(world: World, prepay_id: str) -> sqlite3.Row:
    """Take the payment once and schedule its notification."""
    with world.store.unit():
        found = world.store.row(
            "SELECT * FROM orders WHERE platform = 'alipay' AND prepay_id = ?", prepay_id
        )
        if found is None:
            raise BusinessFailed("ACQ.TRADE_NOT_EXIST", "交易不存在")
        now = world.clock.now()
        if found["state"] == "TRADE_SUCCESS":
            return found
        if found["state"] != "WAIT_BUYER_PAY" or found["expires_ts"] <= now:
            raise BusinessFailed("ACQ.TRADE_HAS_CLOSE", "交易已关闭，请重新下单")
        paid_on = datetime.fromtimestamp(now, SHANGHAI)
        number = f"{paid_on:%Y%m%d}22001{secrets.randbelow(10**15):015d}"
        world.store.run(
            "UPDATE orders SET state = 'TRADE_SUCCESS', transaction_id = ?, paid_ts = ?"
            " WHERE platform = 'alipay' AND prepay_id = ?",
            number, now, prepay_id,
        )  # fmt: skip
        paid = order(world, {"trade_no": number})
        announce(world, paid)
    return paid


def close(world: World, content: dict[str, Any]) -> sqlite3.Row:
    """Close an order that is not paid."""
    with world.store.unit():
        found = order(world, content)
        if found["state"] == "TRADE_SUCCESS":
            raise BusinessFailed("ACQ.TRADE_STATUS_ERROR", "交易状态不合法")
        world.store.run(
            "UPDATE orders SET state = 'TRADE_CLOSED'"
            " WHERE platform = 'alipay' AND out_trade_no = ?",
            found["out_trade_no"],
        )
    return found


def refund(world: World, content: dict[str, Any]) -> tuple[sqlite3.Row, sqlite3.Row, bool]:
    """Return order, refund and whether money moved now; a repeat under its number moves none.

    A refund without `out_request_no` is for the whole order. A fully refunded order is closed.
    """
    wanted = fen_of(content.get("refund_amount"))
    with world.store.unit():
        paid = order(world, content)
        number = str(content.get("out_request_no") or paid["out_trade_no"])
        if paid["paid_ts"] is None:
            raise BusinessFailed("ACQ.TRADE_STATUS_ERROR", "交易未支付")
        known = _refund(world, paid, number)
        if known is not None:
            if known["refund_fen"] != wanted:
                raise BusinessFailed("ACQ.DISCORDANT_REPEAT_REQUEST", "不一致的请求")
            return paid, known, False
        returned = refunded_fen(world, paid)
        if returned + wanted > paid["total_fen"]:
            raise BusinessFailed("ACQ.REFUND_AMT_NOT_EQUAL_TOTAL", "退款金额超限")
        now = world.clock.now()
        world.store.run(
            "INSERT INTO refunds (platform, out_refund_no, refund_id, out_trade_no, refund_fen,"
            " body, state, ts, settled_ts) VALUES ('alipay', ?, ?, ?, ?, ?, 'SUCCESS', ?, ?)",
            number, secrets.token_hex(16), paid["out_trade_no"], wanted,
            json.dumps(content, ensure_ascii=False), now, now,
        )  # fmt: skip
        if returned + wanted == paid["total_fen"]:
            world.store.run(
                "UPDATE orders SET state = 'TRADE_CLOSED'"
                " WHERE platform = 'alipay' AND out_trade_no = ?",
                paid["out_trade_no"],
            )
        paid = order(world, {"out_trade_no": paid["out_trade_no"]})
        made = _refund(world, paid, number)
        assert made is not None
        announce(world, paid, refund_no=number)
    return paid, made, True


def refund_of(world: World, content: dict[str, Any]) -> tuple[sqlite3.Row, sqlite3.Row | None]:
    """Return an order and the refund asked for, or None."""
    paid = order(world, content)
    return paid, _refund(world, paid, str(content.get("out_request_no", "")))


def refunded_fen(world: World, paid: sqlite3.Row) -> int:
    """Return how much of an order went back."""
    return world.store.number(
        "SELECT sum(refund_fen) FROM refunds WHERE platform = 'alipay' AND out_trade_no = ?",
        paid["out_trade_no"],
    )


def announce(world: World, paid: sqlite3.Row, *, refund_no: str = "") -> None:
    """Schedule trade_status_sync, if the order has a notify_url."""
    kept = json.loads(paid["body"])
    url = kept["fields"].get("notify_url", "")
    if not url:
        return
    settings, content = world.settings, kept["content"]
    now = local_time(world.clock.now())
    fields = {
        "notify_type": "trade_status_sync",
        "notify_time": now,
        "app_id": settings.alipay_app_id,
        "auth_app_id": settings.alipay_app_id,
        "charset": kept["fields"].get("charset", "utf-8"),
        "version": "1.0",
        "trade_no": paid["transaction_id"],
        "out_trade_no": paid["out_trade_no"],
        "seller_id": settings.alipay_seller_id,
        "buyer_id": "2088000000000001",
        "trade_status": paid["state"],
        "total_amount": yuan_of(paid["total_fen"]),
        "receipt_amount": yuan_of(paid["total_fen"]),
        "buyer_pay_amount": yuan_of(paid["total_fen"]),
        "subject": str(content["subject"]),
        "body": str(content.get("body", "")),
        "passback_params": str(content.get("passback_params", "")),
        "gmt_create": local_time(paid["ts"]),
        "gmt_payment": local_time(paid["paid_ts"]),
    }
    if refund_no:
        fields |= {
            "out_biz_no": refund_no,
            "refund_fee": yuan_of(refunded_fen(world, paid)),
            "gmt_refund": now,
        }
    world.notary.schedule("alipay", "trade_status_sync", paid["out_trade_no"], url, fields)


def _find(world: World, out_trade_no: str) -> sqlite3.Row | None:
    return world.store.row(
        "SELECT * FROM orders WHERE platform = 'alipay' AND out_trade_no = ?", out_trade_no
    )


def _refund(world: World, paid: sqlite3.Row, number: str) -> sqlite3.Row | None:
    return world.store.row(
        "SELECT * FROM refunds WHERE platform = 'alipay' AND out_trade_no = ?"
        " AND out_refund_no = ?",
        paid["out_trade_no"], number,
    )  # fmt: skip


def _expiry(content: dict[str, Any], now: float) -> float:
    """Return when the order closes: time_expire, timeout_express, or in fifteen days."""
    if content.get("time_expire"):
        try:
            written = f"{content['time_expire']}+0800"
            return datetime.strptime(written, "%Y-%m-%d %H:%M:%S%z").timestamp()
        except ValueError as wrong:
            raise BusinessFailed("ACQ.INVALID_PARAMETER", "time_expire 格式错误") from wrong
    span = _SPAN.fullmatch(str(content.get("timeout_express", "")))
    if span:
        return now + int(span[1]) * {"m": 60, "h": 3600, "d": 86_400}[span[2]]
    return now + timedelta(days=15).total_seconds()

"""Refunds of WeChat Pay: accepted at once, settled a moment later, notified like payments."""

from __future__ import annotations

import json
import secrets
import sqlite3
from typing import Any

from sandbox.pay.errors import PayError, wrong_parameter
from sandbox.pay.orders import order, rfc3339
from sandbox.world import World

_YEAR = 365 * 86_400.0
_MOST = 50
_APART = 60.0


def refund(world: World, body: dict[str, Any]) -> sqlite3.Row:
    """Accept a refund; the same `out_refund_no` again returns the first one."""
    number = body.get("out_refund_no")
    if not isinstance(number, str) or not 1 <= len(number) <= 64:
        raise wrong_parameter("out_refund_no 应为 1 至 64 位")
    amount = body.get("amount")
    wanted = amount.get("refund") if isinstance(amount, dict) else None
    if not isinstance(amount, dict) or not isinstance(wanted, int) or wanted < 1:
        raise wrong_parameter("amount.refund 应为以分为单位的正整数")
    with world.store.unit():
        paid = _paid_order(world, body)
        known = _known(world, number)
        if known is not None:
            if known["refund_fen"] != wanted or known["out_trade_no"] != paid["out_trade_no"]:
                raise PayError(400, "INVALID_REQUEST", "请求重入时，参数与首次请求时不一致")
            return known
        _check_room(world, paid, wanted, amount.get("total"))
        now = world.clock.now()
        world.store.run(
            "INSERT INTO refunds (platform, out_refund_no, refund_id, out_trade_no, refund_fen,"
            " body, state, ts) VALUES ('wechat', ?, ?, ?, ?, ?, 'PROCESSING', ?)",
            number, f"503{secrets.randbelow(10**25):025d}", paid["out_trade_no"], wanted,
            json.dumps(body, ensure_ascii=False), now,
        )  # fmt: skip
        world.store.run(
            "UPDATE orders SET state = 'REFUND' WHERE out_trade_no = ? AND platform = 'wechat'",
            paid["out_trade_no"],
        )
        accepted = refund_row(world, number)
        world.notary.announce_refund(paid, accepted)
    return accepted


def refund_row(world: World, out_refund_no: str) -> sqlite3.Row:
    """Return a refund; raises RESOURCE_NOT_EXISTS."""
    found = _known(world, out_refund_no)
    if found is None:
        raise PayError(404, "RESOURCE_NOT_EXISTS", "退款单不存在")
    return found


def settle_refund(world: World, out_refund_no: str) -> None:
    """Bring the money back; the notary does this just before it tells the merchant."""
    world.store.run(
        "UPDATE refunds SET state = 'SUCCESS', settled_ts = ?"
        " WHERE platform = 'wechat' AND out_refund_no = ? AND state = 'PROCESSING'",
        world.clock.now(), out_refund_no,
    )  # fmt: skip


def as_refund(world: World, found: sqlite3.Row) -> dict[str, Any]:
    """Return a refund as the API answers it."""
    paid = order(world, found["out_trade_no"])
    result = {
        "refund_id": found["refund_id"],
        "out_refund_no": found["out_refund_no"],
        "transaction_id": paid["transaction_id"],
        "out_trade_no": found["out_trade_no"],
        "channel": "ORIGINAL",
        "user_received_account": "支付用户零钱",
        "create_time": rfc3339(found["ts"]),
        "status": found["state"],
        "funds_account": "AVAILABLE",
        "amount": {
            "total": paid["total_fen"],
            "refund": found["refund_fen"],
            "payer_total": paid["total_fen"],
            "payer_refund": found["refund_fen"],
            "settlement_refund": found["refund_fen"],
            "settlement_total": paid["total_fen"],
            "discount_refund": 0,
            "currency": "CNY",
        },
    }
    if found["settled_ts"] is not None:
        result["success_time"] = rfc3339(found["settled_ts"])
    return result


def _known(world: World, out_refund_no: str) -> sqlite3.Row | None:
    return world.store.row(
        "SELECT * FROM refunds WHERE platform = 'wechat' AND out_refund_no = ?", out_refund_no
    )


def _paid_order(world: World, body: dict[str, Any]) -> sqlite3.Row:
    if body.get("transaction_id"):
        paid = world.store.row(
            "SELECT * FROM orders WHERE transaction_id = ? AND platform = 'wechat'",
            str(body["transaction_id"]),
        )
        if paid is None:
            raise PayError(404, "RESOURCE_NOT_EXISTS", "订单不存在")
    else:
        paid = order(world, str(body.get("out_trade_no", "")))
    if paid["paid_ts"] is None:
        raise PayError(400, "INVALID_REQUEST", "订单未支付，不能退款")
    return paid


def _check_room(world: World, paid: sqlite3.Row, wanted: int, total: object) -> None:
    now, number = world.clock.now(), paid["out_trade_no"]
    if total != paid["total_fen"]:
        raise PayError(400, "INVALID_REQUEST", "订单金额或退款金额与之前请求不一致，请核实后再试")
    if now - paid["paid_ts"] > _YEAR:
        raise PayError(400, "INVALID_REQUEST", "订单已超过可退款的最大期限")
    former = world.store.rows(
        "SELECT * FROM refunds WHERE platform = 'wechat' AND out_trade_no = ? ORDER BY ts", number
    )
    if len(former) >= _MOST:
        raise PayError(400, "INVALID_REQUEST", "部分退款次数超过 50 次")
    if former and now - former[-1]["ts"] < _APART:
        raise PayError(429, "FREQUENCY_LIMITED", "频率限制，请一分钟后再试")
    if sum(row["refund_fen"] for row in former) + wanted > paid["total_fen"]:
        raise PayError(400, "INVALID_REQUEST", "累计退款金额超过订单金额")

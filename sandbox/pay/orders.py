"""Orders of WeChat Pay: made by the merchant, paid by a person, queried and closed.

`out_trade_no` is the idempotency key: the same order asked for again gets a fresh prepay_id, a
different one under the same number is refused.
"""

from __future__ import annotations

import json
import re
import secrets
import sqlite3
from datetime import datetime, timedelta, timezone
from typing import Any

from sandbox import phones
from sandbox.credits import open_window
from sandbox.pay.errors import PayError, wrong_parameter
from sandbox.world import World

SHANGHAI = timezone(timedelta(hours=8))
_NUMBER = re.compile(r"[0-9A-Za-z_\-|*]{6,32}")
_LIFETIME = 7 * 86_400.0


def rfc3339(timestamp: float) -> str:
    """Return a moment as WeChat Pay writes it, in Shanghai time."""
    return datetime.fromtimestamp(timestamp, SHANGHAI).isoformat(timespec="seconds")


def create(world: World, trade_type: str, body: dict[str, Any]) -> sqlite3.Row:
    """Make an order, or find the one made before with the same content."""
    _check(world, trade_type, body)
    number, now = body["out_trade_no"], world.clock.now()
    with world.store.unit():
        found = world.store.row(
            "SELECT * FROM orders WHERE out_trade_no = ? AND platform = 'wechat'", number
        )
        if found is not None:
            _check_repeat(found, trade_type, body)
        openid = body["payer"]["openid"] if trade_type == "JSAPI" else ""
        prepay_id = f"wx{datetime.fromtimestamp(now, SHANGHAI):%Y%m%d%H%M%S}{secrets.token_hex(10)}"
        if found is not None:
            world.store.run(
                "UPDATE orders SET prepay_id = ? WHERE out_trade_no = ? AND platform = 'wechat'",
                prepay_id, number,
            )  # fmt: skip
        else:
            world.store.run(
                "INSERT INTO orders (out_trade_no, platform, trade_type, prepay_id, body, state,"
                " total_fen, openid, ts, expires_ts)"
                " VALUES (?, 'wechat', ?, ?, ?, 'NOTPAY', ?, ?, ?, ?)",
                number, trade_type, prepay_id, json.dumps(body, ensure_ascii=False),
                body["amount"]["total"], openid, now, _expiry(body, now),
            )  # fmt: skip
    return order(world, number)


def order(world: World, out_trade_no: str) -> sqlite3.Row:
    """Return an order; raises ORDER_NOT_EXIST."""
    found = world.store.row(
        "SELECT * FROM orders WHERE out_trade_no = ? AND platform = 'wechat'", out_trade_no
    )
    if found is None:
        raise PayError(404, "ORDER_NOT_EXIST", "订单不存在")
    return found


def close(world: World, out_trade_no: str) -> None:
    """Close an order that is not paid; closing twice is fine."""
    with world.store.unit():
        if order(world, out_trade_no)["state"] not in ("NOTPAY", "CLOSED"):
            raise PayError(400, "ORDERPAID", "该订单已支付")
        world.store.run(
            "UPDATE orders SET state = 'CLOSED' WHERE out_trade_no = ? AND platform = 'wechat'",
            out_trade_no,
        )


def settle(world: World, out_trade_no: str, openid: str) -> sqlite3.Row:
    """Take the payment: once, however often it is confirmed.

    Opens the 48-hour window, drops a receipt into the payer's 微信支付 chat and schedules the
    notification, all in one commit.
    """
    with world.store.unit():
        found = order(world, out_trade_no)
        if found["state"] != "NOTPAY":
            return found
        now = world.clock.now()
        if found["expires_ts"] <= now:
            raise PayError(400, "ORDER_CLOSED", "订单已过期，请重新下单")
        paid_on = datetime.fromtimestamp(now, SHANGHAI)
        transaction_id = f"42000{paid_on:%y}{paid_on:%Y%m%d}{secrets.randbelow(10**13):013d}"
        world.store.run(
            "UPDATE orders SET state = 'SUCCESS', transaction_id = ?, paid_ts = ?, openid = ?"
            " WHERE out_trade_no = ? AND platform = 'wechat'",
            transaction_id, now, openid, out_trade_no,
        )  # fmt: skip
        paid = order(world, out_trade_no)
        open_window(world, openid, "payment")
        phones.show(world, openid, "pay", "template", _receipt(paid), chat=phones.PAY)
        world.notary.announce_payment(paid)
    world.bell.ring()
    return paid


def as_transaction(world: World, found: sqlite3.Row) -> dict[str, Any]:
    """Return an order as a query and a notification carry it."""
    body = json.loads(found["body"])
    transaction: dict[str, Any] = {
        "appid": body["appid"],
        "mchid": body["mchid"],
        "out_trade_no": found["out_trade_no"],
        "trade_state": found["state"],
        "trade_state_desc": _STATES[found["state"]],
        "attach": body.get("attach", ""),
        "amount": {"total": found["total_fen"], "currency": "CNY"},
    }
    if found["paid_ts"] is not None:
        transaction |= {
            "transaction_id": found["transaction_id"],
            "trade_type": found["trade_type"],
            "bank_type": "OTHERS",
            "success_time": rfc3339(found["paid_ts"]),
            "payer": {"openid": found["openid"]},
        }
        transaction["amount"] |= {"payer_total": found["total_fen"], "payer_currency": "CNY"}
    return transaction


_STATES = {
    "NOTPAY": "订单未支付",
    "SUCCESS": "支付成功",
    "CLOSED": "订单已关闭",
    "REFUND": "转入退款",
}


def _receipt(paid: sqlite3.Row) -> dict[str, Any]:
    body = json.loads(paid["body"])
    fields = [
        {"label": "付款金额", "value": f"￥{paid['total_fen'] / 100:.2f}"},
        {"label": "商品", "value": body["description"]},
        {"label": "商户单号", "value": paid["out_trade_no"]},
    ]
    return {"title": "支付凭证", "fields": fields, "url": ""}


def _expiry(body: dict[str, Any], now: float) -> float:
    """Return when the order can no longer be paid: `time_expire`, else in seven days."""
    if not body.get("time_expire"):
        return now + _LIFETIME
    try:
        moment = datetime.fromisoformat(str(body["time_expire"]))
    except ValueError as wrong:
        raise wrong_parameter("time_expire 格式错误") from wrong
    if moment.tzinfo is None or moment.timestamp() < now + 60:
        raise wrong_parameter("time_expire 应带时区且至少在一分钟之后")
    return moment.timestamp()


def _check(world: World, trade_type: str, body: dict[str, Any]) -> None:
    settings = world.settings
    for name in ("appid", "mchid", "description", "out_trade_no", "notify_url"):
        if not isinstance(body.get(name), str) or not body[name]:
            raise wrong_parameter(f"{name} 不能为空")
    if body["appid"] != settings.appid or body["mchid"] != settings.mchid:
        raise PayError(400, "APPID_MCHID_NOT_MATCH", "商户号和appid没有绑定关系")
    if len(body["description"]) > 127:
        raise wrong_parameter("description 最长 127 个字符")
    if not _NUMBER.fullmatch(body["out_trade_no"]):
        raise wrong_parameter("out_trade_no 应为 6 至 32 位的数字、字母或 _-|*")
    if not body["notify_url"].startswith(("http://", "https://")) or "?" in body["notify_url"]:
        raise wrong_parameter("notify_url 应为不带参数的地址")
    total = (body.get("amount") or {}).get("total")
    if not isinstance(total, int) or isinstance(total, bool) or total < 1:
        raise wrong_parameter("amount.total 应为以分为单位的正整数")
    if trade_type == "JSAPI":
        payer = body.get("payer")
        openid = payer.get("openid") if isinstance(payer, dict) else None
        if not isinstance(openid, str) or phones.find(world, openid) is None:
            raise wrong_parameter("payer.openid 与 appid 不匹配")
    if trade_type == "MWEB" and not (body.get("scene_info") or {}).get("h5_info"):
        raise wrong_parameter("scene_info.h5_info 不能为空")


def _check_repeat(found: sqlite3.Row, trade_type: str, body: dict[str, Any]) -> None:
    """Refuse an order that is over, or that differs from the first under this number.

    `time_expire` is left out, since it only counts the first time.
    """
    if found["state"] in ("SUCCESS", "REFUND"):
        raise PayError(400, "ORDERPAID", "该订单已支付")
    if found["state"] == "CLOSED":
        raise PayError(400, "ORDER_CLOSED", "该订单已关闭，请更换商户订单号")
    first = {**json.loads(found["body"]), "time_expire": None}
    if first != {**body, "time_expire": None} or found["trade_type"] != trade_type:
        raise PayError(400, "INVALID_REQUEST", "请求重入时，参数与首次请求时不一致")

"""The daily bill of WeChat Pay: a CSV whose values start with a backtick."""

from __future__ import annotations

import json
import sqlite3
from datetime import date, datetime, timedelta

from sandbox.pay.errors import PayError, wrong_parameter
from sandbox.pay.orders import SHANGHAI
from sandbox.world import World

_HEAD = (
    "交易时间,公众账号ID,商户号,特约商户号,设备号,微信订单号,商户订单号,用户标识,交易类型,交易状态,"
    "付款银行,货币种类,应结订单金额,代金券金额,微信退款单号,商户退款单号,退款金额,充值券退款金额,"
    "退款类型,退款状态,商品名称,商户数据包,手续费,费率,订单金额,申请退款金额,费率备注"
)
_SUM = (
    "总交易单数,应结订单总金额,退款总金额,充值券退款总金额,手续费总金额,订单总金额,申请退款总金额"
)
_READY_HOUR = 10


def trade_bill(world: World, bill_date: str, kind: str) -> bytes:
    """Return the bill of one day in Shanghai; it exists from ten o'clock the next morning."""
    try:
        day = date.fromisoformat(bill_date)
    except ValueError as wrong:
        raise wrong_parameter("bill_date 格式应为 YYYY-MM-DD") from wrong
    if kind not in ("ALL", "SUCCESS", "REFUND"):
        raise wrong_parameter("bill_type 不正确")
    start = datetime(day.year, day.month, day.day, tzinfo=SHANGHAI)
    ready = start + timedelta(days=1, hours=_READY_HOUR)
    if world.clock.now() < ready.timestamp():
        raise PayError(400, "STATEMENT_CREATING", "账单生成中，请在次日 10 点后获取")
    span = (start.timestamp(), (start + timedelta(days=1)).timestamp())
    paid = world.store.rows(
        "SELECT * FROM orders WHERE platform = 'wechat' AND paid_ts >= ? AND paid_ts < ?"
        " ORDER BY paid_ts",
        *span,
    )
    back = world.store.rows(
        "SELECT r.*, o.body AS order_body, o.total_fen, o.transaction_id, o.openid, o.trade_type"
        " FROM refunds r JOIN orders o USING (platform, out_trade_no)"
        " WHERE o.platform = 'wechat' AND r.ts >= ? AND r.ts < ? ORDER BY r.ts",
        *span,
    )
    if kind == "SUCCESS":
        back = []
    if kind == "REFUND":
        paid = []
    if not paid and not back:
        raise PayError(400, "NO_STATEMENT_EXIST", "请求的账单文件不存在")
    rows = [_paid_line(row) for row in paid] + [_refund_line(row) for row in back]
    total = sum(row["total_fen"] for row in paid)
    returned = sum(row["refund_fen"] for row in back)
    sums = [str(len(rows)), _yuan(total), _yuan(returned), "0.00", "0.00000", _yuan(total)]
    lines = [_HEAD, *rows, _SUM, _line([*sums, _yuan(returned)])]
    return ("\ufeff" + "\r\n".join(lines) + "\r\n").encode()


def _paid_line(row: sqlite3.Row) -> str:
    body, yuan = json.loads(row["body"]), _yuan(row["total_fen"])
    return _line([
        _time(row["paid_ts"]), body["appid"], body["mchid"], "0", "", row["transaction_id"],
        row["out_trade_no"], row["openid"], row["trade_type"], "SUCCESS", "OTHERS", "CNY", yuan,
        "0.00", "0", "0", "0.00", "0.00", "", "", body["description"], body.get("attach", ""),
        "0.00000", "0.60%", yuan, "0.00", "",
    ])  # fmt: skip


def _refund_line(row: sqlite3.Row) -> str:
    body, yuan = json.loads(row["order_body"]), _yuan(row["refund_fen"])
    return _line([
        _time(row["ts"]), body["appid"], body["mchid"], "0", "", row["transaction_id"],
        row["out_trade_no"], row["openid"], row["trade_type"], "REFUND", "OTHERS", "CNY", "0.00",
        "0.00", row["refund_id"], row["out_refund_no"], yuan, "0.00", "ORIGINAL", row["state"],
        body["description"], body.get("attach", ""), "0.00000", "0.60%", "0.00", yuan, "",
    ])  # fmt: skip


def _line(values: list[str]) -> str:
    return ",".join(f"`{value.replace(',', '，')}" for value in values)


def _yuan(fen: int) -> str:
    return f"{fen // 100}.{fen % 100:02d}"


def _time(timestamp: float) -> str:
    return datetime.fromtimestamp(timestamp, SHANGHAI).strftime("%Y-%m-%d %H:%M:%S")

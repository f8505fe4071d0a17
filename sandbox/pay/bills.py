"""The daily bills of WeChat Pay: CSV whose values start with a backtick, of trades and of funds.

Fees are 0.6% of a payment, rounded to the fen; a refund brings its share of them back.
"""

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
_FUNDS_HEAD = (
    "记账时间,微信支付业务单号,资金流水单号,业务名称,业务类型,收支类型,收支金额(元),账户结余(元),"
    "资金变更提交申请人,备注,业务凭证号"
)
_FUNDS_SUM = "资金流水总笔数,收入笔数,收入金额,支出笔数,支出金额"
_READY_HOUR = 10


def trade_bill(world: World, bill_date: str, kind: str) -> bytes:
    """Return the bill of one day in Shanghai; it exists from ten o'clock the next morning."""
    span = _span(world, bill_date)
    if kind not in ("ALL", "SUCCESS", "REFUND"):
        raise wrong_parameter("bill_type 不正确")
    paid = _paid(world, *span) if kind != "REFUND" else []
    back = _refunded(world, *span) if kind != "SUCCESS" else []
    if not paid and not back:
        raise PayError(400, "NO_STATEMENT_EXIST", "请求的账单文件不存在")
    rows = [_paid_line(row) for row in paid] + [_refund_line(row) for row in back]
    total = sum(row["total_fen"] for row in paid)
    returned = sum(row["refund_fen"] for row in back)
    fees = sum(fee_of(row["total_fen"]) for row in paid)
    fees -= sum(fee_of(row["refund_fen"]) for row in back)
    sums = [str(len(rows)), _yuan(total), _yuan(returned), "0.00", _long(fees), _yuan(total)]
    return _file([_HEAD, *rows, _SUM, _line([*sums, _yuan(returned)])])


def fund_bill(world: World, bill_date: str, account: str) -> bytes:
    """Return what moved on the merchant's account on one day, in order."""
    start, end = _span(world, bill_date)
    if account not in ("BASIC", "OPERATION", "FEES"):
        raise wrong_parameter("account_type 不正确")
    moves = sorted(
        [
            *(move for row in _paid(world, 0.0, end) for move in _moves_of_payment(row)),
            *(_move_of_refund(row) for row in _refunded(world, 0.0, end)),
        ]
    )
    today = [move for move in moves if move[0] >= start]
    if not today or account != "BASIC":
        raise PayError(400, "NO_STATEMENT_EXIST", "请求的账单文件不存在")
    balance, rows = sum(move[2] for move in moves if move[0] < start), []
    for at, place, fen, words in today:
        balance += fen
        ours, name, kind, by, note, voucher = words
        sign = "收入" if fen > 0 else "支出"
        rows.append(
            _line([
                _time(at), ours, f"19{place}{ours[-20:]}", name, kind, sign, _yuan(abs(fen)),
                _yuan(balance), by, note, voucher,
            ])
        )  # fmt: skip
    came = [fen for _, _, fen, _ in today if fen > 0]
    went = [-fen for _, _, fen, _ in today if fen < 0]
    sums = [str(len(today)), str(len(came)), _yuan(sum(came)), str(len(went)), _yuan(sum(went))]
    return _file([_FUNDS_HEAD, *rows, _FUNDS_SUM, _line(sums)])


def fee_of(fen: int) -> int:
    """Return what the platform keeps of a payment, or gives back of a refund."""
    return (fen * 6 + 500) // 1000


_Move = tuple[float, int, int, tuple[str, str, str, str, str, str]]


def _moves_of_payment(row: sqlite3.Row) -> list[_Move]:
    ours, number, about = row["transaction_id"], row["out_trade_no"], json.loads(row["body"])
    note = about["description"]
    trade = (row["paid_ts"], 0, row["total_fen"], (ours, "交易", "交易", "system", note, number))
    fee = fee_of(row["total_fen"])
    kept = (ours, "交易", "扣除交易手续费", "system", note, number)
    return [trade, *([(row["paid_ts"], 1, -fee, kept)] if fee else [])]


def _move_of_refund(row: sqlite3.Row) -> _Move:
    fee = fee_of(row["refund_fen"])
    note = f"退款总金额{_yuan(row['refund_fen'])}元;含手续费{_yuan(fee)}元"
    by = f"{json.loads(row['order_body'])['mchid']}API"
    words = (row["refund_id"], "退款", "退款", by, note, row["out_refund_no"])
    return (row["ts"], 2, fee - row["refund_fen"], words)


def _span(world: World, bill_date: str) -> tuple[float, float]:
    """Return the first and the last moment of a day whose bill is ready."""
    try:
        day = date.fromisoformat(bill_date)
    except ValueError as wrong:
        raise wrong_parameter("bill_date 格式应为 YYYY-MM-DD") from wrong
    start = datetime(day.year, day.month, day.day, tzinfo=SHANGHAI)
    ready = start + timedelta(days=1, hours=_READY_HOUR)
    if world.clock.now() < ready.timestamp():
        raise PayError(400, "STATEMENT_CREATING", "账单生成中，请在次日 10 点后获取")
    return start.timestamp(), (start + timedelta(days=1)).timestamp()


def _paid(world: World, start: float, end: float) -> list[sqlite3.Row]:
    return world.store.rows(
        "SELECT * FROM orders WHERE platform = 'wechat' AND paid_ts >= ? AND paid_ts < ?"
        " ORDER BY paid_ts",
        start, end,
    )  # fmt: skip


def _refunded(world: World, start: float, end: float) -> list[sqlite3.Row]:
    return world.store.rows(
        "SELECT r.*, o.body AS order_body, o.total_fen, o.transaction_id, o.openid, o.trade_type"
        " FROM refunds r JOIN orders o USING (platform, out_trade_no)"
        " WHERE o.platform = 'wechat' AND r.ts >= ? AND r.ts < ? ORDER BY r.ts",
        start, end,
    )  # fmt: skip


def _paid_line(row: sqlite3.Row) -> str:
    body, yuan = json.loads(row["body"]), _yuan(row["total_fen"])
    return _line([
        _time(row["paid_ts"]), body["appid"], body["mchid"], "0", "", row["transaction_id"],
        row["out_trade_no"], row["openid"], row["trade_type"], "SUCCESS", "OTHERS", "CNY", yuan,
        "0.00", "0", "0", "0.00", "0.00", "", "", body["description"], body.get("attach", ""),
        _long(fee_of(row["total_fen"])), "0.60%", yuan, "0.00", "",
    ])  # fmt: skip


def _refund_line(row: sqlite3.Row) -> str:
    body, yuan = json.loads(row["order_body"]), _yuan(row["refund_fen"])
    return _line([
        _time(row["ts"]), body["appid"], body["mchid"], "0", "", row["transaction_id"],
        row["out_trade_no"], row["openid"], row["trade_type"], "REFUND", "OTHERS", "CNY", "0.00",
        "0.00", row["refund_id"], row["out_refund_no"], yuan, "0.00", "ORIGINAL", row["state"],
        body["description"], body.get("attach", ""), _long(-fee_of(row["refund_fen"])), "0.60%",
        "0.00", yuan, "",
    ])  # fmt: skip


def _file(lines: list[str]) -> bytes:
    return ("\ufeff" + "\r\n".join(lines) + "\r\n").encode()


def _line(values: list[str]) -> str:
    return ",".join(f"`{value.replace(',', '，')}" for value in values)


def _yuan(fen: int) -> str:
    return f"{'-' if fen < 0 else ''}{abs(fen) // 100}.{abs(fen) % 100:02d}"


def _long(fen: int) -> str:
    return f"{_yuan(fen)}000"


def _time(timestamp: float) -> str:
    return datetime.fromtimestamp(timestamp, SHANGHAI).strftime("%Y-%m-%d %H:%M:%S")

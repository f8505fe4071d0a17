"""The till: the page where a person confirms or cancels, and the script that opens it.

`bridge.js` gives a page `WeixinJSBridge`; its getBrandWCPayRequest opens `/cashier` in a frame over
the page. The till checks paySign with the merchant's public key, and that the phone which pays is
the one the order was made for.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Mapping
from typing import Any

from flask import Blueprint, Response, jsonify, render_template, request

from sandbox import phones
from sandbox.api.oauth import owner_of_request
from sandbox.pay import orders
from sandbox.pay.errors import PayError
from sandbox.pay.signing import is_genuine, lines
from sandbox.world import World, here

cashier = Blueprint("cashier", __name__)
_SIGNED = ("appId", "timeStamp", "nonceStr", "package")


class Refused(Exception):
    """The till does not open; the message tells the developer why."""


@cashier.get("/bridge.js")
def bridge() -> Response:
    """Return the script with this sandbox's address in it."""
    script = render_template("bridge.js", url=here().settings.url)
    return Response(script, mimetype="text/javascript", headers={"Cache-Control": "no-store"})


@cashier.get("/cashier")
def open_till() -> tuple[str, int]:
    """Show an order that a page in WeChat wants paid."""
    return _till(dict(request.args))


@cashier.get("/cashier/h5")
def open_h5() -> tuple[str, int]:
    """Show an order that a mobile browser wants paid."""
    return _till({"prepay_id": request.args.get("prepay_id", "")})


@cashier.get("/cashier/code")
def open_code() -> tuple[str, int]:
    """Show an order whose code was scanned; `pr` is what the code_url carries."""
    return _till({"prepay_id": request.args.get("pr", "")})


@cashier.post("/cashier/pay")
def confirm() -> tuple[Response, int]:
    """Pay: the same fields as the page was opened with, and `as`, the phone that pays."""
    fields = request.get_json(silent=True) or {}
    try:
        found = _wanted(here(), fields)
        openid = str(fields.get("as") or owner_of_request() or found["openid"])
        if found["trade_type"] == "JSAPI" and openid != found["openid"]:
            raise Refused("下单账号与支付账号不一致")
        if not openid:
            raise Refused("不知道是谁在支付")
        paid = orders.settle(
            here(), found["out_trade_no"], phones.phone_of(here(), openid)["openid"]
        )
    except (Refused, PayError) as refused:
        words = refused.message if isinstance(refused, PayError) else str(refused)
        return jsonify(err_msg="get_brand_wcpay_request:fail", err_desc=words), 400
    if paid["state"] == "CLOSED":
        return jsonify(err_msg="get_brand_wcpay_request:fail", err_desc="订单已关闭"), 400
    return jsonify(
        err_msg="get_brand_wcpay_request:ok",
        out_trade_no=paid["out_trade_no"],
        transaction_id=paid["transaction_id"],
        amount_fen=paid["total_fen"],
    ), 200


@cashier.post("/sandbox/pay/notify-again")
def notify_again() -> tuple[Response, int]:
    """Repeat the newest notification of an order: {out_trade_no, times}."""
    body = request.get_json(silent=True) or {}
    times = min(100, max(1, int(body.get("times", 1))))
    answers = here().notary.repeat(str(body.get("out_trade_no", "")), times)
    return jsonify(answers=answers), 200 if answers else 404


def _till(fields: dict[str, str]) -> tuple[str, int]:
    try:
        found = _wanted(here(), fields)
    except Refused as refused:
        return render_template("notice.html", text=f"支付参数有误：{refused}"), 400
    shown = {
        "merchant": here().settings.account_name,
        "description": json.loads(found["body"])["description"],
        "yuan": f"{found['total_fen'] / 100:,.2f}",
        "paid": found["state"] in ("SUCCESS", "REFUND"),
        "closed": found["state"] == "CLOSED",
    }
    people = here().store.rows("SELECT openid, name, title FROM phones ORDER BY rowid LIMIT 100")
    back = request.args.get("redirect_url", "")
    return render_template(
        "cashier.html", order=shown, fields=fields, people=people, payer=found["openid"], back=back
    ), 200


def _wanted(world: World, fields: Mapping[str, Any]) -> sqlite3.Row:
    """Return the order that the fields lead to; raises Refused."""
    if "prepay_id" in fields:
        found = _by_prepay(world, str(fields["prepay_id"]))
        if found["trade_type"] == "JSAPI":
            raise Refused("这笔订单只能在微信内支付")
        return found
    missing = [name for name in (*_SIGNED, "paySign", "signType") if not fields.get(name)]
    if missing:
        raise Refused(f"缺少 {'、'.join(missing)}")
    if fields["appId"] != world.settings.appid or fields["signType"] != "RSA":
        raise Refused("appId 不正确，或 signType 不是 RSA")
    message = lines(*(str(fields[name]) for name in _SIGNED))
    if not is_genuine(world.settings.merchant_public_key_file, message, str(fields["paySign"])):
        raise Refused("支付验证签名失败")
    return _by_prepay(world, str(fields["package"]).removeprefix("prepay_id="))


def _by_prepay(world: World, prepay_id: str) -> sqlite3.Row:
    found = world.store.row(
        "SELECT * FROM orders WHERE prepay_id = ? AND platform = 'wechat'", prepay_id
    )
    if found is None:
        raise Refused("prepay_id 不存在或已被新的 prepay_id 取代")
    return found

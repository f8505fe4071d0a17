"""Alipay's gateway: page and wap payment as a redirect, the other calls as signed JSON.

Source: Alipay's open platform documents, RSA2. A request is signed over all parameters except
`sign`; the JSON answer over the text of its response node; the return redirect and the
notification over everything except `sign` and `sign_type`.
"""

from __future__ import annotations

import csv
import io
import json
import time
import zipfile
from collections.abc import Callable
from datetime import date, datetime
from typing import Any
from urllib.parse import urlencode

from flask import Blueprint, Response, g, jsonify, render_template, request

from sandbox.faults import has, pause_for
from sandbox.pay import alipay_orders as orders
from sandbox.pay.alipay_notice import canonical, local_time
from sandbox.pay.orders import SHANGHAI
from sandbox.pay.signing import is_genuine, sign
from sandbox.world import here

alipay = Blueprint("alipay", __name__)
_PAGES = ("alipay.trade.page.pay", "alipay.trade.wap.pay")
FEE_RATE = 0.006
_BILL_COLUMNS = (
    *("支付宝交易号", "商户订单号", "业务类型", "商品名称", "创建时间", "完成时间"),
    *("订单金额（元）", "退款批次号/请求号", "服务费（元）", "备注"),
)


class _Refused(Exception):
    """The request itself is wrong: code, sub_code, sub_msg."""


@alipay.before_request
def _start() -> Response | None:
    g.started = time.monotonic()
    struck = here().faults.strike("pay", f"{request.path} {request.values.get('method', '')}")
    pause_for(struck)
    return Response("502 Bad Gateway", status=502) if has(struck, "http_5xx") else None


@alipay.after_request
def _record(response: Response) -> Response:
    method = request.values.get("method", "")
    here().traffic.note(
        "from_bot",
        f"{request.method} {request.path} {method}",
        openid="",
        status=response.status_code,
        ms=round((time.monotonic() - g.started) * 1000),
        url=request.full_path,
        request=urlencode(request.form),
        response=response.get_data(as_text=True) if response.is_json else f"[{response.mimetype}]",
    )
    return response


@alipay.route("/gateway.do", methods=["GET", "POST"])
def gateway() -> Response | tuple[str, int]:
    """Do what `method` says."""
    fields = dict(request.values.items())
    method = fields.get("method", "")
    try:
        content = _checked(fields)
        if method in _PAGES:
            return _till(fields, content)
        if method not in _CALLS:
            raise _Refused("40002", "isv.invalid-method", "不存在的方法名")
        answer = {"code": "10000", "msg": "Success", **_CALLS[method](content)}
    except orders.BusinessFailed as failed:
        if method in _PAGES:
            return render_template("notice.html", text=failed.sub_msg), 400
        answer = {"code": "40004", "msg": "Business Failed"}
        answer |= {"sub_code": failed.sub_code, "sub_msg": failed.sub_msg}
    except _Refused as refused:
        code, sub_code, sub_msg = refused.args
        if method in _PAGES:
            return render_template("notice.html", text=f"{sub_msg}（{sub_code}）"), 400
        answer = {"code": code, "msg": "Invalid Arguments"}
        answer |= {"sub_code": sub_code, "sub_msg": sub_msg}
    return _signed(method, answer)


@alipay.post("/alipay/pay")
def confirm() -> tuple[Response, int]:
    """Pay: {prepay_id}; answers with the signed return address."""
    body = request.get_json(silent=True) or {}
    try:
        paid = orders.settle(here(), str(body.get("prepay_id", "")))
    except orders.BusinessFailed as failed:
        return jsonify(error=failed.sub_msg), 400
    here().bell.ring()
    return jsonify(trade_no=paid["transaction_id"], return_url=_return_address(paid)), 200


def _checked(fields: dict[str, str]) -> dict[str, Any]:
    """Return biz_content of a genuine request."""
    settings = here().settings
    if fields.get("app_id") != settings.alipay_app_id:
        raise _Refused("40002", "isv.invalid-app-id", "无效的AppID参数")
    if fields.get("sign_type") != "RSA2":
        raise _Refused("40002", "isv.invalid-signature-type", "无效的签名类型")
    message = canonical(fields, drop=("sign",))
    key = settings.alipay_app_public_key_file
    if not is_genuine(key, message, fields.get("sign", "")):
        raise _Refused("40002", "isv.invalid-signature", "验签出错，请确认公私钥与签名串")
    try:
        content = json.loads(fields.get("biz_content") or "{}")
    except ValueError as broken:
        raise _Refused("40002", "isv.invalid-parameter", "biz_content 不是 JSON") from broken
    if not isinstance(content, dict):
        raise _Refused("40002", "isv.invalid-parameter", "biz_content 不是 JSON 对象")
    return content


def _till(fields: dict[str, str], content: dict[str, Any]) -> tuple[str, int]:
    made = orders.open_order(here(), fields, content)
    return render_template(
        "alipay.html",
        merchant=here().settings.account_name,
        subject=content["subject"],
        yuan=f"{made['total_fen'] / 100:,.2f}",
        prepay_id=made["prepay_id"],
        quit=content.get("quit_url", ""),
    ), 200


def _return_address(paid: Any) -> str:
    """Return return_url with its signed parameters; it proves nothing to a careful merchant."""
    fields = json.loads(paid["body"])["fields"]
    if not fields.get("return_url"):
        return ""
    settings = here().settings
    told = {
        "app_id": settings.alipay_app_id,
        "method": f"{paid['trade_type']}.return",
        "charset": fields.get("charset", "utf-8"),
        "version": "1.0",
        "out_trade_no": paid["out_trade_no"],
        "trade_no": paid["transaction_id"],
        "total_amount": orders.yuan_of(paid["total_fen"]),
        "seller_id": settings.alipay_seller_id,
        "timestamp": local_time(here().clock.now()),
    }
    told["sign"] = sign(settings.alipay_private_key_file, canonical(told))
    told["sign_type"] = "RSA2"
    joint = "&" if "?" in fields["return_url"] else "?"
    return f"{fields['return_url']}{joint}{urlencode(told)}"


def _query(content: dict[str, Any]) -> dict[str, Any]:
    found = orders.order(here(), content)
    answer = {
        "out_trade_no": found["out_trade_no"],
        "trade_status": found["state"],
        "total_amount": orders.yuan_of(found["total_fen"]),
    }
    if found["paid_ts"] is not None:
        answer["trade_no"] = found["transaction_id"]
        answer["send_pay_date"] = local_time(found["paid_ts"])
        answer["buyer_user_id"] = "2088000000000001"
    return answer


def _close(content: dict[str, Any]) -> dict[str, Any]:
    found = orders.close(here(), content)
    return {"out_trade_no": found["out_trade_no"], "trade_no": found["transaction_id"] or ""}


def _refund(content: dict[str, Any]) -> dict[str, Any]:
    paid, _, moved = orders.refund(here(), content)
    return {
        "out_trade_no": paid["out_trade_no"],
        "trade_no": paid["transaction_id"],
        "fund_change": "Y" if moved else "N",
        "refund_fee": orders.yuan_of(orders.refunded_fen(here(), paid)),
    }


def _query_refund(content: dict[str, Any]) -> dict[str, Any]:
    paid, made = orders.refund_of(here(), content)
    if made is None:
        return {}
    return {
        "out_trade_no": paid["out_trade_no"],
        "trade_no": paid["transaction_id"],
        "out_request_no": made["out_refund_no"],
        "total_amount": orders.yuan_of(paid["total_fen"]),
        "refund_amount": orders.yuan_of(made["refund_fen"]),
        "refund_status": "REFUND_SUCCESS",
    }


def _bill(content: dict[str, Any]) -> dict[str, Any]:
    day = str(content.get("bill_date", ""))
    try:
        wanted = date.fromisoformat(day)
    except ValueError as wrong:
        raise orders.BusinessFailed("isp.bill_date_error", "bill_date 应为 YYYY-MM-DD") from wrong
    if wanted >= datetime.fromtimestamp(here().clock.now(), SHANGHAI).date():
        raise orders.BusinessFailed("isp.bill_not_exist", "账单尚未生成，请次日再来")
    url = f"{here().settings.url}/alipay/bill?{urlencode({'bill_date': day})}"
    return {"bill_download_url": url, "bill_file_code": "EXIST"}


@alipay.get("/alipay/bill")
def bill_file() -> Response:
    """Return the business bill of one day: GBK CSV in a zip, headings and sums behind #."""
    day = request.args.get("bill_date", "")
    rows = here().store.rows(
        "SELECT transaction_id, out_trade_no, '' AS refund_no, total_fen AS fen, paid_ts AS ts"
        " FROM orders WHERE platform = 'alipay' AND paid_ts IS NOT NULL"
        " UNION ALL SELECT o.transaction_id, r.out_trade_no, r.out_refund_no, -r.refund_fen, r.ts"
        " FROM refunds r JOIN orders o ON o.out_trade_no = r.out_trade_no"
        " AND o.platform = 'alipay' WHERE r.platform = 'alipay' ORDER BY ts"
    )
    today = [row for row in rows if local_time(row["ts"]).startswith(day)]
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow([f"#支付宝业务明细查询 {day}"])
    writer.writerow(_BILL_COLUMNS)
    for row in today:
        fee = -round(row["fen"] * FEE_RATE)
        writer.writerow(
            [
                *(f"{row['transaction_id']}\t", f"{row['out_trade_no']}\t"),
                *("退款" if row["refund_no"] else "交易", "", "", local_time(row["ts"])),
                *(f"{row['fen'] / 100:.2f}", f"{row['refund_no']}\t", f"{fee / 100:.2f}", ""),
            ]
        )
    back = sum(1 for row in today if row["refund_no"])
    writer.writerow([f"#交易合计：{len(today) - back}笔，退款合计：{back}笔"])
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as parts:
        parts.writestr(f"{day}_业务明细(汇总).csv", "")
        parts.writestr(f"{day}_业务明细.csv", text.getvalue().encode("gb18030"))
    return Response(packed.getvalue(), mimetype="application/zip")


_CALLS: dict[str, Callable[[dict[str, Any]], dict[str, Any]]] = {
    "alipay.trade.query": _query,
    "alipay.trade.close": _close,
    "alipay.trade.refund": _refund,
    "alipay.trade.fastpay.refund.query": _query_refund,
    "alipay.data.dataservice.bill.downloadurl.query": _bill,
}


def _signed(method: str, answer: dict[str, Any]) -> Response:
    """Return the answer under its name, signed over exactly the text that is sent."""
    node = json.dumps(answer, ensure_ascii=False, separators=(",", ":"))
    signature = sign(here().settings.alipay_private_key_file, node.encode())
    name = f"{method.replace('.', '_')}_response" if method in _CALLS else "error_response"
    text = f'{{"{name}":{node},"sign":{json.dumps(signature)}}}'
    return Response(text, mimetype="application/json")

"""WeChat Pay v3 over HTTP: every call's signature is checked, every answer is signed."""

from __future__ import annotations

import base64
import gzip
import hashlib
import json
import re
import secrets
import sqlite3
import time
from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode

from flask import Blueprint, Response, g, jsonify, request

from sandbox.faults import has, pause_for
from sandbox.pay import bills, orders, refunds
from sandbox.pay.errors import PayError, refused, wrong_parameter
from sandbox.pay.signing import is_genuine, lines, platform_headers
from sandbox.world import World, here

pay = Blueprint("pay", __name__, url_prefix="/v3")
pay.register_error_handler(PayError, refused)
_SCHEME = "WECHATPAY2-SHA256-RSA2048 "
_PAIR = re.compile(r'(\w+)="([^"]*)"')
_SKEW = 300
_TYPES = {"jsapi": "JSAPI", "native": "NATIVE", "h5": "MWEB"}


@pay.before_request
def _check_signature() -> None:
    """Refuse a call that the merchant's key has not signed within five minutes."""
    g.started = time.monotonic()
    settings, header = here().settings, request.headers.get("Authorization", "")
    found = dict(_PAIR.findall(header))
    wanted = {"mchid", "nonce_str", "timestamp", "serial_no", "signature"}
    if not header.startswith(_SCHEME) or not wanted <= set(found):
        raise PayError(401, "SIGN_ERROR", "Authorization 不正确，请检查签名格式")
    if found["mchid"] != settings.mchid or found["serial_no"] != settings.merchant_serial:
        raise PayError(401, "SIGN_ERROR", "商户号或商户证书序列号不正确")
    if not found["timestamp"].isdigit() or abs(time.time() - int(found["timestamp"])) > _SKEW:
        raise PayError(401, "SIGN_ERROR", "签名时间戳与服务器时间相差超过五分钟")
    target = request.full_path if request.query_string else request.path
    raw_target = request.environ.get("RAW_URI") or request.environ.get("REQUEST_URI") or target
    message = lines(request.method, raw_target, found["timestamp"], found["nonce_str"])
    message += request.get_data() + b"\n"
    if not is_genuine(settings.merchant_public_key_file, message, found["signature"]):
        raise PayError(401, "SIGN_ERROR", "签名错误，请检查签名串与私钥")


@pay.before_request
def _suffer() -> None:
    """Let the faults in force strike this call before anything is done."""
    struck = here().faults.strike("pay", request.path)
    pause_for(struck)
    if has(struck, "http_5xx"):
        raise PayError(500, "SYSTEM_ERROR", "系统异常，请稍后重试")


@pay.after_request
def _sign_answer(response: Response) -> Response:
    if not request.path.startswith("/v3/billdownload"):
        for name, value in platform_headers(here().settings, response.get_data()).items():
            response.headers[name] = value
    response.headers["Request-ID"] = secrets.token_hex(16).upper()
    here().traffic.note(
        "from_bot",
        f"{request.method} {request.path}",
        openid="",
        status=response.status_code,
        ms=round((time.monotonic() - g.started) * 1000),
        url=request.full_path,
        request=request.get_data(as_text=True),
        response=response.get_data().decode(errors="replace"),
    )
    return response


@pay.post("/pay/transactions/<kind>")
def create(kind: str) -> Response:
    """Make an order for a person in WeChat, a code to scan, or a mobile browser."""
    if kind not in _TYPES:
        raise PayError(404, "RESOURCE_NOT_EXISTS", "请求的资源不存在")
    made = orders.create(here(), _TYPES[kind], _body())
    return jsonify(_handed_out(kind, made))


def _handed_out(kind: str, made: sqlite3.Row) -> dict[str, str]:
    if kind == "native":
        return {"code_url": f"weixin://wxpay/bizpayurl?pr={made['prepay_id']}"}
    if kind == "h5":
        query = urlencode({"prepay_id": made["prepay_id"], "package": secrets.randbelow(10**10)})
        return {"h5_url": f"{here().settings.url}/cashier/h5?{query}"}
    return {"prepay_id": made["prepay_id"]}


@pay.get("/pay/transactions/out-trade-no/<path:number>")
def query(number: str) -> Response:
    """Return an order by the merchant's number."""
    _check_mchid(request.args.get("mchid", ""))
    return jsonify(orders.as_transaction(here(), orders.order(here(), number)))


@pay.get("/pay/transactions/id/<transaction_id>")
def query_by_id(transaction_id: str) -> Response:
    """Return an order by WeChat Pay's number."""
    _check_mchid(request.args.get("mchid", ""))
    found = here().store.row(
        "SELECT out_trade_no FROM orders WHERE transaction_id = ? AND platform = 'wechat'",
        transaction_id,
    )
    number = found["out_trade_no"] if found else ""
    return jsonify(orders.as_transaction(here(), orders.order(here(), number)))


@pay.post("/pay/transactions/out-trade-no/<path:number>/close")
def close(number: str) -> tuple[str, int]:
    """Close an order."""
    _check_mchid(str(_body().get("mchid", "")))
    orders.close(here(), number)
    return "", 204


@pay.post("/refund/domestic/refunds")
def refund() -> Response:
    """Accept a refund."""
    return jsonify(refunds.as_refund(here(), refunds.refund(here(), _body())))


@pay.get("/refund/domestic/refunds/<path:number>")
def query_refund(number: str) -> Response:
    """Return a refund."""
    return jsonify(refunds.as_refund(here(), refunds.refund_row(here(), number)))


@pay.get("/bill/tradebill")
def bill() -> Response:
    """Return where a day's bill of trades can be fetched, with its hash."""
    return _placed("trade", request.args.get("bill_type", "ALL"), bills.trade_bill)


@pay.get("/bill/fundflowbill")
def fund_bill() -> Response:
    """Return where a day's bill of the merchant's account can be fetched, with its hash."""
    return _placed("fund", request.args.get("account_type", "BASIC"), bills.fund_bill)


def _placed(which: str, kind: str, write: Callable[[World, str, str], bytes]) -> Response:
    day, packed = request.args.get("bill_date", ""), request.args.get("tar_type", "")
    if packed not in ("", "GZIP"):
        raise wrong_parameter("tar_type 不正确")
    content = write(here(), day, kind)
    token = base64.urlsafe_b64encode(json.dumps([which, day, kind, packed]).encode()).decode()
    return jsonify(
        hash_type="SHA1",
        # Of the bill itself, packed or not.
        hash_value=hashlib.sha1(content, usedforsecurity=False).hexdigest(),
        download_url=f"{here().settings.url}/v3/billdownload/file?{urlencode({'token': token})}",
    )


@pay.get("/billdownload/file")
def download_bill() -> Response:
    """Return the bill itself; this answer is not signed."""
    try:
        which, day, kind, packed = json.loads(base64.urlsafe_b64decode(request.args["token"]))
    except (KeyError, ValueError) as broken:
        raise wrong_parameter("token 不正确") from broken
    write = bills.fund_bill if which == "fund" else bills.trade_bill
    content = write(here(), str(day), str(kind))
    if packed == "GZIP":
        return Response(gzip.compress(content), mimetype="application/x-gzip")
    return Response(content, mimetype="text/plain")


def _check_mchid(mchid: str) -> None:
    if mchid != here().settings.mchid:
        raise wrong_parameter("mchid 不正确")


def _body() -> dict[str, Any]:
    try:
        body = json.loads(request.get_data())
    except ValueError as broken:
        raise wrong_parameter("请求体不是 JSON") from broken
    if not isinstance(body, dict):
        raise wrong_parameter("请求体不是 JSON 对象")
    return body

"""Alibaba Cloud's SendSms, as far as a sender sees it: POST /aliyun/ with a signed form.

AccessKeyId is `sandbox`, its secret SANDBOX_GATEWAY_KEY. Signatures, timestamps (15 minutes), used
nonces, numbers, templates (`SMS_` and digits) and the length of variables are checked as there.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import re
import secrets
import time
from datetime import UTC, datetime
from urllib.parse import quote

from flask import Blueprint, Response, g, jsonify, request

from sandbox import reports
from sandbox.outside import MOBILE, keep
from sandbox.world import here

aliyun = Blueprint("aliyun", __name__)
KEY_ID = "sandbox"
_TEMPLATE = re.compile(r"SMS_\d+")
_used: set[str] = set()


@aliyun.post("/aliyun/")
def send_sms() -> tuple[Response, int]:
    """Accept a message made of a template, and report on it afterwards."""
    g.started = time.monotonic()
    asked = request.form.to_dict()
    trouble = _refused(asked) or _unfit(asked)
    if trouble:
        status, code = trouble
        return jsonify(RequestId=_id(), Code=code, Message=code), status
    filled = "，".join(f"{name}={value}" for name, value in _variables(asked).items())
    text = f"【{asked['SignName']}】{asked['TemplateCode']} {filled}"
    keep("sms", asked["PhoneNumbers"], "", text)
    receipt = f"{secrets.randbelow(10**18)}^0"
    arrived, word = reports.fate_of_sms(asked["PhoneNumbers"])
    report = {
        "phone_number": asked["PhoneNumbers"], "success": arrived, "err_code": word,
        "err_msg": word, "sms_size": "1", "biz_id": receipt, "out_id": asked.get("OutId", ""),
    }  # fmt: skip
    reports.tell(here(), "sms", report)
    return jsonify(RequestId=_id(), Code="OK", Message="OK", BizId=receipt), 200


def _refused(asked: dict[str, str]) -> tuple[int, str] | None:
    """Who asks, and when."""
    if asked.get("AccessKeyId") != KEY_ID:
        return 404, "InvalidAccessKeyId.NotFound"
    given = asked.get("Signature", "")
    pairs = sorted((name, value) for name, value in asked.items() if name != "Signature")
    query = "&".join(f"{quote(n, safe='-_.~')}={quote(v, safe='-_.~')}" for n, v in pairs)
    text = "POST&%2F&" + quote(query, safe="-_.~")
    secret = here().settings.gateway_key + "&"
    digest = hmac.new(secret.encode(), text.encode(), hashlib.sha1).digest()
    if not hmac.compare_digest(given.encode(), base64.b64encode(digest)):
        return 400, "SignatureDoesNotMatch"
    at = datetime.strptime(asked["Timestamp"], "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC)
    if abs(time.time() - at.timestamp()) > 15 * 60:
        return 400, "InvalidTimeStamp.Expired"
    if asked["SignatureNonce"] in _used:
        return 400, "SignatureNonceUsed"
    _used.add(asked["SignatureNonce"])
    return None


def _unfit(asked: dict[str, str]) -> tuple[int, str] | None:
    """What is asked."""
    if (asked.get("Action"), asked.get("Version")) != ("SendSms", "2017-05-25"):
        return 404, "InvalidAction.NotFound"
    if not MOBILE.fullmatch(asked.get("PhoneNumbers", "")):
        return 200, "isv.MOBILE_NUMBER_ILLEGAL"
    if not asked.get("SignName"):
        return 200, "isv.SMS_SIGNATURE_ILLEGAL"
    if not _TEMPLATE.fullmatch(asked.get("TemplateCode", "")):
        return 200, "isv.SMS_TEMPLATE_ILLEGAL"
    if any(len(value) > 35 for value in _variables(asked).values()):
        return 200, "isv.PARAM_LENGTH_LIMIT"
    return None


def _variables(asked: dict[str, str]) -> dict[str, str]:
    return {name: str(value) for name, value in json.loads(asked["TemplateParam"]).items()}


def _id() -> str:
    return secrets.token_hex(16).upper()

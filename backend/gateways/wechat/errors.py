"""The platform's error codes as GatewayErrors that say what to do.

Source: the official global return codes, sorted by what helps: a fresh token, waiting, a person at
the settings page, or nothing because it is the follower's own doing.
"""

import re

import structlog

from backend.kit.errors import GatewayError

log = structlog.get_logger(__name__)

STALE_TOKEN = frozenset({"40001", "40014", "42001"})
BUSY = frozenset({-1, 45011})
ALREADY_SENT = "45065"  # A template message with this client_msg_id is on its way.

FIXES = {
    40001: "the token or WECHAT_SECRET is wrong: compare WECHAT_SECRET with 设置与开发 > 基本配置",
    40013: "WECHAT_APPID is wrong: compare it with 设置与开发 > 基本配置",
    40037: "this template id is not the account's: correct WECHAT_TEMPLATES",
    40125: "WECHAT_SECRET is wrong or was reset: copy it from 设置与开发 > 基本配置",
    40164: "add the IP {ip} to 设置与开发 > 基本配置 > IP白名单",
    45009: "today's quota is used up: it resets at midnight, or by clear_quota (10 a month)",
    48001: "the account may not call this: it needs a verified 服务号 with this permission",
    48004: "the platform has banned this call: see the notice in mp.weixin.qq.com",
    50002: "the account is frozen: see the notice in mp.weixin.qq.com",
}
_IP = re.compile(r"\b\d{1,3}(?:\.\d{1,3}){3}\b|\b[0-9a-f]*:[0-9a-f:]{4,}\b", re.IGNORECASE)


def gateway_error(code: int, message: str, *, call: str) -> GatewayError:
    """An answer with a non-zero errcode, as the error that the outbox understands."""
    fix = FIXES.get(code, "")
    if fix:
        found = _IP.search(message)
        fix = f" ({fix.format(ip=found.group() if found else 'of this server')})"
    return GatewayError(f"{call}: {code} {message}{fix}", retry=code in BUSY, code=str(code))


def raise_alarm(error: GatewayError) -> None:
    """Log what only a person can repair as `wechat_needs_attention`."""
    if error.code in {str(code) for code in FIXES}:
        log.error("wechat_needs_attention", code=error.code, error=str(error))

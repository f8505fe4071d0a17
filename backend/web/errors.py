"""Failures as pages: what happened in plain words, and what one can do next.

A page for people, JSON for programs (`Accept: application/json`), a fragment-sized body for HTMX
because the layout would land inside the page. Details stay in the log, under the request id.
"""

from dataclasses import dataclass

import structlog
from flask import Flask, g, jsonify, render_template, request
from flask.typing import ResponseReturnValue
from flask_wtf.csrf import CSRFError
from sqlalchemy.exc import OperationalError
from werkzeug.exceptions import HTTPException

from backend.kit.crypto import LinkInvalid
from backend.kit.errors import DomainError
from backend.web.journal import request_id

log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class Apology:
    """A heading and a sentence that ends with what one can do next."""

    title: str
    text: str


DEADLOCK = "40P01"  # PostgreSQL's SQLSTATE.
_NEXT = "请回到公众号对话继续办理，需要帮助请发送「转人工」。"
_NEXT_AT_A_DESK = "请返回上一页再试，需要帮助请联系负责系统的同事。"
BY_STATUS = {
    400: Apology("请求没有看懂", f"页面可能已过期，请刷新后再试一次。{_NEXT}"),
    403: Apology("暂时不能查看", f"这个页面只对相关人员开放。{_NEXT}"),
    404: Apology("没有找到这个页面", f"链接可能已经失效，或内容已被移走。{_NEXT}"),
    405: Apology("暂不支持这样操作", f"请从公众号里的链接重新打开页面。{_NEXT}"),
    409: Apology("有人正在改同一件事", "这次还没有保存，请返回再点一次即可。"),
    413: Apology("上传的内容太大", "请压缩或分几次上传，每次再试即可。"),
    422: Apology("这一步暂时办不了", f"情况可能刚有变化，请刷新页面看看最新状态。{_NEXT}"),
    429: Apology("操作有点频繁", "请稍等一分钟，再点一次即可。"),
    500: Apology("系统出了点问题", f"我们已记录下来，正在处理，请稍后再试。{_NEXT}"),
    503: Apology("系统正在准备中", "请稍等片刻，再刷新页面即可。"),
}
BY_ERROR: dict[type[DomainError], Apology] = {
    LinkInvalid: Apology("链接已失效", "请回到公众号对话，重新获取一条链接。"),
}


def apologise(error: type[DomainError], title: str, text: str) -> None:
    """Let a room word the page for one of its own errors (called as the room's pages load)."""
    BY_ERROR[error] = Apology(title, text)


def page(status: int, *, apology: Apology | None = None, name: str = "") -> ResponseReturnValue:
    """The answer for a failure, in the form that its reader understands."""
    apology = apology or BY_STATUS.get(status) or BY_STATUS[500 if status >= 500 else 400]
    if request.accept_mimetypes.best == "application/json":
        body = {"error": name or str(status), "message": apology.text, "request_id": request_id()}
        return jsonify(body), status
    if g.get("staff"):
        apology = Apology(apology.title, apology.text.replace(_NEXT, _NEXT_AT_A_DESK))
    layout = "web/error_fragment.html" if "HX-Request" in request.headers else "web/error.html"
    return render_template(layout, apology=apology, request_id=request_id()), status


def _http(error: HTTPException) -> ResponseReturnValue:
    if error.code is None or error.code < 400:
        return error.get_response()
    return page(error.code)


def _forged(_error: CSRFError) -> ResponseReturnValue:
    return page(
        400, apology=Apology("页面已过期", "请刷新页面，再提交一次即可。"), name="CSRFError"
    )


def _broken_rule(error: DomainError) -> ResponseReturnValue:
    name = type(error).__name__
    log.info("rule_said_no", rule=name)
    apology = next((BY_ERROR[kind] for kind in type(error).__mro__ if kind in BY_ERROR), None)
    return page(error.status, apology=apology, name=name)


def _crossed(error: OperationalError) -> ResponseReturnValue:
    """Two units waited for each other's rows: the database ended this one, and nothing of it is
    left. (A chat message is taken up again by itself.)"""
    if getattr(error.orig, "sqlstate", None) != DEADLOCK:
        return _ours(error)
    log.warning("units_crossed")
    return page(409, name="Crossed")


def _ours(error: Exception) -> ResponseReturnValue:
    log.exception("request_broke", error_type=type(error).__name__)
    return page(500)


def install(app: Flask) -> None:
    """Answer every failure of an application with a page of ours."""
    app.register_error_handler(CSRFError, _forged)
    app.register_error_handler(HTTPException, _http)
    app.register_error_handler(DomainError, _broken_rule)
    app.register_error_handler(OperationalError, _crossed)
    app.register_error_handler(Exception, _ours)

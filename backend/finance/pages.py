"""The browser's door: where a payer pays, inside WeChat or from a browser by scanning, and where
staff decide on refunds.

Whoever holds the link sees the order's lines and total and no name. Inside WeChat paying is bound
to the payer's own WeChat by the prepay; a visitor of the website gets a code that any WeChat may
pay. What the page says comes from our database, never from the bridge.
"""

from typing import Any

import segno
import structlog
from flask import Blueprint, Response, jsonify, make_response, redirect, render_template, request
from flask.typing import ResponseReturnValue
from markupsafe import Markup

from backend.finance import checkout, queries, refund_reads, refund_rules, refunds, rules, service
from backend.finance.arrears.pages import blueprint as arrears_pages
from backend.finance.bills.pages import blueprint as bill_pages
from backend.finance.books import pages as book_pages
from backend.finance.prices.pages import blueprint as price_pages
from backend.finance.refund_words import OwnApproval, RefundCause, RefundDecided
from backend.finance.schemas import OrderNotPayable, OrderView, PageState
from backend.finance.till import receipts
from backend.finance.till.pages import blueprint as till_pages
from backend.finance.till.paper_pages import blueprint as paper_pages
from backend.gateways.payments import has_alipay
from backend.gateways.visitors import is_visitor
from backend.kit import clock, crypto
from backend.kit.config import settings
from backend.kit.db import reading, unit_of_work
from backend.kit.errors import DomainError, GatewayError, NotFound
from backend.kit.money import decimal_yuan, yuan
from backend.security import permissions
from backend.security import queries as staff
from backend.security.gate import staff_only
from backend.security.schemas import Permission, StaffMember
from backend.web import errors

blueprint = Blueprint(
    "finance_pages",
    __name__,
    template_folder="templates",
    static_folder="static",
    static_url_path="/pay/static",
)
blueprint.register_blueprint(price_pages)
blueprint.register_blueprint(arrears_pages)
blueprint.register_blueprint(bill_pages)
blueprint.register_blueprint(till_pages)
blueprint.register_blueprint(paper_pages)
blueprint.register_blueprint(book_pages.blueprint)
log = structlog.get_logger(__name__)


class PayerFrozen(DomainError):
    """The WeChat that a payment link is for was reported stolen."""


errors.apologise(
    OwnApproval,
    "需要另一位同事审批",
    "退费要两位不同的同事同意，申请人本人也不能审批。请让另一位有审批权限的同事点开这一页。",
)
errors.apologise(
    PayerFrozen,
    "这个微信已经冻结",
    "为了安全，付款链接暂停使用。请在公众号里发一句话，按提示用登记的手机号解冻后再付款。",
)
errors.apologise(RefundDecided, "这笔退费已经处理过", "状态刚有变化，请返回退费列表查看最新进度。")


@blueprint.get("/pay/<token>")
def pay_page(token: str) -> Response:
    """The page in whichever state the order is in. Raises LinkInvalid and NotFound."""
    number, openid = _holder(token)
    order = _order(number, openid)
    state, parameters, code = rules.page_state_of(order, now=clock.now()), None, None
    is_wechat = "MicroMessenger" in request.headers.get("User-Agent", "")
    if state == PageState.PAYABLE:
        try:
            if is_visitor(openid):
                code = _drawn(checkout.prepare_code(number=number, openid=openid))
            else:
                parameters = checkout.prepare(number=number, openid=openid)
        except OrderNotPayable:
            order = _order(number, openid)
            state = rules.page_state_of(order, now=clock.now())
        except GatewayError as error:
            log.warning("prepay_failed", number=number, error=str(error))
            state = PageState.UNREACHABLE
    return _shown(token, order, state, parameters, code, is_wechat=is_wechat)


@blueprint.get("/pay/<token>/status")
def pay_status(token: str) -> Response:
    """`{"status": …}` for the page to wait by."""
    order = _order(*_holder(token))
    return jsonify(status=rules.page_state_of(order, now=clock.now()))


@blueprint.get("/pay/<token>/alipay")
def pay_by_alipay(token: str) -> ResponseReturnValue:
    """Off to Alipay, on a telephone or at a screen. WeChat's browser does not open it, so there
    the page says how. Raises LinkInvalid, NotFound."""
    number, openid = _holder(token)
    _order(number, openid)
    agent = request.headers.get("User-Agent", "")
    page = f"{settings().public_url.rstrip('/')}/pay/{token}"
    if "MicroMessenger" in agent:
        return redirect(page)
    try:
        return redirect(
            checkout.prepare_alipay(
                number=number, openid=openid, back_url=f"{page}/back",
                is_mobile=any(each in agent for each in ("Mobile", "Android", "iPhone")),
            )
        )  # fmt: skip
    except (OrderNotPayable, GatewayError) as error:
        log.warning("alipay_not_begun", number=number, error=str(error))
        return redirect(page)


@blueprint.get("/pay/<token>/back")
def back_from_alipay(token: str) -> ResponseReturnValue:
    """The browser is back: what it brings proves nothing, so Alipay is asked. Raises LinkInvalid,
    NotFound."""
    number, openid = _holder(token)
    _order(number, openid)
    try:
        checkout.ask_alipay(number=number, openid=openid)
    except (GatewayError, DomainError) as error:
        log.warning("alipay_unclear", number=number, error=str(error))
    return redirect(f"{settings().public_url.rstrip('/')}/pay/{token}")


@blueprint.get("/refunds")
@staff_only(Permission.APPROVE_REFUND)
def refund_list(member: StaffMember) -> ResponseReturnValue:
    """Refunds that wait for somebody, the most urgent first."""
    with reading() as session:
        found = refund_reads.waiting_for(session, member)
    return render_template("finance/refunds.html", found=found, now=clock.now(), yuan=yuan)


@blueprint.get("/refunds/<int:refund_id>")
@staff_only(Permission.APPROVE_REFUND)
def refund_page(member: StaffMember, refund_id: int) -> ResponseReturnValue:
    """One refund: the reckoning that the customer sees, who has agreed, and what one may do."""
    with reading() as session:
        refund = refund_reads.visible_to(session, member, refund_id)
        ids = {approval.account_id for approval in refund.approvals}
        names = {id_: each.name for id_, each in staff.staff_members(session, ids).items()}
    return render_template(
        "finance/refund.html",
        refund=refund,
        names=names,
        may_pay_out=permissions.may(member.role, Permission.PAY_OUT),
        causes=list(RefundCause),
        needs_head=refund_rules.needs_head(refund.amount_fen),
        yuan=yuan,
        was_recomputed=request.args.get("recomputed") == "1",
    )


@blueprint.post("/refunds/<int:refund_id>/<verb>")
@staff_only(Permission.APPROVE_REFUND)
def decide_refund(member: StaffMember, refund_id: int, verb: str) -> ResponseReturnValue:
    """A yes, a no with its reason, another cause, or «I have transferred it»."""
    note = request.form.get("note", "").strip()
    if verb == "recast" and request.form.get("cause") not in list(RefundCause):
        return redirect(f"/refunds/{refund_id}?missing=cause", 303)
    if verb in ("refuse", "transferred") and not note:
        return redirect(f"/refunds/{refund_id}?missing=note", 303)
    with unit_of_work() as session:
        if verb == "approve":
            done = refunds.approve(session, refund_id=refund_id, by=member)
        elif verb == "refuse":
            done = refunds.refuse(session, refund_id=refund_id, by=member, note=note)
        elif verb == "recast":
            cause = RefundCause(request.form["cause"])
            done = refunds.recast(session, refund_id=refund_id, by=member, cause=cause)
        elif verb == "transferred":
            done = refunds.transferred(session, refund_id=refund_id, by=member, note=note)
        else:
            raise NotFound()
    again = "?recomputed=1" if done.was_recomputed else ""
    return redirect(f"/refunds/{refund_id}{again}", 303)


def _shown(
    token: str,
    order: OrderView,
    state: PageState,
    parameters: dict[str, str] | None,
    code: Markup | None,
    *,
    is_wechat: bool,
) -> Response:
    page = render_template(
        "finance/pay.html",
        token=token,
        order=order,
        state=state,
        parameters=parameters,
        code=code,
        is_visitor=is_visitor(order.payer_openid),
        is_wechat=is_wechat,
        has_alipay=has_alipay(),
        seconds_left=rules.seconds_to_pay(order, now=clock.now()),
        expires=clock.local(order.expires_at),
        paid=clock.local(order.paid_at) if order.paid_at else None,
        decimal_yuan=decimal_yuan,
        receipts=_receipts(order) if state == PageState.PAID else (),
    )
    return make_response(page, 503 if state == PageState.UNREACHABLE else 200)


def _receipts(order: OrderView) -> list[str]:
    """Where the receipts of a paid order are."""
    with reading() as session:
        return [receipts.link(each.id) for each in receipts.of_order(session, order.id)]


def _drawn(content: str) -> Markup:
    """A QR code as a picture inside the page."""
    picture = segno.make(content, error="m", micro=False)
    return Markup(picture.svg_inline(scale=5, border=3, omitsize=True))  # noqa: S704 - no text.


def _holder(token: str) -> tuple[str, str]:
    """For which order and whom a link was made."""
    claims: dict[str, Any] = crypto.unsign(
        service.PAY_LINK_PURPOSE, token, max_age_seconds=service.PAY_LINK_SECONDS
    )
    return claims["order"], claims["openid"]


def _order(number: str, openid: str) -> OrderView:
    with reading() as session:
        if staff.is_frozen(session, openid):
            raise PayerFrozen()
        return queries.order_for(session, number=number, openid=openid)

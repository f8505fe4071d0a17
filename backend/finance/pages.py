"""The browser's door: the page on which a payer pays inside WeChat, or from a browser by scanning.

Whoever holds the link sees the order's lines and total and no name. Inside WeChat paying is bound
to the payer's own WeChat by the prepay; a visitor of the website gets a code that any WeChat may
pay. What the page says comes from our database, never from the bridge.
"""

from typing import Any

import segno
import structlog
from flask import Blueprint, Response, jsonify, make_response, render_template
from markupsafe import Markup

from backend.finance import checkout, queries, rules, service
from backend.finance.schemas import OrderNotPayable, OrderView, PageState
from backend.gateways.visitors import is_visitor
from backend.kit import clock, crypto
from backend.kit.db import reading
from backend.kit.errors import GatewayError
from backend.kit.money import decimal_yuan

blueprint = Blueprint(
    "finance_pages",
    __name__,
    template_folder="templates",
    static_folder="static",
    static_url_path="/pay/static",
)
log = structlog.get_logger(__name__)


@blueprint.get("/pay/<token>")
def pay_page(token: str) -> Response:
    """The page in whichever state the order is in. Raises LinkInvalid and NotFound."""
    number, openid = _holder(token)
    order = _order(number, openid)
    state, parameters, code = rules.page_state_of(order, now=clock.now()), None, None
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
    return _shown(token, order, state, parameters, code)


@blueprint.get("/pay/<token>/status")
def pay_status(token: str) -> Response:
    """`{"status": …}` for the page to wait by."""
    order = _order(*_holder(token))
    return jsonify(status=rules.page_state_of(order, now=clock.now()))


def _shown(
    token: str,
    order: OrderView,
    state: PageState,
    parameters: dict[str, str] | None,
    code: Markup | None,
) -> Response:
    page = render_template(
        "finance/pay.html",
        token=token,
        order=order,
        state=state,
        parameters=parameters,
        code=code,
        is_visitor=is_visitor(order.payer_openid),
        seconds_left=rules.seconds_to_pay(order, now=clock.now()),
        expires=clock.local(order.expires_at),
        paid=clock.local(order.paid_at) if order.paid_at else None,
        decimal_yuan=decimal_yuan,
    )
    return make_response(page, 503 if state == PageState.UNREACHABLE else 200)


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
        return queries.order_for(session, number=number, openid=openid)

"""The talk with the payment platform about one order, never inside a transaction.

First a unit writes down what we are about to ask, then the platform is asked, then a unit writes
down the answer. A crash in between leaves an open attempt that the poll takes up.
"""

import structlog

from backend.finance import attempts, queries, refund_reads, refunds, service
from backend.finance.schemas import BY_ALIPAY, PaymentAttempt, PaymentMethod
from backend.gateways.payments import Charge, Platform, TradeState, alipay, payments
from backend.kit import clock
from backend.kit.config import settings
from backend.kit.db import reading, unit_of_work
from backend.kit.errors import GatewayError

NOTIFY_PATH = "/pay/wechat/notify"
ALIPAY_NOTIFY_PATH = "/pay/alipay/notify"
log = structlog.get_logger(__name__)


def prepare(*, number: str, openid: str) -> dict[str, str]:
    """The parameters with which WeChat lets this payer pay this order. Opening the page again
    uses the same prepay while it is fresh.

    Raises NotFound, OrderNotPayable, and GatewayError when the platform cannot be had.
    """
    prepay_id = _announced(number, openid, PaymentMethod.WECHAT_JSAPI)
    return payments().bridge_parameters(prepay_id, now=clock.now())


def prepare_code(*, number: str, openid: str) -> str:
    """What the QR code holds by which anybody's WeChat pays this order: for a payer whose browser
    is not WeChat's own. Opening the page again shows the same code while it is fresh. Raises what
    `prepare` raises."""
    return _announced(number, openid, PaymentMethod.WECHAT_NATIVE)


def prepare_alipay(*, number: str, openid: str, is_mobile: bool, back_url: str) -> str:
    """Where this payer's browser goes to pay this order by Alipay; the platform hears of it only
    there. Raises NotFound, OrderNotPayable, and GatewayError without an Alipay."""
    desk = alipay()
    method = PaymentMethod.ALIPAY_WAP if is_mobile else PaymentMethod.ALIPAY_PAGE
    attempt = _begin(number, openid, method)
    return desk.pay_url(charge_of(attempt), is_mobile=is_mobile, back_url=back_url)


def ask_alipay(*, number: str, openid: str) -> None:
    """The payer is back from Alipay: ask how it stands, rather than believe the browser. Raises
    NotFound, GatewayError."""
    with reading() as session:
        order = queries.order_for(session, number=number, openid=openid)
        payment_ids = queries.open_payment_ids(session, order_id=order.id, methods=BY_ALIPAY)
    for payment_id in payment_ids:
        ask(payment_id)


def _platform(method: PaymentMethod) -> Platform:
    return alipay() if method in BY_ALIPAY else payments()


def _announced(number: str, openid: str, method: PaymentMethod) -> str:
    """The platform's word for an attempt of this kind: the one it gave before, or a new one."""
    attempt = _begin(number, openid, method)
    if attempt.prepay_id is None:
        try:
            prepay_id = _announce(attempt, openid, method)
        except GatewayError as error:
            if error.retry:
                raise
            # The platform holds another charge under this name, closed, paid or of other terms.
            log.warning("prepay_refused", out_trade_no=attempt.out_trade_no, error=str(error))
            if not _abandon(attempt):
                raise
            attempt = _begin(number, openid, method)
            prepay_id = _announce(attempt, openid, method)
        with unit_of_work() as session:
            attempts.keep_prepay(session, payment_id=attempt.id, prepay_id=prepay_id)
        return prepay_id
    return attempt.prepay_id


def _announce(attempt: PaymentAttempt, openid: str, method: PaymentMethod) -> str:
    if method is PaymentMethod.WECHAT_NATIVE:
        return payments().prepay_native(charge_of(attempt))
    return payments().prepay_jsapi(charge_of(attempt), openid=openid)


def ask(payment_id: int) -> None:
    """Ask the platform what became of an attempt and act on it; an attempt for an order that is no
    longer to be paid is closed there. Does nothing once the outcome is known."""
    with reading() as session:
        open_attempt = queries.open_attempt(session, payment_id=payment_id, now=clock.now())
    if open_attempt is None:
        return
    platform = _platform(open_attempt.method)
    trade = platform.find(open_attempt.out_trade_no)
    if trade.paid is not None:
        with unit_of_work() as session:
            service.settle(session, paid=trade.paid)
    elif trade.state in (TradeState.CLOSED, TradeState.REFUNDED):
        with unit_of_work() as session:
            attempts.give_up(session, payment_id=payment_id)
    elif open_attempt.is_wanted:
        with unit_of_work() as session:
            attempts.ask_later(session, payment_id=payment_id)
    else:
        platform.close(open_attempt.out_trade_no)
        with unit_of_work() as session:
            attempts.give_up(session, payment_id=payment_id)


def close_expired(order_id: int) -> None:
    """Close an order whose time is over, after making sure that the platform has no money for it.

    Raises GatewayError while the platform cannot be had: the order stays due.
    """
    with reading() as session:
        payment_ids = queries.open_payment_ids(session, order_id=order_id)
    for payment_id in payment_ids:
        ask(payment_id)
    with unit_of_work() as session:
        service.close_expired(session, order_id=order_id)


def give_back(refund_id: int) -> None:
    """Ask the platform to send a refund's money back, and write down what it says. The refund's
    number is the platform's idempotency key: asking again is the same as asking how it stands.

    Raises GatewayError; one that is not to be retried means that money must go another way.
    """
    with reading() as session:
        wanted = refund_reads.payment_behind(session, refund_id)
    if wanted is None:
        with unit_of_work() as session:
            refunds.stick(session, refund_id=refund_id, why="no_platform")
        return
    method, out_trade_no, out_refund_no, amount_fen, total_fen, reason = wanted
    fact = _platform(method).refund(
        out_trade_no=out_trade_no,
        out_refund_no=out_refund_no,
        amount_fen=amount_fen,
        total_fen=total_fen,
        reason=reason or "退费",
        notify_url=f"{settings().public_url.rstrip('/')}{NOTIFY_PATH}",
    )
    with unit_of_work() as session:
        refunds.settle(session, fact=fact)


def _begin(number: str, openid: str, method: PaymentMethod) -> PaymentAttempt:
    with unit_of_work() as session:
        return attempts.begin(session, number=number, openid=openid, method=method)


def _abandon(attempt: PaymentAttempt) -> bool:
    """Clear a refused attempt out of the way; False when the platform never took it on."""
    trade = payments().find(attempt.out_trade_no)
    if trade.state == TradeState.UNKNOWN:
        return False
    if trade.paid is not None:
        with unit_of_work() as session:
            service.settle(session, paid=trade.paid)
        return True
    if trade.state == TradeState.UNPAID:
        payments().close(attempt.out_trade_no)
    with unit_of_work() as session:
        attempts.give_up(session, payment_id=attempt.id)
    return True


def charge_of(attempt: PaymentAttempt) -> Charge:
    """An attempt as the platform is told of it: the same attempt is always the same charge."""
    path = ALIPAY_NOTIFY_PATH if attempt.method in BY_ALIPAY else NOTIFY_PATH
    return Charge(
        out_trade_no=attempt.out_trade_no,
        description=attempt.description,
        amount_fen=attempt.amount_fen,
        notify_url=f"{settings().public_url.rstrip('/')}{path}",
        expires_at=attempt.expires_at,
    )

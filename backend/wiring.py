"""The composition root: which gateway stands behind which port, and which event calls whom.

Every process (web, worker, cron) calls `connect()` once as it starts.
"""

from backend.admissions import sign_up
from backend.finance.schemas import OrderClosed, OrderPaid
from backend.gateways import letters, payments, ports
from backend.gateways.payments.wechat_pay import WechatPay
from backend.gateways.wechat.client import WechatClient
from backend.kit import events, log
from backend.kit.config import settings


def connect() -> None:
    """Wire this process. Calling it again changes nothing but makes new connections."""
    log.set_up(settings().log_level)
    wechat = WechatClient.from_settings()
    ports.use(
        chat=wechat,
        account=wechat,
        sms=letters.sms_from_settings(),
        mail=letters.mail_from_settings(),
    )
    if settings().wechat_pay_private_key_file:
        payments.use(WechatPay.from_settings())
    events.listen(OrderPaid, sign_up.seat_paid)
    events.listen(OrderClosed, sign_up.let_go)

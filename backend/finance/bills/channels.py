"""The platforms that money comes through, and which of our payments belong to each. A new one is a
row here: everything else asks only for `Platform.bill`, `find` and `find_refund`."""

from collections.abc import Callable
from dataclasses import dataclass

from backend.finance.schemas import BY_ALIPAY, PaymentMethod
from backend.gateways.payments import Platform, alipay, payments
from backend.kit.errors import GatewayError


@dataclass(frozen=True)
class Channel:
    """A platform: what it is called, how to reach it, which methods of payment are its own."""

    title: str
    port: Callable[[], Platform]
    methods: frozenset[PaymentMethod]


CHANNELS = {
    "wechat": Channel(
        title="微信支付",
        port=payments,
        methods=frozenset(each for each in PaymentMethod if each.startswith("wechat")),
    ),
    "alipay": Channel(title="支付宝", port=alipay, methods=BY_ALIPAY),
}


def reachable() -> list[str]:
    """The channels this institution has set up."""
    found = []
    for name, channel in CHANNELS.items():
        try:
            channel.port()
        except GatewayError:
            continue
        found.append(name)
    return found

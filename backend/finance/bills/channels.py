"""The platforms that money comes through, and which of our payments belong to each. A new one is a
row here: everything else asks only for `Payments.bill`, `find` and `find_refund`."""

from collections.abc import Callable
from dataclasses import dataclass

from backend.finance.schemas import PaymentMethod
from backend.gateways.payments import Payments, payments
from backend.kit.errors import GatewayError


@dataclass(frozen=True)
class Channel:
    """A platform: what it is called, how to reach it, which methods of payment are its own."""

    title: str
    port: Callable[[], Payments]
    methods: frozenset[PaymentMethod]


CHANNELS = {
    "wechat": Channel(
        title="微信支付",
        port=payments,
        methods=frozenset(each for each in PaymentMethod if each.startswith("wechat")),
    ),
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

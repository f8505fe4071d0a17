"""What the providers of SMS and mail tell afterwards: delivered, or why not.

Numbers that end in 0000 are out of service; mail to `bounce@…` comes back. Without RECEIPT_KEY
nothing is told, as at a vendor where nobody has set the address.
"""

from __future__ import annotations

import threading
import time
from contextlib import suppress
from typing import Any
from urllib.parse import quote

import requests

from sandbox.world import World

REPORTS_AFTER_SECONDS = 0.5
TRIES = 3


def fate_of_sms(phone: str) -> tuple[bool, str]:
    """Whether a phone gets its SMS, and the vendor's word for it."""
    return (False, "MOBILE_NOT_ON_SERVICE") if phone.endswith("0000") else (True, "DELIVERED")


def fate_of_mail(address: str) -> tuple[bool, str]:
    """Whether a mail arrives in the end."""
    return (False, "smtp_550") if address.startswith("bounce@") else (True, "delivered")


def tell(world: World, channel: str, report: dict[str, Any]) -> None:
    """Post a report in a while; gives up when the house does not take it three times."""
    key = world.settings.receipt_key
    if not key:
        return
    url = f"{world.settings.public_url}/receipts/{channel}?key={quote(key)}"
    threading.Thread(target=_post, args=(url, report), daemon=True).start()


def _post(url: str, report: dict[str, Any]) -> None:
    for _ in range(TRIES):
        time.sleep(REPORTS_AFTER_SECONDS)
        with suppress(requests.RequestException):
            if requests.post(url, json=[report], timeout=5).ok:
                return

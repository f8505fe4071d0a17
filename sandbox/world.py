"""Everything one running sandbox holds together, and how a request finds it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from flask import current_app

from sandbox.bell import Bell
from sandbox.clock import Clock
from sandbox.faults import Faults
from sandbox.settings import Settings
from sandbox.store import Store
from sandbox.traffic import Traffic

if TYPE_CHECKING:
    from sandbox.courier import Courier
    from sandbox.pay.notices import Notary
    from sandbox.smtp import MailServer


@dataclass
class World:
    """The parts; `courier` and `notary` own threads and are attached when the app is made."""

    settings: Settings
    store: Store
    clock: Clock
    bell: Bell
    traffic: Traffic
    faults: Faults
    courier: Courier = field(init=False)
    notary: Notary = field(init=False)
    mail_server: MailServer | None = None


def here() -> World:
    """Return the world of the current request."""
    world: World = current_app.extensions["sandbox"]
    return world

"""The words of reconciliation (对账). Amounts are fen, moments aware UTC."""

from datetime import date, datetime
from enum import StrEnum

from pydantic import BaseModel, ConfigDict

from backend.gateways.payments import BillLine, LineKind
from backend.kit.errors import DomainError


class BillStatus(StrEnum):
    """Waiting for the platform to have it ready, or compared."""

    WAITING = "waiting"
    COMPARED = "compared"


class Difference(StrEnum):
    """What does not agree. `here` are our rows, `there` the platform's."""

    MISSING_HERE = "missing_here"
    MISSING_THERE = "missing_there"
    AMOUNT = "amount"
    STATUS = "status"
    FEE = "fee"
    MOVED = "moved"


class Outcome(StrEnum):
    """How a difference was settled."""

    HEALED = "healed"
    EXPLAINED = "explained"
    BOOKED = "booked"


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, from_attributes=True)


class Ours(_Frozen):
    """What our books say of one number: `is_done` is whether money moved, as far as we know."""

    kind: LineKind
    number: str
    amount_fen: int
    is_done: bool
    order_id: int


class Found(_Frozen):
    """One difference. For `moved` and for a missing side one of the amounts is None."""

    difference: Difference
    kind: LineKind | None
    number: str
    ours_fen: int | None
    theirs_fen: int | None
    order_id: int | None = None


class LineView(BillLine):
    """A line of a bill as it was kept."""

    model_config = ConfigDict(frozen=True, from_attributes=True)

    order_id: int | None


class DifferenceView(Found):
    """A difference as pages show it. `is_open`: nobody has settled it, or the voucher that was to
    book it was not approved."""

    id: int
    bill_id: int
    found_at: datetime
    outcome: Outcome | None
    reason: str
    settled_by: int | None
    settled_at: datetime | None
    voucher_id: int | None
    is_open: bool
    order_number: str | None = None


class BillView(_Frozen):
    """A day of one channel."""

    id: int
    channel: str
    on: date
    status: BillStatus
    compared_at: datetime | None
    payments: int
    payments_fen: int
    refunds: int
    refunds_fen: int
    fee_fen: int
    tries: int
    trouble: str
    open_count: int = 0


class DifferenceSettled(DomainError):
    """Somebody has settled it already."""

    status = 409


class ReasonMissing(DomainError):
    """A difference is settled with a reason, and booked against an account."""

    status = 422

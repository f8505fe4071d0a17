"""The words of arrears. All amounts are fen."""

from datetime import date, datetime
from enum import StrEnum
from typing import Any

from pydantic import BaseModel, ConfigDict

from backend.kit.errors import DomainError


class PartStatus(StrEnum):
    """An instalment's life: open → paid or written off; `split` into two by a part payment."""

    OPEN = "open"
    PAID = "paid"
    SPLIT = "split"
    WRITTEN_OFF = "written_off"
    CANCELLED = "cancelled"


class Step(StrEnum):
    """The ladder of dunning: days after the due day."""

    BEFORE = "before"  # D−3
    DUE = "due"  # D0
    LATE = "late"  # D+3
    BLOCKED = "blocked"  # D+7: no new bookings and sign-ups from now on.


class Age(StrEnum):
    """How long something is overdue."""

    NOT_DUE = "not_due"
    TO_30 = "to_30"
    TO_60 = "to_60"
    TO_90 = "to_90"
    BEYOND = "beyond"


class PromiseStatus(StrEnum):
    OPEN = "open"
    KEPT = "kept"
    BROKEN = "broken"


class WriteOffStatus(StrEnum):
    PROPOSED = "proposed"
    APPROVED = "approved"
    REFUSED = "refused"


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, from_attributes=True)


class PartView(_Frozen):
    """One instalment as lists, chats and pages show it."""

    id: int
    plan_id: int
    place: int
    due_on: date
    amount_fen: int
    lessons: int
    status: PartStatus
    description: str
    student_id: int | None
    payer_openid: str
    order_number: str
    campus_id: int | None
    promised_on: date | None = None
    write_off_by: int | None = None
    paid_at: datetime | None = None

    def days_late(self, today: date) -> int:
        return (today - self.due_on).days


class Policy(_Frozen):
    """What happens to who does not pay. `is_full` also rests the classes until it is paid."""

    is_full: bool = False


class PartPaid(_Frozen):
    """An instalment has been paid: published once."""

    instalment_id: int
    plan_id: int
    payer_openid: str
    student_id: int | None


Lines = list[dict[str, Any]]


class InArrears(DomainError):
    """Something is overdue beyond the ladder: no new bookings or sign-ups until it is paid
    (`amount`, `course`)."""

    status = 409


class PlanUnfit(DomainError):
    """The order cannot be paid in these parts (`why`)."""


class PromiseUnfit(DomainError):
    """The day is too far off, past, or was promised too often (`why`, `latest`)."""


class PartClosed(DomainError):
    """The instalment is not open any more (`status`)."""

    status = 409


class OwnWriteOff(DomainError):
    """Four eyes: who proposed a write-off does not approve it."""

    status = 403

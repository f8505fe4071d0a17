"""The words of a refund (退费). All amounts are fen, all moments aware UTC."""

from datetime import datetime
from enum import StrEnum

from pydantic import BaseModel, ConfigDict, Field

from backend.kit.errors import DomainError


class RefundCause(StrEnum):
    """Who brought the contract to its end: it decides how lessons taken are valued."""

    CUSTOMER = "customer"  # 家长或学员自己的原因
    INSTITUTION = "institution"  # 机构的原因：停课、搬迁、换老师、与承诺不符
    NEITHER = "neither"  # 双方都没有责任：生病、搬家到外地等客观情况


class RefundStatus(StrEnum):
    """asked → approved (money on its way) → done; or refused, or withdrawn by the customer.
    `stuck`: the platform would not send the money back, somebody has to transfer it."""

    ASKED = "asked"
    APPROVED = "approved"
    DONE = "done"
    STUCK = "stuck"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"


class Basis(StrEnum):
    """At which price lessons taken are deducted."""

    NET = "net"  # 折后价
    LIST = "list"  # 原价


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, from_attributes=True)


class RefundTerms(_Frozen):
    """What the institution's own contract grants; where it is kinder than the law, it holds."""

    cooling_off_days: int = Field(default=7, ge=7)
    customer_basis: Basis = Basis.NET


class LineTaken(_Frozen):
    """An order line and what has been had of it. `used` counts lessons taken, gifts included."""

    order_line_id: int
    description: str
    bought: int = Field(ge=0)
    gifts: int = Field(ge=0)
    used: int = Field(ge=0)
    list_fen: int = Field(ge=0)
    net_fen: int = Field(ge=0)
    is_material: bool = False


class Step(_Frozen):
    """One step of the reckoning; the steps of a quote sum to its total. `source` is the rule."""

    label: str
    amount_fen: int
    source: str = ""


class RefundQuote(_Frozen):
    """What goes back and why. `by_line`: (order line id, fen). `interest_fen` is owed besides: the
    platform sends back no more than came in, so it is transferred."""

    steps: tuple[Step, ...]
    by_line: tuple[tuple[int, int], ...]
    total_fen: int
    is_cooling_off: bool
    interest_fen: int = 0


class ApprovalView(_Frozen):
    account_id: int
    at: datetime


class RefundView(_Frozen):
    """A refund as customers, approvers and pages see it."""

    id: int
    number: str
    order_id: int
    order_number: str
    openid: str
    cause: RefundCause
    reason: str
    status: RefundStatus
    amount_fen: int
    interest_fen: int
    interest_paid_at: datetime | None
    steps: tuple[Step, ...]
    asked_at: datetime
    due_at: datetime
    decided_at: datetime | None
    done_at: datetime | None
    note: str | None
    approvals: tuple[ApprovalView, ...] = ()
    was_recomputed: bool = False


class RefundApproved(_Frozen):
    """Money goes back: published once per refund, with the seat and lessons to be given up."""

    refund_id: int
    order_id: int
    number: str
    purpose_key: str
    payer_openid: str
    amount_fen: int


class RefundDone(_Frozen):
    """The money of a refund has gone back: published once."""

    refund_id: int
    order_id: int
    amount_fen: int


# Broken rules.


class NothingToRefund(DomainError):
    """Nothing of the order is left to give back (`number`)."""

    status = 409


class RefundOpen(DomainError):
    """A refund of this order is under way already (`number`)."""

    status = 409


class RefundDecided(DomainError):
    """The refund is no longer waiting for that (`status`)."""

    status = 409


class OwnApproval(DomainError):
    """Four eyes: who has approved already, or has asked, cannot be the second (`why`)."""

    status = 403

"""The words of the waitlist."""

from datetime import datetime
from enum import StrEnum

from pydantic import BaseModel, ConfigDict, Field

from backend.kit.errors import DomainError


class WaitingStatus(StrEnum):
    WAITING = "waiting"  # 排队中
    OFFERED = "offered"  # 已通知
    TAKEN = "taken"  # 已接受
    LEFT = "left"  # 已退出
    DECLINED = "declined"  # 已放弃
    EXPIRED = "expired"  # 已超时


OPEN = (WaitingStatus.WAITING, WaitingStatus.OFFERED)


class WaitForm(BaseModel):
    """What the talk about waiting collected. `from_class_id` is the class that the child sits in
    and would leave, with lessons paid for that course; such a child needs no phone again."""

    model_config = ConfigDict(frozen=True)

    openid: str
    child_name: str
    grade: str | None
    class_group_id: int
    source_key: str
    phone: str | None = None
    privacy_version: str | None = None
    from_class_id: int | None = None


class WaitingView(BaseModel):
    """A child in a line; `place` counts from 1 among those still waiting, 0 once a seat is
    offered."""

    model_config = ConfigDict(frozen=True, from_attributes=True)

    id: int
    class_group_id: int
    class_name: str
    openid: str
    child_name: str
    grade: str | None
    status: WaitingStatus
    place: int
    from_class_id: int | None
    joined_at: datetime
    offer_until: datetime | None
    phone: str | None = Field(repr=False)


class Line(BaseModel):
    """How many wait for a class, and how many of its seats are offered."""

    model_config = ConfigDict(frozen=True)

    class_group_id: int
    class_name: str
    waiting: int
    offered: int
    since: datetime


class SeatsFree(DomainError):
    """The class is not full: nobody needs to wait (`class_name`)."""


class OfferOver(DomainError):
    """The offered seat has gone on to the next (`class_name`)."""

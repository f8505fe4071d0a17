"""The words of drafts and changes."""

from datetime import datetime, timedelta
from enum import StrEnum

from pydantic import BaseModel, ConfigDict

from backend.kit.errors import DomainError


class Place(BaseModel):
    """Where a lesson is: when, with whom, in which room."""

    model_config = ConfigDict(frozen=True, from_attributes=True)

    starts_at: datetime
    ends_at: datetime
    teacher_id: int
    assistant_id: int | None
    venue_id: int | None

    @property
    def minutes(self) -> int:
        return (self.ends_at - self.starts_at) // timedelta(minutes=1)


class Move(BaseModel):
    """One lesson from one place to another."""

    model_config = ConfigDict(frozen=True)

    lesson_id: int
    was: Place
    becomes: Place


class SlotView(BaseModel):
    """A place where a lesson could go, with the names that people know."""

    model_config = ConfigDict(frozen=True)

    move: Move
    teacher_name: str
    venue_name: str | None
    new_teacher: bool
    new_room: bool


class MoveView(BaseModel):
    """A move in words for people: the class, and both places."""

    model_config = ConfigDict(frozen=True)

    move: Move
    class_name: str
    before_teacher: str
    after_teacher: str
    before_venue: str | None
    after_venue: str | None


class TimeOffKind(StrEnum):
    STAFF = "staff"  # 教师不在
    ROOM = "room"  # 教室维修
    HOUSE = "house"  # 全校停课
    BREAK = "break"  # 学校放假


class RunStatus(StrEnum):
    WAITING = "waiting"  # 等待
    RUNNING = "running"  # 排课中
    DONE = "done"  # 排好了
    CANCELLED = "cancelled"  # 已停止
    FAILED = "failed"  # 没排成
    ADOPTED = "adopted"  # 已采用


class FeedKind(StrEnum):
    LEARNER = "learner"
    TEACHER = "teacher"
    ROOM = "room"


class WorldChanged(DomainError):
    """Somebody has changed the timetable since this was proposed (`class_name`)."""

    status = 409


class Forbidden(DomainError):
    """Nobody may put a lesson there (`rules`): a clash, or the law."""

    status = 409


class Unwise(DomainError):
    """It is against wishes that may be overridden with a reason (`rules`)."""

    status = 409


class NotOver(DomainError):
    """The draft is not ready, or was stopped."""

    status = 409


class NoSuchFeed(DomainError):
    """The calendar's address is wrong, revoked, or its owner may not see it any more."""

    status = 404

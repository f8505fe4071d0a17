"""What rooms hand in to have people reminded, and what the console shows of it."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time
from enum import StrEnum
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from backend.outbox.schemas import Channel, Notice, NoticeKind, Recipient

_Frozen = ConfigDict(frozen=True, from_attributes=True)


class Audience(StrEnum):
    """Who is told."""

    GUARDIAN = "guardian"
    STUDENT = "student"
    TEACHER = "teacher"
    ADVISOR = "advisor"
    PROSPECT = "prospect"
    PAYER = "payer"
    CUSTOMER = "customer"


class Timing(StrEnum):
    """What a rule's number counts."""

    DAYS = "days"  # So many days before, at a time of the day.
    HOURS = "hours"  # So many hours before the moment itself.
    MINUTES = "minutes"  # So many minutes before it.
    AFTER = "after"  # So many minutes after it: what nobody knows before it has happened.
    DAYS_AFTER = "days_after"  # So many days after it, at a time of the day.
    BELOW = "below"  # As soon as no more than so many are left, at a time of the day.


class Question(BaseModel):
    """What a room is asked: facts whose moment lies in [from_at, to_at), or with `amount` or less
    left; a page of at most `limit` after the keys `after`. `on_since` is since when the rule
    speaks, for what was told in another way before; None for one that is off."""

    model_config = _Frozen

    amount: int
    audience: Audience
    campus_id: int | None
    from_at: datetime
    to_at: datetime
    after: tuple[int, int] = (0, 0)
    limit: int = 1000
    on_since: datetime | None = None


class Fact(BaseModel):
    """Something due. `subject` names it so that nobody hears of it twice; `who` is the id of the
    learner or the account it concerns; `at` its moment, None for what is simply so; from `until` on
    nobody needs to be told any more."""

    model_config = _Frozen

    subject: str
    who: int
    at: datetime | None = None
    until: datetime | None = None
    values: dict[str, str]


class Facts(BaseModel):
    """A page of facts; `after` asks for the next one, None after the last."""

    model_config = _Frozen

    facts: list[Fact]
    after: tuple[int, int] | None = None


class Contact(BaseModel):
    """Somebody to tell about `who`, whom `name` names. `person` is whose day's cap counts, and who
    gets one message where several come together."""

    model_config = _Frozen

    who: int
    name: str
    person: str
    recipient: Recipient


# Both are given the session first, which words may not know.
Find = Callable[[Any, Question], Facts]
Reach = Callable[[Any, Collection[int]], list[Contact]]
Agreed = Callable[[Any, Collection[str]], set[str]]


@dataclass(frozen=True)
class Wording:
    """A reminder for one audience: its sentence, what one can do next, and the three fields of its
    card (what, whom, when). Placeholders are a fact's values and `{name}`."""

    line: str
    next_step: str
    card: tuple[str, str, str]


@dataclass(frozen=True)
class Kind:
    """Something people can be reminded of: one entry of a room's list makes it known everywhere.

    `amounts` are the least, the usual and the greatest number a rule may have; `notice` is what
    people decline it by.
    """

    key: str
    name: str
    timing: Timing
    unit: str
    amounts: tuple[int, int, int]
    wordings: Mapping[Audience, Wording]
    find: Find
    notice: NoticeKind = NoticeKind.REMINDER
    usual_time: time = time(18)


class RuleDraft(BaseModel):
    """A rule as a form sends it. Empty `channels` are all; empty `quiet_hours` the house's own,
    which hold in any case; the days are half-open."""

    model_config = _Frozen

    kind: str
    amount: int
    audience: Audience
    campus_id: int | None = None
    send_at: time
    quiet_hours: str = Field(default="", pattern=r"^$|^\d\d:\d\d-\d\d:\d\d$")
    daily_cap: int = Field(default=3, ge=1, le=20)
    channels: tuple[Channel, ...] = ()
    valid_from: date
    valid_to: date | None = None

    @field_validator("quiet_hours")
    @classmethod
    def _shows_times(cls, hours: str) -> str:
        starts, _, ends = hours.partition("-")
        if hours and time.fromisoformat(starts) == time.fromisoformat(ends):
            raise ValueError("quiet hours that begin when they end")
        return hours

    @model_validator(mode="after")
    def _has_days(self) -> "RuleDraft":
        if self.valid_to is not None and self.valid_to <= self.valid_from:
            raise ValueError("a rule has to be valid for a day")
        return self


class RuleView(RuleDraft):
    """A rule as it stands. `done_until`: what fell due before has been told."""

    id: int
    is_on: bool
    version: int
    done_until: datetime
    changed_at: datetime


class Exclusion(StrEnum):
    """Why somebody is not told."""

    DECLINED = "declined"
    NO_CONSENT = "no_consent"
    NO_CHANNEL = "no_channel"
    CAPPED = "capped"
    QUIET = "quiet"


class Line(BaseModel):
    """One reminder to one person: part of a message. `key` makes it the only one of its rule."""

    model_config = _Frozen

    key: str
    rule_id: int
    text: str
    next_step: str
    card: tuple[str, str, str]


class Planned(BaseModel):
    """One message: everything that a person is reminded of at one moment. With `excluded` it does
    not go out. `due_at` is after the quiet hours."""

    model_config = _Frozen

    person: str
    recipient: Recipient
    template: str
    fires_at: datetime
    due_at: datetime
    channels: tuple[Channel, ...]
    lines: tuple[Line, ...]
    notice: Notice
    excluded: Exclusion | None = None


class Preview(BaseModel):
    """Who would get what: the first rows with their real wording, and how many in all."""

    model_config = _Frozen

    rows: list[Planned]
    told: int
    excluded: dict[Exclusion, int]
    token: str


class Outlook(BaseModel):
    """How many messages go to how many people, and how many do not go out."""

    model_config = _Frozen

    told: int
    people: int
    left_out: int

"""The words of the figures."""

from datetime import date
from enum import StrEnum

from pydantic import BaseModel, ConfigDict

STEPS = ("leads", "contacted", "tried", "came", "ordered", "paid", "renewed")
"""The funnel, from the lead on; visits come before it and belong to no lead."""
MEASURES = (*STEPS, "lost", "responded", "quick", "response_seconds", "office_seconds", "net_fen")


class Dimension(StrEnum):
    """Along what figures are told apart."""

    CHANNEL = "channel"  # 渠道
    CAMPAIGN = "campaign"  # 活动
    CAMPUS = "campus"  # 校区
    ADVISOR = "advisor"  # 顾问
    COURSE = "course"  # 课程
    REASON = "reason"  # 流失原因


class Period(BaseModel):
    """Local days [from_on, to_on), and how a reader calls them."""

    model_config = ConfigDict(frozen=True)

    from_on: date
    to_on: date
    name: str = ""


class Sums(BaseModel):
    """The measures of some leads."""

    model_config = ConfigDict(frozen=True)

    leads: int = 0
    contacted: int = 0
    tried: int = 0
    came: int = 0
    ordered: int = 0
    paid: int = 0
    renewed: int = 0
    lost: int = 0
    responded: int = 0
    quick: int = 0
    response_seconds: int = 0
    office_seconds: int = 0
    net_fen: int = 0

    @property
    def conversion(self) -> float | None:
        """Per cent of the leads that have paid."""
        return share(self.paid, self.leads)

    @property
    def quick_share(self) -> float | None:
        """Per cent of the leads that were answered by a person in time."""
        return share(self.quick, self.leads)

    @property
    def response_minutes(self) -> float | None:
        """Average until a person answered."""
        return round(self.response_seconds / self.responded / 60, 1) if self.responded else None

    @property
    def office_minutes(self) -> float | None:
        """The same in office time."""
        return round(self.office_seconds / self.responded / 60, 1) if self.responded else None


class Slice(BaseModel):
    """One value of a dimension: `value` as addresses have it, `name` as people read it. Costs are
    None where a dimension has none."""

    model_config = ConfigDict(frozen=True)

    value: str
    name: str
    sums: Sums
    visits: int | None = None
    cost_fen: int | None = None

    @property
    def cost_of_one(self) -> int | None:
        """Fen for each lead that has paid."""
        return self.cost_fen // self.sums.paid if self.cost_fen and self.sums.paid else None

    @property
    def roi(self) -> float | None:
        """What came in less what it cost, per cent of the cost."""
        return share(self.sums.net_fen - self.cost_fen, self.cost_fen) if self.cost_fen else None


class Forecast(BaseModel):
    """How this month may end: paid sign-ups and what they bring."""

    model_config = ConfigDict(frozen=True)

    paid: int
    net_fen: int
    daily: float
    days_left: int

    @property
    def expected(self) -> int:
        return self.paid + round(self.daily * self.days_left)


class Figures(BaseModel):
    """Everything that a page of figures shows. `visits` is None for whoever sees a part only:
    who comes belongs to no campus yet. In `talks` and its slices `leads` counts the talks that
    asked for an advisor in the period, not leads."""

    model_config = ConfigDict(frozen=True)

    period: Period
    sums: Sums
    visits: int | None
    by: dict[Dimension, list[Slice]]
    days: list[tuple[date, int, int]]
    talks: Sums
    talks_by: dict[Dimension, list[Slice]]
    cost_fen: int
    forecast: Forecast


class Advice(BaseModel):
    """A sentence that cites the figures it follows from, and where they are opened."""

    model_config = ConfigDict(frozen=True)

    text: str
    query: str


def share(part: int, whole: int) -> float | None:
    """Per cent; None of nothing."""
    return round(100 * part / whole, 1) if whole else None

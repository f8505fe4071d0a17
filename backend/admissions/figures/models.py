"""Tables of the figures. All of them can be made anew from the leads (`keeping.recount`)."""

from datetime import date
from typing import Annotated

from sqlalchemy import BigInteger, Date, ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from backend.kit.db import Base

Count = Annotated[int, mapped_column(default=0)]
Sum = Annotated[int, mapped_column(BigInteger, default=0)]
DAY_KEY = ("on", "campus_id", "advisor_id", "dimension", "value")


class FigureHead(Base):
    """The one row (id 1) for which whoever keeps the figures up waits; `is_built` once they have
    been made from all leads."""

    __tablename__ = "admissions_figure_head"

    id: Mapped[int] = mapped_column(primary_key=True)
    is_built: Mapped[bool] = mapped_column(default=False)


class FigureTouch(Base):
    """Something has changed: a lead, a talk, or who came on a day. Written in the unit that changed
    it."""

    __tablename__ = "admissions_figure_touch"

    id: Mapped[int] = mapped_column(primary_key=True)
    lead_id: Mapped[int | None]
    talk_id: Mapped[int | None]
    on: Mapped[date | None] = mapped_column(Date)


class FigureLead(Base):
    """What the figures hold of one lead: where it came from and how far it has come. `came_on` is
    the local day; `is_counted` 0 for doubles. Steps are 0 or 1, so that they can be summed.

    `campaign` and `lost_reason` are empty, `campus_id`, `advisor_id` and `course_id` 0 where there
    is none. `net_fen` is what was paid less what was approved to go back.
    """

    __tablename__ = "admissions_figure_lead"
    __table_args__ = (Index("ix_admissions_figure_lead_advisor_came", "advisor_id", "came_on"),)

    lead_id: Mapped[int] = mapped_column(ForeignKey("admissions_lead.id"), primary_key=True)
    came_on: Mapped[date] = mapped_column(Date, index=True)
    channel: Mapped[str] = mapped_column(String(40))
    campaign: Mapped[str] = mapped_column(String(40), default="")
    campus_id: Mapped[Count]
    advisor_id: Mapped[Count]
    course_id: Mapped[Count]
    lost_reason: Mapped[str] = mapped_column(String(12), default="")
    is_counted: Mapped[Count]
    contacted: Mapped[Count]
    tried: Mapped[Count]
    came: Mapped[Count]
    ordered: Mapped[Count]
    paid: Mapped[Count]
    renewed: Mapped[Count]
    responded: Mapped[Count]
    quick: Mapped[Count]
    response_seconds: Mapped[Sum]
    office_seconds: Mapped[Sum]
    net_fen: Mapped[Sum]
    paid_on: Mapped[date | None] = mapped_column(Date, index=True)


class FigureTalk(Base):
    """How long a customer waited in one talk that the bot gave to an advisor: from their message
    (`on` is its local day) to the first word of a person. `lead_id` is 0 without a lead; `channel`
    and `campus_id` are the lead's, `advisor_id` whoever answered or has it now."""

    __tablename__ = "admissions_figure_talk"

    talk_id: Mapped[int] = mapped_column(
        ForeignKey("students_takeover.id"), primary_key=True, autoincrement=False
    )
    on: Mapped[date] = mapped_column(Date, index=True)
    lead_id: Mapped[int] = mapped_column(index=True)
    channel: Mapped[str] = mapped_column(String(40))
    campus_id: Mapped[Count]
    advisor_id: Mapped[Count]
    responded: Mapped[Count]
    quick: Mapped[Count]
    response_seconds: Mapped[Sum]
    office_seconds: Mapped[Sum]


class FigureDay(Base):
    """One day's sums for one campus and advisor (as the leads have them), along one dimension: all
    of them, a channel, a campaign, a course, a reason. A lead is in one row of each that applies,
    so that what a month costs to read depends on how many channels there are, not on leads.

    Along `paid_on` the day is that of the payment, elsewhere the day the lead came. Along `talk`,
    by channel, `leads` counts the talks that asked for an advisor on that day.
    """

    __tablename__ = "admissions_figure_day"
    __table_args__ = (UniqueConstraint(*DAY_KEY, name="uq_admissions_figure_day_key"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    on: Mapped[date] = mapped_column(Date)
    campus_id: Mapped[int]
    advisor_id: Mapped[int]
    dimension: Mapped[str] = mapped_column(String(10))
    value: Mapped[str] = mapped_column(String(40))
    leads: Mapped[Count]
    contacted: Mapped[Count]
    tried: Mapped[Count]
    came: Mapped[Count]
    ordered: Mapped[Count]
    paid: Mapped[Count]
    renewed: Mapped[Count]
    lost: Mapped[Count]
    responded: Mapped[Count]
    quick: Mapped[Count]
    response_seconds: Mapped[Sum]
    office_seconds: Mapped[Sum]
    net_fen: Mapped[Sum]


class FigureVisit(Base):
    """How many people wrote to us or followed us for the first time on a day, by channel."""

    __tablename__ = "admissions_figure_visit"

    on: Mapped[date] = mapped_column(Date, primary_key=True)
    channel: Mapped[str] = mapped_column(String(40), primary_key=True)
    people: Mapped[int]


class ChannelCost(Base):
    """渠道费用: what a channel cost in a month (its first day), for a campus or the house (0)."""

    __tablename__ = "admissions_channel_cost"

    channel: Mapped[str] = mapped_column(String(40), primary_key=True)
    month: Mapped[date] = mapped_column(Date, primary_key=True)
    campus_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    amount_fen: Mapped[Sum]


class FigureThreshold(Base):
    """From where on a figure is worth a word of advice; those not written down are the house's."""

    __tablename__ = "admissions_figure_threshold"

    name: Mapped[str] = mapped_column(String(20), primary_key=True)
    value: Mapped[int]

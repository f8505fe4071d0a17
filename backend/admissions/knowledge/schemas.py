"""The words of the knowledge."""

from datetime import date, datetime

from pydantic import BaseModel, ConfigDict

from backend.kit.errors import DomainError


class Draft(BaseModel):
    """An entry as somebody writes it."""

    model_config = ConfigDict(frozen=True)

    question: str
    phrasings: tuple[str, ...]
    answer: str
    campus_id: int | None
    owner_id: int
    valid_from: date
    valid_until: date | None
    review_on: date


class EntryView(BaseModel):
    """An entry as staff see it and as the bot says it."""

    model_config = ConfigDict(frozen=True, from_attributes=True)

    id: int
    question: str
    phrasings: list[str]
    answer: str
    campus_id: int | None
    owner_id: int
    valid_from: date
    valid_until: date | None
    review_on: date
    retired_at: datetime | None
    revision: int


class ProposalView(BaseModel):
    """A question that a person has answered, waiting for a decision."""

    model_config = ConfigDict(frozen=True, from_attributes=True)

    id: int
    question: str
    answer: str
    answered_by_id: int
    created_at: datetime


class ChangedMeanwhile(DomainError):
    """Somebody else has saved the entry since it was opened."""


class DecidedAlready(DomainError):
    """A colleague has decided the proposal meanwhile."""

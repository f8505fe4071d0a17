"""What may be proposed: a fee, a package, a promotion, the end of one, a switched rule, how
long lessons last."""

from datetime import date
from enum import StrEnum
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, model_validator

from backend.finance.prices.schemas import LearnerType, Occasion


class _Draft(BaseModel):
    model_config = ConfigDict(frozen=True)


class FeeDraft(_Draft):
    """收费标准 or 课时包 from a day on."""

    kind: Literal["fee"] = "fee"
    course_id: int
    campus_id: int | None = None
    learner: LearnerType | None = None
    is_bundle: bool = False
    lesson_count: int = Field(gt=0, le=1000)
    amount_fen: int = Field(gt=0, le=100_000_00)
    material_fee_fen: int = Field(default=0, ge=0, le=100_000_00)
    months: int | None = Field(default=None, gt=0, le=36)
    effective_from: date


class PackageDraft(_Draft):
    """套餐: (course id, lessons) for one price."""

    kind: Literal["package"] = "package"
    name: str = Field(min_length=1, max_length=40)
    campus_id: int | None = None
    total_fen: int = Field(gt=0, le=100_000_00)
    takes_seat: bool = True
    items: tuple[tuple[int, int], ...] = Field(min_length=2, max_length=8)
    effective_from: date
    effective_to: date | None = None

    @model_validator(mode="after")
    def _fits(self) -> "PackageDraft":
        if any(lessons <= 0 for _, lessons in self.items):
            raise ValueError("every course of a package has lessons")
        if len({course_id for course_id, _ in self.items}) < len(self.items):
            raise ValueError("a course is in a package once")
        return self


class PromotionDraft(_Draft):
    """优惠; with a code it is a coupon."""

    kind: Literal["promotion"] = "promotion"
    name: str = Field(min_length=1, max_length=40)
    occasion: Occasion
    percent: int = Field(default=100, gt=0, le=100)
    amount_fen: int = Field(default=0, ge=0, le=100_000_00)
    from_fen: int = Field(default=0, ge=0, le=100_000_00)
    gift_lessons: int = Field(default=0, ge=0, le=60)
    days_before: int = Field(default=0, ge=0, le=365)
    course_id: int | None = None
    campus_id: int | None = None
    learner: LearnerType | None = None
    code: str | None = Field(default=None, pattern=r"^[A-Z0-9]{3,24}$")
    limit_total: int | None = Field(default=None, gt=0)
    limit_per_person: int | None = Field(default=None, gt=0)
    period_days: int | None = Field(default=None, gt=0, le=366)
    effective_from: date
    effective_to: date | None = None

    @model_validator(mode="after")
    def _fits(self) -> "PromotionDraft":
        if self.percent == 100 and not self.amount_fen and not self.gift_lessons:
            raise ValueError("a promotion gives something")
        if (self.occasion in (Occasion.COUPON, Occasion.REFERRAL)) != (self.code is not None):
            raise ValueError("coupons have a code, nothing else has")
        if self.effective_to is not None and self.effective_to <= self.effective_from:
            raise ValueError("a promotion holds for a day at least")
        return self


class What(StrEnum):
    """What can be ended."""

    FEE = "fee"
    PACKAGE = "package"
    PROMOTION = "promotion"


class EndDraft(_Draft):
    """From a day on something is not sold, or not given, any more."""

    kind: Literal["end"] = "end"
    what: What
    id: int
    name: str = Field(max_length=60)
    effective_to: date


class SwitchDraft(_Draft):
    """A legal cap binds a type of learners here, or does not."""

    kind: Literal["switch"] = "switch"
    rule: str
    learner: LearnerType
    is_on: bool


class ValidityDraft(_Draft):
    """Lessons of a course last so many months from their payment, None without an end; those paid
    before keep what held then."""

    kind: Literal["validity"] = "validity"
    course_id: int
    months: int | None = Field(default=None, gt=0, le=120)


Draft = Annotated[
    FeeDraft | PackageDraft | PromotionDraft | EndDraft | SwitchDraft | ValidityDraft,
    Field(discriminator="kind"),
]
DRAFT: TypeAdapter[Draft] = TypeAdapter(Draft)

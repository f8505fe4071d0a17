"""The words of prices. All amounts are fen; percents are what is still paid (9折 is 90)."""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from pydantic import BaseModel, ConfigDict

from backend.finance.schemas import NewLine
from backend.kit.errors import DomainError


class LearnerType(StrEnum):
    """For whom a fee or a legal rule holds."""

    PRESCHOOL = "preschool"  # 学龄前
    K12 = "k12"  # 中小学
    ADULT = "adult"  # 成人


class Occasion(StrEnum):
    """Why there is a promotion, in the one order in which they are reckoned (clauses §4 rule 9):
    each takes its share of what the ones before have left."""

    CAMPAIGN = "campaign"  # 活动：打折、立减、满减、赠课时
    EARLY_BIRD = "early_bird"  # 早鸟
    RENEWAL = "renewal"  # 续费
    SIBLING = "sibling"  # 兄弟姐妹
    REFERRAL = "referral"  # 老带新
    COUPON = "coupon"  # 优惠码


STACKING = tuple(Occasion)


@dataclass(frozen=True)
class Offer:
    """A promotion as the rules see it. Unset scopes hold for all; `from_fen` is the least amount,
    after earlier steps, from which it holds (满减)."""

    id: int
    name: str
    occasion: Occasion
    percent: int = 100
    amount_fen: int = 0
    from_fen: int = 0
    gift_lessons: int = 0
    days_before: int = 0
    course_id: int | None = None
    campus_id: int | None = None
    learner: LearnerType | None = None


@dataclass(frozen=True)
class Item:
    """One line before discounts. `package_fen` is its share of a package's price, equal to
    `list_fen` outside of one; `days_to_start` is None where nothing begins on a day."""

    description: str
    list_fen: int
    package_fen: int
    lessons: int = 0
    course_id: int | None = None
    campus_id: int | None = None
    class_group_id: int | None = None
    is_material: bool = False
    is_renewal: bool = False
    days_to_start: int | None = None


@dataclass(frozen=True)
class Basket:
    """What one child's order holds, and the facts that promotions ask for. `siblings` are other
    children of the family who are with us already; `unlocked` the promotions that codes open."""

    items: tuple[Item, ...]
    learner: LearnerType
    siblings: int = 0
    package: str = ""
    months: int | None = None
    unlocked: frozenset[int] = frozenset()


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, from_attributes=True)


class Step(_Frozen):
    """One line of the explanation. The steps of a quote sum to its total, and so does what they
    say of each line (`by_line`: fen by the line's place)."""

    label: str
    amount_fen: int
    by_line: tuple[int, ...] = ()
    occasion: str = "list"
    promotion_id: int | None = None


class Quote(_Frozen):
    """What one order costs and why; `lines` are ready to be billed."""

    lines: tuple[NewLine, ...]
    steps: tuple[Step, ...]
    learner: LearnerType
    months: int | None = None

    @property
    def total_fen(self) -> int:
        return sum(line.net_fen for line in self.lines)

    @property
    def list_fen(self) -> int:
        return sum(line.list_fen for line in self.lines)

    @property
    def gifts(self) -> int:
        return sum(line.gift_count for line in self.lines)

    @property
    def promotion_ids(self) -> tuple[int, ...]:
        return tuple(step.promotion_id for step in self.steps if step.promotion_id is not None)


class Wanted(_Frozen):
    """One thing to buy for one child: a term of a class, a bundle of lessons, or a package.
    `student_id` is None for a child who is not with us yet."""

    class_group_id: int | None = None
    bundle_id: int | None = None
    package_id: int | None = None
    campus_id: int | None = None
    student_id: int | None = None
    child_name: str = ""
    grade: int | None = None


class FeeView(_Frozen):
    """A fee standard or a bundle as pages show it."""

    id: int
    course_id: int
    campus_id: int | None
    learner_type: str | None
    is_bundle: bool
    lesson_count: int
    months: int | None
    amount_fen: int
    material_fee_fen: int
    effective_from: date
    effective_to: date | None


class PackageItemView(_Frozen):
    course_id: int
    lesson_count: int


class PackageView(_Frozen):
    """A package as pages show it."""

    id: int
    name: str
    campus_id: int | None
    total_fen: int
    takes_seat: bool
    items: tuple[PackageItemView, ...]
    effective_from: date
    effective_to: date | None


class PromotionView(_Frozen):
    """A promotion as pages show it."""

    id: int
    name: str
    occasion: Occasion
    percent: int
    amount_fen: int
    from_fen: int
    gift_lessons: int
    days_before: int
    course_id: int | None
    campus_id: int | None
    learner_type: str | None
    code: str | None
    limit_total: int | None
    limit_per_person: int | None
    period_days: int | None
    effective_from: date
    effective_to: date | None


class RenewalOffer(_Frozen):
    """One way to go on, with its price."""

    wanted: Wanted
    quote: Quote


class CapKind(StrEnum):
    LESSONS = "lessons"
    MONTHS = "months"
    AMOUNT = "amount"


class Breach(_Frozen):
    """A legal cap that an order would go over, with the rule's source."""

    kind: CapKind
    most: int
    asked: int
    source: str
    held_from: date


class PriceMissing(DomainError):
    """Nobody has set a price for what is wanted (`what`)."""


class FeeCapExceeded(DomainError):
    """The law allows no such charge at once (`most`, `asked`, `kind`, `source`)."""


class CodeUnknown(DomainError):
    """There is no such code, or it does not hold today or for this (`code`)."""


class CodeSpent(DomainError):
    """The code has been used as often as it may be (`code`)."""

    status = 409


class PriceMoved(DomainError):
    """The price has changed since it was shown (`seen_fen`, `now_fen`)."""

    status = 409

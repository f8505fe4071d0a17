"""The words of the admissions room."""

from datetime import datetime
from enum import StrEnum

from pydantic import BaseModel, ConfigDict

BY_THEMSELVES, FROM_WEBSITE, FROM_FAMILY = "wechat", "website", "family"
BY_PHONE, WALKED_IN = "phone", "walk_in"
FROM_FORM, FROM_SHEET = "form", "excel"
"""Where a lead comes from that no code led here."""


class Stage(StrEnum):
    """How far a lead has come (A15)."""

    NEW = "new"  # 新线索
    CONTACTED = "contacted"  # 已联系
    TRIAL = "trial"  # 约试听
    ORDERED = "ordered"  # 已下单
    WON = "won"  # 已报名
    LOST = "lost"  # 已流失


OPEN_STAGES = (Stage.NEW, Stage.CONTACTED, Stage.TRIAL, Stage.ORDERED)


class LostReason(StrEnum):
    """Why somebody does not come."""

    PRICE = "price"  # 价格
    TIME = "time"  # 时间不合适
    FAR = "far"  # 距离远
    ELSEWHERE = "elsewhere"  # 选了别家
    NO_NEED = "no_need"  # 暂无需求
    UNREACHABLE = "unreachable"  # 联系不上
    DOUBLE = "double"  # 重复
    OTHER = "other"  # 其他


class Touch(StrEnum):
    """How a follow-up came about."""

    NOTE = "note"  # 记录
    CALL = "call"  # 电话
    VISIT = "visit"  # 到访


class Told(BaseModel):
    """What an advisor tells of a lead: the stage it is at now, why it is lost, when it is looked at
    next, and what the family is called where that was said."""

    model_config = ConfigDict(frozen=True)

    note: str
    kind: Touch = Touch.NOTE
    stage: Stage
    lost_reason: LostReason | None = None
    next_at: datetime | None = None
    customer: str | None = None


class SignUpStatus(StrEnum):
    PENDING = "pending"  # 待付款
    DONE = "done"  # 已完成
    CLOSED = "closed"  # 已关闭
    STUCK = "stuck"  # 已付款，需人工处理
    REFUNDED = "refunded"  # 已退费


class LeadView(BaseModel):
    """A lead as its advisor sees it."""

    model_config = ConfigDict(frozen=True, from_attributes=True)

    id: int
    openid: str | None
    customer: str | None = None
    child_name: str | None = None
    campus_id: int | None = None
    source: str
    interest: str
    stage: Stage
    lost_reason: LostReason | None = None
    advisor_id: int | None
    created_at: datetime
    claimed_at: datetime | None
    next_follow_up_at: datetime | None
    claim_due_at: datetime | None = None
    asked_at: datetime | None = None
    responded_at: datetime | None = None
    slow_at: datetime | None = None
    closed_at: datetime | None = None
    merged_into_id: int | None = None

    @property
    def title(self) -> str:
        """«客户12（王妈妈）»: what colleagues call it."""
        return f"客户{self.id}（{self.customer}）" if self.customer else f"客户{self.id}"

    @property
    def is_of_family(self) -> bool:
        """Whether a family that is with us already asks for more."""
        return self.source == FROM_FAMILY


class SignUpForm(BaseModel):
    """What the sign-up conversation collected; `phone` is a checked mainland mobile number.

    `source_key` names the message that sent it off: the same message signs up once. `replaces` is
    the number of the order that this form corrects, `seen_fen` what its sender was shown as the
    price, `grade_number` the grade as a number (kindergarten is 0), `age` the years where the
    course asks for them; with a bundle or a package, that is bought and a seat in the class taken.
    A package that takes no seat is bought without a class, at `campus_id` if one was named.
    """

    model_config = ConfigDict(frozen=True)

    openid: str
    child_name: str
    grade: str | None
    grade_number: int | None = None
    age: int | None = None
    bundle_id: int | None = None
    package_id: int | None = None
    class_group_id: int | None = None
    campus_id: int | None = None
    guardian_name: str
    phone: str
    privacy_version: str
    source_key: str
    replaces: str | None = None
    code: str | None = None
    seen_fen: int | None = None


class SignUpView(BaseModel):
    """A sign-up with its order."""

    model_config = ConfigDict(frozen=True)

    id: int
    status: SignUpStatus
    order_number: str
    total_fen: int
    expires_at: datetime
    pay_url: str
    class_name: str


class TrialStatus(StrEnum):
    BOOKED = "booked"  # 已约
    ATTENDED = "attended"  # 已到
    MISSED = "missed"  # 未到
    CANCELLED = "cancelled"  # 已取消


class TrialForm(BaseModel):
    """What the talk about a trial lesson collected. A family of ours leaves no phone again, and its
    child has a `student_id`. `moves` is the trial that goes to another lesson; whoever moves has
    consented before."""

    model_config = ConfigDict(frozen=True)

    openid: str
    child_name: str
    grade: str | None
    lesson_id: int
    source_key: str
    privacy_version: str | None = None
    phone: str | None = None
    student_id: int | None = None
    moves: int | None = None


class TrialView(BaseModel):
    """A trial, as its family sees it."""

    model_config = ConfigDict(frozen=True, from_attributes=True)

    id: int
    course_id: int
    lesson_id: int
    child_name: str
    grade: str | None
    status: TrialStatus


class LeadsAsked(BaseModel):
    """What a list of leads is narrowed to. Without a stage: those that are open. `advisor_id` 0 is
    the public pool (公海)."""

    model_config = ConfigDict(frozen=True)

    words: str = ""
    stage: Stage | None = None
    advisor_id: int | None = None
    source: str = ""
    tag: str = ""
    is_due: bool = False


class NewLead(BaseModel):
    """What staff write down of somebody who called or walked in; `phone` is a checked mainland
    mobile number. `source_key` names the form: sent off twice it is one lead."""

    model_config = ConfigDict(frozen=True)

    customer: str
    child_name: str | None
    phone: str
    interest: str
    source: str
    campus_id: int | None
    source_key: str


class MergeView(BaseModel):
    """A lead that went into another."""

    model_config = ConfigDict(frozen=True, from_attributes=True)

    id: int
    kept_id: int
    gone_id: int
    at: datetime


class Happened(BaseModel):
    """One thing on a lead's timeline; `who` is empty for the bot."""

    model_config = ConfigDict(frozen=True)

    at: datetime
    kind: Touch
    who: str
    text: str

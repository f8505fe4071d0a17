"""The words of the students room."""

from datetime import datetime
from enum import StrEnum

from pydantic import BaseModel, ConfigDict

from backend.security.schemas import Role

PRIVACY_NOTICE_VERSION = "2026-11"
PRIVACY_NOTICE = "privacy_notice"  # The purpose under which its consent is filed.


class Person(StrEnum):
    """Whose file."""

    STUDENT = "student"  # 学员
    GUARDIAN = "guardian"  # 监护人


class TicketKind(StrEnum):
    COMPLAINT = "complaint"  # 投诉
    FEEDBACK = "feedback"  # 意见建议
    REQUEST = "request"  # 请人处理


class TicketCategory(StrEnum):
    """What a ticket is about; decides who answers for it first (S8)."""

    TEACHING = "teaching"  # 教学、老师
    SERVICE = "service"  # 服务、前台、顾问
    MONEY = "money"  # 收费、退费
    VENUE = "venue"  # 场地、设备
    SAFETY = "safety"  # 人身安全
    OTHER = "other"


class TicketStatus(StrEnum):
    """Where a ticket stands. Its clocks run while it is open or answered."""

    OPEN = "open"  # 待答复
    ANSWERED = "answered"  # 处理中
    WAITING = "waiting"  # 等客户补充
    RESOLVED = "resolved"  # 等客户确认
    CLOSED = "closed"  # 已办结


class Severity(StrEnum):
    """How bad it is; decides the deadlines and who hears of it at once (S8)."""

    CRITICAL = "critical"  # 紧急
    SERIOUS = "serious"  # 严重
    NORMAL = "normal"  # 一般
    MINOR = "minor"  # 轻微


class NoteKind(StrEnum):
    """What a line of a ticket is."""

    SAID = "said"  # Its author's words.
    ANSWER = "answer"  # Words of ours that its author read.
    QUESTION = "question"  # Words of ours that its author is to answer.
    INTERNAL = "internal"  # For staff alone.
    EVENT = "event"  # What was done with it; for staff alone.


class ClosedBy(StrEnum):
    """Why a ticket is closed."""

    CUSTOMER = "customer"  # 客户确认
    SILENCE = "silence"  # 客户未回复
    TALK = "talk"  # 对话结束


class Cause(StrEnum):
    """Why it came to a complaint, said by whoever resolves it (S10)."""

    TEACHING_QUALITY = "teaching"  # 教学质量
    TEACHER_CONDUCT = "conduct"  # 老师言行
    SCHEDULE = "schedule"  # 排课调课
    FEE = "fee"  # 收费差错
    CONTRACT = "contract"  # 合同理解
    FACILITY = "facility"  # 场地设备
    SAFETY = "safety"  # 安全管理
    ATTITUDE = "attitude"  # 服务态度
    COMMUNICATION = "notice"  # 通知沟通
    SYSTEM = "system"  # 系统故障
    UNFOUNDED = "unfounded"  # 与事实不符
    OTHER = "other"  # 其他


class AttachmentKind(StrEnum):
    IMAGE = "image"  # 图片
    VOICE = "voice"  # 语音
    VIDEO = "video"  # 视频
    FILE = "file"  # 文件


class Purpose(StrEnum):
    """What an attachment is probably for, guessed from the talk; people decide."""

    EVIDENCE = "evidence"  # 投诉或请求的材料
    RECEIPT = "receipt"  # 付款凭证
    HOMEWORK = "homework"  # 作业
    UNKNOWN = "unknown"


class AttachmentStatus(StrEnum):
    WAITING = "waiting"  # 待下载
    KEPT = "kept"  # 已保存
    REFUSED = "refused"  # 不符合要求
    LOST = "lost"  # 平台已删除
    WITHDRAWN = "withdrawn"  # 已撤回


class AttachmentView(BaseModel):
    """An attachment as its readers see it."""

    model_config = ConfigDict(frozen=True, from_attributes=True)

    id: int
    openid: str
    kind: AttachmentKind
    purpose: Purpose
    status: AttachmentStatus
    ticket_id: int | None
    content_type: str | None
    received_at: datetime


class Child(BaseModel):
    """A learner as their own guardian sees one."""

    model_config = ConfigDict(frozen=True, from_attributes=True)

    id: int
    name: str
    grade: str | None

    def is_named_in(self, text: str) -> bool:
        """Whether a message speaks of «王小明» or, as at home, of «小明»."""
        return self.name in text or (len(self.name) > 2 and self.name[1:] in text)


class Claim(BaseModel):
    """Somebody a proven phone belongs to, in each of their roles. With `must_name` the number may
    have a new owner by now: a name in the file, their own or a child's, has to be said too (C4)."""

    model_config = ConfigDict(frozen=True)

    name: str
    guardian_id: int | None = None
    student_id: int | None = None
    account_id: int | None = None
    children: tuple[str, ...] = ()
    must_name: bool = False

    def is_named_in(self, text: str) -> bool:
        """Whether a message names this person or one of their children in full."""
        return any(name in text for name in (self.name, *self.children))


class Bound(BaseModel):
    """What a proven phone has led to: whom the WeChat now speaks for, by name. Without any, the
    file's phone was never confirmed and staff look at it (`review_id`)."""

    model_config = ConfigDict(frozen=True)

    children: tuple[str, ...] = ()
    staff_name: str | None = None
    learner: str | None = None
    is_new: bool = True
    review_id: int | None = None


class Companion(BaseModel):
    """A WeChat of the same family or person: how it is called, and since when it is bound. `mark`
    stands for it on pages, where no openid is shown."""

    model_config = ConfigDict(frozen=True)

    openid: str
    mark: str
    label: str
    bound_at: datetime | None
    is_frozen: bool
    is_mine: bool


class ReviewStatus(StrEnum):
    """Where a change of details stands."""

    WAITING = "waiting"  # 待审核
    APPLIED = "applied"  # 已生效
    REFUSED = "refused"  # 已退回
    UNDONE = "undone"  # 已撤销


class ReviewView(BaseModel):
    """A change of details as its author and staff see it; `who` it is about is for staff."""

    model_config = ConfigDict(frozen=True, from_attributes=True)

    id: int
    field: str
    guardian_id: int | None
    student_id: int | None
    openid: str
    before: str
    after: str
    reason: str
    status: ReviewStatus
    created_at: datetime
    who: str = ""


class InvitationStatus(StrEnum):
    """Where an invitation stands."""

    OPEN = "open"
    ANSWERED = "answered"  # Somebody has answered; the inviter decides.
    ACCEPTED = "accepted"
    REFUSED = "refused"


class Registered(BaseModel):
    """The file that a sign-up found or made."""

    model_config = ConfigDict(frozen=True)

    student_id: int
    guardian_id: int
    is_new_student: bool


class TicketView(BaseModel):
    """A ticket as its author sees it."""

    model_config = ConfigDict(frozen=True, from_attributes=True)

    id: int
    number: str
    openid: str
    kind: TicketKind
    category: TicketCategory
    status: TicketStatus
    text: str
    opened_at: datetime
    respond_due_at: datetime
    resolve_due_at: datetime
    severity: Severity = Severity.NORMAL
    is_anonymous: bool = False
    closed_at: datetime | None = None
    rating: int | None = None
    teacher_id: int | None = None
    owner_id: int | None = None
    owner_name: str | None = None


class PhoneProven(BaseModel):
    """Event: somebody has proven by a code that a phone is theirs."""

    model_config = ConfigDict(frozen=True)

    openid: str
    phone: str


class CustomerAnswered(BaseModel):
    """Event: a person has written to a customer, from a talk or from a ticket."""

    model_config = ConfigDict(frozen=True)

    openid: str


class TakeoverStep(StrEnum):
    """What the clock does with a talk that a person leads."""

    BEGIN = "begin"  # The office opens: the owner is told.
    NUDGE = "nudge"
    REASSIGN = "reassign"
    RESUME = "resume"  # The bot is back after a silence.
    GIVE_UP = "give_up"  # Nobody answered; the ticket stays open.


class EndedBy(StrEnum):
    """Who ended a takeover."""

    OWNER = "owner"
    CUSTOMER = "customer"
    SILENCE = "silence"
    NOBODY = "nobody"


class TalkState(StrEnum):
    """How a talk that a person leads stands with its deadline."""

    SCHEDULED = "scheduled"  # 上班后接待
    WAITING = "waiting"  # 等老师回复
    LATE = "late"  # 已超时，催过了
    ANSWERED = "answered"  # 已回复，等客户
    ENDED = "ended"


class QuestionAnswered(BaseModel):
    """Event: a person has answered a customer's question that the bot had passed on; `source_key`
    names the ticket, which may hear of several answers."""

    model_config = ConfigDict(frozen=True)

    question: str
    answer: str
    account_id: int
    source_key: str


class StaffWords(BaseModel):
    """What a member of staff answered a customer."""

    model_config = ConfigDict(frozen=True, from_attributes=True)

    at: datetime
    text: str
    account_id: int


class TalkResponse(BaseModel):
    """How long a customer waited for a person in a talk that was given to one: from their message
    to the first word. `account_id` is who said it, or who leads while nobody has."""

    model_config = ConfigDict(frozen=True)

    id: int
    openid: str
    account_id: int
    asked_at: datetime
    responded_at: datetime | None


class TakeoverView(BaseModel):
    """A talk that a person leads. `id` is its number in the owner's chat; `tried` are the accounts
    that had it before."""

    model_config = ConfigDict(frozen=True, from_attributes=True)

    id: int
    openid: str
    customer: str
    role: Role
    owner_id: int
    ticket_id: int
    begins_at: datetime
    begun_at: datetime | None
    waiting_since: datetime | None
    nudged_at: datetime | None
    due_at: datetime
    last_said: str
    suggestions: list[str]
    tried: list[int]
    ended_at: datetime | None

    @property
    def state(self) -> TalkState:
        """Where it stands now."""
        if self.ended_at is not None:
            return TalkState.ENDED
        if self.begun_at is None:
            return TalkState.SCHEDULED
        if self.waiting_since is None:
            return TalkState.ANSWERED
        return TalkState.LATE if self.nudged_at is not None else TalkState.WAITING

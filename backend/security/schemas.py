"""The words of the security room."""

from datetime import datetime
from enum import StrEnum
from typing import Any

from pydantic import BaseModel, ConfigDict


class Role(StrEnum):
    """Staff roles 角色 (G1): the same role decides in the console and in chat."""

    PRINCIPAL = "principal"  # 校长
    CAMPUS_MANAGER = "campus_manager"  # 校区主管
    ADVISOR = "advisor"  # 招生顾问
    TEACHER = "teacher"  # 教师
    ACADEMIC = "academic"  # 教务
    ACCOUNTANT = "accountant"  # 财务
    OFFICE = "office"  # 行政人事
    LOGISTICS = "logistics"  # 后勤
    SECURITY = "security"  # 信息安全
    AUDITOR = "auditor"  # 审计


class Permission(StrEnum):
    """What a member of staff may do, as a clerk would say it. `permissions.TABLE` says who."""

    OPEN_DESK = "open_desk"  # 打开工作台
    SEE_LEADS = "see_leads"  # 查看客户
    CLAIM_LEAD = "claim_lead"  # 认领客户
    LOG_FOLLOW_UP = "log_follow_up"  # 记录跟进
    ASSIGN_LEADS = "assign_leads"  # 分派客户
    IMPORT_LEADS = "import_leads"  # 导入客户、管理合作平台
    SEE_FIGURES = "see_figures"  # 查看招生数据
    KEEP_ENTRY = "keep_entry"  # 管理入学条件、登记测评
    KEEP_FIGURES = "keep_figures"  # 登记渠道费用和提醒线
    SEE_PAYMENTS = "see_payments"  # 查看收款
    APPROVE_REFUND = "approve_refund"  # 审批退费
    APPROVE_LARGE_REFUND = "approve_large_refund"  # 审批大额退费
    PAY_OUT = "pay_out"  # 登记转账
    SEE_BOOKS = "see_books"  # 查看账簿与报表
    KEEP_BOOKS = "keep_books"  # 记账、结账、预算
    APPROVE_VOUCHER = "approve_voucher"  # 审批凭证与报销
    QUOTE_PRICES = "quote_prices"  # 算报价
    KEEP_PRICES = "keep_prices"  # 提出价格变更
    APPROVE_PRICES = "approve_prices"  # 审批价格变更
    KEEP_ARREARS = "keep_arrears"  # 欠费、分期、承诺付款
    APPROVE_WRITE_OFF = "approve_write_off"  # 审批核销
    TAKE_MONEY = "take_money"  # 收银
    CONFIRM_SHIFT = "confirm_shift"  # 审核交班
    MATCH_BANK = "match_bank"  # 核对银行流水和支票
    KEEP_PAPERS = "keep_papers"  # 作废收据、开具发票
    SEE_TICKETS = "see_tickets"  # 查看工单
    ANSWER_TICKET = "answer_ticket"  # 答复工单
    MANAGE_TICKETS = "manage_tickets"  # 工单分析、纠正措施、常用答复
    LEAD_TALK = "lead_talk"  # 接待客户
    TAKE_TALK = "take_talk"  # 接管同事的客户
    SEE_STUCK_MESSAGES = "see_stuck_messages"  # 查看未送达
    SEE_LESSONS = "see_lessons"  # 查看课表
    TAKE_ATTENDANCE = "take_attendance"  # 点名
    KEEP_TIMETABLE = "keep_timetable"  # 排课、调课
    ENTER_SCORES = "enter_scores"  # 登记成绩
    KEEP_CURRICULUM = "keep_curriculum"  # 课程体系、起草课程标准
    KEEP_ATTENDANCE_RULES = "keep_attendance_rules"  # 管理考勤规则
    APPROVE_STANDARD = "approve_standard"  # 审核课程标准
    BOOK_ROOM = "book_room"  # 预约教室
    SEE_STOCK = "see_stock"  # 查询库存
    REQUEST_SUPPLIES = "request_supplies"  # 申领物资
    REQUEST_EXPENSE = "request_expense"  # 申请报销
    DECIDE_REQUEST = "decide_request"  # 审批
    REPORT_FAULT = "report_fault"  # 报修
    FIND_DOCUMENT = "find_document"  # 查找文件
    TEACH_BOT = "teach_bot"  # 训练小助手
    SEE_PEOPLE = "see_people"  # 查看员工账号
    CHANGE_PEOPLE = "change_people"  # 管理员工账号
    FIND_STUDENTS = "find_students"  # 查找学员
    TAG_STUDENTS = "tag_students"  # 打标签
    KEEP_TAGS = "keep_tags"  # 管理标签
    MERGE_STUDENTS = "merge_students"  # 合并学员
    IMPORT_STUDENTS = "import_students"  # 导入学员
    EXPORT_STUDENTS = "export_students"  # 导出学员
    EXPORT_UNMASKED = "export_unmasked"  # 导出完整号码
    READ_AUDIT = "read_audit"  # 查看审计记录
    KEEP_REMINDERS = "keep_reminders"  # 管理提醒
    REVIEW_DETAILS = "review_details"  # 审核资料变更、冻结微信
    SEE_STUDENT = "see_student"  # 查看学员档案（脱敏）
    CHANGE_STUDENT = "change_student"  # 修改学员档案
    UNMASK_STUDENT = "unmask_student"  # 查看学员敏感信息
    SEE_HEALTH_NOTE = "see_health_note"  # 查看学员健康情况
    DECIDE_ERASURE = "decide_erasure"  # 审批资料删除
    ROTATE_KEYS = "rotate_keys"  # 轮换密钥


class Scope(StrEnum):
    """Whose things a permission covers."""

    OWN = "own"  # 本人
    CAMPUS = "campus"  # 本校区
    ALL = "all"  # 全部


class Audience(StrEnum):
    """Who gets a menu of their own in the chat; everybody else has the default one."""

    FAMILY = "family"  # 学员与监护人
    TEACHER = "teacher"  # 教师
    STAFF = "staff"  # 其他员工


class CodeKind(StrEnum):
    """What a printed code stands for. Channels and campaigns tell where somebody came from."""

    CHANNEL = "channel"  # 渠道
    CAMPAIGN = "campaign"  # 活动
    REFERRAL = "referral"  # 老学员推荐
    CLASS = "class"  # 班级
    ROOM = "room"  # 教室
    ASSET = "asset"  # 设备
    WEB = "web"  # 网站访客，换到微信里继续


class CodeView(BaseModel):
    """A code 二维码: `scene` is what a scan reports, `image_url` a picture to print.

    `subject` is the id of a class, a room or an asset, the short name of a channel or campaign, or
    a website visitor's ticket;
    `label` what people call it. Without `expires_at` it is permanent.
    """

    model_config = ConfigDict(frozen=True, from_attributes=True)

    scene: str
    kind: CodeKind
    subject: str
    label: str
    url: str | None
    image_url: str | None
    expires_at: datetime | None

    @property
    def source(self) -> str:
        """How a lead's origin is written: `channel:dianping`."""
        return f"{self.kind}:{self.subject}"


class CodeScanned(BaseModel):
    """Event: somebody scanned a code of ours, as a follower or to become one."""

    model_config = ConfigDict(frozen=True)

    openid: str
    code: CodeView


class PersonMet(BaseModel):
    """Event: somebody came for the first time at that moment, or it is known only now by which
    code they came then."""

    model_config = ConfigDict(frozen=True)

    openid: str
    met_at: datetime


class AccountDeactivated(BaseModel):
    """Event: somebody has left. Whoever holds work of theirs gives it to the successor, or finds
    somebody by its own rule where there is none. The account is off already."""

    model_config = ConfigDict(frozen=True)

    account_id: int
    successor_id: int | None = None


class StaffMember(BaseModel):
    """A member of staff as other rooms see one: enough to name and to push."""

    model_config = ConfigDict(frozen=True, from_attributes=True)

    id: int
    name: str
    role: Role
    campus_id: int | None
    openid: str | None = None


class SessionView(BaseModel):
    """One browser signed in to the console, as its owner sees it."""

    model_config = ConfigDict(frozen=True, from_attributes=True)

    id: int
    account_id: int
    began_at: datetime
    seen_at: datetime
    address: str
    device: str


class PersonView(BaseModel):
    """An account as those see it who keep the accounts: no phone in full, no secrets."""

    model_config = ConfigDict(frozen=True)

    id: int
    name: str
    role: Role
    campus_id: int | None
    masked_phone: str
    user_name: str | None
    is_active: bool
    has_password: bool
    has_app: bool
    codes_left: int
    invited_at: datetime | None


class TrailView(BaseModel):
    """One entry of the audit trail."""

    model_config = ConfigDict(frozen=True, from_attributes=True)

    id: int
    at: datetime
    actor: str
    action: str
    subject: str
    detail: dict[str, Any]


class Proof(StrEnum):
    """What a code is good for: one for binding changes no phone."""

    BIND = "bind"  # 绑定微信
    NEW_PHONE = "new_phone"  # 换手机号：新号
    OLD_PHONE = "old_phone"  # 换手机号：旧号
    THAW = "thaw"  # 解除冻结
    FREEZE = "freeze"  # 微信被盗，从别的微信冻结
    INVITATION = "invitation"  # 接受邀请


class Asked(StrEnum):
    """What came of asking for a code. It is the same for phones that nobody knows."""

    SENT = "sent"
    ON_ITS_WAY = "on_its_way"  # One was sent a moment ago.
    ENOUGH = "enough"  # Too many for this WeChat or this phone.


class Checked(StrEnum):
    """What came of typing a code."""

    RIGHT = "right"
    WRONG = "wrong"
    DEAD = "dead"  # None was sent, it is too old, or it was guessed at too often.


class IdentityView(BaseModel):
    """A WeChat that speaks for somebody, as those see it who may unbind or freeze it."""

    model_config = ConfigDict(frozen=True, from_attributes=True)

    openid: str
    account_id: int | None
    guardian_id: int | None
    student_id: int | None
    bound_at: datetime | None
    frozen_at: datetime | None


class RotationView(BaseModel):
    """How far a rotation of keys has come; `done` of `total` rows and files."""

    model_config = ConfigDict(frozen=True, from_attributes=True)

    begun_at: datetime
    done: int
    total: int
    finished_at: datetime | None


class WeakPassword(StrEnum):
    """Why a password is not taken."""

    SHORT = "short"
    LONG = "long"
    COMMON = "common"
    SIMPLE = "simple"
    PERSONAL = "personal"


class Speaker(BaseModel):
    """Who is behind an openid: any mix of staff, guardian and student, or nobody we know."""

    model_config = ConfigDict(frozen=True)

    openid: str
    account_id: int | None = None
    role: Role | None = None
    name: str | None = None
    guardian_id: int | None = None
    student_id: int | None = None
    is_frozen: bool = False

    @property
    def is_known(self) -> bool:
        return bool(self.account_id or self.guardian_id or self.student_id)

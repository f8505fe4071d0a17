"""The words of the security room."""

from datetime import datetime
from enum import StrEnum

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


class Audience(StrEnum):
    """Who gets a menu of their own in the chat; everybody else has the default one."""

    FAMILY = "family"  # 学员与监护人
    TEACHER = "teacher"  # 教师
    STAFF = "staff"  # 其他员工


class CodeKind(StrEnum):
    """What a printed code stands for. Channels and campaigns tell where somebody came from."""

    CHANNEL = "channel"  # 渠道
    CAMPAIGN = "campaign"  # 活动
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


class StaffMember(BaseModel):
    """A member of staff as other rooms see one: enough to name and to push."""

    model_config = ConfigDict(frozen=True, from_attributes=True)

    id: int
    name: str
    role: Role
    campus_id: int | None
    openid: str | None = None


class Speaker(BaseModel):
    """Who is behind an openid: any mix of staff, guardian and student, or nobody we know."""

    model_config = ConfigDict(frozen=True)

    openid: str
    account_id: int | None = None
    role: Role | None = None
    name: str | None = None
    guardian_id: int | None = None
    student_id: int | None = None

    @property
    def is_known(self) -> bool:
        return bool(self.account_id or self.guardian_id or self.student_id)

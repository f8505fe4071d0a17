"""The words of the security room."""

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

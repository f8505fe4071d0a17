"""The words of the file: reasons to look, states, and what others see."""

from collections.abc import Mapping
from datetime import date, datetime
from enum import StrEnum

from pydantic import BaseModel, ConfigDict

from backend.kit.errors import DomainError
from backend.students.file.identity import Field


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, from_attributes=True)


class Reason(StrEnum):
    """Why somebody unmasks a learner's fields (未成年人网络保护条例 §36)."""

    CONTACT = "contact"
    CONTRACT = "contract"
    SAFETY = "safety"
    COMPLAINT = "complaint"
    LAW = "law"
    OTHER = "other"


REASONS: Mapping[Reason, str] = {
    Reason.CONTACT: "联系家长",
    Reason.CONTRACT: "办理合同、开票或退费",
    Reason.SAFETY: "学员安全或健康",
    Reason.COMPLAINT: "处理投诉或咨询",
    Reason.LAW: "依法配合主管部门",
    Reason.OTHER: "其他",
}
FIELDS: Mapping[Field, str] = {
    Field.PHONE: "监护人手机",
    Field.ID_NUMBER: "身份证号",
    Field.ADDRESS: "住址",
    Field.HEALTH: "健康情况",
    Field.EMAIL: "邮箱",
}


class GuardianPart(_Frozen):
    """A guardian on a file; masked unless unmasked for a reason, or one's own."""

    id: int
    name: str
    phone: str | None
    id_number: str | None
    address: str | None
    email: str | None


class Details(_Frozen):
    """What stands on a learner's own sheet."""

    id: int
    name: str
    grade: str | None
    birth_on: date | None
    school: str | None
    id_number: str | None
    address: str | None
    health_note: str | None
    email: str | None
    created_at: datetime
    erased_at: datetime | None
    guardians: tuple[GuardianPart, ...]


class LookView(_Frozen):
    """Who looked, when, at what and why."""

    at: datetime
    who: str
    role: str
    fields: tuple[str, ...]
    reason: str
    note: str


class ExportStatus(StrEnum):
    WAITING = "waiting"  # 制作中
    READY = "ready"  # 可下载
    FORGOTTEN = "forgotten"  # 已过期
    FAILED = "failed"  # 未做成


class ExportView(_Frozen):
    """A copy that was asked for."""

    id: int
    openid: str
    status: ExportStatus
    asked_at: datetime
    expires_at: datetime | None
    json_name: str | None
    pdf_name: str | None


class ErasureStatus(StrEnum):
    ASKED = "asked"  # 等待审批
    APPROVED = "approved"  # 正在删除
    REFUSED = "refused"  # 未批准
    TAKEN_BACK = "taken_back"  # 本人撤回
    DONE = "done"  # 已完成


class ErasureView(_Frozen):
    """A family's wish to be forgotten."""

    id: int
    guardian_id: int | None
    student_id: int | None
    openid: str | None
    openids: tuple[str, ...]
    student_ids: tuple[int, ...]
    status: ErasureStatus
    asked_at: datetime
    due_at: datetime
    decided_at: datetime | None
    note: str
    done: tuple[str, ...]
    finished_at: datetime | None


class DetailWrong(DomainError):
    """A field was filled with something that it cannot hold; `field` names it."""


class ReasonMissing(DomainError):
    """Nobody unmasks without a reason from the list and a few words of their own."""


class ConsentMissing(DomainError):
    """The family has not agreed to this purpose; `purpose` names it."""


class NotNow(DomainError):
    """An erasure is not in the state that this needs."""

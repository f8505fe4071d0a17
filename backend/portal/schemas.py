"""The words of the portal."""

from enum import StrEnum


class Segment(StrEnum):
    """A class of students, derived whenever somebody looks and stored nowhere."""

    NEW = "new"  # 新学员：建档30天内
    ACTIVE = "active"  # 在读：有班级或还有课时
    AT_RISK = "at_risk"  # 课时将尽：在班，剩余不多
    SILENT = "silent"  # 沉默：在读，多日没有来信也没有上课
    FORMER = "former"  # 已结课：读过，现在没有班级也没有课时

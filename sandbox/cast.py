"""The people whose phones the sandbox holds, and the openids they always have."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Member:
    """One of the cast; `follows` says whether they follow the account from the start."""

    role: str
    name: str
    title: str
    follows: bool = True

    @property
    def openid(self) -> str:
        """The fixed openid that a seeded institution binds too."""
        return f"o_demo_{self.role}"


CAST = (
    Member("prospect", "林晓雨", "咨询家长", follows=False),
    Member("guardian", "陈建国", "学员家长"),
    Member("student", "陈小宇", "学员"),
    Member("teacher", "王敏", "任课老师"),
    Member("advisor", "周婷", "课程顾问"),
    Member("academic", "李静", "教务"),
    Member("accountant", "赵会敏", "财务"),
    Member("principal", "刘振华", "校长"),
    Member("campus_manager", "孙立", "校区主管"),
    Member("office", "吴芳", "行政"),
    Member("logistics", "郑强", "后勤"),
    Member("security", "何信安", "信息安全"),
    Member("stranger", "路人甲", "陌生人"),
)
_BY_ROLE = {member.role: member for member in CAST}


def openid_of(who: str) -> str:
    """Return the openid for a role of the cast; any other string is an openid already."""
    member = _BY_ROLE.get(who)
    return member.openid if member else who

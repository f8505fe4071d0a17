"""What a reader of the books has chosen: a month, and a campus as far as they may see."""

from dataclasses import dataclass
from datetime import date

from flask import request

from backend.finance.books import ledgers
from backend.kit.db import reading
from backend.kit.errors import NotAllowed
from backend.logistics import queries as logistics
from backend.security import permissions
from backend.security.schemas import Permission, Scope, StaffMember


@dataclass(frozen=True)
class Chosen:
    """The month and the campus (None: all together) of a page. `campuses` may be chosen from."""

    month: date
    campus_id: int | None
    campuses: dict[int, str]
    is_bound: bool

    @property
    def query(self) -> str:
        """The same choice in an address."""
        campus = f"&campus={self.campus_id}" if self.campus_id else ""
        return f"month={self.month:%Y-%m}{campus}"

    @property
    def place(self) -> str:
        """Whose figures these are."""
        return self.campuses.get(self.campus_id, "校区") if self.campus_id else "全部校区合并"


def chosen(member: StaffMember) -> Chosen:
    """Read the choice from the address. A manager of one campus sees that one. Raises NotAllowed
    for another."""
    with reading() as session:
        campuses = {each.id: each.name for each in logistics.campuses(session)}
    wanted = request.values.get("campus", type=int)
    scope = permissions.scope_of(member.role, Permission.SEE_BOOKS)
    is_bound = scope is Scope.CAMPUS and member.campus_id is not None
    if is_bound:
        if wanted not in (None, member.campus_id):
            raise NotAllowed()
        wanted = member.campus_id
    return Chosen(
        month=month_from(request.values.get("month", "")),
        campus_id=wanted if wanted in campuses else None,
        campuses=campuses,
        is_bound=is_bound,
    )


def month_from(text: str) -> date:
    """`2026-11` → the first day of that month; this month for anything else."""
    try:
        month = date.fromisoformat(f"{text}-01")
    except ValueError:
        return ledgers.this_month()
    return month if 2000 <= month.year < 2100 else ledgers.this_month()

"""Whose messages a member of staff may see: those of their campus, or all (S3)."""

from typing import Any

from sqlalchemy import ColumnElement, SQLColumnExpression, or_
from sqlalchemy.orm import Session

from backend.admissions import lead_list as leads
from backend.outbox.queries import Among
from backend.portal import customers
from backend.security import contacts as colleagues
from backend.security.permissions import scope_of
from backend.security.schemas import Permission, Scope, StaffMember
from backend.students import contacts as families


def readable_by(session: Session, member: StaffMember) -> Among | None:
    """The messages to families, open leads and staff of this reader's campus; None for everybody's.

    A message says nothing of campuses, so it is its recipient that counts: a family with children
    in two campuses is seen from both, and somebody who is on no file only by those who see all.
    """
    permission, campus_id = Permission.SEE_STUCK_MESSAGES, member.campus_id
    conditions = customers.visible_to(member, permission)
    if not conditions:
        return None

    def among(
        openid: SQLColumnExpression[Any], phone: SQLColumnExpression[Any]
    ) -> ColumnElement[bool]:
        found = [
            families.is_of_family(openid, phone, conditions),
            leads.is_addressed(session, member, permission, openid, phone),
        ]
        if campus_id is not None and scope_of(member.role, permission) is Scope.CAMPUS:
            found.append(colleagues.is_colleague(openid, phone, campus_id=campus_id))
        return or_(*found)

    return among

"""Members of staff as an audience."""

from collections.abc import Collection

from sqlalchemy.orm import Session

from backend.reminders.schemas import Contact
from backend.security import contacts as security


def staff(session: Session, account_ids: Collection[int]) -> list[Contact]:
    """These members of staff themselves."""
    return [
        Contact(who=id_, name=to.name, person=f"account:{id_}", recipient=to)
        for id_, to in sorted(security.of_staff(session, account_ids).items())
    ]

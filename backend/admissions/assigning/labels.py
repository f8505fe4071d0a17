"""标签 on leads: free words of at most twelve characters, the same word once per lead."""

import re
from collections.abc import Collection

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from backend.admissions.lead_models import LeadTag
from backend.kit import clock
from backend.kit.db import upsert
from backend.kit.errors import DomainError

MOST = 10
_WORD = re.compile(r"[\w·+/-]{1,12}")


class TagWrong(DomainError):
    """Too long, no word, or more than a lead carries."""


def put(session: Session, *, lead_id: int, name: str, account_id: int) -> None:
    """Put a tag on; there already changes nothing. Raises TagWrong."""
    name = name.strip()
    if not _WORD.fullmatch(name):
        raise TagWrong()
    here = of(session, {lead_id})[lead_id]
    if name not in here and len(here) >= MOST:
        raise TagWrong()
    row = upsert(session, LeadTag).values(
        lead_id=lead_id, name=name, account_id=account_id, at=clock.now()
    )
    session.execute(row.on_conflict_do_nothing(index_elements=["lead_id", "name"]))


def take_off(session: Session, *, lead_id: int, name: str) -> None:
    """Take a tag off; not there changes nothing."""
    session.execute(delete(LeadTag).where(LeadTag.lead_id == lead_id, LeadTag.name == name.strip()))


def of(session: Session, lead_ids: Collection[int]) -> dict[int, list[str]]:
    """The tags of each of these leads, in the order they were put on."""
    found: dict[int, list[str]] = {id_: [] for id_ in lead_ids}
    query = select(LeadTag).where(LeadTag.lead_id.in_(lead_ids)).order_by(LeadTag.id)
    for row in session.scalars(query):
        found[row.lead_id].append(row.name)
    return found


def used(session: Session) -> list[str]:
    """The tags in use, the most frequent first."""
    query = select(LeadTag.name).group_by(LeadTag.name).order_by(func.count().desc(), LeadTag.name)
    return list(session.scalars(query.limit(50)))

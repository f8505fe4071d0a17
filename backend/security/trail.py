"""Reading the audit trail."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from backend.security.models import AuditEntry
from backend.security.schemas import TrailView

PAGE = 50


@dataclass(frozen=True)
class Filter:
    """Which entries; empty parts leave nothing out. The time is half-open."""

    actor: str = ""
    action: str = ""
    kind: str = ""
    """The sort of subject, as in SUBJECTS; `which` of them, by its own number."""
    which: str = ""
    from_at: datetime | None = None
    to_at: datetime | None = None


def entries(session: Session, wanted: Filter, *, before: int | None = None) -> list[TrailView]:
    """The newest entries first, before one position: at most PAGE and one more, which tells that
    there are more. One query, whatever the length of the trail."""
    query = select(AuditEntry).order_by(AuditEntry.id.desc()).limit(PAGE + 1)
    if before is not None:
        query = query.where(AuditEntry.id < before)
    for column, value in ((AuditEntry.actor, wanted.actor), (AuditEntry.action, wanted.action)):
        if value:
            query = query.where(column == value)
    if wanted.kind and wanted.which:
        query = query.where(AuditEntry.subject == f"{wanted.kind}:{wanted.which}")
    elif wanted.kind:  # `;` follows `:`, so the index serves.
        query = query.where(
            AuditEntry.subject >= f"{wanted.kind}:", AuditEntry.subject < f"{wanted.kind};"
        )
    if wanted.from_at is not None:
        query = query.where(AuditEntry.at >= wanted.from_at)
    if wanted.to_at is not None:
        query = query.where(AuditEntry.at < wanted.to_at)
    return [TrailView.model_validate(row) for row in session.scalars(query)]

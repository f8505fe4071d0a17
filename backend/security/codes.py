"""Making codes 二维码. The platform is asked between two units, so that no row waits for it.

Repeating is harmless: a thing has one code, and the platform gives the same scene as often as it is
asked. A crash in the middle leaves a row without an address, which the next attempt fills.
"""

from datetime import timedelta

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from backend.gateways import ports
from backend.kit import clock
from backend.kit.db import unit_of_work
from backend.kit.errors import DomainError
from backend.security import rules
from backend.security.models import Code
from backend.security.schemas import CodeKind, CodeView


class CodeRefused(DomainError):
    """Neither the subject's name nor the code's life may be longer than the platform allows."""


def make(kind: CodeKind, subject: str, *, label: str, lasts: timedelta | None = None) -> CodeView:
    """The code of a thing, permanent unless `lasts` says otherwise (30 days at most).

    A permanent code stays permanent; a temporary one is renewed on its last day. Raises
    CodeRefused, and GatewayError when the platform gives none.
    """
    too_long = lasts is not None and not timedelta(minutes=1) <= lasts <= rules.LONGEST_CODE
    if too_long or not rules.SUBJECT.fullmatch(subject):
        raise CodeRefused(subject=subject)
    now = clock.now()
    with unit_of_work() as session:
        row = _code(session, kind, subject)
        row.label = label[:60]
        is_enough = row.expires_at is None if lasts is None else True
        if is_enough and rules.is_good_code(row.url, row.expires_at, now=now):
            return CodeView.model_validate(row)
    seconds = int(lasts.total_seconds()) if lasts is not None else None
    given = ports.account().create_code(rules.scene_of(kind, subject), expires_in_seconds=seconds)
    with unit_of_work() as session:
        row = _code(session, kind, subject)
        row.url, row.image_url = given.url, given.image_url
        row.expires_at = now + lasts if lasts is not None else None
        return CodeView.model_validate(row)


def _code(session: Session, kind: CodeKind, subject: str) -> Code:
    """The row of a thing, locked; made when it is missing."""
    query = select(Code).where(Code.kind == kind, Code.subject == subject).with_for_update()
    row = session.scalars(query).one_or_none()
    if row is not None:
        return row
    try:
        with session.begin_nested():
            session.add(
                Code(
                    scene=rules.scene_of(kind, subject),
                    kind=kind,
                    subject=subject,
                    label="",
                    created_at=clock.now(),
                )
            )
    except IntegrityError:  # Somebody else makes the same code at this moment.
        pass
    return session.scalars(query).one()

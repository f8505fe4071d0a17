"""Whom to tell about learners: many at once, by a fixed number of statements."""

import hashlib
from collections.abc import Callable, Collection, Mapping
from typing import Any

from sqlalchemy import ColumnElement, SQLColumnExpression, or_, select
from sqlalchemy.orm import Session

from backend.outbox.schemas import Recipient
from backend.reminders.schemas import Contact
from backend.security import contacts as security
from backend.students.models import Guardian, Guardianship, Student

Condition = Callable[[SQLColumnExpression[int]], ColumnElement[bool]]


def guardians(session: Session, student_ids: Collection[int]) -> list[Contact]:
    """Each guardian of each of these learners."""
    rows = session.execute(
        select(Student.id, Student.name, Guardian)
        .join(Guardianship, Guardianship.student_id == Student.id)
        .join(Guardian, Guardian.id == Guardianship.guardian_id)
        .where(Student.id.in_(student_ids))
        .order_by(Guardian.id, Student.id)
    ).all()
    openids = security.of_guardians(session, {guardian.id for _, _, guardian in rows})
    return [
        Contact(
            who=student_id,
            name=name,
            person=f"guardian:{guardian.id}",
            recipient=Recipient(
                openid=openids.get(guardian.id), phone=guardian.phone, name=guardian.name
            ),
        )
        for student_id, name, guardian in rows
    ]


def learners(session: Session, student_ids: Collection[int]) -> list[Contact]:
    """These learners themselves, as far as they have a WeChat of their own here."""
    rows = session.execute(select(Student.id, Student.name).where(Student.id.in_(student_ids)))
    openids = security.of_students(session, student_ids)
    return [
        Contact(
            who=student_id,
            name=name,
            person=f"student:{student_id}",
            recipient=Recipient(openid=openids.get(student_id), name=name),
        )
        for student_id, name in rows
    ]


def by_openid(session: Session, openids: Mapping[int, str]) -> list[Contact]:
    """Whoever speaks from these WeChats, by what it is about: the guardian with their phone, or
    somebody who is on no file yet. Two statements."""
    known = security.of_openids(session, set(openids.values()))
    ids = {each for each in known.values() if each is not None}
    rows = {row.id: row for row in session.scalars(select(Guardian).where(Guardian.id.in_(ids)))}
    found = []
    for who, openid in sorted(openids.items()):
        guardian = rows.get(known.get(openid) or 0)
        name = guardian.name if guardian else "您"
        digest = hashlib.sha256(openid.encode()).hexdigest()[:24]
        found.append(
            Contact(
                who=who,
                name=name,
                person=f"guardian:{guardian.id}" if guardian else f"wechat:{digest}",
                recipient=Recipient(
                    openid=openid,
                    phone=guardian.phone if guardian else None,
                    name=guardian.name if guardian else "微信客户",
                ),
            )
        )
    return found


def is_of_family(
    openid: SQLColumnExpression[Any],
    phone_index: SQLColumnExpression[Any],
    learners_of: Collection[Condition],
) -> ColumnElement[bool]:
    """Which addresses are of learners that fulfil all these conditions or of their guardians: a
    condition on columns of openids and of phones' blind indexes."""
    own = select(Student.id).where(*(each(Student.id) for each in learners_of))
    guardians = select(Guardianship.guardian_id).where(Guardianship.student_id.in_(own))
    phones = select(Guardian.phone_index).where(Guardian.id.in_(guardians))
    return or_(
        security.speaks_for(openid, guardian_ids=guardians, student_ids=own),
        phone_index.in_(phones),
    )

"""布置 and 撤回: homework is given to a class and told to its families, in one unit."""

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from backend.kit import clock
from backend.kit.errors import NotFound
from backend.outbox import service as outbox
from backend.outbox.schemas import Notice
from backend.reminders.schemas import Contact
from backend.security import service as security
from backend.security.schemas import StaffMember
from backend.students import contacts
from backend.teaching.homework import queries, teachers
from backend.teaching.homework.schemas import LONGEST, Empty, HomeworkView, TooSoon
from backend.teaching.models import Homework


def assign(
    session: Session,
    *,
    class_group_id: int,
    words: str,
    due_at: datetime,
    member: StaffMember,
    source_key: str,
) -> tuple[HomeworkView, int]:
    """Give homework to everybody who sits in a class now; returns it and how many learners that
    are. `source_key` names the message or form it came from: it is given once. Raises NotFound,
    NotAllowed (who does not teach the class), Empty, TooSoon."""
    teachers.must_teach(session, member, class_group_id)
    words = " ".join(words.split())
    if not 2 <= len(words) <= LONGEST:
        raise Empty()
    known = session.scalar(select(Homework).where(Homework.source_key == source_key))
    learners = queries.learners_of(session, class_group_id)
    if known is not None:
        return queries.homework(session, known.id), len(learners)
    if due_at <= clock.now():
        raise TooSoon()
    row = Homework(
        class_group_id=class_group_id,
        teacher_id=member.id,
        words=words,
        set_at=clock.now(),
        due_at=due_at,
        source_key=source_key,
    )
    session.add(row)
    session.flush()
    view = queries.homework(session, row.id)
    _audit(session, member, "homework.set", row.id)
    for key, to, names in families_of(session, learners):
        values = {
            "child": names,
            "course": view.course_name,
            "teacher": member.name,
            "words": view.words,
            "due": f"{clock.local(view.due_at):%m月%d日 %H:%M}",
        }
        notice = Notice(template="homework_set", values=values, good_until=view.due_at)
        outbox.post(
            session, to=to.recipient, notice=notice, dedupe_key=f"homework-set:{row.id}:{key}"
        )
    return view, len(learners)


def withdraw(session: Session, *, homework_id: int, member: StaffMember) -> HomeworkView:
    """Take homework back and say so. Again changes nothing. Raises NotFound, NotAllowed."""
    row = session.get(Homework, homework_id, with_for_update=True)
    if row is None:
        raise NotFound()
    teachers.must_teach(session, member, row.class_group_id)
    view = queries.homework(session, row.id)
    if row.withdrawn_at is not None:
        return view
    row.withdrawn_at = clock.now()
    session.flush()
    _audit(session, member, "homework.withdrawn", row.id)
    learners = queries.learners_of(session, row.class_group_id)
    for key, to, names in families_of(session, learners):
        values = {"child": names, "course": view.course_name, "words": view.words}
        notice = Notice(template="homework_withdrawn", values=values)
        outbox.post(
            session, to=to.recipient, notice=notice, dedupe_key=f"homework-back:{row.id}:{key}"
        )
    return view


def families_of(session: Session, student_ids: Iterable[int]) -> list[tuple[str, Contact, str]]:
    """Guardians of these learners, and learners with a WeChat of their own: each person once, with
    the names of all that it concerns."""
    ids = list(student_ids)
    people: dict[str, list[Contact]] = {}
    own = [each for each in contacts.learners(session, ids) if each.recipient.openid]
    for contact in (*contacts.guardians(session, ids), *own):
        people.setdefault(contact.person, []).append(contact)
    return [
        (person, found[0], "、".join(each.name for each in found))
        for person, found in people.items()
    ]


def _audit(session: Session, member: StaffMember, action: str, homework_id: int) -> None:
    security.audit(
        session, actor=f"account:{member.id}", action=action, subject=f"homework:{homework_id}"
    )

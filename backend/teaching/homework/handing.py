"""交作业 and 批改: what a family hands in, and what the teacher says to it."""

from collections.abc import Collection

from sqlalchemy import select
from sqlalchemy.orm import Session

from backend.kit import clock
from backend.kit.db import upsert
from backend.kit.errors import NotFound
from backend.outbox import service as outbox
from backend.outbox.schemas import Notice
from backend.security.schemas import StaffMember
from backend.students import attachments
from backend.teaching.homework import queries, setting, teachers
from backend.teaching.homework.schemas import LONGEST, Empty, Grade, HandInView, Withdrawn
from backend.teaching.models import HandIn, Homework


def holder_of(hand_in_id: int) -> str:
    """By what name attachments know a hand-in."""
    return f"hand_in:{hand_in_id}"


def hand_in(
    session: Session,
    *,
    homework_id: int,
    student_id: int,
    own_ids: Collection[int],
    openid: str,
    words: str = "",
) -> HandInView:
    """Hand a learner's homework in, or add words to what was handed in. `own_ids` are the learners
    whom the speaker answers for. Raises NotFound for anybody else's learner and for a class where
    they do not sit, Withdrawn."""
    row = session.get(Homework, homework_id)
    if row is None or student_id not in own_ids:
        raise NotFound()
    if student_id not in queries.learners_of(session, row.class_group_id):
        raise NotFound()
    if row.withdrawn_at is not None:
        raise Withdrawn()
    key = {"homework_id": homework_id, "student_id": student_id}
    now, by = clock.now(), f"wechat:{openid}"
    made = upsert(session, HandIn).values(
        **key, words="", handed_at=now, changed_at=now, handed_by=by, revision=0
    )
    session.execute(made.on_conflict_do_nothing(index_elements=list(key)))
    found = session.scalars(select(HandIn).filter_by(**key).with_for_update()).one()
    words = " ".join(words.split())[:LONGEST]
    if words and words not in found.words.split("\n"):
        found.words = f"{found.words}\n{words}".strip()[-4 * LONGEST :]
    if found.grade == Grade.AGAIN:  # Corrected: the teacher has to look once more.
        found.grade = None
    found.handed_by, found.changed_at = by, now
    session.flush()
    return queries.hand_in(session, found.id)


def comment(
    session: Session,
    *,
    hand_in_id: int,
    member: StaffMember,
    grade: Grade,
    words: str,
) -> HandInView:
    """A teacher of the class says how it was; the family hears it. The same again changes nothing.
    Raises NotFound, NotAllowed, Empty."""
    row = session.get(HandIn, hand_in_id, with_for_update=True)
    if row is None:
        raise NotFound()
    view = queries.homework(session, row.homework_id)
    teachers.must_teach(session, member, view.class_group_id)
    words = " ".join(words.split())
    if len(words) > LONGEST:
        raise Empty()
    if (row.grade, row.comment or "") == (grade, words):
        return queries.hand_in(session, row.id)
    row.grade, row.comment = grade, words or None
    row.commented_by, row.commented_at = member.id, clock.now()
    row.revision += 1
    session.flush()
    for key, to, name in setting.families_of(session, [row.student_id]):
        values = {
            "child": name,
            "course": view.course_name,
            "teacher": member.name,
            "grade": grade.value,
            "said": f"{grade.value}，{words}".rstrip("，。") + "。",
        }
        template = "homework_again" if grade is Grade.AGAIN else "homework_commented"
        outbox.post(
            session,
            to=to.recipient,
            notice=Notice(template=template, values=values),
            dedupe_key=f"homework-comment:{row.id}:{row.revision}:{key}",
        )
    return queries.hand_in(session, row.id)


def take_pictures(session: Session, handed: HandInView, *, openid: str) -> int:
    """Give a hand-in what its family has just sent; returns how many pieces it has now."""
    return attachments.keep_for(session, openid=openid, holder=holder_of(handed.id))

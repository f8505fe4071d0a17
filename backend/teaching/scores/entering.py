"""登记, 更正 and 发布 of scores. Every mark that is replaced is kept with who replaced it."""

from collections.abc import Collection, Iterable
from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import Session

from backend.kit import clock
from backend.kit.db import upsert
from backend.kit.errors import NotAllowed, NotFound
from backend.outbox import service as outbox
from backend.outbox.schemas import Notice
from backend.security import service as security
from backend.security.schemas import StaffMember
from backend.teaching.homework.setting import families_of
from backend.teaching.models import Exam, Score, ScoreChange
from backend.teaching.scores import queries, rules
from backend.teaching.scores.schemas import (
    LONGEST_COMMENT,
    LONGEST_NAME,
    Entered,
    ExamView,
    ExamWrong,
    MarkWrong,
    NothingEntered,
)


def hold(
    session: Session,
    *,
    class_group_id: int,
    name: str,
    held_on: date,
    full_mark: int,
    member: StaffMember,
    source_key: str,
) -> ExamView:
    """Note a test of a class. `source_key` names the form it came from: it is noted once. Raises
    NotAllowed (who neither teaches the class nor keeps all scores), ExamWrong."""
    must_enter(session, member, class_group_id)
    name = " ".join(name.split())
    if not 2 <= len(name) <= LONGEST_NAME or not 1 <= full_mark <= 1000:
        raise ExamWrong()
    if held_on > clock.today():
        raise ExamWrong()
    row = Exam(
        class_group_id=class_group_id,
        name=name,
        held_on=held_on,
        full_mark=full_mark,
        noted_by=member.id,
        noted_at=clock.now(),
        source_key=source_key,
    )
    known = session.scalar(select(Exam.id).where(Exam.source_key == source_key))
    if known is not None:
        return queries.exam(session, known)
    session.add(row)
    session.flush()
    _audit(session, member, "exam.noted", row.id)
    return queries.exam(session, row.id)


def enter(session: Session, *, exam_id: int, marks: Iterable[Entered], member: StaffMember) -> int:
    """Write marks down, or correct them; returns how many changed. All or none. What changes after
    publishing is told to that family alone. Raises NotFound (also for a learner who does not belong
    to the test), NotAllowed, MarkWrong."""
    row = _locked(session, exam_id, member)
    given = {each.student_id: each for each in marks}
    if not given.keys() <= set(queries.learners_of(session, row.id)):
        raise NotFound()
    read = {
        id_: rules.mark_of(each.mark, full_mark=row.full_mark) if each.mark.strip() else None
        for id_, each in given.items()
    }
    wrong = [
        id_
        for id_, each in given.items()
        if (each.mark.strip() and read[id_] is None)
        or len(" ".join(each.comment.split())) > LONGEST_COMMENT
    ]
    if wrong:
        raise MarkWrong(student_ids=wrong)
    changed = [
        found
        for id_, each in given.items()
        if (found := _write(session, row, each, read[id_], member)) is not None
    ]
    session.flush()
    if row.published_at is not None:
        for score in changed:
            key = f"score:{score.id}:{score.revision}"
            _tell(session, row, [score.student_id], template="score_corrected", key=key)
    return len(changed)


def publish(session: Session, *, exam_id: int, member: StaffMember) -> int:
    """Let the families of those with a mark see it, and tell each person once; returns how many
    learners that are. Again changes nothing. Raises NotFound, NotAllowed, NothingEntered."""
    row = _locked(session, exam_id, member)
    found = list(queries.scores(session, row.id))
    if not found:
        raise NothingEntered()
    if row.published_at is None:
        row.published_at = clock.now()
        session.flush()
        _audit(session, member, "exam.published", row.id)
        _tell(session, row, found, template="scores_published", key=f"scores:{row.id}")
    return len(found)


def must_enter(session: Session, member: StaffMember, class_group_id: int) -> None:
    """Raise NotAllowed for whoever neither teaches a class now nor keeps the scores of all."""
    if class_group_id not in queries.classes_for(session, member):
        raise NotAllowed()


def _locked(session: Session, exam_id: int, member: StaffMember) -> Exam:
    row = session.get(Exam, exam_id, with_for_update=True)
    if row is None:
        raise NotFound()
    must_enter(session, member, row.class_group_id)
    return row


def _write(
    session: Session, row: Exam, each: Entered, mark: str | None, member: StaffMember
) -> Score | None:
    """The score where something about it changed. Nothing is written for a learner who has no mark
    and gets none."""
    key = {"exam_id": row.id, "student_id": each.student_id}
    found = session.scalar(select(Score).filter_by(**key))
    comment = " ".join(each.comment.split()) or None
    if (found is None and mark is None) or (
        found is not None and (found.mark, found.comment) == (mark, comment)
    ):
        return None
    now = clock.now()
    if found is None:
        made = upsert(session, Score).values(
            **key, mark=mark, comment=comment, entered_by=member.id, entered_at=now, revision=0
        )
        session.execute(made.on_conflict_do_nothing(index_elements=list(key)))
        return session.scalars(select(Score).filter_by(**key)).one()
    if found.mark != mark:
        session.add(ScoreChange(score_id=found.id, was=found.mark, account_id=member.id, at=now))
        security.audit(
            session,
            actor=f"account:{member.id}",
            action="score.corrected",
            subject=f"score:{found.id}",
        )
    found.mark, found.comment = mark, comment
    found.entered_by, found.entered_at = member.id, now
    found.revision += 1
    return found


def _tell(
    session: Session, row: Exam, student_ids: Collection[int], *, template: str, key: str
) -> None:
    """Marks themselves are not in it: a notice is read over shoulders, the answer in the chat is
    for who asks."""
    view = queries.exam(session, row.id)
    for person, to, names in families_of(session, student_ids):
        values = {"child": names, "course": view.course_name, "exam": view.name}
        outbox.post(
            session,
            to=to.recipient,
            notice=Notice(template=template, values=values),
            dedupe_key=f"{key}:{person}",
        )


def _audit(session: Session, member: StaffMember, action: str, exam_id: int) -> None:
    security.audit(session, actor=f"account:{member.id}", action=action, subject=f"exam:{exam_id}")

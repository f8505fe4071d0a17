"""What this room forgets of learners: words about them. Who was in which lesson stays, because
hours and pay are reckoned by it."""

from collections.abc import Collection

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from backend.teaching.models import (
    Attendance,
    AttendanceChange,
    Guest,
    HandIn,
    Leave,
    Score,
    ScoreChange,
    Suspension,
    Transfer,
)
from backend.teaching.schemas import Mark
from backend.teaching.timetable_models import ChangeReceipt, Feed, LearnerBusy

GONE = "已删除"


def forget_guests(session: Session, *, holders: Collection[str]) -> None:
    """Take the names of those who tried a lesson off its roll; whoever was expected is not."""
    theirs = Guest.holder.in_(holders)
    waited_for = update(Guest).where(theirs, Guest.status == Mark.EXPECTED)
    session.execute(waited_for.values(status=Mark.FREED))
    session.execute(update(Guest).where(theirs).values(name=GONE))


def forget(session: Session, *, student_ids: Collection[int], openids: Collection[str]) -> None:
    """Take words and WeChats out of leaves, corrections, pauses, changes of class, homework and
    scores of these learners, and of what these WeChats asked for another."""
    asked = [f"wechat:{openid}" for openid in openids]
    theirs = Leave.student_id.in_(student_ids) | Leave.asked_by.in_(asked)
    session.execute(update(Leave).where(theirs).values(words=GONE, asked_by=GONE))
    places = select(Attendance.id).where(Attendance.student_id.in_(student_ids))
    changes = update(AttendanceChange).where(AttendanceChange.attendance_id.in_(places))
    session.execute(changes.values(reason=GONE))
    own = HandIn.student_id.in_(student_ids)
    session.execute(update(HandIn).where(own).values(words=GONE, comment=None, handed_by=GONE))
    marks = Score.student_id.in_(student_ids)
    replaced = update(ScoreChange).where(ScoreChange.score_id.in_(select(Score.id).where(marks)))
    session.execute(replaced.values(was=None))
    session.execute(update(Score).where(marks).values(mark=None, comment=None))
    handed = update(HandIn).where(HandIn.handed_by.in_(asked))
    session.execute(handed.values(handed_by=GONE))
    receipts = update(ChangeReceipt).where(
        ChangeReceipt.student_id.in_(student_ids), ChangeReceipt.words.is_not(None)
    )
    session.execute(receipts.values(words=GONE))
    session.execute(delete(LearnerBusy).where(LearnerBusy.student_id.in_(student_ids)))
    session.execute(delete(Feed).where(Feed.student_id.in_(student_ids) | Feed.openid.in_(openids)))
    for model in (Suspension, Transfer):
        session.execute(update(model).where(model.asked_by.in_(asked)).values(asked_by=GONE))

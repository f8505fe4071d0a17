"""资料删除 Erasures: a family asks, a person decides in time, and it is carried out step by step
(PIPL §47, 未成年人网络保护条例 §34).

Each step is a unit of its own, written down in `done` in that unit; whatever dies goes on with the
next step, and a step that runs twice finds nothing left to do. What the books need stays without
names. Who was erased is on a list of keyed hashes, in the database and in a file beside it, so that
a backup that knows them again brings them back for as long as a night at most.
"""

from collections.abc import Collection
from datetime import datetime, time, timedelta
from functools import partial

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from backend.kit import clock, queue
from backend.kit.db import ring_after_commit
from backend.kit.errors import NotFound
from backend.outbox import service as outbox
from backend.outbox.schemas import Notice, Recipient
from backend.security import queries as security
from backend.security.permissions import must, roles_with
from backend.security.schemas import Permission, Speaker, StaffMember
from backend.security.service import audit, tell
from backend.students.file.identity import age_on
from backend.students.file.models import Erasure
from backend.students.file.words import ErasureStatus, ErasureView, NotNow
from backend.students.models import Guardian, Guardianship, Student

ANSWER_WITHIN_DAYS = 15  # Working days, as the privacy notice promises.
REMIND_BEFORE = timedelta(days=3)
OF_AGE = 18  # 民法典 §17.
NO_FILE = "没有档案的咨询者"
STEPS = ("talks", "letters", "leads", "orders", "tickets", "personal")
"""In this order; `personal` last, because until then the family can still be told apart."""


def working_days_after(begun_at: datetime, days: int) -> datetime:
    """The end of the n-th Monday to Friday after a moment; public holidays are not left out, which
    errs on the side of answering early."""
    day = clock.local(begun_at).date()
    while days:
        day += timedelta(days=1)
        days -= day.weekday() < 5
    return datetime.combine(day + timedelta(days=1), time(0), clock.SHANGHAI).astimezone(clock.UTC)


def children_to_erase(session: Session, guardian_id: int) -> list[int]:
    """A guardian's learners who have no other guardian: the others stay with the other one."""
    mine = select(Guardianship.student_id).where(Guardianship.guardian_id == guardian_id)
    others = (
        select(Guardianship.student_id)
        .join(Guardian, Guardian.id == Guardianship.guardian_id)
        .where(Guardianship.guardian_id != guardian_id, Guardian.erased_at.is_(None))
    )
    query = select(Student.id).where(
        Student.id.in_(mine), Student.id.not_in(others), Student.merged_into_id.is_(None)
    )
    return list(session.scalars(query.order_by(Student.id)))


def learners_to_erase(
    session: Session, *, guardian_id: int | None, student_id: int | None
) -> list[int]:
    """Whose files go: a guardian's children, and whoever asks for themselves."""
    found = set(children_to_erase(session, guardian_id)) if guardian_id is not None else set()
    return sorted(found | ({student_id} if student_id is not None else set()))


def may_ask(session: Session, speaker: Speaker) -> bool:
    """Staff who are no family ask their employer; a learner asks for themselves when of age or
    without a guardian in our files, else a guardian does (民法典 §18, §20)."""
    if speaker.guardian_id is not None:
        return True
    if speaker.student_id is None:
        return speaker.account_id is None
    born_on = session.scalar(select(Student.birth_on).where(Student.id == speaker.student_id))
    if born_on is not None and age_on(born_on, clock.local(clock.now()).date()) >= OF_AGE:
        return True
    held = (
        select(Guardianship.guardian_id)
        .join(Guardian, Guardian.id == Guardianship.guardian_id)
        .where(Guardianship.student_id == speaker.student_id, Guardian.erased_at.is_(None))
    )
    return session.scalar(held.limit(1)) is None


def open_erasure_of(session: Session, speaker: Speaker) -> ErasureView | None:
    """The wish that is being looked at or carried out."""
    row = session.scalars(_open_of(speaker).order_by(Erasure.id).limit(1)).one_or_none()
    return ErasureView.model_validate(row) if row else None


def _open_of(speaker: Speaker) -> Select[Erasure]:
    mine = Erasure.openid == speaker.openid
    if speaker.guardian_id is not None:
        mine |= Erasure.guardian_id == speaker.guardian_id
    if speaker.student_id is not None:
        mine |= Erasure.student_id == speaker.student_id
    return select(Erasure).where(mine, Erasure.finished_at.is_(None))


def ask(session: Session, speaker: Speaker) -> ErasureView:
    """Somebody asks to be forgotten, a guardian with their children; whoever decides is told.
    Asking twice is asking once. The caller has looked for open lessons and money. Raises
    NotFound for whoever may not ask."""
    if not may_ask(session, speaker):
        raise NotFound()
    person = select(Student.id).where(Student.id == speaker.student_id)
    if speaker.guardian_id is not None:
        person = select(Guardian.id).where(Guardian.id == speaker.guardian_id)
    session.scalars(person.with_for_update()).one_or_none()  # Two taps of one family take turns.
    known = open_erasure_of(session, speaker)
    if known is not None:
        return known
    now = clock.now()
    student_ids = learners_to_erase(
        session, guardian_id=speaker.guardian_id, student_id=speaker.student_id
    )
    row = Erasure(
        guardian_id=speaker.guardian_id,
        student_id=speaker.student_id,
        openid=speaker.openid,
        openids=openids_of(session, speaker, student_ids),
        student_ids=student_ids,
        status=ErasureStatus.ASKED,
        asked_at=now,
        due_at=working_days_after(now, ANSWER_WITHIN_DAYS),
    )
    session.add(row)
    session.flush()
    _audit(session, row, "erasure.asked", f"wechat:{speaker.openid}")
    _tell_deciders(session, row, template="erasure_asked")
    return ErasureView.model_validate(row)


def take_back(session: Session, speaker: Speaker) -> bool:
    """The family has changed its mind before anybody decided."""
    query = _open_of(speaker).where(Erasure.status == ErasureStatus.ASKED)
    row = session.scalars(query.limit(1).with_for_update()).one_or_none()
    if row is None:
        return False
    row.status, row.finished_at = ErasureStatus.TAKEN_BACK, clock.now()
    _audit(session, row, "erasure.taken_back", f"wechat:{speaker.openid}")
    return True


def decide(
    session: Session, erasure_id: int, *, member: StaffMember, approve: bool, note: str
) -> None:
    """A person approves, or refuses with a reason that the family reads. Raises NotFound, NotNow
    once it is decided, NotAllowed."""
    must(member.role, Permission.DECIDE_ERASURE)
    row = locked(session, erasure_id)
    if row.status != ErasureStatus.ASKED or (not approve and not note.strip()):
        raise NotNow()
    row.decided_by, row.decided_at, row.note = member.id, clock.now(), note.strip()[:200]
    by = f"account:{member.id}"
    if approve:
        row.status = ErasureStatus.APPROVED
        row.student_ids = learners_to_erase(  # Days have passed: a child may have another guardian
            session,
            guardian_id=row.guardian_id,
            student_id=row.student_id,  # now, who stays.
        )
        row.openids = openids_of(session, ErasureView.model_validate(row), row.student_ids)
        _audit(session, row, "erasure.approved", by)
        ring_after_commit(session, f"erasure:{row.id}", partial(_ring, row.id))
        return
    row.status, row.finished_at = ErasureStatus.REFUSED, clock.now()
    _audit(session, row, "erasure.refused", by)
    outbox.post(
        session,
        to=Recipient(openid=row.openid),
        notice=Notice(template="erasure_refused", values={"reason": row.note}),
        dedupe_key=f"erasure-refused:{row.id}",
    )


def _ring(erasure_id: int) -> None:
    queue.defer("backend.portal.jobs.erase", erasure_id)


def step_done(session: Session, erasure_id: int, step: str) -> None:
    """Write a step down in the unit that has done it; the end after the last one."""
    row = locked(session, erasure_id)
    if row.status != ErasureStatus.APPROVED:
        return
    if step not in row.done:
        row.done = [*row.done, step]
    if set(row.done) >= set(STEPS):
        _certify(session, row)


def _certify(session: Session, row: Erasure) -> None:
    """Tell the family that it is done, and forget where we told them."""
    row.status, row.finished_at = ErasureStatus.DONE, clock.now()
    if row.openid:
        outbox.post(
            session,
            to=Recipient(openid=row.openid),
            notice=Notice(
                template="erasure_done",
                values={
                    "number": f"DEL{row.id:06d}",
                    "day": f"{clock.local(row.finished_at):%Y年%m月%d日}",
                },
            ),
            dedupe_key=f"erasure-done:{row.id}",
        )
    row.openid, row.openids = None, []
    _audit(session, row, "erasure.done", "system")


def next_step(view: ErasureView) -> str | None:
    """The first step that is not behind an approved erasure."""
    if view.status is not ErasureStatus.APPROVED:
        return None
    return next((step for step in STEPS if step not in view.done), None)


def erasure(session: Session, erasure_id: int) -> ErasureView:
    """One erasure. Raises NotFound."""
    row = session.get(Erasure, erasure_id)
    if row is None:
        raise NotFound()
    return ErasureView.model_validate(row)


def approved_ids(session: Session) -> list[int]:
    """Erasures that somebody has to go on with."""
    query = select(Erasure.id).where(Erasure.status == ErasureStatus.APPROVED)
    return list(session.scalars(query.order_by(Erasure.id).limit(100)))


def listed(session: Session, *, limit: int = 50) -> list[tuple[ErasureView, str]]:
    """Erasures with a name (gone afterwards): those to decide first, by deadline."""
    query = (
        select(Erasure, func.coalesce(Guardian.name, Student.name, NO_FILE))
        .outerjoin(Guardian, Guardian.id == Erasure.guardian_id)
        .outerjoin(Student, Student.id == Erasure.student_id)
        .order_by(Erasure.status != ErasureStatus.ASKED, Erasure.due_at.desc(), Erasure.id.desc())
    )
    rows = session.execute(query.limit(limit))
    return [(ErasureView.model_validate(row), name) for row, name in rows]


def remind_deciders(session: Session) -> int:
    """Tell whoever decides, once, that a deadline is near; returns how many."""
    query = select(Erasure).where(
        Erasure.status == ErasureStatus.ASKED,
        Erasure.reminded_at.is_(None),
        Erasure.due_at <= clock.now() + REMIND_BEFORE,
    )
    rows = session.scalars(query.with_for_update()).all()
    for row in rows:
        row.reminded_at = clock.now()
        _tell_deciders(session, row, template="erasure_waiting")
    return len(rows)


def repeat_for(session: Session, guardian_id: int | None, student_ids: list[int]) -> None:
    """A backup has brought somebody back who was erased: erase them again, as was decided. Without
    a guardian it is one learner."""
    student_id = student_ids[0] if guardian_id is None else None
    who = Speaker(openid="", guardian_id=guardian_id, student_id=student_id)
    if open_erasure_of(session, who) is not None:
        return
    now = clock.now()
    row = Erasure(
        guardian_id=guardian_id,
        student_id=student_id,
        openid=None,
        openids=openids_of(session, who, student_ids),
        student_ids=student_ids,
        status=ErasureStatus.APPROVED,
        asked_at=now,
        due_at=now,
        decided_at=now,
        note="备份恢复后重新删除",
    )
    session.add(row)
    session.flush()
    _audit(session, row, "erasure.repeated", "system")


def locked(session: Session, erasure_id: int) -> Erasure:
    """A row, locked until the unit ends. Raises NotFound."""
    query = select(Erasure).where(Erasure.id == erasure_id).with_for_update()
    row = session.scalars(query.execution_options(populate_existing=True)).one_or_none()
    if row is None:
        raise NotFound()
    return row


def openids_of(
    session: Session, who: Speaker | ErasureView, student_ids: Collection[int]
) -> list[str]:
    """The WeChats of whoever goes; of somebody without a file the one that asked."""
    guardians = [who.guardian_id] if who.guardian_id is not None else []
    if guardians or student_ids:
        return security.openids_of(session, guardian_ids=guardians, student_ids=student_ids)
    return [who.openid] if who.openid else []


def proven_phones(session: Session, view: ErasureView) -> list[str]:
    """Phones of whoever goes that were proven to be theirs: what stands under a number that was
    only typed may be somebody else's."""
    rows: list[Guardian | Student] = list(
        session.scalars(select(Student).where(Student.id.in_(view.student_ids)))
    )
    rows += session.scalars(select(Guardian).where(Guardian.id == view.guardian_id))
    return [row.phone for row in rows if row.phone and row.phone_checked_at is not None]


def _tell_deciders(session: Session, row: Erasure, *, template: str) -> None:
    tell(
        session,
        *sorted(roles_with(Permission.DECIDE_ERASURE)),
        notice=Notice(
            template=template,
            values={
                "number": f"DEL{row.id:06d}",
                "deadline": f"{clock.local(row.due_at - timedelta(minutes=1)):%m月%d日}",
            },
        ),
        dedupe_key=f"{template}:{row.id}",
    )


def _audit(session: Session, row: Erasure, action: str, by: str) -> None:
    audit(session, actor=by, action=action, subject=f"erasure:{row.id}")

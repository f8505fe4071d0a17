"""What this room forgets of a family: words in tickets, what was sent, names, addresses, consents'
openids. The rows stay, because books and statistics point at them."""

from collections.abc import Collection
from typing import TypeVar

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from backend.kit import clock
from backend.outbox import retention
from backend.students import attachments
from backend.students.customer_models import IntakeRow, Merge, Tagging
from backend.students.file import exports, tombstones
from backend.students.file.models import Export, Look
from backend.students.models import (
    Attachment,
    Consent,
    Guardian,
    Guardianship,
    Invitation,
    Review,
    Student,
    Takeover,
)
from backend.students.schemas import Person
from backend.students.sheet import Content
from backend.students.ticket_models import Ticket, TicketAlert, TicketNote, TicketTask

GONE = "已删除"


def forget_tickets(session: Session, *, openid: str, into: str) -> int:
    """Tickets keep number, kind, dates and who answered (S10); words and attachments go."""
    attachments.withdraw(session, openid=openid)
    session.execute(update(Attachment).where(Attachment.openid == openid).values(openid=into))
    ids = list(session.scalars(select(Ticket.id).where(Ticket.openid == openid)))
    said = session.scalars(select(TicketNote.id).where(TicketNote.ticket_id.in_(ids)))
    keys = list(session.scalars(select(TicketAlert.key).where(TicketAlert.ticket_id.in_(ids))))
    keys += [f"ticket-note:{each}" for each in said]
    retention.forget_about(session, keys)
    notes = update(TicketNote).where(TicketNote.ticket_id.in_(ids))
    session.execute(notes.values(text=GONE))
    tasks = update(TicketTask).where(TicketTask.ticket_id.in_(ids))
    session.execute(tasks.values(text=GONE, done_note=None))
    blank = {"text": GONE, "customer": GONE, "rating_word": None, "openid": into}
    session.execute(update(Ticket).where(Ticket.id.in_(ids)).values(blank))
    session.execute(
        update(Takeover)
        .where(Takeover.openid == openid)
        .values(
            openid=into,
            customer=GONE,
            last_said="",
            suggestions=[],
            ended_at=clock.now(),
            ended_by="nobody",
        )
    )
    for row in session.scalars(select(Export).where(Export.openid == openid)):
        exports.drop(row)
        row.openid = into
    session.execute(update(Consent).where(Consent.openid == openid).values(openid=into))
    answered = update(Invitation).where(Invitation.openid == openid)
    session.execute(answered.values(openid=None, name=None, phone=None))
    return len(ids)


def forget_people(
    session: Session, *, guardian_id: int | None, student_ids: Collection[int]
) -> None:
    """Blank a guardian and learners with the shells of their doubles, withdraw their consents, and
    put them on the list of the erased. A child that stays with the other guardian loses only this
    one."""
    now = clock.now()
    own = {guardian_id} if guardian_id is not None else set()
    guardians = _with_shells(session, Guardian, own)
    learners = _with_shells(session, Student, set(student_ids))
    tombstones.bury(session, [*guardians, *learners])
    _forget_imports(session, {row.phone for row in guardians if row.phone})
    for guardian in guardians:
        guardian.name, guardian.phone, guardian.phone_index = GONE, "", ""
        guardian.id_number = guardian.id_number_index = guardian.address = guardian.email = None
        guardian.erased_at = guardian.erased_at or now
    for row in learners:
        row.name, row.grade, row.birth_on, row.school = GONE, None, None, None
        row.id_number = row.id_number_index = row.address = row.health_note = row.email = None
        row.phone = row.phone_index = None
        row.erased_at = row.erased_at or now
    session.execute(
        update(Consent)
        .where(Consent.guardian_id.in_(own), Consent.withdrawn_at.is_(None))
        .values(withdrawn_at=now, withdrawn_way="erasure")
    )
    changes = Review.guardian_id.in_(own) | Review.student_id.in_(student_ids)
    blank = {"openid": "", "before": GONE, "after": GONE, "reason": ""}
    session.execute(update(Review).where(changes).values(blank))
    invited = update(Invitation).where(Invitation.guardian_id.in_(own))
    session.execute(invited.values(openid=None, name=None, phone=None))
    session.execute(update(Look).where(Look.student_id.in_(student_ids)).values(note=GONE))
    for kind, rows in ((Person.GUARDIAN, guardians), (Person.STUDENT, learners)):
        ids = [each.id for each in rows]
        merges = update(Merge).where(Merge.kind == kind, Merge.kept_id.in_(ids))
        session.execute(merges.values(changes="{}", moved={}, own={}))
        owner = Tagging.guardian_id if kind is Person.GUARDIAN else Tagging.student_id
        session.execute(delete(Tagging).where(owner.in_(ids)))
    stays = select(Guardianship).where(
        Guardianship.guardian_id.in_(own), Guardianship.student_id.not_in(student_ids)
    )
    for link in session.scalars(stays):
        session.delete(link)
    session.flush()


_Model = TypeVar("_Model", Guardian, Student)


def _with_shells(session: Session, model: type[_Model], ids: set[int]) -> list[_Model]:
    """People, and the doubles that were merged into them, however often."""
    found = list(session.scalars(select(model).where(model.id.in_(ids))))
    fresh = set(ids)
    while fresh:
        shells = session.scalars(select(model).where(model.merged_into_id.in_(fresh))).all()
        found += shells
        fresh = {shell.id for shell in shells}
    return found


def _forget_imports(session: Session, phones: set[str]) -> None:
    """Workbooks that are still kept name them too. Their rows are found by reading, because they
    are ciphertext; a month of them is kept at most (`intake.RESULT_LASTS`)."""
    for row in session.scalars(select(IntakeRow)):
        if Content.model_validate_json(row.content).phone in phones:
            row.content = Content().model_dump_json()

"""Carrying an erasure out across the rooms, and what has to be settled before it (PIPL §47)."""

from sqlalchemy.orm import Session

from backend.admissions import family as leads
from backend.finance import family, refund_reads
from backend.finance import queries as finance
from backend.finance.arrears import forgetting as arrears
from backend.kit import clock, crypto
from backend.kit.db import unit_of_work
from backend.kit.errors import DomainError
from backend.outbox import retention
from backend.security import service as identities
from backend.security.schemas import Speaker, StaffMember
from backend.students import queries as students
from backend.students.file import erasures, forgetting, tombstones
from backend.students.file.words import ErasureView
from backend.teaching import family as learning
from backend.teaching import queries as teaching


class StillOpen(DomainError):
    """The family has lessons, money or a complaint open; `obstacles` says which."""


def obstacles(session: Session, who: Speaker | ErasureView) -> list[str]:
    """What somebody has to do first: lessons, money or a complaint that are still open."""
    student_ids = erasures.learners_to_erase(
        session, guardian_id=who.guardian_id, student_id=who.student_id
    )
    openids = erasures.openids_of(session, who, student_ids)
    found = []
    if any(each.left > 0 for each in finance.lessons_left(session, student_ids=student_ids)):
        found.append("还有没上完的课时：请先上完，或回复「退费」办理退费")
    elif teaching.lessons_of_students(session, student_ids, from_at=clock.now(), limit=1):
        found.append("还有排好的课：请先回复「转人工」，请教务老师办理退班")
    if family.has_open_orders(session, openids):
        found.append("有待付款的订单：请先付款，或等订单自动关闭")
    if any(refund_reads.is_open(session, openid) for openid in openids):
        found.append("有办理中的退费：请等退款到账，或回复「撤回退费」")
    if leads.has_trial_booked(session, openids):
        found.append("有约好的试听：请先来试听，或回复「取消试听」")
    tickets = students.tickets_of_people(session, openids, limit=20)
    if any(each.status in ("open", "answered", "waiting") for each in tickets):
        found.append("有处理中的投诉或请求：请等答复，或回复「不投诉了」")
    return found


def is_known(session: Session, speaker: Speaker) -> bool:
    """Whether we hold more of somebody than the talk itself: a file, a lead, a ticket."""
    if speaker.guardian_id is not None or speaker.student_id is not None:
        return True
    has_written = students.tickets_of_people(session, [speaker.openid], limit=1)
    return bool(has_written) or leads.has_asked(session, speaker.openid)


def decide(
    session: Session, erasure_id: int, *, member: StaffMember, approve: bool, note: str
) -> None:
    """As `erasures.decide`; what has been bought since the family asked stands in the way again.
    Raises StillOpen."""
    view = erasures.erasure(session, erasure_id)
    found = obstacles(session, view) if approve else []
    if found:
        raise StillOpen(obstacles=found)
    erasures.decide(session, erasure_id, member=member, approve=approve, note=note)


def pseudonym_of(openid: str) -> str:
    """What stands for a WeChat in rows that are kept; nobody can tell it back."""
    return f"erased:{crypto.blind_index(openid, context='erased')[:40]}"


def go_on(erasure_id: int) -> bool:
    """The next step of an approved erasure, in a unit of its own; False when none is left for this
    house: the talks are the bot's, which lies above (`bot.jobs.forget_talks`)."""
    with unit_of_work() as session:
        view = erasures.erasure(session, erasure_id)
        step = erasures.next_step(view)
        if step is None or step == "talks":
            return False
        _STEPS[step](session, view)
        erasures.step_done(session, erasure_id, step)
    return True


def _letters(session: Session, view: ErasureView) -> None:
    for openid in view.openids:
        retention.forget(session, openid=openid)


def _leads(session: Session, view: ErasureView) -> None:
    for openid in view.openids:
        leads.forget(
            session, openid=openid, student_ids=view.student_ids, into=pseudonym_of(openid)
        )
    leads.forget_callers(session, phones=erasures.proven_phones(session, view))


def _orders(session: Session, view: ErasureView) -> None:
    for openid in view.openids:
        family.pseudonymise(session, openid=openid, into=pseudonym_of(openid))
        arrears.pseudonymise(session, openid=openid, into=pseudonym_of(openid))


def _tickets(session: Session, view: ErasureView) -> None:
    for openid in view.openids:
        forgetting.forget_tickets(session, openid=openid, into=pseudonym_of(openid))


def _personal(session: Session, view: ErasureView) -> None:
    for openid in view.openids:
        identities.unbind_family(session, openid, into=pseudonym_of(openid))
    learning.forget(session, student_ids=view.student_ids, openids=view.openids)
    forgetting.forget_people(session, guardian_id=view.guardian_id, student_ids=view.student_ids)


_STEPS = {
    "letters": _letters,
    "leads": _leads,
    "orders": _orders,
    "tickets": _tickets,
    "personal": _personal,
}


def look_for_risen() -> int:
    """Erase again whom a restored backup has brought back; returns how many families."""
    with unit_of_work() as session:
        found = tombstones.risen(session)
        for guardian_id, student_ids in found:
            erasures.repeat_for(session, guardian_id, student_ids)
    return len(found)

"""试听: a child tries one lesson of a course before anybody pays (§4, rule 5).

A sibling of `sign_up`. The place is teaching's (`life.trials`), which tells here what became of it;
finance tells when money has come, and the trial that led to it is counted once.
"""

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from backend.admissions import queries, reminding, service
from backend.admissions.models import SignUp, Trial
from backend.admissions.schemas import TrialForm, TrialStatus, TrialView
from backend.finance.arrears import queries as arrears
from backend.finance.schemas import OrderPaid
from backend.kit import clock
from backend.kit.errors import DomainError, NotFound
from backend.outbox import service as outbox
from backend.outbox.schemas import Notice, Recipient
from backend.security import queries as staff
from backend.students import service as students
from backend.students.file import consents
from backend.students.schemas import PRIVACY_NOTICE
from backend.teaching import queries as classes
from backend.teaching.life import trials as places
from backend.teaching.schemas import GuestMoved, GuestSeen, GuestSentAway

HOLDER = reminding.TRIAL
OPEN = (TrialStatus.BOOKED, TrialStatus.ATTENDED)


class AlreadyTried(DomainError):
    """The child has a trial of this course already, booked or over (`trial`, a TrialView)."""


def book(session: Session, form: TrialForm) -> TrialView:
    """Book a trial, or move it to another lesson. The same message again, or the same wish, gives
    the trial that is there. Raises AlreadyTried, SeatTaken, LessonOver, Clash, NotFound.
    """
    lesson = classes.lesson(session, form.lesson_id)
    found = classes.offers(session, class_group_ids=[lesson.class_group_id])
    if not found:
        raise NotFound()
    offer = found[0]
    again = session.scalar(select(Trial).where(Trial.source_key == form.source_key))
    if again is not None:
        return TrialView.model_validate(again)
    arrears.must_be_free(session, openid=form.openid)
    lead = service.open_lead(
        session,
        openid=form.openid,
        interest=f"试听{offer.course_name}",
        campus_id=offer.campus_id,
    )
    before = _moved(session, form)
    trial = before if before and before.status == TrialStatus.BOOKED else None
    known = session.scalar(
        select(Trial).where(
            Trial.lead_id == lead.id,
            Trial.course_id == offer.course_id,
            Trial.child_name == form.child_name,
            Trial.status.in_(OPEN),
        )
    )
    if known is not None and known is not trial:
        if known.lesson_id == form.lesson_id and known.status == TrialStatus.BOOKED:
            return TrialView.model_validate(known)
        raise AlreadyTried(trial=TrialView.model_validate(known))
    if trial is None:
        trial = Trial(
            lead_id=lead.id, openid=form.openid, created_at=clock.now(), source_key=form.source_key
        )
    places.wait_for(session, lesson_id=form.lesson_id)
    trial.course_id, trial.lesson_id = offer.course_id, form.lesson_id
    trial.child_name, trial.grade = form.child_name, form.grade
    trial.phone = form.phone or (before.phone if before is not None else None)
    trial.status = TrialStatus.BOOKED
    try:
        with session.begin_nested():
            session.add(trial)
    except IntegrityError as error:  # The same child and course at the same moment.
        raise AlreadyTried() from error
    places.book(
        session,
        lesson_id=form.lesson_id,
        holder=f"{HOLDER}{trial.id}",
        name=form.child_name,
        student_id=form.student_id,
    )
    if form.privacy_version is not None:
        _consent(session, form.openid, form.privacy_version)
    values = _values(session, trial)
    _note(session, trial, f"约了试听：{values['time']} {values['class_name']}")
    _tell_advisor(session, trial, "trial_advisor")
    return TrialView.model_validate(trial)


def cancel(session: Session, *, openid: str, trial_id: int) -> None:
    """A family does not come: the place is free again, its advisor hears of it. Twice is fine.
    Raises NotFound for somebody else's."""
    trial = _locked(session, trial_id)
    if trial is None or trial.openid != openid:
        raise NotFound()
    if trial.status != TrialStatus.BOOKED:
        return
    trial.status = TrialStatus.CANCELLED
    places.free(session, holder=f"{HOLDER}{trial.id}")
    _note(session, trial, "取消了试听")
    _tell_advisor(session, trial, "trial_off_advisor")


def trials_of(session: Session, openid: str, *, limit: int = 5) -> list[TrialView]:
    """A person's trials, the latest first."""
    query = select(Trial).where(Trial.openid == openid).order_by(Trial.id.desc()).limit(limit)
    return [TrialView.model_validate(row) for row in session.scalars(query)]


def rate(session: Session, *, openid: str, words: str) -> bool:
    """What a family says of the trial it came to last; False when it has been to none."""
    query = (
        select(Trial)
        .where(Trial.openid == openid, Trial.status == TrialStatus.ATTENDED)
        .order_by(Trial.id.desc())
        .limit(1)
        .with_for_update()
    )
    trial = session.scalars(query).one_or_none()
    if trial is None:
        return False
    if trial.feedback != words:
        trial.feedback = words
        _note(session, trial, f"试听反馈：{words}")
        _tell_advisor(session, trial, "trial_rated_advisor", words=words)
    return True


def seen(session: Session, event: GuestSeen) -> None:
    """Listener: the roll says whether the child came. Whoever came is asked how it was, whoever did
    not is offered another time; each is said once, also when the roll is corrected back and forth.
    """
    trial = _of_holder(session, event.holder)
    if trial is None or trial.status == TrialStatus.CANCELLED:
        return
    status = TrialStatus.ATTENDED if event.came else TrialStatus.MISSED
    if trial.status == status:
        return
    trial.status = status
    _note(session, trial, "来试听了" if event.came else "没有来试听")
    _tell_family(session, trial, "trial_feedback" if event.came else "trial_missed")
    if not event.came:
        _tell_advisor(session, trial, "trial_missed_advisor")


def sent_away(session: Session, event: GuestSentAway) -> None:
    """Listener: the lesson does not take place."""
    trial = _of_holder(session, event.holder)
    if trial is not None and trial.status == TrialStatus.BOOKED:
        trial.status = TrialStatus.CANCELLED
        _note(session, trial, "试听的课停课了")
        _tell_family(session, trial, "trial_sent_away")
        _tell_advisor(session, trial, "trial_off_advisor")


def moved(session: Session, event: GuestMoved) -> None:
    """Listener: the lesson takes place at another time; the family hears so, and may choose
    another one. Their reminder is reckoned anew by itself."""
    trial = _of_holder(session, event.holder)
    if trial is not None and trial.status == TrialStatus.BOOKED:
        _note(session, trial, "试听的课改了时间")
        _tell_family(session, trial, "trial_moved", nonce=f":{clock.now():%y%m%d%H%M%S}")


def paid(session: Session, event: OrderPaid) -> None:
    """Listener: the child that tried has paid. One trial of the child is counted, once (rule 5)."""
    signed = session.scalar(select(SignUp).where(SignUp.order_number == event.number))
    if signed is None:
        return
    query = (
        select(Trial)
        .where(
            Trial.openid == signed.openid,
            Trial.child_name == signed.child_name,
            Trial.status == TrialStatus.ATTENDED,
        )
        .order_by(Trial.id.desc())
        .with_for_update()
    )
    tried = list(session.scalars(query))
    if tried and not any(each.converted_at for each in tried):
        tried[0].converted_at = clock.now()
        session.flush()


def _consent(session: Session, openid: str, version: str) -> None:
    students.record_consent(session, openid=openid, purpose=PRIVACY_NOTICE, version=version)
    consents.give(session, staff.speaker(session, openid), consents.Purpose.CHILD, way="chat")


def _moved(session: Session, form: TrialForm) -> Trial | None:
    """The trial that is to be moved: while it is booked that one, else another in its place."""
    trial = _locked(session, form.moves) if form.moves else None
    return trial if trial is not None and trial.openid == form.openid else None


def _of_holder(session: Session, holder: str) -> Trial | None:
    return _locked(session, int(holder.removeprefix(HOLDER))) if holder.startswith(HOLDER) else None


def _locked(session: Session, trial_id: int) -> Trial | None:
    return session.get(Trial, trial_id, with_for_update=True)


def _values(session: Session, trial: Trial) -> dict[str, str]:
    lesson = classes.lesson(session, trial.lesson_id)
    return {
        "customer": queries.family_of(session, trial.openid) or f"客户{trial.lead_id}",
        "child": trial.child_name,
        "class_name": lesson.class_name,
        "time": f"{clock.local(lesson.starts_at):%m月%d日 %H:%M}",
    }


def _note(session: Session, trial: Trial, text: str) -> None:
    service.note(session, lead_id=trial.lead_id, text=text)


def _tell_family(session: Session, trial: Trial, template: str, *, nonce: str = "") -> None:
    values = _values(session, trial)
    del values["customer"]
    outbox.post(
        session,
        to=Recipient(openid=trial.openid, phone=trial.phone),
        notice=Notice(template=template, values=values),
        dedupe_key=f"{template}:{trial.id}:{trial.lesson_id}{nonce}",
    )


def _tell_advisor(session: Session, trial: Trial, template: str, **more: str) -> None:
    values = {**_values(session, trial), **more}
    # A family may move back and forth; what the roll says is told once.
    nonce = "" if template == "trial_missed_advisor" else f"{clock.now():%y%m%d%H%M%S}"
    for account_id in queries.advisors_of(session, trial.lead_id):
        outbox.post(
            session,
            to=staff.recipient_of(session, account_id),
            notice=Notice(template=template, values=values),
            dedupe_key=f"{template}:{trial.id}:{trial.lesson_id}:{nonce}",
        )

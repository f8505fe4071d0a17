"""What this room knows of a family that has only asked us things, for its copy, and what is
forgotten of it."""

from collections.abc import Collection
from datetime import datetime

from pydantic import BaseModel, ConfigDict
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from backend.admissions import words
from backend.admissions.models import Callback, FollowUp, Lead, Placement, SignUp, Trial, Waiting
from backend.admissions.reminding import TRIAL
from backend.admissions.schemas import Stage, Touch, TrialStatus
from backend.kit import clock, crypto
from backend.security import queries as people
from backend.students import queries as files
from backend.teaching import family as guests
from backend.teaching import queries as classes

GONE = "已删除"
MOST = 200


class Asked(BaseModel):
    """Something that somebody asked of us, in words: a lead, a note on it, a trial, a call."""

    model_config = ConfigDict(frozen=True)

    at: datetime
    kind: str
    text: str


def asked(session: Session, openid: str) -> list[Asked]:
    """Leads with their timelines, trials and calls of a WeChat, in order (PIPL §45)."""
    leads = session.scalars(
        select(Lead).where(Lead.openid == openid).order_by(Lead.id).limit(MOST)
    ).all()
    found = [
        Asked(
            at=lead.created_at,
            kind="咨询",
            text="，".join(
                filter(
                    None,
                    (
                        lead.customer,
                        lead.child_name,
                        lead.phone,
                        lead.interest,
                        f"来源：{words.source_name(lead.source)}",
                        words.STAGES[Stage(lead.stage)],
                    ),
                )
            ),
        )
        for lead in leads
    ]
    notes = select(FollowUp).where(FollowUp.lead_id.in_([lead.id for lead in leads]))
    for note in session.scalars(notes.order_by(FollowUp.id).limit(MOST)):
        found.append(Asked(at=note.at, kind=words.TOUCHES[Touch(note.kind)], text=note.note))
    tests = select(Placement).where(
        Placement.lead_id.in_([lead.id for lead in leads])
        | Placement.student_id.in_(_children_of(session, openid))
    )
    for test in session.scalars(tests.order_by(Placement.id).limit(MOST)):
        result = "通过" if test.is_passed else "未通过"
        if test.points is not None:
            result = f"{test.points}分"
        found.append(Asked(at=test.at, kind="测评", text=f"{test.child_name}，{result}"))
    trials = session.scalars(select(Trial).where(Trial.openid == openid).limit(MOST)).all()
    lessons = {each.id: each for each in classes.lessons(session, [t.lesson_id for t in trials])}
    for trial in trials:
        lesson = lessons.get(trial.lesson_id)
        parts = [trial.child_name, trial.grade, trial.phone, trial.feedback]
        if lesson is not None:
            parts.insert(0, f"{clock.local(lesson.starts_at):%m月%d日 %H:%M} {lesson.class_name}")
        parts.append(words.TRIALS[TrialStatus(trial.status)])
        found.append(Asked(at=trial.created_at, kind="试听", text="，".join(filter(None, parts))))
    for call in session.scalars(select(Callback).where(Callback.openid == openid).limit(MOST)):
        state = "已回电" if call.done_at else "待回电"
        found.append(Asked(at=call.from_at, kind="回电", text=f"{call.phone}，{state}"))
    lines = select(Waiting).where(Waiting.openid == openid).limit(MOST)
    for line in session.scalars(lines):
        parts = [line.child_name, line.grade, line.phone]
        found.append(Asked(at=line.joined_at, kind="候补", text="，".join(filter(None, parts))))
    return sorted(found, key=lambda each: each.at)


def _children_of(session: Session, openid: str) -> list[int]:
    guardian_id = people.speaker(session, openid).guardian_id
    if guardian_id is None:
        return []
    return [child.id for child in files.children_of(session, guardian_id)]


def has_asked(session: Session, openid: str) -> bool:
    """Whether a WeChat has ever been a lead here."""
    return session.scalar(select(Lead.id).where(Lead.openid == openid).limit(1)) is not None


def has_trial_booked(session: Session, openids: Collection[str]) -> bool:
    """Whether somebody of these WeChats is still waited for."""
    query = select(Trial.id).where(Trial.openid.in_(openids), Trial.status == TrialStatus.BOOKED)
    return session.scalar(query.limit(1)) is not None


def forget(
    session: Session, *, openid: str, student_ids: Collection[int], into: str
) -> tuple[int, int]:
    """Take names, phones and words out of leads, trials, calls and sign-ups of a WeChat or of these
    learners; returns how many leads and sign-ups. Sources and dates stay for the figures."""
    leads = session.scalars(select(Lead).where(Lead.openid == openid)).all()
    _blank(session, leads, into=into)
    trials = session.scalars(select(Trial).where(Trial.openid == openid)).all()
    guests.forget_guests(session, holders=[f"{TRIAL}{trial.id}" for trial in trials])
    for trial in trials:
        # Numbered, because a lead has one open trial per child and course.
        trial.openid, trial.child_name = into, f"{GONE}{trial.id}"
        trial.grade = trial.phone = trial.feedback = None
        if trial.status == TrialStatus.BOOKED:
            trial.status = TrialStatus.CANCELLED
    for call in session.scalars(select(Callback).where(Callback.openid == openid)):
        call.openid, call.phone, call.done_at = into, "", call.done_at or clock.now()
    mine = (SignUp.openid == openid) | SignUp.student_id.in_(student_ids)
    signed = session.scalars(select(SignUp).where(mine)).all()
    for row in signed:
        row.child_name, row.guardian_name, row.phone, row.grade = GONE, GONE, "", None
        if row.openid == openid:
            row.openid = into
    own_tests = update(Placement).where(Placement.student_id.in_(student_ids))
    session.execute(own_tests.values(child_name=GONE, points=None))
    for waiting in session.scalars(select(Waiting).where(Waiting.openid == openid)):
        # The line closes up: the clock's job passes on a seat that was offered.
        waiting.child_name, waiting.phone, waiting.grade = f"{GONE}{waiting.id}", None, None
        waiting.openid = into
        waiting.offer_until = waiting.joined_at if waiting.status == "offered" else None
        if waiting.status == "waiting":
            waiting.status, waiting.closed_at = "left", waiting.joined_at
    session.flush()
    return len(leads), len(signed)


def forget_callers(session: Session, *, phones: Collection[str]) -> int:
    """The same for leads that have one of these phones and no WeChat: who called or walked in."""
    indexes = [crypto.blind_index(phone, context="phone") for phone in phones]
    query = select(Lead).where(Lead.openid.is_(None), Lead.phone_index.in_(indexes))
    leads = session.scalars(query).all()
    _blank(session, leads, into=None)
    session.flush()
    return len(leads)


def _blank(session: Session, leads: Collection[Lead], *, into: str | None) -> None:
    went_in = Lead.merged_into_id.in_([lead.id for lead in leads])
    leads = [*leads, *session.scalars(select(Lead).where(went_in))]
    for lead in leads:
        lead.openid, lead.interest = into, ""
        lead.customer = lead.child_name = lead.phone = lead.phone_index = None
        lead.closed_at, lead.next_follow_up_at = lead.closed_at or clock.now(), None
    notes = update(FollowUp).where(FollowUp.lead_id.in_([lead.id for lead in leads]))
    session.execute(notes.values(note=""))
    tests = update(Placement).where(Placement.lead_id.in_([lead.id for lead in leads]))
    session.execute(tests.values(child_name=GONE, points=None))

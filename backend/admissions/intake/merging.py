"""One lead per person and child: doubles go into one, with a trail, and can come out again.

What may be joined by itself: leads without a WeChat of their own (calls, walk-ins, forms) with a
phone that was typed; a website visitor's too once the phone is proven. Two WeChats with one phone
are for staff to look at, since a number typed in a chat proves nothing.
"""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.orm import InstrumentedAttribute, Session

from backend.admissions import lead_list, queries
from backend.admissions.assigning import giving
from backend.admissions.lead_models import Arrival, LeadMerge, LeadTag
from backend.admissions.models import Callback, FollowUp, Lead, SignUp, Trial
from backend.admissions.schemas import LostReason, MergeView, Stage
from backend.gateways.visitors import is_visitor
from backend.kit import clock, crypto
from backend.kit.errors import DomainError, NotFound
from backend.security import service as security
from backend.students.schemas import PhoneProven

MOVES: dict[str, InstrumentedAttribute[Any]] = {
    "follow_up": FollowUp.lead_id,
    "sign_up": SignUp.lead_id,
    "trial": Trial.lead_id,
    "callback": Callback.lead_id,
    "arrival": Arrival.lead_id,
}
FILLED = ("customer", "child_name", "phone", "phone_index", "campus_id", "openid")
KEPT = ("source", "last_source", "advisor_id", "assigned_at", "claimed_at", "asked_at", "stage")
GONE = ("stage", "lost_reason", "advisor_id")


class CannotMerge(DomainError):
    """The same lead, one that has gone into another already, or two with a WeChat each."""


class CannotUndo(DomainError):
    """Undone before, or another open lead stands where this one would."""


def merge(
    session: Session, *, kept_id: int, gone_id: int, account_id: int | None = None
) -> LeadMerge:
    """`gone_id` goes into `kept_id`: history, sign-ups, trials and tags, what was not known of the
    person, the first and the last touch, and the advisor who has claimed it. Locks both, the lower
    number first.

    Raises CannotMerge, NotFound.
    """
    query = select(Lead).where(Lead.id.in_({kept_id, gone_id})).order_by(Lead.id)
    rows = {row.id: row for row in session.scalars(query.with_for_update())}
    if kept_id == gone_id:
        raise CannotMerge()
    if len(rows) != 2:
        raise NotFound()
    kept, gone = rows[kept_id], rows[gone_id]
    if kept.merged_into_id or gone.merged_into_id or kept.closed_at or gone.stage == Stage.WON:
        raise CannotMerge()
    if kept.openid and gone.openid and not is_visitor(gone.openid):
        raise CannotMerge()
    moved: dict[str, Any] = {name: _moved(session, name, kept, gone) for name in MOVES}
    moved["tag"] = _tags_moved(session, kept, gone)
    moved["was_kept"] = {name: _plain(getattr(kept, name)) for name in KEPT}
    moved["was_gone"] = {name: _plain(getattr(gone, name)) for name in GONE}
    moved["was_gone"]["closed"] = gone.closed_at is not None
    giving.end_offer(session, gone, "merged")
    moved["filled"] = _fill(session, kept, gone)
    _join(kept, gone)
    gone.stage, gone.lost_reason, gone.merged_into_id = Stage.LOST, LostReason.DOUBLE, kept.id
    gone.closed_at, gone.next_follow_up_at = gone.closed_at or clock.now(), None
    gone.claim_due_at = None
    giving.remark(session, kept, f"原客户{gone.id}并入：{gone.interest}", account_id)
    giving.remark(session, gone, f"已并入客户{kept.id}", account_id)
    row = LeadMerge(
        kept_id=kept.id, gone_id=gone.id, account_id=account_id, moved=moved, at=clock.now()
    )
    session.add(row)
    session.flush()
    _audit(session, row, "lead.merged", account_id)
    return row


def undo(session: Session, *, merge_id: int, account_id: int) -> None:
    """What went along comes out again. Raises NotFound, CannotUndo."""
    row = session.get(LeadMerge, merge_id, with_for_update=True)
    if row is None:
        raise NotFound()
    query = select(Lead).where(Lead.id.in_({row.kept_id, row.gone_id})).order_by(Lead.id)
    rows = {each.id: each for each in session.scalars(query.with_for_update())}
    kept, gone = rows[row.kept_id], rows[row.gone_id]
    if row.undone_at is not None or gone.merged_into_id != kept.id:
        raise CannotUndo()
    openid = kept.openid if "openid" in row.moved["filled"] else gone.openid
    if openid and openid != kept.openid and queries.open_lead_of(session, openid) is not None:
        raise CannotUndo()
    for name, column in MOVES.items():
        table = column.class_
        moving = update(table).where(table.id.in_(row.moved[name]), column == kept.id)
        session.execute(moving.values(lead_id=gone.id))
    session.execute(update(LeadTag).where(LeadTag.id.in_(row.moved["tag"])).values(lead_id=gone.id))
    for name in row.moved["filled"]:
        if name == "openid":
            kept.openid, openid = None, kept.openid
            session.flush()
            gone.openid = openid
        elif getattr(kept, name) == getattr(gone, name):
            setattr(kept, name, None)
    kept.source, kept.last_source = (row.moved["was_kept"][n] for n in ("source", "last_source"))
    was = row.moved["was_gone"]
    gone.stage, gone.lost_reason = was["stage"], was["lost_reason"]
    gone.merged_into_id = None
    if not was["closed"]:
        gone.closed_at, gone.next_follow_up_at = None, clock.now()
    row.undone_at = clock.now()
    for lead in (kept, gone):
        giving.remark(session, lead, f"撤销合并（客户{kept.id}与客户{gone.id}）", account_id)
    _audit(session, row, "lead.merge_undone", account_id)


def merges_of(session: Session, lead_id: int) -> list[MergeView]:
    """What went into a lead and has not come out, the latest first."""
    query = select(LeadMerge).where(LeadMerge.kept_id == lead_id, LeadMerge.undone_at.is_(None))
    rows = session.scalars(query.order_by(LeadMerge.id.desc()).limit(10))
    return [MergeView.model_validate(row) for row in rows]


def twins_of(session: Session, lead_id: int) -> list[int]:
    """Other open leads with the same phone: for staff to look at."""
    index = session.scalar(select(Lead.phone_index).where(Lead.id == lead_id))
    if index is None:
        return []
    query = select(Lead.id).where(
        Lead.phone_index == index, Lead.id != lead_id, Lead.closed_at.is_(None)
    )
    return list(session.scalars(query.order_by(Lead.id).limit(5)))


def join_by_phone(session: Session, *, lead_id: int, phone: str, is_proven: bool = False) -> None:
    """Who called or filled in a form before writes now: what was noted then goes on in the lead of
    their WeChat. The phone stands on that lead from now on, so that the next call finds it."""
    lead = session.scalars(select(Lead).where(Lead.id == lead_id).with_for_update()).one()
    if lead.phone is None:
        lead.phone, lead.phone_index = phone, crypto.blind_index(phone, context="phone")
        session.flush()
    ids = [each for each in lead_list.with_phone(session, phone) if each != lead_id]
    query = select(Lead).where(Lead.id.in_(ids)).order_by(Lead.id)
    for row in session.scalars(query).all():
        is_free = row.openid is None or (is_proven and is_visitor(row.openid))
        is_brother = row.child_name and lead.child_name and row.child_name != lead.child_name
        if is_free and not is_brother:
            merge(session, kept_id=lead_id, gone_id=row.id)


def proven(session: Session, event: PhoneProven) -> None:
    """Somebody has proven a phone (listens to bindings): their open lead and what was noted under
    that phone are one."""
    lead = queries.open_lead_of(session, event.openid)
    if lead is not None:
        join_by_phone(session, lead_id=lead.id, phone=event.phone, is_proven=True)


def _moved(session: Session, name: str, kept: Lead, gone: Lead) -> list[int]:
    """Move the rows of a table; a trial for which the other lead has one open stays."""
    column = MOVES[name]
    table = column.class_
    ids = list(session.scalars(select(table.id).where(column == gone.id).order_by(table.id)))
    if name == "trial":
        ids = _free_trials(session, kept, ids)
    session.execute(update(table).where(table.id.in_(ids)).values(lead_id=kept.id))
    return ids


def _free_trials(session: Session, kept: Lead, ids: Sequence[int]) -> list[int]:
    there = select(Trial.course_id, Trial.child_name).where(Trial.lead_id == kept.id)
    taken = {(course, child) for course, child in session.execute(there)}
    rows = session.scalars(select(Trial).where(Trial.id.in_(ids)))
    return [row.id for row in rows if (row.course_id, row.child_name) not in taken]


def _tags_moved(session: Session, kept: Lead, gone: Lead) -> list[int]:
    there = set(session.scalars(select(LeadTag.name).where(LeadTag.lead_id == kept.id)))
    rows = session.scalars(select(LeadTag).where(LeadTag.lead_id == gone.id)).all()
    new = [row for row in rows if row.name not in there]
    for row in new:
        row.lead_id = kept.id
    session.flush()
    return [row.id for row in new]


def _fill(session: Session, kept: Lead, gone: Lead) -> list[str]:
    """What the kept lead did not know; the names of the columns, never their content."""
    filled = [name for name in FILLED if getattr(kept, name) is None and getattr(gone, name)]
    for name in filled:
        value = getattr(gone, name)
        if name == "openid":  # A WeChat has one open lead.
            gone.openid = None
            session.flush()
        setattr(kept, name, value)
    return filled


def _join(kept: Lead, gone: Lead) -> None:
    """First and last touch, the longest wait, and the advisor they know."""
    first, last = sorted((kept, gone), key=lambda each: (each.created_at, each.id))
    kept.source, kept.last_source = (
        first.source,
        last.last_source or (last.source if last.source != first.source else first.last_source),
    )
    if gone.asked_at and not gone.responded_at and not kept.asked_at:
        kept.asked_at = gone.asked_at
    is_known = gone.advisor_id is not None and gone.claimed_at is not None
    if is_known and kept.claimed_at is None:
        kept.advisor_id, kept.assigned_at = gone.advisor_id, gone.assigned_at
        kept.claimed_at, kept.claim_due_at = gone.claimed_at, None
    kept.touched_at = clock.now()


def _plain(value: object) -> object:
    return value if value is None or isinstance(value, int | str) else str(value)


def _audit(session: Session, row: LeadMerge, action: str, account_id: int | None) -> None:
    actor = f"account:{account_id}" if account_id else "system"
    session.flush()
    security.audit(
        session, actor=actor, action=action, subject=f"lead:{row.kept_id}", gone=row.gone_id
    )

"""Changes of the students room: a person leads the talk with a customer instead of the bot (C3).

The row is the only truth about who leads a talk. The customer's turn, the owner's turn and the
clock each lock it, so that nothing said is lost between them and nobody answers a talk that has
just gone to somebody else.
"""

from datetime import datetime, timedelta

from sqlalchemy import Select, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from backend.kit import clock, events
from backend.kit.errors import NotAllowed, NotFound
from backend.kit.links import page_in_wechat
from backend.outbox import service as outbox
from backend.outbox.schemas import ChatMessage, Notice, Recipient
from backend.security import queries as staff
from backend.security import service as security
from backend.security.schemas import AccountDeactivated, Role, StaffMember
from backend.students import queries, rules
from backend.students.models import Takeover
from backend.students.office_hours import OFFICE
from backend.students.schemas import CustomerAnswered, EndedBy, NoteKind, TakeoverStep, TakeoverView
from backend.students.ticket_models import Ticket
from backend.students.tickets import answering, desk, settling

MANAGERS = (Role.CAMPUS_MANAGER, Role.PRINCIPAL)
CHAT_LASTS = timedelta(hours=47)  # WeChat passes plain messages on for 48 h after the customer's.


def begin(
    session: Session,
    *,
    openid: str,
    customer: str,
    role: Role,
    ticket_id: int,
    said: str,
    said_at: datetime | None = None,
    preferred_id: int | None = None,
    taken_by: int | None = None,
) -> TakeoverView | None:
    """Give the talk to a person: to `taken_by`, who is at it already, else by role, load and habit,
    from the next opening on. None where there is nobody. Beginning twice changes nothing.
    `said_at` is when the customer wrote what waits for that person."""
    known = of_customer(session, openid)
    if known is not None:
        return known
    owner_id = taken_by or _choose(session, (role, *MANAGERS), preferred_id, tried=())
    if owner_id is None:
        return None
    now = clock.now()
    begins_at = now if taken_by else opening(now)
    row = Takeover(
        openid=openid,
        customer=customer[:40],
        role=role,
        owner_id=owner_id,
        ticket_id=ticket_id,
        begins_at=begins_at,
        due_at=begins_at,
        last_said=said,
        suggestions=[],
        tried=[],
    )
    try:
        with session.begin_nested():
            session.add(row)
    except IntegrityError:  # A colleague's tap and the customer's wish at once.
        return of_customer(session, openid)
    _own_ticket(session, row)
    if taken_by is None:
        row.asked_at = min(said_at or now, now)
    else:
        row.begun_at, row.answered_at = now, now
        row.due_at = now + rules.RESUME_AFTER
    if taken_by is None and begins_at <= now:
        _open(session, row)
    session.flush()
    _audit(session, row, "begun")
    return TakeoverView.model_validate(row)


def of_customer(session: Session, openid: str) -> TakeoverView | None:
    """The talk with a customer that a person leads or will lead, locked until the unit ends."""
    query = select(Takeover).where(Takeover.openid == openid, Takeover.ended_at.is_(None))
    row = session.scalars(_locked(query)).one_or_none()
    return TakeoverView.model_validate(row) if row else None


def of_owner(session: Session, account_id: int) -> list[TakeoverView]:
    """The talks that a member of staff leads now, by number."""
    query = select(Takeover).where(
        Takeover.owner_id == account_id,
        Takeover.ended_at.is_(None),
        Takeover.begun_at.is_not(None),
    )
    rows = session.scalars(query.order_by(Takeover.id))
    return [TakeoverView.model_validate(row) for row in rows]


def has_just_ended(session: Session, takeover_id: int) -> bool:
    """Whether words meant for this talk may still be on their way."""
    since = clock.now() - rules.RESUME_AFTER
    query = select(Takeover.id).where(Takeover.id == takeover_id, Takeover.ended_at > since)
    return session.scalar(query) is not None


def opening(at: datetime) -> datetime:
    """The next moment at which somebody works: `at` itself in office hours."""
    return OFFICE.opening(at)


def due(session: Session, *, at: datetime, limit: int = 100) -> list[int]:
    """Talks that somebody has to look at by now."""
    query = select(Takeover.id).where(Takeover.ended_at.is_(None), Takeover.due_at <= at)
    return list(session.scalars(query.order_by(Takeover.due_at).limit(limit)))


def hear(
    session: Session,
    *,
    takeover_id: int,
    words: str,
    source_key: str,
    said_at: datetime | None = None,
) -> TakeoverView:
    """The customer says something: its owner reads it. `source_key` names the message, `said_at` is
    when it was written."""
    row = _open_row(session, takeover_id)
    row.last_said = words
    row.asked_at = row.asked_at or min(said_at or clock.now(), clock.now())
    if row.waiting_since is None:
        _wait(row)
    session.flush()
    _tell(session, row, "talk_message", key=f"heard:{source_key}", words=words)
    return TakeoverView.model_validate(row)


def note(session: Session, *, takeover_id: int, words: str) -> None:
    """The customer says more before anybody works: its owner reads it when they come."""
    _open_row(session, takeover_id).last_said = words
    session.flush()


def answer(
    session: Session, *, takeover_id: int, account_id: int, words: str, source_key: str
) -> TakeoverView:
    """The owner says something: the customer reads it to the letter, as in any chat.

    Raises NotFound when the talk is over, NotAllowed when somebody else leads it.
    """
    row = _open_row(session, takeover_id)
    if row.owner_id != account_id:
        raise NotAllowed()
    now = clock.now()
    ticket = session.get_one(Ticket, row.ticket_id, with_for_update=True)
    desk.note(session, ticket, NoteKind.ANSWER, words, account_id)
    answering.responded(ticket)
    row.begun_at = row.begun_at or now
    if row.asked_at is not None and row.responded_at is None:
        row.responded_at, row.responded_by = now, account_id
    row.waiting_since, row.nudged_at, row.answered_at = None, None, now
    row.due_at, row.suggestions, row.tried = now + rules.RESUME_AFTER, [], []
    session.flush()
    events.publish(session, CustomerAnswered(openid=row.openid))
    key = f"talk:{row.id}:said:{source_key}"
    to = Recipient(openid=row.openid)
    if now - ticket.opened_at < CHAT_LASTS:
        body = {"msgtype": "text", "text": {"content": words}}
        outbox.say(session, to=to, message=ChatMessage(body=body), dedupe_key=key)
    else:
        notice = Notice(
            template="ticket_answered", values={"number": ticket.number, "answer": words}
        )
        outbox.post(session, to=to, notice=notice, dedupe_key=key)
    answering.publish_answer(session, ticket, account_id=account_id, text=words)
    return TakeoverView.model_validate(row)


def take(session: Session, *, takeover_id: int, account_id: int) -> TakeoverView:
    """Somebody who may lead the talk takes it over. Taking one's own changes nothing.

    Raises NotFound when it is over, NotAllowed for anybody else.
    """
    return _give(session, takeover_id, to_id=account_id, by_id=account_id)


def hand(session: Session, *, takeover_id: int, to_id: int, by_id: int) -> TakeoverView:
    """Somebody who may lead the talk gives it to a colleague. Again changes nothing.

    Raises NotFound when it is over or there is no such colleague, NotAllowed for anybody else.
    """
    if to_id not in {member.id for member, _ in colleagues(session)}:
        raise NotFound()
    return _give(session, takeover_id, to_id=to_id, by_id=by_id)


def owner_of(session: Session, takeover_id: int) -> int:
    """Who leads a talk, locked until the unit ends. Raises NotFound when it is over."""
    return _open_row(session, takeover_id).owner_id


def colleagues(session: Session) -> list[tuple[StaffMember, int]]:
    """Who may be handed a talk, with how many they have now: the least busy first."""
    counts = queries.open_talks(session)
    members = [(m, counts.get(m.id, 0)) for m in staff.staff_with_roles(session, rules.TALKING)]
    return sorted(members, key=lambda each: (each[1], each[0].id))


def _give(session: Session, takeover_id: int, *, to_id: int, by_id: int) -> TakeoverView:
    row = _open_row(session, takeover_id)
    queries.talk_for(session, takeover_id, staff.staff_members(session, {by_id})[by_id])
    if row.owner_id != to_id:
        _move(session, row, to_id, by_id=by_id)
        row.begun_at = row.begun_at or clock.now()
        session.flush()
    return TakeoverView.model_validate(row)


def pass_on(session: Session, left: AccountDeactivated) -> None:
    """The talks of somebody who has left go to their successor, else by role and load (listens to
    accounts). One that has not begun begins at its time."""
    query = select(Takeover).where(
        Takeover.owner_id == left.account_id, Takeover.ended_at.is_(None)
    )
    for row in list(session.scalars(_locked(query.order_by(Takeover.id)))):
        tried = (*row.tried, row.owner_id)
        chosen = left.successor_id or _choose(
            session, (Role(row.role), *MANAGERS), None, tried=tried
        )
        if chosen is None:
            _end(session, row, EndedBy.NOBODY)
            continue
        _own(session, row, chosen)
        if row.begun_at is not None:
            _wait(row)
            _tell(session, row, "talk_begun", key=f"begun:{chosen}:left:{left.account_id}")
        session.flush()
        _audit(session, row, "moved")


def suggest(session: Session, *, takeover_id: int, suggestions: list[str]) -> None:
    """Lay answers out that the owner may send by number, until they answer in any way."""
    _open_row(session, takeover_id).suggestions = suggestions
    session.flush()


def end(
    session: Session, *, takeover_id: int, by: EndedBy, account_id: int | None = None
) -> TakeoverView:
    """The bot leads again; where the owner says so, `account_id` is who says it.

    Raises NotFound when it does so already, NotAllowed for anybody but the owner.
    """
    row = _open_row(session, takeover_id)
    if by is EndedBy.OWNER and row.owner_id != account_id:
        raise NotAllowed()
    _end(session, row, by)
    if by is EndedBy.CUSTOMER:
        _tell(session, row, "talk_ended", key="ended")
    return TakeoverView.model_validate(row)


def tend(session: Session, takeover_id: int) -> tuple[TakeoverStep, TakeoverView] | None:
    """Do what is due with a talk, and say what it was; None when nothing is (any more)."""
    query = select(Takeover).where(Takeover.id == takeover_id)
    row = session.scalars(_locked(query)).one_or_none()
    if row is None or row.ended_at is not None or row.due_at > clock.now():
        return None
    step = rules.next_takeover_step(
        has_begun=row.begun_at is not None,
        is_waiting=row.waiting_since is not None,
        was_nudged=row.nudged_at is not None,
    )
    match step:
        case TakeoverStep.BEGIN:
            _open(session, row)
        case TakeoverStep.NUDGE:
            since = row.waiting_since or clock.now()
            row.nudged_at = clock.now()
            row.due_at = OFFICE.after(since, rules.REASSIGN_AFTER)
            _tell(session, row, "talk_waiting", key=f"nudge:{since.timestamp():.0f}")
        case TakeoverStep.REASSIGN:
            tried = (*row.tried, row.owner_id)
            chosen = _choose(session, (Role(row.role), *MANAGERS), None, tried=tried)
            if chosen is None:
                step = TakeoverStep.GIVE_UP
                _end(session, row, EndedBy.NOBODY)
            else:
                _move(session, row, chosen)
        case TakeoverStep.RESUME:
            _end(session, row, EndedBy.SILENCE)
    session.flush()
    return step, TakeoverView.model_validate(row)


def _locked(query: Select[Takeover]) -> Select[Takeover]:
    return query.with_for_update().execution_options(populate_existing=True)


def _open_row(session: Session, takeover_id: int) -> Takeover:
    query = select(Takeover).where(Takeover.id == takeover_id, Takeover.ended_at.is_(None))
    row = session.scalars(_locked(query)).one_or_none()
    if row is None:
        raise NotFound()
    return row


def _choose(
    session: Session, roles: tuple[Role, ...], preferred_id: int | None, *, tried: tuple[int, ...]
) -> int | None:
    """Down the list of roles, the first with somebody who has not had it yet."""
    counts = queries.open_talks(session)
    for role in roles:
        members = {m.id for m in staff.staff_with_role(session, role)} - set(tried)
        loads = {account_id: counts.get(account_id, 0) for account_id in members}
        chosen = rules.choose_owner(loads, preferred_id)
        if chosen is not None:
            return chosen
    return None


def _open(session: Session, row: Takeover) -> None:
    """From now on the owner leads, and what was said last waits for them."""
    row.begun_at = clock.now()
    _wait(row)
    _tell(session, row, "talk_begun", key=f"begun:{row.owner_id}")


def _wait(row: Takeover) -> None:
    row.waiting_since, row.nudged_at = clock.now(), None
    row.due_at = OFFICE.after(row.waiting_since, rules.ANSWER_WITHIN)


def _move(session: Session, row: Takeover, account_id: int, by_id: int | None = None) -> None:
    """Somebody else leads; both are told. `by_id` is who wanted it, None for the clock."""
    name = staff.staff_members(session, {account_id})[account_id].name
    at = f"{clock.now().timestamp():.0f}"
    _tell(session, row, "talk_moved", key=f"moved:{at}", name=name)
    _own(session, row, account_id)
    _wait(row)
    _tell(session, row, "talk_begun", key=f"begun:{account_id}:{at}")
    _audit(session, row, "moved", by_id)


def _own(session: Session, row: Takeover, account_id: int) -> None:
    row.tried = [*row.tried, row.owner_id]
    row.owner_id, row.suggestions = account_id, []
    _own_ticket(session, row)


def _own_ticket(session: Session, row: Takeover) -> None:
    session.get_one(Ticket, row.ticket_id, with_for_update=True).owner_id = row.owner_id


def _end(session: Session, row: Takeover, by: EndedBy) -> None:
    row.ended_at, row.ended_by = clock.now(), by
    ticket = session.get_one(Ticket, row.ticket_id, with_for_update=True)
    settling.end_with_talk(session, ticket, is_settled=by in (EndedBy.CUSTOMER, EndedBy.OWNER))
    session.flush()
    _audit(session, row, f"ended_by_{by}")


def _tell(session: Session, row: Takeover, template: str, *, key: str, **values: str) -> None:
    known = {"customer": row.customer, "number": str(row.id), "excerpt": row.last_said}
    outbox.post(
        session,
        to=staff.recipient_of(session, row.owner_id),
        notice=Notice(
            template=template,
            values={**known, **values},
            url=page_in_wechat(f"/talks/{row.id}"),
        ),
        dedupe_key=f"talk:{row.id}:{key}",
    )


def _audit(session: Session, row: Takeover, action: str, by_id: int | None = None) -> None:
    security.audit(
        session,
        actor=f"account:{by_id or row.owner_id}",
        action=f"takeover.{action}",
        subject=f"takeover:{row.id}",
    )

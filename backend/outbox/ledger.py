"""What people allow us to say: reply windows, consents to notices, and kinds they opted out of.

A person's row is locked while something is sent to them, so that two workers never spend the same
message of the budget. Lock it last: after outbox rows, before nothing but identities. Only the unit
that writes an inbound message down locks it first, and nothing after it.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import case, delete, literal, select
from sqlalchemy.orm import Session

from backend.kit import clock, crypto
from backend.kit.db import UtcDateTime, upsert
from backend.outbox.models import NoticeConsent, OptOut, ReplyLedger
from backend.outbox.pacing import Standing, with_send, without_send
from backend.outbox.schemas import Interaction, NoticeKind, Recipient

AT_ONCE = 10_000  # Values in one statement; both databases take more.
_INDEX = "outbox_address"
_COLUMN = {
    Interaction.MESSAGE: "message_at",
    Interaction.MOMENT: "moment_at",
    Interaction.PAYMENT: "paid_at",
    Interaction.LEFT: "gone_at",
}


def note_interaction(session: Session, openid: str, kind: Interaction, at: datetime) -> None:
    """Remember the latest interaction of a kind; an earlier one that arrives late changes nothing.

    One statement, because it belongs to the unit that writes the inbound message down.
    """
    column = getattr(ReplyLedger, _COLUMN[kind])
    at = min(at, clock.now())
    values = {"openid": openid, "sends": [], _COLUMN[kind]: at}
    statement = upsert(session, ReplyLedger).values(values)
    newest = literal(at, UtcDateTime)
    latest = case((column.is_(None), newest), (column < newest, newest), else_=column)
    session.execute(
        statement.on_conflict_do_update(index_elements=["openid"], set_={column.name: latest})
    )


def standing(session: Session, openid: str) -> Standing:
    """Where we stand with a person, locked until the unit ends."""
    row = _locked(session, openid)
    return Standing(opened={}) if row is None else _as_standing(row)


def _as_standing(row: ReplyLedger) -> Standing:
    opened = {kind: getattr(row, _COLUMN[kind]) for kind in _COLUMN if kind != Interaction.LEFT}
    return Standing(
        opened={kind: at for kind, at in opened.items() if at is not None},
        closed_at=row.closed_at,
        gone_at=row.gone_at,
        sends=tuple(row.sends),
    )


def spend(session: Session, openid: str, at: datetime) -> None:
    """One message of the budget is about to be handed over. A crash leaves it spent."""
    row = _locked(session, openid)
    if row is not None:
        row.sends = list(with_send(_as_standing(row), at).sends)


def give_back(session: Session, openid: str, at: datetime) -> None:
    """The platform refused the message handed over at that moment, which therefore cost nothing."""
    row = _locked(session, openid)
    if row is not None:
        row.sends = list(without_send(_as_standing(row), at).sends)


def close_windows(session: Session, openid: str, at: datetime) -> None:
    """The platform says that nothing may be said any more: what was open at that moment is not."""
    row = _locked(session, openid)
    if row is not None and (row.closed_at is None or row.closed_at < at):
        row.closed_at = at


def shut(session: Session, openid: str, at: datetime | None) -> None:
    """Nothing of ours goes to this WeChat until a moment, whatever it does; None lifts that."""
    made = upsert(session, ReplyLedger).values({"openid": openid, "sends": [], "gone_at": at})
    session.execute(made.on_conflict_do_update(index_elements=["openid"], set_={"gone_at": at}))


def has_consent(session: Session, openid: str, template_id: str) -> bool:
    """Whether a notice of this subscription template may be sent."""
    consent = session.get(NoticeConsent, (openid, template_id), populate_existing=True)
    return consent is not None and consent.remaining > 0


def change_consent(
    session: Session, openid: str, template_id: str, *, by: int | None, at: datetime
) -> None:
    """Add to what a person agreed to, take from it, or (None) withdraw all of it."""
    key = {"openid": openid, "template_id": template_id}
    remaining = max(0, by or 0)
    made = upsert(session, NoticeConsent).values({**key, "remaining": remaining, "changed_at": at})
    changed = NoticeConsent.remaining + (by or 0)
    new = case((changed < 0, 0), else_=changed) if by is not None else 0
    session.execute(
        made.on_conflict_do_update(
            index_elements=list(key), set_={"remaining": new, "changed_at": at}
        )
    )


@dataclass(frozen=True)
class Declined:
    """What was declined at some people's addresses: `by_person` it comes to none of their others
    either, `here` it is that address alone."""

    by_person: set[tuple[str, NoticeKind]]
    here: set[tuple[str, NoticeKind]]

    def is_unwanted(self, to: Recipient, kind: NoticeKind | None) -> bool:
        """Whether the person wants no notices of this kind anywhere."""
        return any((address, kind) in self.by_person for address in addresses_of(to))

    def is_closed(self, address: str | None, kind: NoticeKind | None) -> bool:
        """Whether whoever reads one address wants none there."""
        return any((each, kind) in self.here for each in indexes_of(address))


def opt(session: Session, addresses: Iterable[str], kind: NoticeKind, *, out: bool) -> None:
    """Stop or resume one kind of notice for whoever has these addresses (see `addresses_of`). A
    repeat changes nothing."""
    for address in addresses:
        if out:
            values = {"address": address, "kind": kind, "since_at": clock.now()}
            made = upsert(session, OptOut).values(**values, only_here=False)
            key = ["address", "kind"]
            session.execute(
                made.on_conflict_do_update(index_elements=key, set_={"only_here": False})
            )
        else:
            session.execute(delete(OptOut).where(OptOut.address == address, OptOut.kind == kind))


def close(session: Session, addresses: Iterable[str], kind: NoticeKind) -> None:
    """No letters of a kind to these addresses any more, whoever else is told of it elsewhere. A
    person's own word is not narrowed by it."""
    for address in addresses:
        values = {"address": address, "kind": kind, "since_at": clock.now(), "only_here": True}
        session.execute(upsert(session, OptOut).values(values).on_conflict_do_nothing())


def is_declined(session: Session, to: Recipient, kind: NoticeKind) -> bool:
    """Whether the recipient opted out of this kind at any address."""
    return kind in declined_kinds(session, to)


def is_closed(session: Session, address: str | None, kind: NoticeKind) -> bool:
    """Whether whoever reads a phone or a mailbox wants no letters of this kind there."""
    query = select(OptOut.address).where(
        OptOut.address.in_(indexes_of(address)), OptOut.kind == kind, OptOut.only_here.is_(True)
    )
    return session.scalar(query.limit(1)) is not None


def declined_kinds(session: Session, to: Recipient) -> set[NoticeKind]:
    """What the recipient opted out of at any address."""
    query = select(OptOut.kind).where(
        OptOut.address.in_(addresses_of(to)), OptOut.only_here.is_(False)
    )
    return {NoticeKind(kind) for kind in session.scalars(query)}


def declined_among(session: Session, recipients: Iterable[Recipient]) -> Declined:
    """Which kinds were declined at which of these people's addresses (see `addresses_of`)."""
    known = [address for to in recipients for address in addresses_of(to)]
    found = Declined(set(), set())
    for first in range(0, len(known), AT_ONCE):
        some = known[first : first + AT_ONCE]
        query = select(OptOut.address, OptOut.kind, OptOut.only_here)
        for address, kind, only_here in session.execute(query.where(OptOut.address.in_(some))):
            (found.here if only_here else found.by_person).add((address, NoticeKind(kind)))
    return found


def consents(session: Session, openid: str) -> dict[str, int]:
    """How many notices of each subscription template a person may still get, by its id."""
    query = select(NoticeConsent.template_id, NoticeConsent.remaining)
    return dict(session.execute(query.where(NoticeConsent.openid == openid)).all())


def addresses_of(to: Recipient) -> list[str]:
    """A person's addresses as blind indexes, while keys are being rotated by either key."""
    known: Iterable[str | None] = (to.openid, to.phone, to.email)
    return [index for each in known for index in indexes_of(each)]


def indexes_of(address: str | None) -> list[str]:
    """One address as blind indexes; none for none."""
    return crypto.blind_indexes(address, context=_INDEX) if address else []


def readdress(session: Session, addresses: Iterable[str]) -> None:
    """Bring what was declined at these addresses under the current index key, once or twice."""
    now_by_old: dict[str, str] = {}
    for address in addresses:
        now, *before = crypto.blind_indexes(address, context=_INDEX)
        now_by_old |= dict.fromkeys(before, now)
    for row in session.scalars(select(OptOut).where(OptOut.address.in_(now_by_old))).all():
        values = {"address": now_by_old[row.address], "kind": row.kind, "since_at": row.since_at}
        values["only_here"] = row.only_here
        session.execute(upsert(session, OptOut).values(values).on_conflict_do_nothing())
        session.delete(row)
    session.flush()


def _locked(session: Session, openid: str) -> ReplyLedger | None:
    query = select(ReplyLedger).where(ReplyLedger.openid == openid).with_for_update()
    return session.scalars(query.execution_options(populate_existing=True)).one_or_none()

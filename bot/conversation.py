"""Messages and the state of the talk, in the database: what a crash must not lose.

A Message is answered exactly once. Its `via` says how: `passive` (in the answer to the webhook) or
`customer` (later, through the outbox). Whoever sets it first, under the row's lock, decides: the
turn when it is done, or the webhook when it runs out of time.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from pydantic import BaseModel, Field
from sqlalchemy import JSON, Index, String, delete, func, select, text, update
from sqlalchemy.orm import Mapped, Session, aliased, mapped_column

from backend.kit import clock
from backend.kit.db import Base, UtcDateTime, upsert
from backend.outbox import service as outbox
from backend.outbox.schemas import Interaction
from backend.portal.copying import Said
from bot.inbound import Incoming, Kind
from bot.replies import Reply

LEASE = timedelta(seconds=6)
LAST_TRY_ENDS = timedelta(seconds=14.5)
"""After a message was sent: WeChat posts it at most three times and waits five seconds each."""
MOST_PAUSED = 3
MOST_COPIED = 1_000
PASSIVE, CUSTOMER = "passive", "customer"
_MESSAGES = (Kind.TEXT, Kind.IMAGE, Kind.VOICE, Kind.VIDEO, Kind.LOCATION, Kind.LINK)
_INTERACTIONS = {
    **dict.fromkeys(_MESSAGES, Interaction.MESSAGE),
    **dict.fromkeys((Kind.MENU, Kind.FOLLOW, Kind.SCAN), Interaction.MOMENT),
    Kind.UNFOLLOW: Interaction.LEFT,
}
"""What each of these opens or closes for our own messages (`backend.outbox`)."""
_WRITTEN = {
    Kind.TEXT: "文字",
    Kind.IMAGE: "图片",
    Kind.VOICE: "语音",
    Kind.VIDEO: "视频",
    Kind.LOCATION: "位置",
    Kind.LINK: "链接",
    Kind.FILE: "文件",
}


class Message(Base):
    """One inbound message or event, and what was answered."""

    __tablename__ = "bot_message"
    __table_args__ = (
        Index("ix_bot_message_openid_id", "openid", "id"),
        Index(
            "ix_bot_message_unanswered",
            "openid",
            "id",
            sqlite_where=text("answered_at IS NULL"),
            postgresql_where=text("answered_at IS NULL"),
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    dedupe_key: Mapped[str] = mapped_column(String(64), unique=True)
    openid: Mapped[str] = mapped_column(String(64))
    kind: Mapped[str] = mapped_column(String(12))
    incoming: Mapped[dict[str, Any]] = mapped_column(JSON)
    received_at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)
    leased_until: Mapped[datetime | None] = mapped_column(UtcDateTime)
    attempts: Mapped[int] = mapped_column(default=0)
    via: Mapped[str | None] = mapped_column(String(10))
    answered_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    reply: Mapped[dict[str, Any] | None] = mapped_column(JSON)
    meaning: Mapped[dict[str, Any] | None] = mapped_column(JSON)


class State(BaseModel):
    """Where a talk stands. Everything in it survives restarts, so it holds plain values only.

    `flow` and `step` are what the bot waits for; `slots` what a form has collected; `paused` a form
    that another one interrupted (`before` it one that it had interrupted); `topic` what the talk is
    about (subject, weekdays, grade); `listed` whether the open question showed a list;
    `shown` the class ids listed last, for «第二个»;
    `finished` the last completed form, so that «手机号写错了» still has something to correct;
    `misunderstood` how often in a row; `apologies` how often in all; `facing` the number of the
    customer whom a member of staff answers by plain words; `told_of` new words of consents that
    were shown.
    """

    flow: str | None = None
    step: str | None = None
    slots: dict[str, Any] = Field(default_factory=dict)
    asked_at: datetime | None = None
    listed: bool = False
    paused: dict[str, Any] | None = None
    topic: dict[str, Any] = Field(default_factory=dict)
    shown: list[int] = Field(default_factory=list)
    finished: dict[str, Any] | None = None
    misunderstood: int = 0
    apologies: int = 0
    facing: int | None = None
    told_of: list[str] = Field(default_factory=list)

    def leave(self) -> None:
        """Forget the form that was being filled in."""
        self.flow, self.step, self.slots, self.asked_at = None, None, {}, None
        self.listed = False

    def pause(self) -> None:
        """Lay the form aside for another one, before one that was laid aside already."""
        before = [each for each in self._laid_aside() if each["flow"] != self.flow]
        self.paused = None
        for each in reversed(before[: MOST_PAUSED - 1]):
            self.paused = {**each, "before": self.paused}
        laid = {"flow": self.flow, "step": self.step, "slots": self.slots}
        self.paused = {**laid, "before": self.paused}
        self.leave()

    def unpause(self) -> None:
        """Take the form that was laid aside up again."""
        if self.paused is not None:
            self.flow, self.step = self.paused["flow"], self.paused["step"]
            self.slots, self.paused = self.paused["slots"], self.paused.get("before")

    def _laid_aside(self) -> list[dict[str, Any]]:
        """The forms laid aside, the last one first."""
        found, each = [], self.paused
        while each is not None:
            found.append({key: each[key] for key in ("flow", "step", "slots")})
            each = each.get("before")
        return found


class Conversation(Base):
    """The talk with one person; its row is the lock that allows one turn at a time."""

    __tablename__ = "bot_conversation"

    openid: Mapped[str] = mapped_column(String(64), primary_key=True)
    state: Mapped[dict[str, Any]] = mapped_column(JSON)
    updated_at: Mapped[datetime] = mapped_column(UtcDateTime)


class Answered(BaseModel):
    """A finished message: how the answer goes out, and what it is."""

    via: str
    reply: Reply


@dataclass(frozen=True)
class Delivered:
    """A delivery once it is written down: `leased` to the caller, who is to answer it now, or
    `done` already, or neither while somebody else is at it."""

    message_id: int
    leased: Incoming | None = None
    done: Answered | None = None


def deliver(session: Session, incoming: Incoming) -> Delivered:
    """Write a message down and take it up; a repeat finds what has become of it."""
    message_id = _write_down(session, incoming, leased=True)
    if message_id is not None:
        return Delivered(message_id, leased=incoming)
    message_id = _find(session, incoming)
    done = answered(session, message_id)
    return Delivered(message_id, None if done else lease(session, message_id), done)


def receive(session: Session, incoming: Incoming) -> int:
    """Write a message down, or find it again: its id either way."""
    return _write_down(session, incoming, leased=False) or _find(session, incoming)


def _write_down(session: Session, incoming: Incoming, *, leased: bool) -> int | None:
    """The id of a new message; None when a delivery of it is known, perhaps to another worker.

    The interaction goes first: its row is the person's own, so that messages of theirs are written
    one after the other, and whoever sees a number sees all smaller ones. Repeats change nothing.
    """
    now = clock.now()
    did = _INTERACTIONS.get(incoming.kind)
    if did is not None:
        outbox.note_interaction(session, openid=incoming.openid, kind=did, at=incoming.sent_at)
    values = {
        "dedupe_key": incoming.dedupe_key,
        "openid": incoming.openid,
        "kind": incoming.kind,
        "incoming": incoming.model_dump(mode="json"),
        "received_at": now,
        "leased_until": now + LEASE if leased else None,
        "attempts": int(leased),
    }
    made = upsert(session, Message).values(values)
    return session.scalar(
        made.on_conflict_do_nothing(index_elements=["dedupe_key"]).returning(Message.id)
    )


def _find(session: Session, incoming: Incoming) -> int:
    return session.scalars(
        select(Message.id).where(Message.dedupe_key == incoming.dedupe_key)
    ).one()


def source_key(message_id: int) -> str:
    """Names a message wherever something must happen once per message."""
    return f"wechat:{message_id}"


def answered(session: Session, message_id: int) -> Answered | None:
    """How a message was answered, None while it is not."""
    row = session.execute(
        select(Message.via, Message.reply, Message.answered_at).where(Message.id == message_id)
    ).one()
    if row.answered_at is None:
        return None
    return Answered(via=row.via, reply=Reply.model_validate(row.reply))


def lease(session: Session, message_id: int) -> Incoming | None:
    """Take a message up for `LEASE`; None when it is answered or somebody else is at it."""
    now = clock.now()
    taken = session.scalars(
        update(Message)
        .where(
            Message.id == message_id,
            Message.answered_at.is_(None),
            (Message.leased_until.is_(None)) | (Message.leased_until <= now),
        )
        .values(leased_until=now + LEASE, attempts=Message.attempts + 1)
        .returning(Message.incoming)
    ).one_or_none()
    return Incoming.model_validate(taken) if taken else None


def let_go(session: Session, message_id: int) -> None:
    """Give a lease back early, so that the next taker need not wait."""
    session.execute(update(Message).where(Message.id == message_id).values(leased_until=None))


def lock_message(session: Session, message_id: int) -> Message:
    """The message's row, locked until the unit ends."""
    return _locked(session, message_id)[0]


def lock_turn(session: Session, message_id: int, openid: str) -> tuple[Conversation, Message, bool]:
    """The talk and the message, locked in this order until the unit ends, and whether all earlier
    messages of this person are answered: order is kept per person."""
    return lock_talk(session, openid), *_locked(session, message_id)


def _locked(session: Session, message_id: int) -> tuple[Message, bool]:
    before = aliased(Message)
    earlier = select(before.id).where(
        before.openid == Message.openid, before.id < Message.id, before.answered_at.is_(None)
    )
    query = select(Message, ~earlier.exists()).where(Message.id == message_id)
    locked = query.with_for_update(of=Message).execution_options(populate_existing=True)
    message, is_next = session.execute(locked).one()
    return message, is_next


def lock_talk(session: Session, openid: str) -> Conversation:
    """The conversation's row, locked until the unit ends; made on the first turn."""
    query = select(Conversation).where(Conversation.openid == openid).with_for_update()
    talk = session.scalars(query).one_or_none()
    if talk is not None:
        return talk
    values = {"openid": openid, "state": {}, "updated_at": clock.now()}
    session.execute(upsert(session, Conversation).values(values).on_conflict_do_nothing())
    return session.scalars(query).one()


def finish(session: Session, message: Message, reply: Reply) -> str:
    """Store the answer; returns how it goes out: passive, unless the webhook has given up waiting,
    the platform has hung up for good, or it would overtake an earlier answer in the outbox."""
    if message.via is None:
        is_free = _may_be_heard(message) and not outbox.is_speaking(session, message.openid)
        message.via = PASSIVE if is_free else CUSTOMER
    message.reply = reply.model_dump(mode="json")
    message.answered_at = clock.now()
    message.leased_until = None
    return message.via


def _may_be_heard(message: Message) -> bool:
    """Whether a passive reply still has a taker: the last try is not over.

    The tries are counted from CreateTime, because the first ones may have found our door closed;
    where the two clocks disagree by more than that, from the first try that reached us.
    """
    sent_at = datetime.fromisoformat(message.incoming["sent_at"])
    is_plausible = timedelta(0) <= message.received_at - sent_at < LAST_TRY_ENDS
    began_at = sent_at if is_plausible else message.received_at
    return clock.now() < began_at + LAST_TRY_ENDS


def give_up_waiting(session: Session, message_id: int) -> Answered | None:
    """The webhook runs out of time: from now on the answer goes out as a customer message, unless
    it is there after all, which is then returned."""
    message = lock_message(session, message_id)
    if message.answered_at is None:
        message.via = CUSTOMER
        return None
    return Answered(via=message.via or PASSIVE, reply=Reply.model_validate(message.reply))


def lately(session: Session, openid: str, *, limit: int) -> list[Message]:
    """What a person wrote last, oldest first, with what was answered."""
    query = select(Message).where(Message.openid == openid, Message.kind != Kind.RECEIPT)
    rows = session.scalars(query.order_by(Message.id.desc()).limit(limit)).all()
    return list(reversed(rows))


def said_by(session: Session, openid: str, *, limit: int = MOST_COPIED) -> list[Said]:
    """What a person wrote to us, oldest first, for their own copy (PIPL §45). Our answers are not
    theirs: they may speak of others, to staff or from before a WeChat changed hands."""
    query = select(Message).where(Message.openid == openid, Message.kind.in_(_WRITTEN))
    rows = session.scalars(query.order_by(Message.id.desc()).limit(limit)).all()
    return [
        Said(at=row.received_at, kind=_WRITTEN[Kind(row.kind)], text=row.incoming.get("text", ""))
        for row in reversed(rows)
    ]


def state_of(session: Session, openid: str) -> State:
    """Where a talk stood after its last turn, to look at: changes to it are not kept."""
    state = session.scalar(select(Conversation.state).where(Conversation.openid == openid))
    return State.model_validate(state or {})


def unanswered(session: Session, *, before: datetime, limit: int = 200) -> list[int]:
    """Messages received before a moment that nobody is at: the oldest of each person, since the
    later ones have to wait for it anyway."""
    now = clock.now()
    first = func.min(Message.id)
    waiting = (
        select(first)
        .where(Message.answered_at.is_(None), Message.received_at <= before)
        .where((Message.leased_until.is_(None)) | (Message.leased_until <= now))
        .group_by(Message.openid)
        .order_by(first)
        .limit(limit)
    )
    return list(session.scalars(waiting))


def forget(session: Session, openid: str, *, into: str) -> int:
    """Take the words out of everything a person said and was answered, leave a pseudonym, and
    forget where the talk stood. That there was a message stays: a repeat of it is still known."""
    said = update(Message).where(Message.openid == openid, Message.answered_at.is_not(None))
    blank: dict[str, Any] = {
        "openid": into,
        "incoming": {},
        "reply": {"bubbles": []},
        "meaning": None,
    }
    blanked = session.scalars(said.values(blank).returning(Message.id)).all()
    session.execute(delete(Conversation).where(Conversation.openid == openid))
    return len(blanked)

"""Which messages are put before staff, and what staff do with them."""

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import delete, func, select, update
from sqlalchemy.orm import Session

from backend.kit import clock, crypto
from backend.kit.db import upsert
from backend.security import service as security
from bot.conversation import Message
from bot.flows.talk import Talk
from bot.inbound import Incoming, Kind
from bot.interpreter.reading import LONGEST
from bot.review import sentences
from bot.review.models import Misunderstanding, Status

PER_PERSON_AND_DAY = 5
AFTER_AN_ANSWER = timedelta(minutes=10)
KEPT_FOR = timedelta(days=30)
PERSON = "person"
_SAYS_NOTHING = {"greet", "thank", "goodbye", "request_human", "out_of_scope"}


class Gone(Exception):
    """A colleague has dealt with the sentence meanwhile."""


def note(talk: Talk, message: Message) -> None:
    """Keep what this turn did not understand, or the message before when a person is asked for
    instead of it; in the turn's own unit, so that a turn tried again keeps it once."""
    if talk.speaker.account_id is not None or not talk.text:
        return
    if talk.doubt:
        marked = sentences.marked(talk.text, talk.meaning.entities)
        guesses = [[each.name, round(each.confidence, 3)] for each in talk.meaning.intents[:3]]
        _keep(talk.session, message, talk.text, marked, talk.doubt, guesses, talk.meaning.model)
    elif talk.meaning.best.name == "request_human":
        _note_before(talk, message)


def _note_before(talk: Talk, message: Message) -> None:
    before = talk.session.scalars(
        select(Message)
        .where(Message.openid == talk.openid, Message.id < message.id)
        .order_by(Message.id.desc())
        .limit(1)
    ).one_or_none()
    if before is None or before.answered_at is None or not before.meaning:
        return
    read = before.meaning
    is_recent = clock.now() - before.answered_at <= AFTER_AN_ANSWER
    # Only what the reading answered, and was sure of: the rest is kept already or was a form's.
    if not is_recent or read.get("doubt") != "" or _SAYS_NOTHING & set(read["wishes"]):
        return
    text = Incoming.model_validate(before.incoming).text
    _keep(talk.session, before, text, text, PERSON, read["intents"], read.get("model", ""))


def _keep(
    session: Session,
    message: Message,
    text: str,
    marked: str,
    why: str,
    guesses: list[Any],
    model: str,
) -> None:
    """Once per message, a few per person and day, and nothing that can be dialled."""
    hidden = sentences.masked(text)
    if message.kind not in (Kind.TEXT, Kind.VOICE) or hidden is None or len(text) > LONGEST:
        return
    index = crypto.blind_index(sentences.same(hidden), context="misunderstanding")
    if _is_enough(session, message.openid, index):
        return
    suggested = sentences.masked(marked) or hidden
    values = {
        "message_id": message.id,
        "text": hidden,
        "text_index": index,
        "sentence": suggested if sentences.plain(suggested) == hidden else hidden,
        "why": why,
        "guesses": guesses,
        "model": model,
        "status": Status.OPEN,
        "created_at": clock.now(),
    }
    session.execute(
        upsert(session, Misunderstanding)
        .values(values)
        .on_conflict_do_nothing(index_elements=["message_id"])
    )


def _is_enough(session: Session, openid: str, text_index: str) -> bool:
    """Whether this person has filled the queue today, or staff have judged these very words and
    no model has learned them yet: one query."""
    mine = (
        select(func.count())
        .select_from(Misunderstanding)
        .join(Message, Message.id == Misunderstanding.message_id)
        .where(
            Message.openid == openid,
            Misunderstanding.created_at > clock.now() - timedelta(days=1),
        )
    )
    judged = select(Misunderstanding.id).where(
        Misunderstanding.status.in_((Status.LABELLED, Status.DISMISSED)),
        Misunderstanding.text_index == text_index,
    )
    count, is_judged = session.execute(select(mine.scalar_subquery(), judged.exists())).one()
    return count >= PER_PERSON_AND_DAY or bool(is_judged)


def label(
    session: Session, row_id: int, *, intent: str, sentence: str, account_id: int
) -> Misunderstanding:
    """Say what a sentence means; the other open ones of the same words are done with then. Raises
    Gone, WrongMarks."""
    row = _open(session, row_id)
    sentences.check(sentence, row.text)
    _dismiss(session, row)
    row.status, row.intent, row.sentence = Status.LABELLED, intent, sentence
    row.labelled_by, row.labelled_at = account_id, clock.now()
    _audit(session, "understanding.label", account_id, row, intent=intent)
    return row


def dismiss(session: Session, row_id: int, *, account_id: int) -> None:
    """Nothing to be learned from these words. Raises Gone."""
    row = _open(session, row_id)
    _dismiss(session, row)
    _audit(session, "understanding.dismiss", account_id, row)


def _open(session: Session, row_id: int) -> Misunderstanding:
    """The row, with all open ones of its words locked in one order: two colleagues may tap at once.
    Raises Gone."""
    words = select(Misunderstanding.text_index).where(Misunderstanding.id == row_id)
    alike = (
        select(Misunderstanding)
        .where(
            Misunderstanding.text_index == words.scalar_subquery(),
            Misunderstanding.status == Status.OPEN,
        )
        .order_by(Misunderstanding.id)
        .with_for_update()
    )
    for row in session.scalars(alike):
        if row.id == row_id:
            return row
    raise Gone()


def _dismiss(session: Session, row: Misunderstanding) -> None:
    """All open ones of these words: one of them is enough to learn from."""
    session.execute(
        update(Misunderstanding)
        .where(
            Misunderstanding.text_index == row.text_index, Misunderstanding.status == Status.OPEN
        )
        .values(status=Status.DISMISSED),
        execution_options={"synchronize_session": "fetch"},
    )


def _audit(
    session: Session, action: str, account_id: int, row: Misunderstanding, **detail: str
) -> None:
    actor, subject = f"account:{account_id}", f"misunderstanding:{row.id}"
    security.audit(session, actor=actor, action=action, subject=subject, **detail)


def lessons(session: Session) -> list[dict[str, str]]:
    """Everything staff have labelled, as the school wants it."""
    wanted = Misunderstanding.status.in_((Status.LABELLED, Status.LEARNED))
    rows = session.scalars(select(Misunderstanding).where(wanted).order_by(Misunderstanding.id))
    return [
        {"intent": row.intent or "", "sentence": sentences.teachable(row.sentence)} for row in rows
    ]


def taught(session: Session, *, read_at: datetime) -> None:
    """A training has begun with all that was labelled when the lessons were read."""
    rows = update(Misunderstanding).where(
        Misunderstanding.status == Status.LABELLED, Misunderstanding.labelled_at <= read_at
    )
    session.execute(rows.values(taught_at=clock.now()))


def learned(session: Session, model: str) -> None:
    """The model of the last training is published."""
    rows = update(Misunderstanding).where(
        Misunderstanding.status == Status.LABELLED, Misunderstanding.taught_at.is_not(None)
    )
    session.execute(rows.values(status=Status.LEARNED, learned_by=model))


def unlearned(session: Session, model: str) -> None:
    """A model is taken back: what came with it waits again."""
    rows = update(Misunderstanding).where(
        Misunderstanding.status == Status.LEARNED, Misunderstanding.learned_by == model
    )
    session.execute(rows.values(status=Status.LABELLED, learned_by=None, taught_at=None))


def forget_person(session: Session, openid: str) -> None:
    """Delete what somebody said who wants to be forgotten, labelled or not."""
    said = select(Message.id).where(Message.openid == openid)
    session.execute(delete(Misunderstanding).where(Misunderstanding.message_id.in_(said)))


def forget(session: Session) -> int:
    """Delete what nobody labelled within 30 days; returns how many."""
    old = delete(Misunderstanding).where(
        Misunderstanding.status.in_((Status.OPEN, Status.DISMISSED)),
        Misunderstanding.created_at <= clock.now() - KEPT_FOR,
    )
    return len(session.scalars(old.returning(Misunderstanding.id)).all())

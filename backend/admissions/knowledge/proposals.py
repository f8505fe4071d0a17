"""Proposals: what a person has answered that the bot could not, waiting to become an entry."""

import re
from datetime import timedelta

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from backend.admissions.knowledge import entries
from backend.admissions.knowledge.models import Proposal
from backend.admissions.knowledge.schemas import DecidedAlready, Draft, ProposalView
from backend.kit import clock
from backend.kit.db import upsert
from backend.kit.errors import NotFound
from backend.kit.log import mask_phones
from backend.students.schemas import QuestionAnswered

KEPT_FOR = timedelta(days=30)
SHORTEST, LONGEST, LONGEST_ANSWER = 4, 80, 500
PAGE = 50
_NO_ANSWER = re.compile(
    r"(?:您好|你好|在的|嗯|好的|收到|[,，。!！ ])*"
    r"(?:我是.{0,12}|稍等|请稍|马上|我(?:帮您)?(?:问|看|查)|还有|不客气|您的问题).*"
)
"""Greetings and promises; short ones only."""
_NO_QUESTION = re.compile(
    r"(?:我要|我想|请|帮我)?(?:转|找|叫|要)?(?:个|一下)?(?:人工|真人|老师|客服|顾问|人)+(?:服务|在吗)?"
    r"|(?:在吗|你好|您好|谢谢|好的|嗯)+"
)


def answered(session: Session, event: QuestionAnswered) -> None:
    """Listener: a person has answered what the bot could not. Once per talk or ticket; the same
    event again changes nothing."""
    question, answer = event.question.strip(), event.answer.strip()
    fits = SHORTEST <= len(question) <= LONGEST and SHORTEST <= len(answer) <= LONGEST_ANSWER
    fits = fits and not (len(answer) <= 40 and _NO_ANSWER.fullmatch(answer))
    if not fits or _NO_QUESTION.fullmatch(question.rstrip("。！？!?")):
        return
    if entries.answers(session, question, campus_id=None):
        return  # The knowledge says it already; the person said it once more.
    values = {
        "question": mask_phones(question),
        "answer": mask_phones(answer),
        "answered_by_id": event.account_id,
        "created_at": clock.now(),
        "source_key": event.source_key,
    }
    session.execute(
        upsert(session, Proposal)
        .values(values)
        .on_conflict_do_nothing(index_elements=["source_key"])
    )


def waiting(session: Session) -> list[ProposalView]:
    """Proposals to decide, the newest first."""
    query = select(Proposal).where(Proposal.decided_at.is_(None)).order_by(Proposal.id.desc())
    return [ProposalView.model_validate(row) for row in session.scalars(query.limit(PAGE))]


def count(session: Session) -> int:
    """How many wait."""
    return session.scalar(select(func.count(Proposal.id)).where(Proposal.decided_at.is_(None))) or 0


def accept(session: Session, *, proposal_id: int, draft: Draft, by_id: int) -> int:
    """Keep it as an entry, in the words that the draft now has; returns the entry. Raises
    DecidedAlready, NotFound."""
    row = _open(session, proposal_id)
    entry = entries.write(session, draft=draft, by_id=by_id, source_key=f"proposal:{row.id}")
    row.entry_id, row.decided_at, row.decided_by_id = entry.id, clock.now(), by_id
    session.flush()
    return entry.id


def refuse(session: Session, *, proposal_id: int, by_id: int) -> None:
    """It is not worth keeping. Raises DecidedAlready, NotFound."""
    row = _open(session, proposal_id)
    row.decided_at, row.decided_by_id = clock.now(), by_id
    row.question = row.answer = ""
    session.flush()


def forget_old(session: Session) -> int:
    """Delete what nobody has decided for 30 days, and what was refused; returns how many."""
    before = clock.now() - KEPT_FOR
    done = session.execute(
        delete(Proposal)
        .where(Proposal.created_at < before, Proposal.entry_id.is_(None))
        .returning(Proposal.id)
    )
    return len(done.all())


def _open(session: Session, proposal_id: int) -> Proposal:
    row = session.get(Proposal, proposal_id, with_for_update=True)
    if row is None:
        raise NotFound()
    if row.decided_at is not None:
        raise DecidedAlready()
    return row

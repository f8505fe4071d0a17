"""Pictures, voice, videos and files: kept for whom they concern, and answered by what they are
probably for. Nothing is kept that nobody could use (a voice message out of nowhere)."""

from backend.finance import queries as finance
from backend.finance.schemas import OrderStatus
from backend.kit import clock
from backend.students import attachments, takeovers
from backend.students import queries as students
from backend.students.schemas import AttachmentKind, Purpose
from backend.students.tickets import desk
from bot.flows import books, homework
from bot.flows.form import Form
from bot.flows.talk import Talk
from bot.phrases import files as phrases
from bot.replies import Reply, say

TAKING_EVIDENCE = frozenset({"complain", "give_feedback", "report_fault"})


def received(talk: Talk, waiting: Form | None) -> Reply:
    """Keep what was sent and say where it went; `waiting` is the form that the talk is in."""
    kind = AttachmentKind(talk.incoming.kind.value)
    if not talk.incoming.key:
        return say(phrases.NO_FILE)
    handed = homework.pictured(talk, kind)
    if handed is not None:
        return handed
    if waiting is not None and waiting.name in TAKING_EVIDENCE:
        _keep(talk, kind, Purpose.EVIDENCE)
        return say(phrases.waits_for_complaint(kind))
    led = takeovers.of_customer(talk.session, talk.openid)
    if led is not None:
        _keep(talk, kind, Purpose.EVIDENCE, led.ticket_id)
        return say(phrases.attached(kind, students.ticket(talk.session, led.ticket_id).number))
    ticket = attachments.open_ticket_number(talk.session, talk.openid)
    if ticket is not None:
        ticket_id, number = ticket
        _keep(talk, kind, Purpose.EVIDENCE, ticket_id)
        desk.note_sent(talk.session, ticket_id)
        return say(phrases.attached(kind, number))
    if kind is AttachmentKind.VOICE:
        return say(phrases.VOICE)
    if waiting is not None:
        step = waiting.step(talk.state.step)
        return say(phrases.not_here(kind)).then(step.ask(talk))
    purpose = _purpose(talk)
    _keep(talk, kind, purpose)
    receipt = books.photo(talk)
    if receipt is not None:
        return receipt
    return say(_SENTENCES[purpose](kind))


def _keep(talk: Talk, kind: AttachmentKind, purpose: Purpose, ticket_id: int | None = None) -> None:
    attachments.receive(
        talk.session,
        openid=talk.openid,
        kind=kind,
        media_id=talk.incoming.key,
        purpose=purpose,
        source_key=talk.source_key,
        ticket_id=ticket_id,
    )


def _purpose(talk: Talk) -> Purpose:
    """A receipt while an order waits for money, homework from a family, else nobody knows."""
    newest = finance.orders_of(talk.session, openid=talk.openid, limit=1)
    if newest and newest[0].status is OrderStatus.PENDING and newest[0].expires_at > clock.now():
        return Purpose.RECEIPT
    is_family = talk.speaker.guardian_id or talk.speaker.student_id
    return Purpose.HOMEWORK if is_family else Purpose.UNKNOWN


_SENTENCES = {
    Purpose.RECEIPT: phrases.receipt,
    Purpose.HOMEWORK: phrases.homework,
    Purpose.UNKNOWN: phrases.unknown,
}

"""Answers from the knowledge that staff keep (C2): the house's own words, or nothing."""

from backend.admissions.knowledge import entries
from backend.admissions.knowledge.matching import ENOUGH, SAME
from backend.admissions.knowledge.schemas import EntryView
from backend.logistics import queries as logistics
from bot.flows.talk import Talk
from bot.interpreter import keywords, words
from bot.phrases import faq as phrases
from bot.replies import Reply, say

SHORTEST, LONGEST = 3, 60  # Characters of a question.

CLEARLY = 0.05
_GENERAL = frozenset(
    ["ask_campus", "ask_teacher", "ask_enrollment", "ask_capability", "out_of_scope"]
)
"""What is answered in general, so that the house's own words are the better answer."""


def known(talk: Talk) -> Reply | None:
    """The answer to a question that is in the knowledge as it was asked, whatever it may mean
    besides; None for anything else, and for commands."""
    found = _found(talk)
    least = ENOUGH + CLEARLY if talk.meaning.best.name in _GENERAL else SAME
    if not found or found[0][1] < least:
        return None
    return _answer(talk, found[0][0])


def near(talk: Talk) -> Reply | None:
    """The answer to a question that nothing else has answered and that the knowledge has in other
    words; several are asked about with buttons. None where it is not clear enough."""
    found = _found(talk)
    if not found:
        return None
    if len(found) == 1:
        return _answer(talk, found[0][0])
    talk.state.misunderstood = 0
    questions = [entry.question for entry, _ in found]
    return say(phrases.which(questions), tuple(questions))


def _found(talk: Talk) -> list[tuple[EntryView, float]]:
    plain = talk.plain
    if talk.speaker.account_id is not None or not SHORTEST <= len(plain) <= LONGEST:
        return []
    if words.phone(talk.text) or keywords.read_phrase(talk.text):
        return []
    campus = talk.state.topic.get("campus")
    campus_id = None
    if campus:
        campuses = {each.name: each.id for each in logistics.campuses(talk.session)}
        campus_id = campuses.get(campus)
    return entries.answers(talk.session, plain, campus_id=campus_id)


def _answer(talk: Talk, entry: EntryView) -> Reply:
    talk.state.misunderstood, talk.doubt = 0, ""
    place = ""
    if entry.campus_id is not None:
        names, _ = logistics.names(talk.session, campus_ids={entry.campus_id}, venue_ids=set())
        place = names[entry.campus_id]
    return say(phrases.answer(entry.answer, place))

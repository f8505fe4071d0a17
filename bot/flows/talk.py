"""One turn of a talk, as flows see it."""

from dataclasses import dataclass, field
from datetime import timedelta
from functools import cached_property

from sqlalchemy.orm import Session

from backend.kit import clock
from backend.logistics import queries as logistics
from backend.security import queries as security
from backend.security import service as identities
from backend.security.schemas import Speaker
from backend.teaching import queries as teaching
from backend.teaching.schemas import Catalogue
from bot import conversation
from bot.conversation import State
from bot.inbound import Incoming
from bot.interpreter import Entity, Meaning, Vocabulary, linked, words

UNCLEAR, OUTSIDE, UNSURE = "unclear", "outside", "unsure"
FORGET_TOPIC_AFTER = timedelta(hours=12)


def known_names(session: Session, catalogue: Catalogue) -> Vocabulary:
    """What a message may name of this institution, by entity."""
    return Vocabulary(
        {
            "course": (*catalogue.courses, *catalogue.classes),
            "subject": tuple(catalogue.subjects),
            "teacher": tuple(catalogue.teachers),
            "campus": tuple(campus.name for campus in logistics.campuses(session)),
            "room": tuple(logistics.venue_names(session)),
        }
    )


@dataclass
class Talk:
    """The message, what it means, who sent it, and where the talk stands.

    `session` is the open unit of work; `state` is written back when the turn succeeds. `doubt` says
    why the reading that decided the answer may be wrong (empty: it was sure); None while no reading
    has decided anything, as when a form or a person took the words.
    `has_asked` once this turn has put the open question of a form.
    """

    session: Session
    message_id: int
    incoming: Incoming
    meaning: Meaning
    state: State
    doubt: str | None = None
    has_asked: bool = False
    _identity: object = field(default=None, init=False, repr=False)

    @property
    def openid(self) -> str:
        return self.incoming.openid

    @property
    def text(self) -> str:
        return self.incoming.text

    @cached_property
    def plain(self) -> str:
        """The text in Simplified characters, without edge punctuation."""
        return words.simplified(self.text).strip(" \t\r\n。.!！~～,，")

    @cached_property
    def speaker(self) -> Speaker:
        """Who speaks: asked once a turn, from the database, never from the message."""
        return security.speaker(self.session, self.openid)

    @cached_property
    def catalogue(self) -> Catalogue:
        """The names on offer, asked once a turn."""
        return teaching.catalogue(self.session)

    @cached_property
    def known(self) -> Vocabulary:
        """The institution's own names, for finding them in a message, asked once a turn."""
        return known_names(self.session, self.catalogue)

    @cached_property
    def named(self) -> tuple[Entity, ...]:
        """What the message names, with the institution's own names among it."""
        return linked(self.text, self.meaning.entities, self.known)

    def meet(self) -> None:
        """Who writes has an identity from now on. The row is kept at hand: a session forgets what
        nobody holds, and would ask the database again."""
        self._identity = identities.meet(self.session, self.openid)

    @property
    def source_key(self) -> str:
        """Names this message wherever something must happen once per message."""
        return conversation.source_key(self.message_id)

    def asked(self, flow: str, step: str) -> None:
        """The bot now waits for the answer to a step."""
        self.state.flow, self.state.step, self.state.asked_at = flow, step, clock.now()
        self.has_asked = True

    def remember(self, **topic: object) -> None:
        """Note what the talk is about; None forgets nothing."""
        self.state.topic.update({key: value for key, value in topic.items() if value})
        self.state.topic["at"] = clock.now().isoformat()

"""One turn of a talk, as flows see it."""

from dataclasses import dataclass
from datetime import timedelta
from functools import cached_property

from sqlalchemy.orm import Session

from backend.kit import clock
from backend.security import queries as security
from backend.security.schemas import Speaker
from backend.teaching import queries as teaching
from backend.teaching.schemas import Catalogue
from bot import conversation
from bot.conversation import State
from bot.inbound import Incoming
from bot.interpreter import Meaning, words

FORGET_TOPIC_AFTER = timedelta(hours=12)


@dataclass
class Talk:
    """The message, what it means, who sent it, and where the talk stands.

    `session` is the open unit of work; `state` is written back when the turn succeeds.
    """

    session: Session
    message_id: int
    incoming: Incoming
    meaning: Meaning
    state: State

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

    @property
    def source_key(self) -> str:
        """Names this message wherever something must happen once per message."""
        return conversation.source_key(self.message_id)

    def asked(self, flow: str, step: str) -> None:
        """The bot now waits for the answer to a step."""
        self.state.flow, self.state.step, self.state.asked_at = flow, step, clock.now()

    def remember(self, **topic: object) -> None:
        """Note what the talk is about; None forgets nothing."""
        self.state.topic.update({key: value for key, value in topic.items() if value})
        self.state.topic["at"] = clock.now().isoformat()

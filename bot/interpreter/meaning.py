"""What was understood of one message."""

from dataclasses import dataclass, field
from typing import Any

from bot.times import TimeSpan

SURE = 0.5
ENOUGH = 0.3


@dataclass(frozen=True)
class Intent:
    name: str
    confidence: float


@dataclass(frozen=True)
class Entity:
    """A named piece of the text: `[start, end)` counts characters of the text as typed."""

    name: str
    value: str
    start: int
    end: int


@dataclass(frozen=True)
class Meaning:
    """Intents best first, entities and times. `wishes` are the intents that stand side by side in
    one message (多少钱，周末有课吗); `source` is who understood, and `model` which model."""

    text: str = ""
    intents: tuple[Intent, ...] = ()
    wishes: tuple[str, ...] = ()
    entities: tuple[Entity, ...] = ()
    times: tuple[TimeSpan, ...] = ()
    source: str = "none"
    model: str = ""

    @property
    def best(self) -> Intent:
        return self.intents[0] if self.intents else Intent("", 0.0)

    def wants(self, *names: str) -> bool:
        """Whether one of these is among what the message asks for."""
        return any(name in names for name in self.wishes)

    def value(self, entity: str) -> str | None:
        """The first value of an entity."""
        return next((each.value for each in self.entities if each.name == entity), None)

    def values(self, entity: str) -> list[str]:
        """All values of an entity, in the order of the text."""
        return [each.value for each in self.entities if each.name == entity]

    def for_the_record(self) -> dict[str, Any]:
        """What is kept beside the message for review: no values, which may be personal."""
        return {
            "source": self.source,
            "model": self.model,
            "intents": [[each.name, round(each.confidence, 3)] for each in self.intents[:3]],
            "wishes": list(self.wishes),
            "entities": sorted({each.name for each in self.entities}),
        }


@dataclass
class Unread:
    """A Meaning in the making: what Rasa or the keywords found, before times are added."""

    intents: list[Intent] = field(default_factory=list)
    wishes: list[str] = field(default_factory=list)
    entities: list[Entity] = field(default_factory=list)
    source: str = "none"
    model: str = ""

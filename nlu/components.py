"""The pipeline as Rasa components: thin doors to `understanding`.

Each message carries its plain form from one to the next under PLAIN; all offsets that leave
are offsets into the text as it was typed.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, Dict, List, Text

from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData

from understanding import clauses, entities, intents
from understanding.normalise import Plain, normalise
from understanding.patterns import Span
from understanding.values import value_of

PLAIN = "plain"
RANKED = 10


def _plain(message: Message) -> Plain:
    """Return the plain form that the normaliser left, or make it."""
    left = message.get(PLAIN)
    if left is None:
        return normalise(message.get("text") or "")
    return Plain(left["text"], tuple(left["starts"]), tuple(left["ends"]))


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.MESSAGE_TOKENIZER, is_trainable=False)
class Normaliser(GraphComponent):
    """Writes the plain form of each message beside its text."""

    @classmethod
    def create(
        cls,
        config: Dict[Text, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> Normaliser:
        """Make one; nothing is configured."""
        return cls()

    def process(self, messages: List[Message]) -> List[Message]:
        """Add the plain form; the text itself stays as typed."""
        for message in messages:
            plain = normalise(message.get("text") or "")
            message.set(
                PLAIN,
                {"text": plain.text, "starts": list(plain.starts), "ends": list(plain.ends)},
            )
        return messages

    def process_training_data(self, training_data: TrainingData) -> TrainingData:
        """Leave the examples as they are: the trained components normalise for themselves.

        Rasa fingerprints whatever hangs on an example, which cost more than normalising twice.
        """
        return training_data


class _Trained(GraphComponent):
    """What the two trained components share: one file in Rasa's model archive."""

    FILE = ""

    def __init__(self, storage: ModelStorage, resource: Resource) -> None:
        self._storage = storage
        self._resource = resource
        self._model: Any = None

    @classmethod
    def create(
        cls,
        config: Dict[Text, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> _Trained:
        """Make an untrained one."""
        return cls(model_storage, resource)

    @classmethod
    def load(
        cls,
        config: Dict[Text, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
        **kwargs: Any,
    ) -> _Trained:
        """Read a trained one from the archive."""
        component = cls(model_storage, resource)
        with model_storage.read_from(resource) as folder:
            component._model = component._read(folder / cls.FILE)
        return component

    def train(self, training_data: TrainingData) -> Resource:
        """Fit the model on the examples and leave it in the archive."""
        with self._storage.write_to(self._resource) as folder:
            self._fit(training_data.nlu_examples, folder / self.FILE)
        return self._resource

    def _fit(self, examples: List[Message], path: Path) -> None:
        raise TypeError("the concrete component says how to fit")

    def _read(self, path: Path) -> Any:
        raise TypeError("the concrete component says how to read")


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.ENTITY_EXTRACTOR, is_trainable=True)
class EntityReader(_Trained):
    """Marks the entities of a message."""

    FILE = "entities.crf"

    def process(self, messages: List[Message]) -> List[Message]:
        """Add the entities found, with offsets into the text as typed."""
        for message in messages:
            plain = _plain(message)
            found = []
            for span in self._model.spans(plain.text):
                start, end = plain.original(span.start, span.end)
                value = value_of(span.entity, plain.text[span.start : span.end])
                found.append(
                    {
                        "entity": span.entity,
                        "start": start,
                        "end": end,
                        "value": value,
                        "extractor": "EntityReader",
                    }
                )
            message.set("entities", found, add_to_output=True)
        return messages

    def _fit(self, examples: List[Message], path: Path) -> None:
        texts, gold = [], []
        for message in examples:
            plain = _plain(message)
            texts.append(plain.text)
            gold.append(
                [
                    Span(*plain.plain(each["start"], each["end"]), each["entity"])
                    for each in message.get("entities") or []
                ]
            )
        entities.train(texts, gold, path)

    def _read(self, path: Path) -> entities.EntityModel:
        return entities.EntityModel(path)


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.INTENT_CLASSIFIER, is_trainable=True)
class IntentReader(_Trained):
    """Ranks the intents of a message; a message with two wishes also lists its clauses."""

    FILE = "intents.pickle"

    def process(self, messages: List[Message]) -> List[Message]:
        """Add intent, ranking and, for several wishes, clauses with offsets as typed."""
        for message in messages:
            plain = _plain(message)
            confidences, said = clauses.read(plain.text, self._model)
            order = confidences.argsort()[::-1][:RANKED]
            ranking = [
                {"name": self._model.names[at], "confidence": float(confidences[at])}
                for at in order
            ]
            message.set("intent", ranking[0], add_to_output=True)
            message.set("intent_ranking", ranking, add_to_output=True)
            listed = []
            for clause in said:
                start, end = plain.original(clause.start, clause.end)
                listed.append(
                    {
                        "start": start,
                        "end": end,
                        "intent": {"name": clause.intent, "confidence": clause.confidence},
                    }
                )
            message.set("clauses", listed, add_to_output=True)
        return messages

    def _fit(self, examples: List[Message], path: Path) -> None:
        intents.train(
            [_plain(message).text for message in examples],
            [message.get("intent") for message in examples],
        ).save(path)

    def _read(self, path: Path) -> intents.IntentModel:
        return intents.IntentModel.load(path)

"""Text → Meaning: Rasa within a hard time limit, else keywords; times by `bot.times`.

What a message says is only ever data: intents and values, from which a flow may choose. Nothing in
it can make the bot act for another person.
"""

from bot.interpreter.context import in_context
from bot.interpreter.meaning import Entity, Intent, Meaning
from bot.interpreter.reading import interpret
from bot.interpreter.vocabulary import Vocabulary, linked

__all__ = ["Entity", "Intent", "Meaning", "Vocabulary", "in_context", "interpret", "linked"]

"""Greetings, thanks and other words that want nothing but an answer in kind."""

from bot.flows.talk import Talk
from bot.interpreter import words
from bot.phrases import general as phrases
from bot.phrases import staff
from bot.replies import Reply, say


def welcome(_talk: Talk) -> Reply:
    """To a new follower."""
    return say(phrases.WELCOME)


def greet(talk: Talk) -> Reply:
    """To «在吗»."""
    return say(f"{phrases.GREETING}\n{_help(talk)}")


def capability(talk: Talk) -> Reply:
    """To «你能做什么»."""
    return say(_help(talk))


def thank(_talk: Talk) -> Reply:
    return say(phrases.THANKS)


def goodbye(_talk: Talk) -> Reply:
    return say(phrases.GOODBYE)


def affirm(_talk: Talk) -> Reply:
    """A yes to nothing in particular."""
    return say(phrases.NOTHING_TO_CONFIRM)


def cancel(_talk: Talk) -> Reply:
    """A no to nothing in particular."""
    return say(phrases.NOTHING_TO_CANCEL)


def bot(_talk: Talk) -> Reply:
    return say(phrases.BOT)


def no_text(_talk: Talk) -> Reply:
    """To pictures, voice without words, links."""
    return say(phrases.NO_TEXT)


def chosen_option(talk: Talk) -> str | None:
    """The intent that an answer like «第二个», or a tap, picks from the options shown last."""
    options: list[str] = talk.state.topic.pop("options", [])
    tapped = [name for name in options if phrases.QUESTIONS[name] == talk.plain]
    if tapped:
        return tapped[0]
    number = words.ordinal(talk.text)
    return options[number - 1] if number and number <= len(options) else None


def _help(talk: Talk) -> str:
    speaker = talk.speaker
    return staff.capabilities(speaker.role) if speaker.account_id else phrases.CAPABILITIES

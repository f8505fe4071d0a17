"""Greetings, thanks, and what to do when nothing was understood."""

from collections.abc import Callable

from bot.flows.talk import Talk
from bot.interpreter import words
from bot.phrases import general as phrases
from bot.replies import Reply, say

GIVE_UP_AFTER = 2
NEAR_TIE = 0.15  # Below `ENOUGH`, yet worth asking about.


def welcome(_talk: Talk) -> Reply:
    """To a new follower."""
    return say(phrases.WELCOME)


def greet(talk: Talk) -> Reply:
    """To «在吗»."""
    help_text = phrases.STAFF_CAPABILITIES if talk.speaker.account_id else phrases.CAPABILITIES
    return say(f"{phrases.GREETING}\n{help_text}")


def capability(talk: Talk) -> Reply:
    """To «你能做什么»."""
    return say(phrases.STAFF_CAPABILITIES if talk.speaker.account_id else phrases.CAPABILITIES)


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


def out_of_scope(_talk: Talk) -> Reply:
    return say(phrases.OUT_OF_SCOPE)


def no_text(_talk: Talk) -> Reply:
    """To pictures, voice without words, links."""
    return say(phrases.NO_TEXT)


def unclear(talk: Talk, to_person: Callable[[Talk], Reply]) -> Reply:
    """Ask between near meanings; the second time in a row a person takes over (C3)."""
    talk.state.misunderstood += 1
    if talk.state.misunderstood > GIVE_UP_AFTER:
        talk.state.misunderstood = 0
        return to_person(talk)
    near = [
        each.name
        for each in talk.meaning.intents[:3]
        if each.confidence >= NEAR_TIE and each.name in phrases.QUESTIONS
    ]
    if len(near) >= 2:
        talk.state.topic["options"] = near
        return say(phrases.choose_between([phrases.QUESTIONS[name] for name in near]))
    return say(phrases.unclear(talk.state.misunderstood))


def chosen_option(talk: Talk) -> str | None:
    """The intent that an answer like «第二个» picks from the options shown last."""
    options: list[str] = talk.state.topic.pop("options", [])
    number = words.ordinal(talk.text)
    return options[number - 1] if number and number <= len(options) else None

"""Greetings, thanks and other words that want nothing but an answer in kind."""

import re

from bot.flows.talk import Talk
from bot.interpreter import words
from bot.phrases import general as phrases
from bot.phrases import staff
from bot.replies import Reply, say

_KNOCKS = re.compile(
    r"(?:你们?好|您好|老师|请|那|哈喽|hi|hello|[,，。!！ ])*"
    r"(?:我|俺)?(?:就是|只是)?(?:想要?|要|来|先)?"
    r"(?:了解|咨询|请教|打听|问)(?:一下|下|[一几]?[点些个]?(?:事儿?|问题|情况)|您|你们?)*"
    r"(?:行吗|可以吗|方便吗|好吗|呢|吧|啊|哈|[,，?？ ])*"
    r"|(?:你们?|您)?(?:在不在|在没在|有人(?:在)?[吗么没不])(?:呢|啊|[,，?？ ])*"
)
_PARENT = re.compile(
    r"(?:你们?好|您好|老师|[,，。!！ ])*(?:我|俺)就?是[一-鿿]{0,6}?(?:的)?"
    r"(?:爸爸?|妈妈?|爷爷|奶奶|外公|外婆|姥姥|姥爷|家长|监护人)"
)


def welcome(_talk: Talk) -> Reply:
    """To a new follower."""
    return say(phrases.WELCOME)


def greet(talk: Talk) -> Reply:
    """To «在吗»."""
    return say(f"{phrases.GREETING}\n{_help(talk)}")


def opener(talk: Talk) -> Reply | None:
    """«想了解一下», «问个事», «在不在»: a newcomer knocks; None when they say what about."""
    if not _KNOCKS.fullmatch(talk.plain.lower()):
        return None
    talk.state.misunderstood = 0
    return say(phrases.WHAT_ABOUT)


def capability(talk: Talk) -> Reply:
    """To «你能做什么»."""
    return say(_help(talk))


def thank(_talk: Talk) -> Reply:
    return say(phrases.THANKS)


def goodbye(_talk: Talk) -> Reply:
    return say(phrases.GOODBYE)


def affirm(talk: Talk) -> Reply:
    """A yes to nothing in particular."""
    return say(staff.AGREED if talk.speaker.account_id else phrases.NOTHING_TO_CONFIRM)


def cancel(talk: Talk) -> Reply:
    """A no to nothing in particular."""
    return say(staff.AGREED if talk.speaker.account_id else phrases.NOTHING_TO_CANCEL)


def parent(talk: Talk) -> Reply | None:
    """«我是小明的妈妈» of somebody whom nobody knows yet; None when they say more."""
    if talk.speaker.is_known or not _PARENT.fullmatch(talk.plain):
        return None
    talk.state.misunderstood = 0
    return say(phrases.PARENT)


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

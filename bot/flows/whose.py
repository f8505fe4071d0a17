"""Which child a message is about: named, remembered from this talk, or asked once (C4)."""

import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta

from backend.kit import clock
from backend.students import queries as students
from backend.students.schemas import Child
from bot.flows.talk import Talk
from bot.interpreter import words
from bot.phrases import identity as phrases
from bot.replies import Reply, say

Flow = Callable[[Talk], Reply]

REMEMBERED_FOR = timedelta(hours=2)
ASKED_FOR = timedelta(minutes=30)
_SHORT = 14
OLDER = re.compile(r"哥哥?|姐姐?|老大|大的|大宝|大儿子|大女儿|大娃")
YOUNGER = re.compile(r"弟弟?|妹妹?|老[二三幺]|小的|[二小]宝|小儿子|小女儿|[二小]娃")
_ALL = re.compile(r"都是|都|两个|俩|一起|全部|所有")
# What sounds like a nickname and is a word.
_WORDS = frozenset(
    [
        *("天天", "年年", "月月", "日日", "常常", "刚刚", "谢谢", "慢慢", "多多", "好好", "早早"),
        *("小时", "小班", "小学", "小心", "小说", "小声", "小事"),
    ]
)


def children(talk: Talk) -> list[Child]:
    """The learners whom the speaker answers for, themselves included."""
    if talk.speaker.guardian_id is not None:
        return students.children_of(talk.session, talk.speaker.guardian_id)
    if talk.speaker.student_id is not None:
        return [students.student(talk.session, talk.speaker.student_id)]
    return []


def named(text: str, own: list[Child]) -> list[Child]:
    """The children a message names: in full, as at home (小明, 明明), or as the elder one. A name
    that fits several of them names none."""
    found = [child for child in own if child.is_named_in(text)]
    if found or len(own) < 2:
        return found
    called = [child for child in own if any(each in text for each in _nicknames(child.name))]
    if len(called) == 1:
        return called
    if OLDER.search(text):
        return [max(own, key=_years)]
    return [min(own, key=_years)] if YOUNGER.search(text) else []


def learners(talk: Talk) -> list[Child]:
    """Those whom a question is about: who is named, else all. Who is named is remembered."""
    own = children(talk)
    found = named(talk.plain, own)
    remember(talk, found)
    return found or own


def remember(talk: Talk, found: list[Child]) -> None:
    """The talk is about this one child now."""
    if len(found) == 1:
        talk.state.topic.update(child=found[0].id, child_at=clock.now().isoformat())


def first(intent: str, flow: Flow) -> Flow:
    """A flow that has to know which child: it is asked, once, where nothing tells."""

    def asked(talk: Talk) -> Reply:
        own = children(talk)
        if len(own) < 2:
            return flow(talk)
        found = named(talk.plain, own)
        remember(talk, found)
        if found:
            return flow(talk)
        known = _remembered(talk, own)
        if known:
            return say(phrases.for_child([known.name])).then(flow(_about(talk, [known], talk.text)))
        names = [child.name for child in own]
        pending = {"intent": intent, "text": talk.text, "at": clock.now().isoformat()}
        talk.state.topic["whose"] = pending
        return say(phrases.which_child(names), (*names, phrases.ALL_OF_THEM))

    return asked


def chosen(talk: Talk, flows: Mapping[str, Flow]) -> Reply | None:
    """The answer to «小明还是小红？»: what was asked for goes on; anything else lets it go."""
    pending = talk.state.topic.pop("whose", None)
    own = children(talk) if pending else []
    if not pending or len(talk.plain) > _SHORT:
        return None
    if clock.now() - datetime.fromisoformat(pending["at"]) > ASKED_FOR:
        return None
    if words.is_phone_alone(talk.plain):
        talk.state.topic["whose"] = pending
        names = [child.name for child in own]
        return say(phrases.NO_PHONE_NEEDED).then(
            say(phrases.which_child(names), (*names, phrases.ALL_OF_THEM))
        )
    number = words.ordinal(talk.text)
    found = [own[number - 1]] if number and number <= len(own) else named(talk.plain, own)
    if not found and (number == len(own) + 1 or _ALL.search(talk.plain)):
        found = own
    if not found:
        return None
    talk.state.misunderstood = 0
    remember(talk, found)
    told = say(phrases.for_child([child.name for child in found]))
    return told.then(flows[pending["intent"]](_about(talk, found, pending["text"])))


def _about(talk: Talk, found: list[Child], text: str) -> Talk:
    """The same turn with whom it is about in front of the words, as staff read them."""
    names = "、".join(child.name for child in found)
    incoming = talk.incoming.model_copy(update={"text": f"{names}：{text}"})
    return replace(talk, incoming=incoming)


def _remembered(talk: Talk, own: list[Child]) -> Child | None:
    at = talk.state.topic.get("child_at")
    if at is None or clock.now() - datetime.fromisoformat(at) > REMEMBERED_FOR:
        return None
    return next((child for child in own if child.id == talk.state.topic.get("child")), None)


def _nicknames(name: str) -> set[str]:
    last = name[-1]
    return {f"{last}{last}", f"小{last}", f"阿{last}", f"{last}宝", f"{last}儿"} - _WORDS


def _years(child: Child) -> int:
    """How far a child is in school; who is not in school yet comes first."""
    return words.grade_number(child.grade or "") or 0

"""「微信被盗了」 and 「解冻」: a WeChat in the wrong hands says and sees nothing (C4)."""

import re

from backend.security.schemas import Proof
from backend.students import bindings, freezing
from backend.students.schemas import Companion
from bot.flows import binding, form
from bot.flows.form import Form, Read, Step, Value
from bot.flows.proof import Code
from bot.flows.talk import Talk
from bot.interpreter import words
from bot.phrases import identity as phrases
from bot.replies import Reply, say

THAWS = re.compile(r"^(?:我要|申请|请)?(?:解冻|解除冻结|恢复微信)[吧了]?$")
_MINE = re.compile(r"我的|我自己|本人|这个")


def frozen(talk: Talk) -> Reply:
    """All that a frozen WeChat hears: that it is frozen, and how it is given back. A form that was
    open stays where it was, for when it is."""
    if talk.state.flow == THAW.name:
        return form.resume(talk, THAW, lambda _talk: None, lambda _talk: say(phrases.FROZEN))
    if not THAWS.match(talk.plain):
        return say(phrases.FROZEN)
    if freezing.phone_behind(talk.session, talk.openid) is None:
        return say(phrases.THAW_IMPOSSIBLE)
    return form.start(talk, THAW)


def begin(talk: Talk) -> Reply:
    """Freeze at once what the speaker may freeze; who is not bound proves the phone first."""
    if not talk.speaker.is_known:
        return form.start(talk, BY_CODE)
    found = _others(talk)
    if not found:
        return say(phrases.NOTHING_TO_FREEZE)
    return form.start(talk, FREEZE)


def _others(talk: Talk) -> list[Companion]:
    found = bindings.companions(talk.session, talk.openid)
    return [each for each in found if not each.is_frozen and not each.is_mine]


def _ask_which(talk: Talk) -> Reply:
    return say(phrases.which_wechat([each.label for each in _others(talk)]))


def _read_which(talk: Talk, text: str) -> Read:
    found, number = _others(talk), words.ordinal(text)
    if number and number <= len(found):
        return Value(found[number - 1].openid)
    named = [each for each in found if each.label.removesuffix("的微信") in words.simplified(text)]
    return Value(named[0].openid) if len(named) == 1 else None


def _freeze(talk: Talk) -> Reply:
    stolen = talk.state.slots["which"]
    labels = {each.openid: each.label for each in _others(talk)}
    talk.state.leave()
    if stolen not in labels:
        return say(phrases.NOTHING_TO_FREEZE)
    freezing.freeze_companion(talk.session, openid=talk.openid, stolen=stolen)
    return say(phrases.FROZEN_NOW.format(label=labels[stolen]))


def _freeze_by_code(talk: Talk) -> Reply:
    phone = binding.typed_phone(talk)
    talk.state.leave()
    count = freezing.freeze_others(talk.session, openid=talk.openid, phone=phone)
    return say(phrases.FROZEN_BY_CODE.format(count=count) if count else phrases.NOTHING_TO_FREEZE)


def _thaw(talk: Talk) -> Reply:
    talk.state.leave()
    talk.state.unpause()
    freezing.ask_to_thaw(talk.session, openid=talk.openid, source_key=talk.source_key)
    return say(phrases.THAW_ASKED)


FREEZE = Form(
    name="freeze",
    cancelled=phrases.FREEZE_CANCELLED,
    back=phrases.BACK,
    finish=_freeze,
    steps=(Step("which", ("微信",), _ask_which, _read_which),),
)
_FREEZE_CODE = Code(
    "code",
    Proof.FREEZE,
    binding.typed_phone,
    is_on_file=lambda talk, phone: bindings.is_on_file(talk.session, phone),
    asks=phrases.ASK_CODE,
)
BY_CODE = Form(
    name="freeze_by_code",
    cancelled=phrases.FREEZE_CANCELLED,
    back=phrases.BACK,
    finish=_freeze_by_code,
    beside=_FREEZE_CODE.beside,
    steps=(binding.phone_step(phrases.ASK_FREEZE_PHONE), _FREEZE_CODE.step()),
)
_THAW_CODE = Code(
    "code", Proof.THAW, lambda talk: freezing.phone_behind(talk.session, talk.openid) or ""
)
THAW = Form(
    name="thaw",
    cancelled=phrases.THAW_CANCELLED,
    back=phrases.BACK,
    finish=_thaw,
    beside=_THAW_CODE.beside,
    steps=(_THAW_CODE.step(),),
)

"""The slot-filling engine: asks step by step, and lets people talk like people.

In a form one may answer several steps at once, ask something else in between (the form goes on
afterwards), correct an earlier answer («手机号写错了»), cancel, or come back the next day: what was
said is in the database with every turn.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from backend.kit import clock
from bot.flows.talk import Talk
from bot.interpreter import words
from bot.phrases import general
from bot.phrases import sign_up as forms
from bot.replies import Reply, say

_MEND = re.compile(
    r"错|不对|改|修正|更正|换成|应该是|填反|重新填|重填|不是.+是"
    r"|换.{0,3}(?:手机|电话|号码)"
)
_SHORT = (
    16  # Characters; a lone number or grade of this length at the end corrects the earlier one.
)
_CANCEL = re.compile(
    r"^(那)?(还是)?(我)?(算了|取消(报名|订单|登记)?|(先|暂时)?不(想)?(要)?[报办填弄投](名|诉)?了|不用了|不要了|退出"
    r"|(我)?再(想想|考虑|看看|说)|下次再(说|报)|以后再(说|报))[，,]?(吧|了|啊|哦|一下|不[报办]了)*$"
)
_GO_ON = re.compile(
    r"^(?:嗯+|好的?|行|ok|那|[,， ])*(?:继续|接着|下一[步个]|往下|接下来|然后)"
    r"(?:[呢吧啊了]|填|来|说|走|办|报名?|一下)*$|^嗯+[,， ]*好+的?[啊呀吧]*$"
)
_NOT_ELSE = {
    *("affirm", "deny", "approve", "reject", "greet", "thank", "goodbye"),
    *("update_profile", "out_of_scope"),
}
_POLITE = {"greet", "thank", "goodbye", "affirm"}
LONG_AGO = timedelta(hours=3)
ASK_PERSON_AT = 3  # Answers in a row that did not fit.


@dataclass(frozen=True)
class Value:
    """A read answer; `sure` when it can hardly be anything else (a phone number)."""

    value: Any
    sure: bool = True


@dataclass(frozen=True)
class Unfit:
    """An answer that will not do, and what to say about it; `sure` when it was plainly meant for
    the step (高三, where no class is for it)."""

    sentence: str
    sure: bool = False


@dataclass(frozen=True)
class Narrowed:
    """No answer yet, but a narrower question: «周末的» while a class is chosen."""


Read = Value | Unfit | Narrowed | None


@dataclass(frozen=True)
class Step:
    """One slot. `names` are the words people use for it when they correct it; `read` reads the
    whole message as its answer; `ask_again` is for when an aside has just shown the same list;
    `spot` finds a sure value inside a longer message; `skip` says that the slot need not be asked;
    `holds` whether a value still stands beside the other answers; `confirms` that the slot agrees
    to all answers before it, and is asked again when one changes.
    """

    key: str
    names: tuple[str, ...]
    ask: Callable[[Talk], Reply]
    read: Callable[[Talk, str], Read]
    ask_again: Callable[[Talk], Reply] | None = None
    spot: Callable[[Talk, str], Any] = field(default=lambda _talk, _text: None)
    skip: Callable[[Talk], bool] = field(default=lambda _talk: False)
    show: Callable[[Any], str] = field(default=str)
    holds: Callable[[Talk, Any], bool] = field(default=lambda _talk, _value: True)
    confirms: bool = False


@dataclass(frozen=True)
class Form:
    """A named list of steps and what happens when all are filled. `beside` is the whole answer to
    what somebody says about the form itself (why a question is asked), or None."""

    name: str
    steps: tuple[Step, ...]
    finish: Callable[[Talk], Reply]
    cancelled: str
    back: str
    beside: Callable[[Talk], Reply | None] = lambda _talk: None

    def step(self, key: str | None) -> Step:
        """A step by key; the first one when a stored key is no longer known (after an update)."""
        return next((step for step in self.steps if step.key == key), self.steps[0])


def start(talk: Talk, form: Form, **slots: Any) -> Reply:
    """Begin a form with what is known already and with what this very message answers."""
    if talk.state.flow not in (None, form.name):
        talk.state.pause()
    talk.state.leave()
    talk.state.flow = form.name
    talk.state.misunderstood = 0
    talk.state.slots = {key: value for key, value in slots.items() if value is not None}
    _spot_others(talk, form)
    return advance(talk, form)


def advance(talk: Talk, form: Form) -> Reply:
    """Ask the next open step, or finish. Answers that no longer stand beside the others are
    forgotten first, and with any gap the agreement to the whole."""
    slots, asked = talk.state.slots, None
    for step in form.steps:
        if step.key in slots and not step.holds(talk, slots[step.key]):
            del slots[step.key]
        if step.confirms and asked is not None:
            slots.pop(step.key, None)
        if asked is None and step.key not in slots and not step.skip(talk):
            asked = step
    if asked is None:
        return form.finish(talk)
    talk.asked(form.name, asked.key)
    reply = asked.ask(talk)
    talk.state.listed = _is_list(reply)
    return reply


def remind(talk: Talk, form: Form) -> Reply:
    """After something else was answered: the open question again; one that showed a list in a line,
    because its numbers still hold."""
    if not talk.state.listed:
        return advance(talk, form)
    step = form.step(talk.state.step)
    talk.has_asked = True
    return step.ask_again(talk) if step.ask_again else say(forms.LIST_HOLDS)


def resume(
    talk: Talk,
    form: Form,
    aside: Callable[[Talk], Reply | None],
    to_person: Callable[[Talk], Reply],
) -> Reply:
    """Take a message while the form waits. `aside` answers what is not for the form, or None;
    `to_person` takes over beside the form when somebody cannot get on."""
    step = form.step(talk.state.step)
    if _CANCEL.match(talk.plain):
        talk.state.leave()
        return say(form.cancelled)
    told = form.beside(talk)
    if told is not None:
        talk.state.misunderstood = 0
        return told
    mended = mend(talk, form)
    if mended is not None:
        return mended
    read = step.read(talk, talk.text)
    if isinstance(read, Value) and (read.sure or not _says_something_else(talk, form)):
        talk.state.misunderstood = 0
        talk.state.slots[step.key] = read.value
        _spot_others(talk, form)
        return advance(talk, form)
    if isinstance(read, Narrowed):
        talk.state.misunderstood = 0
        return step.ask(talk)
    # 张妈妈 may sound like a yes to the model: what is surely an answer that does not fit is one.
    is_unfit = isinstance(read, Unfit) and read.sure
    is_polite = talk.meaning.wants(*_POLITE, form.name) and not _says_something_else(talk, form)
    if (is_polite and not is_unfit) or _GO_ON.match(talk.plain):
        return _after_small_talk(talk, step)
    if words.is_phone_alone(talk.plain):  # Of another step of this form, or of none; never a wish.
        others = len(talk.state.slots)
        _spot_others(talk, form, but=step.key)
        grown = len(talk.state.slots) > others
        return advance(talk, form) if grown else _once_more(talk, step, read, to_person)
    answer = None
    is_meant = isinstance(read, Unfit) and (read.sure or not _says_something_else(talk, form))
    if not is_meant:
        answer = aside(talk)
    if answer is None:
        others = len(talk.state.slots)
        _spot_others(talk, form, but=step.key)
        if len(talk.state.slots) > others:
            return advance(talk, form)
        return _once_more(talk, step, read, to_person)
    if talk.state.flow != form.name or talk.state.step != step.key:
        return answer  # The aside has taken the talk somewhere else.
    if step.ask_again and _is_list(answer):
        return answer.then(say(form.back)).then(step.ask_again(talk))
    if talk.state.listed and not _is_list(answer):  # Another list would take its numbers.
        return answer.then(say(form.back + _bare(remind(talk, form))))
    return answer.then(say(form.back)).then(step.ask(talk))


def mend(talk: Talk, form: Form) -> Reply | None:
    """Correct an earlier answer, with the new value at once or asked for; None when the message
    corrects nothing."""
    step = mended_step(talk, form)
    if step is None:
        return None
    talk.state.misunderstood = 0
    value = _new_value(talk, step)
    if value is None:
        del talk.state.slots[step.key]
        talk.asked(form.name, step.key)
        return say(forms.FIX.format(what=step.names[0])).then(_options(talk, step))
    talk.state.slots[step.key] = value
    fixed = say(forms.FIXED.format(what=step.names[0], value=step.show(value)))
    return fixed.then(advance(talk, form))


def mended_step(talk: Talk, form: Form) -> Step | None:
    """The answered step that a correction speaks of: the one named last before «写错了» (the longer
    name where two end together), else one whose kind of value stands in the message."""
    filled = [step for step in form.steps if step.key in talk.state.slots]
    wrong = _MEND.search(talk.plain)
    if wrong is None and (len(talk.plain) > _SHORT or not form.step(talk.state.step).confirms):
        return None
    if wrong is not None:
        named = [
            (found.end() <= wrong.start(), found.end(), len(name), step.key)
            for step in filled
            for name in step.names
            for found in re.finditer(re.escape(name), talk.plain)
        ]
        if named:
            return form.step(max(named)[3])
    for step in filled:
        spotted = step.spot(talk, talk.text)
        if spotted is not None and spotted != talk.state.slots[step.key]:
            return step
    return None


def _after_small_talk(talk: Talk, step: Step) -> Reply:
    """A greeting or «嗯» answers no question; somebody back after a while hears what was open."""
    asked_at = talk.state.asked_at
    was_long_ago = asked_at is not None and clock.now() - asked_at > LONG_AGO
    greeted = talk.meaning.wants("greet")
    opening = forms.STILL_OPEN if was_long_ago else general.HELLO if greeted else ""
    talk.state.asked_at = clock.now()
    return say(opening).then(step.ask(talk)) if opening else step.ask(talk)


def _once_more(talk: Talk, step: Step, read: Read, to_person: Callable[[Talk], Reply]) -> Reply:
    """The answer did not fit: say why, then show a way out, then call a person; never the same
    words twice running."""
    talk.state.misunderstood += 1
    if talk.state.misunderstood == ASK_PERSON_AT:
        return to_person(talk).then(say(forms.MEANWHILE))
    if talk.state.misunderstood % 2 == 0:
        return step.ask(talk).then(say(forms.WAY_OUT))
    return say(read.sentence) if isinstance(read, Unfit) else step.ask(talk)


def back_to_paused(talk: Talk, forms_by_name: Mapping[str, Form], reply: Reply) -> Reply:
    """After a form that interrupted another one: go on with that."""
    paused = forms_by_name.get((talk.state.paused or {}).get("flow") or "")
    if talk.state.flow is not None or paused is None:
        return reply
    talk.state.unpause()
    return reply.then(say(paused.back)).then(advance(talk, paused))


def _options(talk: Talk, step: Step) -> Reply:
    """Steps with a list to choose from show it again; the others need no second question."""
    asked = step.ask(talk)
    return asked if _is_list(asked) else Reply()


def _bare(reply: Reply) -> str:
    return "".join(getattr(bubble, "text", "") for bubble in reply.bubbles)


def _is_list(reply: Reply) -> bool:
    return any("\n1. " in getattr(bubble, "text", "") for bubble in reply.bubbles)


def _new_value(talk: Talk, step: Step) -> Any:
    """The new value that a correction names. A number or grade counts wherever it stands; anything
    else after the last «是», «改成» and the like."""
    parts = re.split(r"应该是|改成|改为|换成|不是|是|叫", talk.text)
    for text in (parts[-1].strip("，,：: 。"), talk.text):
        if not text or (text != talk.text and _MEND.search(text)):
            continue
        spotted = step.spot(talk, text)
        if spotted is not None:
            return spotted
        if text != talk.text and isinstance(read := step.read(talk, text), Value):
            return read.value
    return None


def _spot_others(talk: Talk, form: Form, *, but: str = "") -> None:
    """A message may answer further steps too: «李小明，三年级，13812345678»."""
    for step in form.steps:
        if step.key not in (*talk.state.slots, but) and not step.skip(talk):
            spotted = step.spot(talk, talk.text)
            if spotted is not None:
                talk.state.slots[step.key] = spotted


def _says_something_else(talk: Talk, form: Form) -> bool:
    """Whether the message is more likely a question or wish than an answer."""
    return bool(set(talk.meaning.wishes) - _NOT_ELSE - {form.name})

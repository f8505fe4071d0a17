"""The slot-filling engine: asks step by step, and lets people talk like people.

In a form one may answer several steps at once, ask something else in between (the form goes on
afterwards), correct an earlier answer («手机号写错了»), cancel, or come back the next day: what was
said is in the database with every turn.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from bot.flows.talk import Talk
from bot.phrases import sign_up as forms
from bot.replies import Reply, say

_MEND = re.compile(r"错|不对|改|修正|更正|换成|应该是|填反|重新填|重填")
_CANCEL = re.compile(
    r"^(算了|取消|不报了|先不报了?|不办了|不填了|不用了|不要了|退出|取消报名)(吧|了|啊)?$"
)


_NOT_ELSE = {"affirm", "deny", "approve", "reject", "greet", "update_profile", "out_of_scope"}


@dataclass(frozen=True)
class Value:
    """A read answer; `sure` when it can hardly be anything else (a phone number)."""

    value: Any
    sure: bool = True


@dataclass(frozen=True)
class Unfit:
    """An answer that was meant for the step but will not do, and what to say about it."""

    sentence: str


Read = Value | Unfit | None


@dataclass(frozen=True)
class Step:
    """One slot. `names` are the words people use for it when they correct it; `read` reads the
    whole message as its answer; `spot` finds a sure value inside a longer message; `skip` says
    that the slot need not be asked."""

    key: str
    names: tuple[str, ...]
    ask: Callable[[Talk], Reply]
    read: Callable[[Talk, str], Read]
    spot: Callable[[Talk, str], Any] = field(default=lambda _talk, _text: None)
    skip: Callable[[Talk], bool] = field(default=lambda _talk: False)
    show: Callable[[Any], str] = field(default=str)


@dataclass(frozen=True)
class Form:
    """A named list of steps and what happens when all are filled."""

    name: str
    steps: tuple[Step, ...]
    finish: Callable[[Talk], Reply]
    cancelled: str
    back: str

    def step(self, key: str | None) -> Step:
        """A step by key; the first one when a stored key is no longer known (after an update)."""
        return next((step for step in self.steps if step.key == key), self.steps[0])


def start(talk: Talk, form: Form, **slots: Any) -> Reply:
    """Begin a form with what is known already."""
    talk.state.leave()
    talk.state.flow = form.name
    talk.state.slots = {key: value for key, value in slots.items() if value is not None}
    return advance(talk, form)


def advance(talk: Talk, form: Form) -> Reply:
    """Ask the next open step, or finish."""
    for step in form.steps:
        if step.key not in talk.state.slots and not step.skip(talk):
            talk.asked(form.name, step.key)
            return step.ask(talk)
    return form.finish(talk)


def resume(talk: Talk, form: Form, aside: Callable[[Talk], Reply | None]) -> Reply:
    """Take a message while the form waits. `aside` answers what is not for the form, or None."""
    step = form.step(talk.state.step)
    if _CANCEL.match(talk.plain):
        talk.state.leave()
        return say(form.cancelled)
    mended = mend(talk, form)
    if mended is not None:
        return mended
    spotted = step.spot(talk, talk.text)
    read: Read = Value(spotted) if spotted is not None else step.read(talk, talk.text)
    if isinstance(read, Value) and (read.sure or not _says_something_else(talk)):
        talk.state.slots[step.key] = read.value
        _spot_others(talk, form)
        return advance(talk, form)
    if isinstance(read, Unfit) and not _says_something_else(talk):
        return say(read.sentence)
    answer = aside(talk)
    if answer is None:
        return say(read.sentence) if isinstance(read, Unfit) else step.ask(talk)
    if talk.state.flow != form.name or talk.state.step != step.key:
        return answer  # The aside has taken the talk somewhere else.
    return answer.then(say(form.back)).then(step.ask(talk))


def mend(talk: Talk, form: Form) -> Reply | None:
    """Correct an earlier answer, with the new value at once or asked for; None when the message
    corrects nothing."""
    if not _MEND.search(talk.plain):
        return None
    for step in form.steps:
        if step.key not in talk.state.slots or not any(n in talk.plain for n in step.names):
            continue
        value = _new_value(talk, step)
        if value is None:
            del talk.state.slots[step.key]
            talk.asked(form.name, step.key)
            return say(forms.FIX.format(what=step.names[0])).then(_options(talk, step))
        talk.state.slots[step.key] = value
        fixed = say(forms.FIXED.format(what=step.names[0], value=step.show(value)))
        return fixed.then(advance(talk, form))
    return None


def _options(talk: Talk, step: Step) -> Reply:
    """Steps with a list to choose from show it again; the others need no second question."""
    asked = step.ask(talk)
    return asked if any("\n1. " in getattr(b, "text", "") for b in asked.bubbles) else Reply()


def _new_value(talk: Talk, step: Step) -> Any:
    spotted = step.spot(talk, talk.text)
    if spotted is not None:
        return spotted
    tail = re.split(r"应该是|改成|改为|换成|是", talk.plain)[-1].strip("，,：: ")
    if not tail or tail == talk.plain or _MEND.search(tail):
        return None
    read = step.read(talk, tail)
    return read.value if isinstance(read, Value) else None


def _spot_others(talk: Talk, form: Form) -> None:
    """A message may answer further steps too: «李小明，三年级，13812345678»."""
    for step in form.steps:
        if step.key not in talk.state.slots:
            spotted = step.spot(talk, talk.text)
            if spotted is not None:
                talk.state.slots[step.key] = spotted


def _says_something_else(talk: Talk) -> bool:
    """Whether the message is more likely a question or wish than an answer."""
    return bool(set(talk.meaning.wishes) - _NOT_ELSE)

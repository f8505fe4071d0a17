"""The step of a form that asks for a code by SMS (C4). Typed once, it is right however often the
answer is read; «重发» sends another one within the limits."""

import re
from collections.abc import Callable
from dataclasses import dataclass

from backend.kit.log import mask_phones
from backend.security import proofs
from backend.security.schemas import Asked, Checked, Proof
from bot.flows.form import Narrowed, Read, Step, Unfit, Value
from bot.flows.talk import Talk
from bot.interpreter import words
from bot.phrases import identity as phrases
from bot.replies import Reply, say

RESEND = re.compile(
    r"^(?:请|麻烦)?(?:再|重新|重)(?:发送?|来)(?:一[次个遍条]|验证码)*[吧了]?$|没(?:有)?收到"
)
_CODE = re.compile(r"(?<![0-9])([0-9]{6})(?![0-9])")
_SAID = {
    "wrong": phrases.CODE_WRONG,
    "dead": phrases.CODE_DEAD,
    "on_its_way": phrases.CODE_ON_ITS_WAY,
}


@dataclass(frozen=True)
class Code:
    """A code in a form: `key` is its slot, `phone` where it goes, `asks` what is said when it is
    sent. Where the phone was typed, `is_on_file` decides whether it is really sent."""

    key: str
    purpose: Proof
    phone: Callable[[Talk], str]
    is_on_file: Callable[[Talk, str], bool] = lambda _talk, _phone: True
    asks: str = phrases.ASK_CODE_NEW

    def step(self, skip: Callable[[Talk], bool] = lambda _talk: False) -> Step:
        """The code as a step of a form."""
        return Step(self.key, ("验证码",), self.ask, self.read, skip=skip, holds=self.holds)

    def ask(self, talk: Talk) -> Reply:
        """Send a code, or say what came of the last one."""
        noted = talk.state.slots.pop("noted", None)
        if noted:
            return say(_SAID[noted])
        if self._is(proofs.is_waiting, talk):
            return say(phrases.CODE_WAITS)
        return self.send(talk)

    def send(self, talk: Talk) -> Reply:
        """Send a (new) code within the limits."""
        phone = self.phone(talk)
        asked = proofs.request(
            talk.session,
            openid=talk.openid,
            purpose=self.purpose,
            phone=phone,
            is_on_file=self.is_on_file(talk, phone),
        )
        if asked is Asked.ENOUGH:
            talk.state.leave()
            return say(phrases.CODES_ENOUGH)
        if asked is Asked.ON_ITS_WAY:
            return say(phrases.CODE_ON_ITS_WAY)
        return say(self.asks.format(phone=mask_phones(phone)))

    def read(self, talk: Talk, text: str) -> Read:
        """Six digits are tried; anything else is no answer."""
        typed = _CODE.search(words.simplified(text))
        if typed is None:
            digits = sum(each.isdigit() for each in text)
            return Unfit(phrases.NOT_A_CODE, sure=True) if 3 < digits < 11 else None
        if self.is_proven(talk):
            return Value("proven")
        checked = proofs.check(
            talk.session,
            openid=talk.openid,
            purpose=self.purpose,
            phone=self.phone(talk),
            code=typed.group(1),
        )
        if checked is Checked.RIGHT:
            return Value("proven")
        talk.state.slots["noted"] = checked.value
        return Narrowed()

    def is_proven(self, talk: Talk) -> bool:
        """Whether the right code was typed lately."""
        return self._is(proofs.is_fresh, talk)

    def holds(self, talk: Talk, _value: object) -> bool:
        """A proof gets old, and is for one phone. One that was spent is not asked for again."""
        return "spent" in talk.state.slots or self.is_proven(talk)

    def beside(self, talk: Talk) -> Reply | None:
        """«重发», «没收到» while the code is asked."""
        if talk.state.step != self.key or not RESEND.search(talk.plain):
            return None
        return self.send(talk)

    def _is(self, fact: Callable[..., bool], talk: Talk) -> bool:
        phone = self.phone(talk)
        return fact(talk.session, openid=talk.openid, purpose=self.purpose, phone=phone)

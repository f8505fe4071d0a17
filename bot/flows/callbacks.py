"""「下午三点后给我打电话」: a call in the time that was named (A13, A16)."""

import re
from datetime import datetime
from typing import Any

from backend.admissions import callbacks as admissions
from backend.students import queries as students
from bot.flows import form, people
from bot.flows import sign_up_answers as answers
from bot.flows.form import Form, Read, Step, Unfit, Value
from bot.flows.talk import Talk
from bot.interpreter import words
from bot.phrases import callbacks as phrases
from bot.phrases import sign_up as sign_up_phrases
from bot.replies import Reply, say
from bot.times import Kind

NAME = "request_callback"
_ANY = re.compile(r"随时|都(?:行|可以|方便)|尽快|现在|马上|什么时候都")
_DONE = re.compile(r"^已(?:经)?回(?:过)?电(?:话)?\s*(\d{1,9})$")


def begin(talk: Talk) -> Reply:
    """The window is read now; the number is asked for only where nobody knows it."""
    if talk.speaker.account_id is not None:
        return people.unclear(talk)
    slots = {key: at.isoformat() for key, at in _window(talk).items() if at is not None}
    return form.start(talk, FORM, **slots)


def instead(talk: Talk, slots: dict[str, Any]) -> Reply:
    """«我不想填了，打电话给我» in a sign-up: the number that was given there is enough, only the
    time is asked for."""
    named = {key: at.isoformat() for key, at in _window(talk).items() if at is not None}
    known = {"phone": slots["phone"]} if slots.get("phone") else {}
    return form.start(talk, FORM, **known, **named, asks=True)


def made(talk: Talk) -> Reply | None:
    """「已回电 12」 of the advisor; None for anything else."""
    said = _DONE.match(talk.plain)
    account_id = talk.speaker.account_id
    if said is None or account_id is None:
        return None
    is_done = admissions.done(talk.session, callback_id=int(said.group(1)), account_id=account_id)
    return say(phrases.DONE if is_done else phrases.NOT_YOURS)


def _window(talk: Talk) -> dict[str, datetime | None]:
    """A moment («三点») is when it begins; a span («下午», «三点到五点») has an end too."""
    for span in talk.meaning.times:
        if span.kind is Kind.RECURRENCE:
            continue
        if span.start_at is not None or span.end_at is not None:
            end_at = None if span.kind is Kind.DATETIME else span.end_at
            return {"from": span.start_at, "to": end_at}
    return {}


def _is_ours(talk: Talk) -> bool:
    return talk.speaker.guardian_id is not None


def _ask_phone(_talk: Talk) -> Reply:
    return say(sign_up_phrases.ASK_PHONE)


def _knows_when(talk: Talk) -> bool:
    slots = talk.state.slots
    return "asks" not in slots or "from" in slots or "to" in slots


def _read_when(talk: Talk, _text: str) -> Read:
    named = {key: at.isoformat() for key, at in _window(talk).items() if at is not None}
    if named:
        talk.state.slots |= named
        return Value("named")
    return Value("any") if _ANY.search(talk.plain) else Unfit(phrases.NO_TIME)


def _finish(talk: Talk) -> Reply:
    slots = talk.state.slots
    if talk.speaker.guardian_id is not None:
        _, phone = students.guardian_for_contract(talk.session, talk.speaker.guardian_id)
    else:
        phone = slots["phone"]
    named = {key: datetime.fromisoformat(slots[key]) for key in ("from", "to") if key in slots}
    talk.state.leave()
    from_at, due_at = admissions.ask(
        talk.session,
        openid=talk.openid,
        phone=phone,
        from_at=named.get("from"),
        to_at=named.get("to"),
    )
    return say(phrases.promised(from_at, due_at))


FORM = Form(
    name=NAME,
    cancelled=phrases.CANCELLED,
    back=phrases.BACK,
    finish=_finish,
    steps=(
        Step(
            "phone",
            ("手机号", "手机", "电话", "号码"),
            _ask_phone,
            answers.read_phone,
            spot=lambda _talk, text: words.phone(text),
            skip=_is_ours,
        ),
        Step(
            "when",
            ("时间", "几点"),
            lambda _talk: say(phrases.ASK_WHEN),
            _read_when,
            skip=_knows_when,
        ),
    ),
)

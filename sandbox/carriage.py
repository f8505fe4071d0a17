"""One try of one delivery: sealed afresh, posted, answered; with whatever faults strike it.

Under the fault `duplicate` the same letter goes out several times at once; the first answer with
something to show counts, as only one of WeChat's tries ever reaches the phone.
"""

from __future__ import annotations

import secrets
import threading
import time
from dataclasses import dataclass, field
from urllib.parse import urlencode

from sandbox.answers import BadAnswer, Shown, understand
from sandbox.envelope import seal, signature_of
from sandbox.faults import Fault, copies_of, has, pause_for
from sandbox.letters import compose, read_letter
from sandbox.posting import Answer, NoAnswer, call
from sandbox.world import World

_HEADERS = {"Content-Type": "text/xml", "User-Agent": "Mozilla/4.0", "Accept": "*/*"}


@dataclass(frozen=True)
class Letter:
    """One row of `deliveries` while it is under way."""

    id: int
    openid: str
    kind: str
    xml: str
    tries: int

    @property
    def words(self) -> str:
        """A few words that tell what it is."""
        root = read_letter(self.xml)
        content = root.findtext("Content") or root.findtext("EventKey") or ""
        return f"{self.kind} {content[:20]}".strip()


@dataclass
class _Outcome:
    """What the copies of one try brought."""

    shown: list[Shown] = field(default_factory=list)
    silences: int = 0
    problems: list[NoAnswer | BadAnswer] = field(default_factory=list)


def carry(world: World, letter: Letter, attempt: int) -> Shown | None:
    """Try once, `attempt` counting from 1.

    Raises NoAnswer when it should be tried again and BadAnswer when it should be given up.
    """
    struck = world.faults.strike("delivery", f"{letter.openid} {letter.words} {attempt}")
    pause_for(struck)
    if has(struck, "drop"):
        raise _not_carried(world, letter, attempt)
    outcome = _Outcome()
    copies = [
        threading.Thread(target=_post_into, args=(world, letter, attempt, struck, outcome))
        for _ in range(copies_of(struck))
    ]
    for copy in copies:
        copy.start()
    _post_into(world, letter, attempt, struck, outcome)
    for copy in copies:
        copy.join()
    if outcome.shown:
        return outcome.shown[0]
    if outcome.silences:
        return None
    raise outcome.problems[0]


def _not_carried(world: World, letter: Letter, attempt: int) -> NoAnswer:
    world.traffic.note(
        "to_bot", f"{letter.words} · 第 {attempt} 次", openid=letter.openid, status=0, ms=0,
        request_clear=letter.xml, note="fault: dropped on the way",
    )  # fmt: skip
    return NoAnswer("fault: dropped on the way")


def _post_into(
    world: World, letter: Letter, attempt: int, struck: list[Fault], outcome: _Outcome
) -> None:
    """Post once and add what came of it; list appends are atomic."""
    try:
        shown = _post(world, letter, attempt, struck)
    except (NoAnswer, BadAnswer) as problem:
        outcome.problems.append(problem)
    else:
        if shown:
            outcome.shown.append(shown)
        else:
            outcome.silences += 1


def _post(world: World, letter: Letter, attempt: int, struck: list[Fault]) -> Shown | None:
    settings = world.settings
    url, body = _sealed(world, letter)
    started = time.monotonic()
    answer: Answer | None = None
    shown: Shown | None = None
    note = ""
    try:
        answer = call("POST", url, body=body, headers=_HEADERS, seconds=settings.patience)
        if has(struck, "lose_answer"):
            raise NoAnswer("fault: the answer was lost on the way back")
        if not 200 <= answer.status < 300:
            raise NoAnswer(f"HTTP {answer.status}")
        shown = understand(settings, answer.body, openid=letter.openid, asked=letter.kind)
        note = "; ".join(shown.notes) if shown else ""
        return shown
    except (NoAnswer, BadAnswer) as problem:
        note = str(problem)
        raise
    finally:
        world.traffic.note(
            "to_bot",
            f"{letter.words} · 第 {attempt} 次",
            openid=letter.openid,
            status=answer.status if answer else 0,
            ms=round((time.monotonic() - started) * 1000),
            url=url,
            request=body.decode(),
            request_clear=letter.xml,
            response=answer.body.decode("utf-8", "replace") if answer else "",
            response_clear=shown.xml if shown else "",
            note=note,
        )


def _sealed(world: World, letter: Letter) -> tuple[str, bytes]:
    """Return the address with its signatures and the body in the account's mode."""
    settings = world.settings
    timestamp, nonce = str(int(time.time())), str(secrets.randbelow(2**31))
    query = {
        "signature": signature_of(settings.token, timestamp, nonce),
        "timestamp": timestamp,
        "nonce": nonce,
        "openid": letter.openid,
    }
    xml = letter.xml
    if settings.mode != "plain":
        sealed = seal(letter.xml, aes_key=settings.aes_key, appid=settings.appid)
        query["encrypt_type"] = "aes"
        query["msg_signature"] = signature_of(settings.token, timestamp, nonce, sealed)
        if settings.mode == "safe":
            xml = compose({"ToUserName": settings.account, "Encrypt": sealed})
        else:
            tail = compose({"Encrypt": sealed}).removeprefix("<xml>")
            xml = letter.xml.removesuffix("</xml>") + tail
    return f"{settings.webhook_url}?{urlencode(query)}", xml.encode()

"""Every letter of a crowd, what the bot stored of it, and what its phone has shown for it: told
from the platform's own record and from the bot's tables, not from what anybody believes."""

import json
import sqlite3
import xml.etree.ElementTree as ElementTree
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs, urlsplit

from sandbox.launch.town import Town
from tests.e2e.phones import rows

DELIVERIES = "SELECT id, openid, kind, xml, state FROM deliveries WHERE openid LIKE ? ORDER BY id"
BUBBLES = (
    "SELECT id, openid, via, body FROM bubbles"
    " WHERE via IN ('reply', 'customer') AND openid LIKE ? ORDER BY id"
)
STORED = (
    "SELECT id, openid, kind, incoming, via, answered_at, reply FROM bot_message"
    " WHERE openid LIKE :mark ORDER BY id"
)


@dataclass(frozen=True)
class Letter:
    """A delivery of the platform's. `state` is answered, silent or failed once it is over."""

    number: int
    openid: str
    words: str
    key: tuple[str, str]
    state: str


@dataclass(frozen=True)
class Stored:
    """The bot's row for a letter; `text` is the answer."""

    number: int
    via: str
    answered_at: Any
    text: str


@dataclass(frozen=True)
class Person:
    """One phone: its letters in the order they were sent, the rows of those that arrived, and the
    answers it has shown, in this order."""

    openid: str
    letters: Sequence[Letter]
    stored: Mapping[int, Stored]
    shown: Sequence[str]

    def heard(self) -> list[Letter]:
        """The letters whose answer must have reached the phone, in the order of their arrival at
        the bot: all that were stored, but for passive answers whose taker had given up."""
        arrived = sorted(
            (letter for letter in self.letters if letter.number in self.stored),
            key=lambda letter: self.stored[letter.number].number,
        )
        return [
            letter
            for letter in arrived
            if self.stored[letter.number].via == "customer" or letter.state != "failed"
        ]

    def unheard(self) -> list[Letter]:
        """What the platform dropped after three tries, and no customer message answered either."""
        heard = {letter.number for letter in self.heard()}
        return [letter for letter in self.letters if letter.number not in heard]

    @property
    def came_in_order(self) -> bool:
        """Whether the letters reached the bot as they were sent."""
        arrived = [self.stored[x.number].number for x in self.letters if x.number in self.stored]
        return arrived == sorted(arrived)


def people(town: Town, mark: str) -> list[Person]:
    """Everybody whose openid begins with `o_{mark}_`."""
    like = f"o_{mark}_%"
    with closing(_record(town)) as record:
        letters = [_letter(*row) for row in record.execute(DELIVERIES, (like,))]
        bubbles = record.execute(BUBBLES, (like,)).fetchall()
    shown = defaultdict(list)
    for _, openid, _, body in bubbles:
        shown[openid].append(json.loads(body)["text"])
    stored = {}
    for row in rows(town, STORED, mark=like):
        facts = _loaded(row.incoming)["facts"]
        bubbles_of = _loaded(row.reply)["bubbles"] if row.reply else []
        text = "".join(bubble["text"] for bubble in bubbles_of)
        key = _key(row.openid, facts)
        assert key not in stored, f"two rows for {key}"
        stored[key] = Stored(row.id, row.via, row.answered_at, text)
    by_phone = defaultdict(list)
    for letter in letters:
        by_phone[letter.openid].append(letter)
    return [
        Person(
            openid,
            own,
            {letter.number: stored[letter.key] for letter in own if letter.key in stored},
            shown[openid],
        )
        for openid, own in by_phone.items()
    ]


def doubles(person: Person) -> int:
    """How many answers the phone has shown more often than they were due.

    Raises AssertionError unless each letter that arrived was answered, once and rightly stored.
    """
    due = Counter(person.stored[letter.number].text for letter in person.heard())
    shown = Counter(person.shown)
    assert not due - shown, (person.openid, "never shown", due - shown)
    more = shown - due
    by_customer = {s.text for s in person.stored.values() if s.via == "customer"}
    assert more.keys() <= by_customer, (person.openid, "shown twice", more)
    return more.total()


def check_order(person: Person) -> None:
    """Answers were made in the order in which the letters arrived, and where the network had not
    swapped those, the phone has shown them so."""
    heard = [person.stored[letter.number] for letter in person.heard()]
    made = [each.answered_at for each in heard]
    assert made == sorted(made), (person.openid, heard)
    if person.came_in_order and not doubles(person):
        due = [each.text for each in heard]
        assert list(person.shown) == due, (person.openid, person.shown, due)


def _letter(number: int, openid: str, kind: str, xml: str, state: str) -> Letter:
    facts = {child.tag: child.text or "" for child in ElementTree.fromstring(xml)}
    words = facts.get("Event") or facts.get("Content", "")
    return Letter(number, openid, words, _key(openid, facts), state)


def _key(openid: str, facts: Mapping[str, str]) -> tuple[str, str]:
    """What tells a letter from all others of the same person."""
    if facts.get("MsgId"):
        return openid, facts["MsgId"]
    return openid, f"{facts.get('Event')} {facts.get('EventKey', '')} {facts.get('CreateTime')}"


def _loaded(value: Any) -> Any:
    """JSON as SQLite gives it (text) or PostgreSQL (already read)."""
    return json.loads(value) if isinstance(value, str) else value


@dataclass(frozen=True)
class Call:
    """A call of the bot's to the platform: its path, the token it came with, and errcode."""

    path: str
    token: str
    errcode: int


def calls(town: Town, *, after: int = 0) -> list[Call]:
    """Every call after this number of the record, in order."""
    asked = (
        "SELECT title, body FROM traffic WHERE direction = 'from_bot' AND title LIKE '%/cgi-bin/%'"
        " AND id > ? ORDER BY id"
    )
    with closing(_record(town)) as record:
        found = record.execute(asked, (after,)).fetchall()
    return [_call(title.split()[-1], json.loads(body)) for title, body in found]


def last_exchange(town: Town) -> int:
    """The number of the newest exchange on record."""
    with closing(_record(town)) as record:
        return int(record.execute("SELECT max(id) FROM traffic").fetchone()[0] or 0)


def tokens_issued(town: Town) -> list[str]:
    """The platform's own list of access tokens, oldest first."""
    asked = "SELECT token FROM tokens WHERE kind IN ('stable', 'legacy') ORDER BY created_ts"
    with closing(_record(town)) as record:
        return [token for (token,) in record.execute(asked)]


def _call(path: str, body: dict[str, str]) -> Call:
    query = parse_qs(urlsplit(body["url"]).query)
    answer = json.loads(body["response"] or "{}") if body["response"].startswith("{") else {}
    return Call(path, query.get("access_token", [""])[0], int(answer.get("errcode", 0)))


def _record(town: Town) -> sqlite3.Connection:
    return sqlite3.connect(f"file:{town.var_dir}/sandbox.db?mode=ro", uri=True)

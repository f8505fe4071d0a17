"""The phones: who holds them, whether they follow the account, and every bubble they have shown."""

from __future__ import annotations

import json
import re
import secrets
import sqlite3
from typing import Any

from sandbox.cast import CAST, openid_of
from sandbox.readable import plain
from sandbox.world import World

_OPENID = re.compile(r"[A-Za-z0-9_-]{1,64}")
ACCOUNT, PAY = "account", "pay"


class NoSuchPhone(Exception):
    """The name is neither a role of the cast nor a possible openid."""


def seat_cast(world: World) -> None:
    """Give each of the cast a phone; those who have one keep it as it is."""
    for member in CAST:
        state = "following" if member.follows else "new"
        followed = world.clock.now() if member.follows else None
        world.store.run(
            "INSERT OR IGNORE INTO phones (openid, role, name, title, state, followed_ts)"
            " VALUES (?, ?, ?, ?, ?, ?)",
            member.openid, member.role, member.name, member.title, state, followed,
        )  # fmt: skip


def find(world: World, openid: str) -> sqlite3.Row | None:
    """Return the phone, or None."""
    return world.store.row("SELECT * FROM phones WHERE openid = ?", openid)


def phone_of(world: World, who: str) -> sqlite3.Row:
    """Return the phone of a role or an openid, making one for an openid never seen.

    Raises NoSuchPhone for a string that no openid could be.
    """
    openid = openid_of(who)
    if not _OPENID.fullmatch(openid):
        raise NoSuchPhone(who)
    world.store.run(
        "INSERT OR IGNORE INTO phones (openid, role, name, title, state) VALUES (?, '', ?, '', ?)",
        openid, openid, "new",
    )  # fmt: skip
    found = find(world, openid)
    assert found is not None
    return found


def newcomer(world: World, name: str) -> sqlite3.Row:
    """Make a phone with a fresh openid."""
    openid = "o_" + secrets.token_urlsafe(19)[:26].replace("-", "x")
    count = world.store.number("SELECT count(*) FROM phones WHERE title = '新访客'")
    world.store.run(
        "INSERT INTO phones (openid, role, name, title, state) VALUES (?, '', ?, '新访客', 'new')",
        openid, name or f"访客 {count + 1}",
    )  # fmt: skip
    world.bell.ring({"hint": "phones"})
    return phone_of(world, openid)


def show(
    world: World, openid: str, via: str, kind: str, body: dict[str, Any], *, chat: str = ACCOUNT
) -> int:
    """Put a bubble on a phone and return its number; `via` says who or what it came from."""
    number = world.store.insert(
        "INSERT INTO bubbles (openid, chat, via, kind, body, ts) VALUES (?, ?, ?, ?, ?, ?)",
        openid, chat, via, kind, json.dumps(body, ensure_ascii=False), world.clock.now(),
    )  # fmt: skip
    if via in ("reply", "customer"):
        world.store.run("UPDATE phones SET typing_ts = 0 WHERE openid = ?", openid)
    return number


def as_bubble(row: sqlite3.Row) -> dict[str, Any]:
    """Return a bubble as the phone page and the command line read it."""
    return {**dict(row), "body": json.loads(row["body"])}


def bubbles_after(
    world: World, openids: list[str] | None, after: int, limit: int = 200
) -> list[dict[str, Any]]:
    """Return the bubbles of these phones (None: of all) after number `after`, oldest first."""
    if openids is None:
        sql = "SELECT * FROM bubbles WHERE id > ? ORDER BY id LIMIT ?"
        return [as_bubble(row) for row in world.store.rows(sql, after, limit)]
    rows = world.store.rows(
        "SELECT * FROM bubbles WHERE id > ? AND openid IN (SELECT value FROM json_each(?))"
        " ORDER BY id LIMIT ?",
        after, json.dumps(openids), limit,
    )  # fmt: skip
    return [as_bubble(row) for row in rows]


def latest_bubbles(world: World, openid: str, before: int, limit: int) -> list[dict[str, Any]]:
    """Return the newest bubbles of one phone before number `before` (0 = newest), oldest first."""
    rows = world.store.rows(
        "SELECT * FROM (SELECT * FROM bubbles WHERE openid = ? AND (? = 0 OR id < ?)"
        " ORDER BY id DESC LIMIT ?) ORDER BY id",
        openid, before, before, limit,
    )  # fmt: skip
    return [as_bubble(row) for row in rows]


def last_bubble_id(world: World, openid: str) -> int:
    """Return the number of the newest bubble of a phone, 0 when there is none."""
    return world.store.number("SELECT max(id) FROM bubbles WHERE openid = ?", openid)


def summary(world: World, phone: sqlite3.Row) -> dict[str, Any]:
    """Return a phone as the list of people shows it."""
    last = world.store.row(
        "SELECT * FROM bubbles WHERE openid = ? ORDER BY id DESC LIMIT 1", phone["openid"]
    )
    unread = world.store.number(
        "SELECT count(*) FROM bubbles WHERE openid = ? AND id > ?"
        " AND via IN ('reply', 'customer', 'template', 'pay')",
        phone["openid"], phone["read_id"],
    )  # fmt: skip
    return {
        **{name: phone[name] for name in ("openid", "role", "name", "title", "state")},
        "unread": unread,
        "typing": is_typing(world, phone),
        "last": plain(last["kind"], json.loads(last["body"]))[:60] if last else "",
        "last_ts": last["ts"] if last else 0,
        "last_id": last["id"] if last else 0,
    }


def is_typing(world: World, phone: sqlite3.Row) -> bool:
    """Whether the account has announced that it is typing; the notice lasts 15 s."""
    return bool(phone["typing_ts"] > world.clock.now())


def mark_read(world: World, openid: str) -> None:
    """Note that the owner has seen everything so far."""
    world.store.run(
        "UPDATE phones SET read_id = ? WHERE openid = ?", last_bubble_id(world, openid), openid
    )

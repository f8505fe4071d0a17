"""How many customer messages an account may still send to a person, and until when.

Source: the official page on customer messages (2024 revision): a message from the person opens
48 hours with 5 messages; a menu click, a follow or a scan opens one minute with 3; a payment opens
48 hours without a limit.
"""

from __future__ import annotations

from sandbox.world import World

HOUR = 3600.0
_WINDOWS = {
    "message": (5, 48 * HOUR),
    "moment": (3, 60.0),
    "payment": (1_000_000, 48 * HOUR),
}


def open_window(world: World, openid: str, kind: str) -> None:
    """Start a window of this kind afresh."""
    count, seconds = _WINDOWS[kind]
    world.store.run(
        "INSERT OR REPLACE INTO credits (openid, kind, remaining, expires_ts) VALUES (?, ?, ?, ?)",
        openid, kind, count, world.clock.now() + seconds,
    )  # fmt: skip


def spend(world: World, openid: str) -> int:
    """Take one message from the window that closes first.

    Returns 0, or the error code: 45047 when the count is used up, 45015 when no window is open.
    """
    with world.store.unit():
        open_now = world.store.rows(
            "SELECT rowid, remaining FROM credits WHERE openid = ? AND expires_ts > ?"
            " ORDER BY remaining = 0, expires_ts",
            openid, world.clock.now(),
        )  # fmt: skip
        if not open_now:
            return 45015
        if open_now[0]["remaining"] == 0:
            return 45047
        world.store.run(
            "UPDATE credits SET remaining = remaining - 1 WHERE rowid = ?", open_now[0]["rowid"]
        )
        return 0


def windows(world: World, openid: str) -> list[dict[str, float | str | int]]:
    """Return the open windows of a person, for the inspector."""
    now = world.clock.now()
    rows = world.store.rows(
        "SELECT kind, remaining, expires_ts FROM credits WHERE openid = ? AND expires_ts > ?",
        openid, now,
    )  # fmt: skip
    return [{**dict(row), "seconds_left": round(row["expires_ts"] - now)} for row in rows]

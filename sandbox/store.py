"""One SQLite file with everything a phone has shown and everything the platform remembers.

All threads share one connection behind a lock: writes take tens of microseconds, and a commit in
WAL mode survives the process being killed. Columns named `_ts` are seconds since the epoch on the
sandbox's clock; columns named `body` are JSON.
"""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

_SCHEMA = """
CREATE TABLE IF NOT EXISTS settings (name TEXT PRIMARY KEY, value TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS phones (
  openid TEXT PRIMARY KEY, role TEXT NOT NULL, name TEXT NOT NULL, title TEXT NOT NULL,
  state TEXT NOT NULL, followed_ts REAL, scene TEXT NOT NULL DEFAULT '',
  read_id INTEGER NOT NULL DEFAULT 0, remark TEXT NOT NULL DEFAULT '',
  seen_ts REAL NOT NULL DEFAULT 0, typing_ts REAL NOT NULL DEFAULT 0,
  tags TEXT NOT NULL DEFAULT '[]');
CREATE TABLE IF NOT EXISTS bubbles (
  id INTEGER PRIMARY KEY AUTOINCREMENT, openid TEXT NOT NULL, chat TEXT NOT NULL,
  via TEXT NOT NULL, kind TEXT NOT NULL, body TEXT NOT NULL, ts REAL NOT NULL);
CREATE INDEX IF NOT EXISTS bubbles_by_phone ON bubbles (openid, id);
CREATE TABLE IF NOT EXISTS deliveries (
  id INTEGER PRIMARY KEY AUTOINCREMENT, openid TEXT NOT NULL, kind TEXT NOT NULL,
  xml TEXT NOT NULL, tries INTEGER NOT NULL DEFAULT 0, state TEXT NOT NULL, ts REAL NOT NULL);
CREATE INDEX IF NOT EXISTS deliveries_by_state ON deliveries (state, id);
CREATE INDEX IF NOT EXISTS deliveries_by_phone ON deliveries (openid, id);
CREATE TABLE IF NOT EXISTS credits (
  openid TEXT NOT NULL, kind TEXT NOT NULL, remaining INTEGER NOT NULL, expires_ts REAL NOT NULL,
  PRIMARY KEY (openid, kind));
CREATE TABLE IF NOT EXISTS tokens (
  token TEXT PRIMARY KEY, kind TEXT NOT NULL, openid TEXT NOT NULL DEFAULT '',
  scope TEXT NOT NULL DEFAULT '', created_ts REAL NOT NULL, expires_ts REAL NOT NULL,
  used INTEGER NOT NULL DEFAULT 0);
CREATE TABLE IF NOT EXISTS media (
  media_id TEXT PRIMARY KEY, kind TEXT NOT NULL, filename TEXT NOT NULL, mime TEXT NOT NULL,
  permanent INTEGER NOT NULL, ts REAL NOT NULL);
CREATE TABLE IF NOT EXISTS qrcodes (
  ticket TEXT PRIMARY KEY, scene TEXT NOT NULL, expires_ts REAL, ts REAL NOT NULL);
CREATE TABLE IF NOT EXISTS templates (
  template_id TEXT PRIMARY KEY, kind TEXT NOT NULL, title TEXT NOT NULL, content TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS sent_templates (
  msgid INTEGER PRIMARY KEY AUTOINCREMENT, client_msg_id TEXT UNIQUE, openid TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS consents (
  openid TEXT NOT NULL, template_id TEXT NOT NULL, remaining INTEGER NOT NULL,
  PRIMARY KEY (openid, template_id));
CREATE TABLE IF NOT EXISTS menus (
  menuid INTEGER PRIMARY KEY AUTOINCREMENT, rule TEXT NOT NULL, body TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS tags (
  id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT NOT NULL UNIQUE);
CREATE TABLE IF NOT EXISTS traffic (
  id INTEGER PRIMARY KEY AUTOINCREMENT, ts REAL NOT NULL, direction TEXT NOT NULL,
  openid TEXT NOT NULL, title TEXT NOT NULL, status INTEGER NOT NULL, ms INTEGER NOT NULL,
  body TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS orders (
  out_trade_no TEXT NOT NULL, platform TEXT NOT NULL, trade_type TEXT NOT NULL,
  transaction_id TEXT UNIQUE, prepay_id TEXT UNIQUE, body TEXT NOT NULL, state TEXT NOT NULL,
  total_fen INTEGER NOT NULL, openid TEXT NOT NULL, ts REAL NOT NULL, paid_ts REAL,
  expires_ts REAL NOT NULL, PRIMARY KEY (platform, out_trade_no));
CREATE TABLE IF NOT EXISTS refunds (
  platform TEXT NOT NULL, out_refund_no TEXT NOT NULL, refund_id TEXT NOT NULL UNIQUE,
  out_trade_no TEXT NOT NULL, refund_fen INTEGER NOT NULL, body TEXT NOT NULL,
  state TEXT NOT NULL, ts REAL NOT NULL, settled_ts REAL,
  PRIMARY KEY (platform, out_trade_no, out_refund_no));
CREATE TABLE IF NOT EXISTS notices (
  id TEXT PRIMARY KEY, platform TEXT NOT NULL, event TEXT NOT NULL, out_trade_no TEXT NOT NULL,
  url TEXT NOT NULL, body TEXT NOT NULL, tries INTEGER NOT NULL DEFAULT 0, state TEXT NOT NULL,
  due_ts REAL NOT NULL, ts REAL NOT NULL);
CREATE INDEX IF NOT EXISTS notices_due ON notices (state, due_ts);
CREATE TABLE IF NOT EXISTS outside (
  id INTEGER PRIMARY KEY AUTOINCREMENT, kind TEXT NOT NULL, recipient TEXT NOT NULL,
  subject TEXT NOT NULL, text TEXT NOT NULL, ts REAL NOT NULL);
CREATE TABLE IF NOT EXISTS faults (
  id INTEGER PRIMARY KEY AUTOINCREMENT, target TEXT NOT NULL, kind TEXT NOT NULL,
  body TEXT NOT NULL, remaining INTEGER);
"""


_VERSION = 2


def _set_aside_if_older(path: Path) -> None:
    """Rename a file whose tables had another shape: a sandbox starts anew rather than migrates."""
    if not path.exists():
        return
    old = sqlite3.connect(path)
    version = old.execute("PRAGMA user_version").fetchone()[0]
    old.close()
    if version != _VERSION:
        path.rename(path.with_suffix(f".v{version}"))
        for ending in ("-wal", "-shm"):
            path.with_name(path.name + ending).unlink(missing_ok=True)


class Store:
    """The file and its lock."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        _set_aside_if_older(path)
        self._lock = threading.RLock()
        self._depth = 0
        self._db = sqlite3.connect(path, check_same_thread=False, isolation_level=None)
        self._db.row_factory = sqlite3.Row
        self._db.execute("PRAGMA journal_mode=WAL")
        self._db.execute("PRAGMA synchronous=NORMAL")
        self._db.executescript(_SCHEMA)
        self._db.execute(f"PRAGMA user_version={_VERSION}")

    @contextmanager
    def unit(self) -> Iterator[None]:
        """Make the statements inside all or nothing; a unit inside a unit joins the outer one."""
        with self._lock:
            if self._depth == 0:
                self._db.execute("BEGIN IMMEDIATE")
            self._depth += 1
            try:
                yield
            except BaseException:
                self._depth -= 1
                if self._depth == 0:
                    self._db.execute("ROLLBACK")
                raise
            self._depth -= 1
            if self._depth == 0:
                self._db.execute("COMMIT")

    def run(self, sql: str, *values: Any) -> sqlite3.Cursor:
        """Execute one statement; outside a unit it commits at once."""
        with self._lock:
            return self._db.execute(sql, values)

    def insert(self, sql: str, *values: Any) -> int:
        """Execute an INSERT and return the new row's number."""
        with self._lock:
            return int(self._db.execute(sql, values).lastrowid or 0)

    def rows(self, sql: str, *values: Any) -> list[sqlite3.Row]:
        """Return all rows of a query."""
        with self._lock:
            return self._db.execute(sql, values).fetchall()

    def row(self, sql: str, *values: Any) -> sqlite3.Row | None:
        """Return the first row of a query, or None."""
        with self._lock:
            found: sqlite3.Row | None = self._db.execute(sql, values).fetchone()
            return found

    def number(self, sql: str, *values: Any) -> int:
        """Return the single number that a query answers; null counts as 0."""
        found = self.row(sql, *values)
        return int(found[0] or 0) if found else 0

    def setting(self, name: str, default: str) -> str:
        """Return a kept setting."""
        found = self.row("SELECT value FROM settings WHERE name = ?", name)
        return str(found["value"]) if found else default

    def keep_setting(self, name: str, value: str) -> None:
        """Keep a setting over restarts."""
        self.run("INSERT OR REPLACE INTO settings (name, value) VALUES (?, ?)", name, value)

    def close(self) -> None:
        """Close the file; waits for the unit that is under way."""
        with self._lock:
            self._db.close()

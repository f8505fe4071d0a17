"""Passwords: how they are kept (argon2id) and which ones are not taken (X6).

The rules are those of NIST SP 800-63B §5.1.1.2 and GB/T 22239: length before odd characters, none
that attackers try first, none made of the person's own name or phone. No list is asked online.
"""

import unicodedata
from functools import lru_cache
from itertools import pairwise
from pathlib import Path

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from pypinyin import lazy_pinyin

from backend.security.schemas import WeakPassword

SHORTEST, LONGEST = 10, 128
FEWEST_KINDS = 5
COMMON = Path(__file__).with_name("common_passwords.txt")
_hasher = PasswordHasher()


def normal(password: str) -> str:
    """One spelling for what keyboards write in several ways (full width, composed accents)."""
    return unicodedata.normalize("NFKC", password)


def hashed(password: str) -> str:
    """How a password is kept."""
    return _hasher.hash(normal(password))


def is_right(password: str, kept: str | None) -> bool:
    """Whether a password is the one behind a hash. Without a hash it takes as long and says no."""
    try:
        return _hasher.verify(kept or _nobodys(), normal(password)[:LONGEST]) and kept is not None
    except (VerificationError, InvalidHashError):
        return False


def is_outdated(kept: str) -> bool:
    """Whether a hash was made with weaker parameters than today's."""
    return _hasher.check_needs_rehash(kept)


def weakness_of(password: str, *, personal: list[str]) -> WeakPassword | None:
    """Why a password is not taken, None when it is good. `personal`: names, phone, user name."""
    password = normal(password).lower()
    if len(password) < SHORTEST:
        return WeakPassword.SHORT
    if len(password) > LONGEST:
        return WeakPassword.LONG
    if password in _common():
        return WeakPassword.COMMON
    if len(set(password)) < FEWEST_KINDS or _is_row(password):
        return WeakPassword.SIMPLE
    forms = {form for each in personal for form in (each.lower(), "".join(lazy_pinyin(each)))}
    if any(len(form) > 1 and form in password for form in forms):
        return WeakPassword.PERSONAL
    return None


def _is_row(password: str) -> bool:
    """`abcdefghij`, `9876543210`: every character next to the one before it."""
    steps = {ord(after) - ord(before) for before, after in pairwise(password)}
    return len(steps) == 1 and abs(steps.pop()) <= 1


@lru_cache
def _common() -> frozenset[str]:
    lines = COMMON.read_text(encoding="utf-8").splitlines()
    return frozenset(line for line in lines if not line.startswith("# "))


@lru_cache
def _nobodys() -> str:
    return _hasher.hash("nobody has this password")

"""The console's entrance: name and password, then the code, with locks that grow and open again.

A try is counted before it is looked at, in a unit of its own, and taken back when it was right: so
a thousand tries at once count as a thousand, and no row waits while a password is hashed. Whether
an account exists shows neither in words, nor in time, nor in what locks.
"""

from datetime import timedelta

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from backend.kit import clock, crypto
from backend.kit.db import unit_of_work
from backend.kit.errors import DomainError, NotAllowed
from backend.security import accounts, passwords, rules, sessions
from backend.security.models import Account, FailedSignIn
from backend.security.service import audit


class SignInLocked(DomainError):
    """Too many wrong tries; `minutes` is how long to wait."""

    status = 429


class SignInWrong(NotAllowed):
    """Name, password or code is not right; nobody says which."""


def check_password(who: str, password: str, *, address: str) -> tuple[int, bool]:
    """The account behind a phone number or user name and its password, and whether a second factor
    is asked for. Raises SignInWrong and SignInLocked."""
    who = passwords.normal(who).strip()
    with unit_of_work() as session:
        account = _named(session, who)
        account_id = account.id if account else None
        kept = account.password_hash if account else None
        unknown = crypto.blind_index(who.lower(), context="sign_in")
        key = f"account:{account_id}" if account_id else f"who:{unknown}"
        _count(session, key, address)
    if not passwords.is_right(password, kept) or account is None:
        _refuse(key, address)
        raise SignInWrong()
    with unit_of_work() as session:
        if kept is not None and passwords.is_outdated(kept):
            session.get_one(Account, account.id).password_hash = passwords.hashed(password)
        needs_more = accounts.needs_second_factor(account)
        _take_back(session, key, address, is_in=not needs_more)
    return account.id, needs_more


def check_code(account_id: int, code: str, *, address: str) -> None:
    """The second factor of somebody whose password was right. Raises as `check_password` does."""
    key = f"account:{account_id}"
    with unit_of_work() as session:
        _count(session, key, address)
    with unit_of_work() as session:
        is_right = accounts.prove_second_factor(session, account_id, code)
        if is_right:
            _take_back(session, key, address, is_in=True)
    if not is_right:
        _refuse(key, address)
        raise SignInWrong()


def set_up_code(account_id: int, code: str, *, secret: str, address: str) -> list[str]:
    """The first code of an app that is being set up on the way in; returns the recovery codes.
    Raises as `check_password` does."""
    key = f"account:{account_id}"
    with unit_of_work() as session:
        _count(session, key, address)
    try:
        with unit_of_work() as session:
            codes = accounts.set_second_factor(session, account_id, secret=secret, code=code)
            _take_back(session, key, address, is_in=True)
            return codes
    except accounts.CodeWrong as error:
        _refuse(key, address)
        raise SignInWrong() from error


def let_in(account_id: int, *, address: str, device: str) -> str:
    """Begin a session for somebody who has proved everything; the secret for the cookie."""
    with unit_of_work() as session:
        return sessions.begin(session, account_id, address=address, device=device)


def _named(session: Session, who: str) -> Account | None:
    """The one active account with a password that this phone or user name belongs to."""
    phones = crypto.blind_indexes(who, context="phone")
    found = session.scalars(
        select(Account).where(
            Account.phone_index.in_(phones) | (Account.user_name == who.lower()),
            Account.is_active.is_(True),
            Account.password_hash.is_not(None),
        )
    ).all()
    return found[0] if len(found) == 1 else None


def _count(session: Session, key: str, address: str) -> None:
    """Count a try of this name from this address. Raises SignInLocked, and then counts nothing."""
    now = clock.now()
    rows = [_row(session, each) for each in sorted((key, f"address:{address}"))]
    waits = [row.locked_until - now for row in rows if row.locked_until and row.locked_until > now]
    if waits:
        raise SignInLocked(minutes=-(-max(waits) // timedelta(minutes=1)))
    for row in rows:
        if now - row.last_at > rules.FORGIVEN_AFTER:
            row.failures = 0
        row.failures, row.last_at = row.failures + 1, now
        lasts = rules.lock_after(row.failures, limit=_limit(row.key))
        row.locked_until = now + lasts if lasts else None


def _take_back(session: Session, key: str, address: str, *, is_in: bool) -> None:
    """A try was right: the address gets it back, the name begins anew once somebody is in."""
    for row in [_row(session, each) for each in sorted((key, f"address:{address}"))]:
        row.failures = 0 if is_in and row.key == key else max(0, row.failures - 1)
        row.locked_until = None  # This very try set it: under a lock none is counted.


def confirm_password(account_id: int, password: str, *, address: str) -> bool:
    """Whether whoever is signed in knows the password too. Counted and locked like signing in: a
    browser left open must not be a place to guess. Raises SignInLocked."""
    key = f"account:{account_id}"
    with unit_of_work() as session:
        _count(session, key, address)
        kept = session.get_one(Account, account_id).password_hash
    if not passwords.is_right(password, kept):
        _refuse(key, address)
        return False
    with unit_of_work() as session:
        _take_back(session, key, address, is_in=False)
    return True


def _refuse(key: str, address: str) -> None:
    actor = key if key.startswith("account:") else "nobody"
    with unit_of_work() as session:
        row = _row(session, key)
        audit(
            session,
            actor=actor,
            action="console.locked" if row.locked_until else "console.refused",
            subject=actor if actor != "nobody" else "console",
            address=address,
            failures=row.failures,
        )


def _limit(key: str) -> int:
    return rules.ADDRESS_FAILURES if key.startswith("address:") else rules.ACCOUNT_FAILURES


def _row(session: Session, key: str) -> FailedSignIn:
    """The locked row of a key, made when it is missing."""
    query = select(FailedSignIn).where(FailedSignIn.key == key).with_for_update()
    row = session.scalars(query).one_or_none()
    if row is not None:
        return row
    try:
        with session.begin_nested():
            session.add(FailedSignIn(key=key, failures=0, last_at=clock.now()))
    except IntegrityError:  # Somebody else tries the same name at this moment.
        pass
    return session.scalars(query).one()

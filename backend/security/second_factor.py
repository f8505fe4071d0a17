"""The second factor: codes of an authenticator app (TOTP, RFC 6238) and recovery codes on paper."""

import secrets
from datetime import datetime

from passlib.exc import TokenError
from passlib.totp import TOTP

from backend.kit import crypto

ISSUER = "培训机构工作台"
WINDOW_SECONDS = 30
"""A phone's clock may be so far off."""
RECOVERY_CODES = 8
_LETTERS = "23456789abcdefghjkmnpqrstuvwxyz"


def new_secret() -> str:
    """A secret to share with an app, in base 32."""
    return str(TOTP.new().base32_key)


def address(secret: str, *, label: str) -> str:
    """The `otpauth:` address of a secret, which an app reads from a picture."""
    return str(TOTP(key=secret, format="base32").to_uri(label=label, issuer=ISSUER))


def counter_of(code: str, secret: str, *, last: int | None, now: datetime) -> int | None:
    """Which of the app's codes this is, None for none that may still be used."""
    try:
        match = TOTP(key=secret, format="base32").match(
            "".join(code.split()), time=now, window=WINDOW_SECONDS, last_counter=last
        )
    except (TokenError, ValueError):
        return None
    return int(match.counter)


def new_recovery_codes() -> list[str]:
    """Codes to print: each works once in place of the app."""
    return [
        "-".join("".join(secrets.choice(_LETTERS) for _ in range(5)) for _ in range(2))
        for _ in range(RECOVERY_CODES)
    ]


def marks_of(recovery_code: str) -> list[str]:
    """How a recovery code is kept, and how it was under the key before; 49 random bits and a keyed
    index need no slow hash."""
    plain = "".join(recovery_code.lower().replace("-", "").split())
    return crypto.blind_indexes(plain, context="recovery_code")

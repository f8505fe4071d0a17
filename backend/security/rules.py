"""Decisions of the security room, without I/O."""

import hashlib
import re
from datetime import datetime, timedelta

from backend.security.schemas import CodeKind

ORIGINS = (CodeKind.CHANNEL, CodeKind.CAMPAIGN, CodeKind.REFERRAL)
"""Codes that tell where somebody came from; the others tell what they want."""
ABSENT = "absent"
"""A menu's tag of somebody whom the platform does not know (yet): until they show up."""
LONGEST_CODE = timedelta(days=30)
SUBJECT = re.compile(r"[A-Za-z0-9_.-]{1,24}")
SCENE = re.compile(r"[A-Za-z0-9_.-]{1,64}")


def scene_of(kind: CodeKind, subject: str) -> str:
    """What a scan of a code reports: 1–64 characters, the same for the same thing for ever."""
    return f"{kind}_{subject}"


def is_good_code(url: str | None, expires_at: datetime | None, *, now: datetime) -> bool:
    """Whether a code exists and works for another day at least."""
    return url is not None and (expires_at is None or expires_at - now > timedelta(days=1))


def page_signature(*, ticket: str, nonce: str, timestamp: int, url: str) -> str:
    """What `wx.config` proves itself with: SHA-1 over these four in this order, the address
    without its fragment (official JS-SDK documentation, appendix 1)."""
    signed = (
        f"jsapi_ticket={ticket}&noncestr={nonce}&timestamp={timestamp}&url={url.split('#', 1)[0]}"
    )
    return hashlib.sha1(signed.encode()).hexdigest()  # noqa: S324 - the platform's choice.


def is_own_page(url: str, *, site: str) -> bool:
    """Whether an address is a page of `site` (scheme, host) and not of one that begins alike."""
    return url == site or url.startswith((f"{site}/", f"{site}?"))


SESSION_LASTS, SESSION_RESTS = timedelta(hours=12), timedelta(hours=2)
"""A console session ends after a working day, or when nobody has used it for a while."""
INVITATION_LASTS = timedelta(hours=24)
ACCOUNT_FAILURES, ADDRESS_FAILURES = 5, 30
"""So many wrong sign-ins lock one account, or one address, from which many may come."""
FORGIVEN_AFTER = timedelta(hours=24)
LONGEST_LOCK = timedelta(hours=1)


def lock_after(failures: int, *, limit: int) -> timedelta | None:
    """How long nobody may try after so many failures: a minute, doubling up to an hour."""
    if failures < limit:
        return None
    return min(timedelta(minutes=1 << min(failures - limit, 10)), LONGEST_LOCK)


def is_live(
    began_at: datetime, seen_at: datetime, ended_at: datetime | None, *, now: datetime
) -> bool:
    """Whether a console session still lets in."""
    return ended_at is None and now < began_at + SESSION_LASTS and now < seen_at + SESSION_RESTS


CODE_LASTS, CODE_AGAIN_AFTER = timedelta(minutes=5), timedelta(seconds=60)
CODE_TRIES = 5
CODES_AN_HOUR, CODES_A_DAY = 5, 10
"""So many codes one openid may ask for, whatever the phones."""
CODES_A_DAY_FOR_A_PHONE = 5
PROOF_LASTS = timedelta(minutes=30)
"""How long a proven phone is good for what it was proven for."""


def is_enough_codes(*, last_hour: int, last_day: int, for_phone: int) -> bool:
    """Whether no further code is sent, given how many were: to this openid's asking within an hour
    and a day, and to this phone within a day."""
    return (
        last_hour >= CODES_AN_HOUR
        or last_day >= CODES_A_DAY
        or for_phone >= CODES_A_DAY_FOR_A_PHONE
    )

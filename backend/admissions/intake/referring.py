"""推荐: a family's own link and code bring friends, and the lead says who sent it (A8).

The code is the guardian's number with a keyed fingerprint behind it: nobody can make one up for
somebody else, and no table has to remember them.
"""

import re
import secrets

from sqlalchemy.exc import NoResultFound
from sqlalchemy.orm import Session

from backend.kit import crypto
from backend.kit.config import settings
from backend.security.schemas import CodeKind
from backend.students import queries as students

CONTEXT = "referral"
_CODE = re.compile(r"(\d{1,9})\.([0-9a-f]{10})")


def code_of(guardian_id: int) -> str:
    """The code of a guardian: «12.a1b2c3d4e5»."""
    return f"{guardian_id}.{crypto.blind_index(str(guardian_id), context=CONTEXT)[:10]}"


def guardian_of(code: str) -> int | None:
    """Whose code it is; None for one that we have not made."""
    found = _CODE.fullmatch(code)
    if found is None:
        return None
    signs = crypto.blind_indexes(found.group(1), context=CONTEXT)
    is_ours = any(secrets.compare_digest(sign[:10], found.group(2)) for sign in signs)
    return int(found.group(1)) if is_ours else None


def source_of(code: str) -> str | None:
    """How a lead's origin is written; None for a code that is none of ours."""
    return f"{CodeKind.REFERRAL}:{code}" if guardian_of(code) is not None else None


def referrer(session: Session, source: str) -> str | None:
    """Who sent a lead, by name; None where nobody did."""
    kind, _, code = source.partition(":")
    guardian_id = guardian_of(code) if kind == CodeKind.REFERRAL else None
    if guardian_id is None:
        return None
    try:
        return students.guardian_for_contract(session, guardian_id)[0]
    except NoResultFound:  # The family has gone, and its file with it.
        return None


def link_of(guardian_id: int) -> str:
    """What a family sends to a friend."""
    return f"{settings().public_url}/enquiry?ref={code_of(guardian_id)}"

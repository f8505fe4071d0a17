"""What an entity means beyond its spelling: the `value` beside the span.

Only spelling is settled here. Which course, teacher or date is meant is for those who know the
catalogue and the clock.
"""

import re

_NOT_DIGIT = re.compile(r"[^0-9]")
_BLANK = re.compile(r"\s+")
_UPPER = frozenset({"order_no", "ticket_no"})


def value_of(entity: str, plain: str) -> str:
    """Return the value of an entity from its normalised spelling."""
    if entity == "phone":
        digits = _NOT_DIGIT.sub("", plain)
        return digits[2:] if digits.startswith("86") and len(digits) == 13 else digits
    if entity in _UPPER:
        return _BLANK.sub("", plain).upper()
    return plain

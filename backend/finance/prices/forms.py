"""Forms of the console read into drafts."""

import re
from collections.abc import Mapping
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any

from backend.finance.prices import codes
from backend.finance.prices.drafts import DRAFT, Draft
from backend.kit.errors import DomainError
from backend.kit.money import fen

_KEY = re.compile(r"^[0-9a-f]{32}$")
_MONEY = ("amount", "material", "total", "from")
_NUMBERS = (
    *("course_id", "campus_id", "lesson_count", "months", "percent", "gift_lessons", "id"),
    *("days_before", "limit_total", "limit_per_person", "period_days"),
)
_WORDS = ("kind", "name", "occasion", "learner", "effective_from", "effective_to", "what", "rule")


class FormWrong(DomainError):
    """A form came back with something that cannot be read."""


def draft_of(form: Mapping[str, str]) -> Draft:
    """A proposal as it was filled in; empty fields are left to their defaults. Raises ValueError
    (pydantic's among them)."""
    facts: dict[str, Any] = {name: form[name].strip() for name in _WORDS if form.get(name, "")}
    for name in _NUMBERS:
        if form.get(name, "").strip():
            facts[name] = int(form[name])
    for name in _MONEY:
        if form.get(f"{name}_yuan", "").strip():
            key = "material_fee_fen" if name == "material" else f"{name}_fen"
            facts[key] = _fen(form[f"{name}_yuan"])
    if form.get("code", "").strip():
        facts["code"] = codes.spelled(form["code"])
    if facts.get("kind") == "fee":
        facts["is_bundle"] = form.get("is_bundle") == "1"
    if facts.get("kind") == "switch":
        facts["is_on"] = form.get("is_on") == "1"
    if facts.get("kind") == "package":
        pairs = [(form.get(f"course_{n}", ""), form.get(f"lessons_{n}", "")) for n in range(8)]
        facts["takes_seat"] = form.get("is_loose") != "1"
        facts["items"] = [(int(course), int(n)) for course, n in pairs if course and n]
    for name in ("effective_from", "effective_to"):
        if name in facts:
            facts[name] = date.fromisoformat(facts[name])
    return DRAFT.validate_python(facts)


def key_of(form: Mapping[str, str]) -> str:
    """The form's own token, so that sending it twice is sending it once."""
    key = form.get("key", "")
    if not _KEY.match(key):
        raise FormWrong()
    return f"price:{key}"


def _fen(typed: str) -> int:
    try:
        amount = Decimal(typed.strip().removesuffix("元"))
    except InvalidOperation as error:
        raise ValueError(typed) from error
    if not amount.is_finite() or abs(amount) > 10_000_000:
        raise ValueError(typed)
    return fen(amount)

"""The texts of the contract, a file for each version, and how one is filled in."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

VERSION = "2026-11"
TEXTS = Path(__file__).parent / "texts"
BLANK = "＿＿＿＿＿＿"


@dataclass(frozen=True)
class Filled:
    """What stands in the blanks, as people read it. `steps` is how the price came about."""

    house: str = BLANK
    number: str = BLANK
    child: str = BLANK
    grade: str = BLANK
    guardian: str = BLANK
    phone: str = BLANK
    course: str = BLANK
    class_name: str = BLANK
    campus: str = BLANK
    address: str = BLANK
    teacher: str = BLANK
    times: str = BLANK
    starts_on: str = BLANK
    lines: Sequence[tuple[str, str]] = ()
    lessons: str = BLANK
    per_lesson: str = BLANK
    steps: Sequence[tuple[str, str]] = ()
    total: str = BLANK
    agreed_at: str = BLANK
    how: str = BLANK
    more: Mapping[str, str] = field(default_factory=dict)


def document(filled: Filled, version: str = VERSION) -> str:
    """The contract as HTML: the same blanks and version give the same letters for ever."""
    return _texts().get_template(f"{version}.html").render(each=filled, version=version)


@lru_cache
def _texts() -> Environment:
    return Environment(
        loader=FileSystemLoader(TEXTS),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )

"""Reads the tables of expressions: what is said, when, and what it means.

See the head of ``held_out.txt`` for the form of a line.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from bot.times import SHANGHAI, TimeSpan

Expected = tuple[str, str, str, str, str]
"""Span text, kind, start, end, and the weekdays of a recurrence."""

_LENGTHS = {"date": timedelta(1), "datetime": timedelta(minutes=1)}


@dataclass(frozen=True)
class Row:
    """One sentence with the times it holds."""

    now: datetime
    sentence: str
    expected: list[Expected]


def _moment(said: str) -> datetime:
    return datetime.fromisoformat(said).replace(tzinfo=SHANGHAI)


def _shown(moment: datetime | None) -> str:
    return "-" if moment is None else moment.strftime("%Y-%m-%d %H:%M")


def _expected(said: str) -> Expected:
    text, kind, *ends = (part.strip() for part in said.split("|"))
    ends = [_shown(_moment(end)) if end not in ("-", "") else end for end in ends[:2]] + ends[2:]
    if len(ends) == 1:
        ends.append(_shown(_moment(ends[0]) + _LENGTHS[kind]))
    return text, kind, ends[0], ends[1], ends[2] if len(ends) > 2 else ""


def rows(name: str) -> list[Row]:
    """The rows of a table beside this file."""
    now, found = None, []
    for line in Path(__file__).with_name(name).read_text(encoding="utf-8").splitlines():
        if line.startswith("@now"):
            now = _moment(line.removeprefix("@now").strip())
        elif line and not line.startswith("#"):
            assert now is not None
            sentence, _, meant = line.partition("=>")
            expected = [_expected(part) for part in meant.split(" ; ") if part.strip()]
            found.append(Row(now, sentence.strip(), expected))
    return found


def as_expected(span: TimeSpan) -> Expected:
    """A found span in the table's own words."""
    weekdays = "".join(map(str, span.weekdays))
    return span.text, span.kind.value, _shown(span.start_at), _shown(span.end_at), weekdays

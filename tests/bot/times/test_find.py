"""Every expression of the tables, exactly: span, kind, both ends and weekdays."""

import pytest

from bot.times import find
from tests.bot.times.table import Row, as_expected, rows

TABLES = ("held_out.txt", "everyday.txt", "blind.txt", "blind_again.txt", "fresh.txt")


@pytest.mark.parametrize(
    "row",
    [row for table in TABLES for row in rows(table)],
    ids=lambda row: f"{row.now:%m-%d} {row.sentence}",
)
def test_sentence_holds_these_times(row: Row) -> None:
    assert [as_expected(span) for span in find(row.sentence, row.now)] == row.expected

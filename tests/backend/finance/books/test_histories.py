"""It must hold: random histories with crashes between any two statements (F5, F7, F11, A12).

`make bench-histories` plays ten thousand of them on both databases.
"""

from collections import defaultdict
from datetime import timedelta

import pytest

from backend.kit import events
from backend.kit.db import reading
from tests.backend.finance.books.histories import happened, world

HAPPENS = ("receipt", "surplus", "consumption", "material", "reversal", "refund", "refund_paid")


def test_whatever_happens_the_books_hold(database: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(events, "_listeners", defaultdict(list))
    with world(seed=8, pace=timedelta(hours=9)) as made:
        for number in range(1, 61):
            made.live()
            if number % 20 == 0:
                made.prove()
        assert made.crashes > 20
        assert made.closes > 0
    with reading() as session:
        assert min(happened(session)[each] for each in HAPPENS) > 0

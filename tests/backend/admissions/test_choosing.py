"""Which advisor gets a lead, as a table (A17)."""

from datetime import UTC, datetime, time, timedelta

import pytest

from backend.admissions.assigning.choosing import (
    Candidate,
    Condition,
    Wanted,
    choose,
    is_within,
    language_of,
)

NOON = datetime(2026, 11, 25, 4, tzinfo=UTC)
EARLIER = NOON - timedelta(hours=1)
ENGLISH = Condition(id=1, subject="英语", needs="少儿英语")
ABROAD = Condition(id=2, language="英语")
NIGHT = Condition(id=3, from_time=time(20), to_time=time(8), needs="晚班")


def asks(interest: str = "数学", *, campus: int | None = None, at: time = time(12)) -> Wanted:
    return Wanted(campus_id=campus, interest=interest, source="wechat", at=at)


def one(id_: int, **known: object) -> Candidate:
    return Candidate(id=id_, **known)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("lead", "rules", "candidates", "chosen"),
    [
        (asks(), [], [], None),
        (asks(), [], [one(1, open=3), one(2, open=1)], (2, None)),
        (asks(), [], [one(1, open=2, last_at=NOON), one(2, open=2, last_at=EARLIER)], (2, None)),
        (asks(), [], [one(1, last_at=NOON), one(2)], (2, None)),
        (asks(), [], [one(2), one(1)], (1, None)),
        (asks(), [], [one(1, is_away=True), one(2, open=9)], (2, None)),
        (asks(), [], [one(1, is_away=True)], None),
        (asks(), [], [one(1, most_open=3, open=3), one(2, open=9)], (2, None)),
        (asks(), [], [one(1, most_open=0)], None),
        (asks(), [], [one(1, is_at_work=False), one(2, open=9)], (2, None)),
        (asks(), [], [one(1, is_at_work=False)], (1, None)),
        (asks(campus=7), [], [one(1, campus_id=8), one(2, campus_id=7, open=5)], (2, None)),
        (asks(campus=7), [], [one(1, campus_id=8)], (1, None)),
        (
            asks("少儿英语多少钱"),
            [ENGLISH],
            [one(1), one(2, skills=frozenset({"少儿英语"}), open=5)],
            (2, 1),
        ),
        (asks("数学"), [ENGLISH], [one(1), one(2, skills=frozenset({"少儿英语"}))], (1, None)),
        (asks("英语"), [ENGLISH], [one(1)], (1, None)),
        (
            asks("How much is the class please"),
            [ENGLISH, ABROAD],
            [one(1), one(2, languages=frozenset({"英语"}))],
            (2, 2),
        ),
        (asks(at=time(23)), [NIGHT], [one(1), one(2, skills=frozenset({"晚班"}))], (2, 3)),
        (asks(at=time(12)), [NIGHT], [one(1), one(2, skills=frozenset({"晚班"}))], (1, None)),
        (
            asks("英语"),
            [Condition(id=4, subject="英语")],
            [one(1, open=0, last_at=NOON), one(2, open=9, last_at=EARLIER)],
            (2, 4),
        ),
        (
            asks("英语"),
            [Condition(id=4, subject="英语", by_load=True)],
            [one(1, open=0, last_at=NOON), one(2, open=9, last_at=EARLIER)],
            (1, 4),
        ),
    ],
    ids=[
        *("nobody", "fewest", "waited longest", "never assigned", "first", "away", "all away"),
        *("full", "no measure left", "off work", "the night", "campus", "no such campus"),
        *("skill", "another subject", "nobody has it", "language", "night rule", "day"),
        *("in turn", "by load"),
    ],
)
def test_who_gets_it(
    lead: Wanted,
    rules: list[Condition],
    candidates: list[Candidate],
    chosen: tuple[int, int | None] | None,
) -> None:
    assert choose(lead, rules, candidates) == chosen


def test_whoever_has_let_it_pass_is_not_asked_again() -> None:
    pool = [one(1), one(2)]
    assert choose(asks(), [], pool, but={1}) == (2, None)
    assert choose(asks(), [], pool, but={1, 2}) is None


def test_in_turn_spreads_evenly() -> None:
    rule, last, counts = Condition(id=1), dict[int, datetime](), {1: 0, 2: 0, 3: 0}
    for minute in range(30):
        pool = [one(id_, open=id_ * 9, last_at=last.get(id_)) for id_ in counts]
        found = choose(asks(), [rule], pool)
        assert found is not None
        counts[found[0]] += 1
        last[found[0]] = NOON + timedelta(minutes=minute)
    assert counts == {1: 10, 2: 10, 3: 10}


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("英语多少钱", ""),
        ("Hi, how much is the class", "英语"),
        ("想学scratch", ""),
        ("Python编程课", ""),
        ("請問幾錢呀", "粤语"),
    ],
)
def test_the_language_somebody_writes_in(text: str, language: str) -> None:
    assert language_of(text) == language


@pytest.mark.parametrize(
    ("at", "begins", "ends", "inside"),
    [
        (time(9), time(9), time(18), True),
        (time(18), time(9), time(18), False),
        (time(23), time(20), time(8), True),
        (time(8), time(20), time(8), False),
        (time(23, 59, 59), time(20), None, True),
        (time(3), None, None, True),
    ],
)
def test_hours(at: time, begins: time | None, ends: time | None, inside: bool) -> None:
    assert is_within(at, begins, ends) is inside

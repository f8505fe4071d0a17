"""A roll read from one sentence (点名)."""

import pytest

from backend.teaching.schemas import Mark
from bot.flows import roll
from bot.flows.roll import Unread

NAMES = {1: "陈小明", 2: "李小红", 3: "王刚", 4: "欧阳小丽"}
P, T, L, A = Mark.PRESENT, Mark.LATE, Mark.LEAVE, Mark.ABSENT


@pytest.mark.parametrize(
    ("said", "wanted"),
    [
        ("全到", (P, P, P, P)),
        ("都到齐了", (P, P, P, P)),
        ("除了小明都到了", (A, P, P, P)),
        ("小红迟到10分钟", (P, (T, 10), P, P)),
        ("小红晚到一刻钟，王刚请假", (P, (T, 15), L, P)),
        ("小明和小红没来，其他都到了", (A, A, P, P)),
        ("小明、王刚请假，欧阳小丽迟到半小时", (L, P, L, (T, 30))),
        ("都到了，就王刚没来", (P, P, A, P)),
        ("小明，小红都没来", (A, A, P, P)),
        ("小丽缺席", (P, P, P, A)),
        ("王刚迟到了", (P, P, (T, None), P)),
        ("小红迟到二十分钟", (P, (T, 20), P, P)),
    ],
)
def test_what_a_teacher_says(said: str, wanted: tuple[object, ...]) -> None:
    found = roll.read(said, NAMES)
    assert isinstance(found, dict)
    got = [found[id_][0] if found[id_][1] is None else found[id_] for id_ in NAMES]
    assert got == [w[0] if isinstance(w, tuple) and w[1] is None else w for w in wanted]


@pytest.mark.parametrize("said", ["明天几点上课", "好的", "小明怎么样", "1"])
def test_what_is_no_roll(said: str) -> None:
    assert roll.read(said, NAMES) is None


def test_nobody_is_guessed() -> None:
    assert roll.read("除了小强都到了", NAMES) == Unread()
    assert roll.read("小明没来", {1: "陈小明", 2: "李小明"}) == Unread("小明")


def test_a_correction_changes_only_those_it_names() -> None:
    assert roll.corrections("小红其实到了", NAMES) == {2: (P, None)}
    assert roll.corrections("王刚改成迟到5分钟", NAMES) == {3: (T, 5)}

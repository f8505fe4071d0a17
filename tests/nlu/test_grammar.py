"""The generator writes the same sentences every time, with marks where they belong."""

import random

import pytest
from grammar import generate, slots
from grammar.expand import BadPattern, expand
from grammar.vary import PAST, vary


def test_same_sentences_every_time() -> None:
    assert generate.sentences() == generate.sentences()


def test_of_two_labels_the_later_hand_stands_and_any_hand_before_the_grammar() -> None:
    intent, pattern = generate.patterns()[0]
    generated = generate.completed(expand(pattern)[0])
    assert intent != "request_leave"
    rows = generate.sentences([("greet", "Hi"), ("thank", "hi"), ("request_leave", generated)])
    labels = {sentence: intent for intent, sentence in rows}
    assert (labels["hi"], labels[generated], "Hi" in labels) == ("thank", "request_leave", False)


def test_the_class_is_no_part_of_its_level() -> None:
    for sentence in expand("转{level}班", 40):
        text, [(start, end, _)] = generate.plain(sentence)
        assert text.endswith("班")
        assert not text.endswith("班班")
        assert not text[start:end].endswith("班") or end - start == len("快班")


def test_every_pattern_says_something() -> None:
    for intent, pattern in generate.patterns():
        assert intent, pattern
        assert expand(pattern), pattern


def test_alternatives_and_slots() -> None:
    assert set(expand("(甲|乙)课")) == {"甲课", "乙课"}
    (sentence, *_) = expand("{phone}打给我")
    text, [(start, end, name)] = generate.plain(sentence)
    assert (name, end < len(text)) == ("phone", True)
    assert text[start:end] in sentence


@pytest.mark.parametrize("pattern", ["(甲|乙", "{phone", "{nobody}", "<who>", "甲)"])
def test_bad_patterns_are_refused(pattern: str) -> None:
    with pytest.raises(BadPattern):
        expand(pattern)


def test_what_a_pattern_left_plain_is_marked() -> None:
    assert generate.completed("今天[钢琴](subject)有课吗") == "[今天](time)[钢琴](subject)有课吗"


def test_variants_keep_their_marks() -> None:
    chance = random.Random(1)
    for _ in range(200):
        varied = vary("book_trial", "帮我约[周六](time)的[围棋](subject)试听，谢谢", chance)
        _, spans = generate.plain(varied)
        assert [name for *_, name in spans] == ["time", "subject"]


def test_variants_mean_the_same() -> None:
    chance = random.Random(2)
    complaint = "说好[三天](quantity)退钱，[上周](time)就没人理了"
    for _ in range(200):
        text, spans = generate.plain(vary("complain", complaint, chance))
        (start, end, _), (since, until, _) = spans
        assert text[start:end].endswith(tuple(slots.COUNTERS["spell"]))
        assert PAST.match(text[since:until])
        paper, [(start, end, _)] = generate.plain(
            vary("get_material", "[教学日志](document)", chance)
        )
        assert paper[start:end] in {"教学日志", *slots.MATERIALS}
        thanks = vary("affirm", "知道了", chance)
        assert "谢" not in thanks
        assert "你好" not in thanks

"""The institution's own names are found however they are typed (C2)."""

import pytest

from bot.interpreter import Entity, Vocabulary, linked

KNOWN = Vocabulary(
    {
        "course": ("少儿英语三级", "少儿英语五级", "少儿编程", "英语三级周六班", "英语三级周日班"),
        "subject": ("英语", "美术"),
        "teacher": ("王敏", "张雨桐", "刘洋", "刘振华"),
        "campus": ("海淀校区",),
    }
)


def named(text: str, *guessed: Entity) -> list[tuple[str, str, str]]:
    found = linked(text, guessed, KNOWN)
    return [(each.name, text[each.start : each.end], each.value) for each in found]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("少儿英语三级多少钱", ("course", "少儿英语三级", "少儿英语三级")),
        ("少儿英语3级多少钱", ("course", "少儿英语3级", "少儿英语三级")),
        ("少兒編程幾點上課", ("course", "少兒編程", "少儿编程")),
        ("想报少儿边成", ("course", "少儿边成", "少儿编程")),
        ("英语3级周6班还有位子吗", ("course", "英语3级周6班", "英语三级周六班")),
        ("少二英雨三级", ("course", "少二英雨三级", "少儿英语三级")),
        ("少儿英吾三级", ("course", "少儿英吾三级", "少儿英语三级")),
        ("张雨同老师教得好吗", ("teacher", "张雨同", "张雨桐")),
    ],
)
def test_names_as_people_type_them(text: str, expected: tuple[str, str, str]) -> None:
    assert named(text) == [expected]


@pytest.mark.parametrize(
    "text",
    [
        "少儿英语四级有吗",  # Another level is another course, and nothing near it.
        "英语三级周五班有吗",
        "我心里没数",  # Sounds like 美术.
        "网民都说好",  # Sounds like 王敏.
    ],
)
def test_what_only_resembles_a_name_is_none(text: str) -> None:
    assert [each for each in named(text) if each[0] in ("course", "teacher")] == []
    assert ("subject", "没数", "美术") not in named(text)


def test_where_the_model_sees_a_name_its_sound_is_enough() -> None:
    """Short names need that company; the span stays the longer one."""
    assert named("汪敏老师今天来吗", Entity("teacher", "汪敏老师", 0, 4)) == [
        ("teacher", "汪敏老师", "王敏")
    ]
    assert named("海定校区怎么走", Entity("campus", "海定校区", 0, 4)) == [
        ("campus", "海定校区", "海淀校区")
    ]


def test_a_surname_is_enough_only_when_one_teacher_has_it() -> None:
    assert named("王老师请假了吗", Entity("teacher", "王老师", 0, 3))[0][2] == "王敏"
    assert named("刘老师请假了吗", Entity("teacher", "刘老师", 0, 3))[0][2] == "刘老师"


def test_of_two_readings_the_longer_stands() -> None:
    guess = Entity("subject", "英语", 2, 4)
    assert named("少儿英语三级", guess) == [("course", "少儿英语三级", "少儿英语三级")]
    assert named("英语怎么样", Entity("subject", "英语", 0, 2)) == [("subject", "英语", "英语")]


@pytest.mark.parametrize("text", ["", "😀", "a" * 3000, "少儿" * 500])
def test_odd_texts_name_nothing_and_break_nothing(text: str) -> None:
    assert named(text) == []

"""What somebody looks for beside subject and grade."""

import pytest

from bot.interpreter import wanted


@pytest.mark.parametrize(
    ("text", "yuan"),
    [
        ("预算3000", 3000),
        ("預算大概3000塊", 3000),
        ("三千以内", 3000),
        ("两千五左右", 2500),
        ("最多4k", 4000),
        ("3.5千以内的", 3500),
        ("不超过1万", 10_000),
        ("一万以下", 10_000),
        ("三年级以内", None),
        ("30节课", None),
        ("13812345678", None),
        ("两个孩子", None),
    ],
)
def test_a_budget(text: str, yuan: int | None) -> None:
    assert wanted.budget(text) == (yuan and yuan * 100)


@pytest.mark.parametrize(
    ("text", "part", "goal"),
    [
        ("周六下午有吗", "下午", None),
        ("放学后的", "晚上", None),
        ("早上有没有", "上午", None),
        ("零基础能学吗", None, "零基础"),
        ("想考ket", None, "考级"),
        ("想练口语", None, "口语"),
        ("周末", None, None),
    ],
)
def test_when_and_what_for(text: str, part: str | None, goal: str | None) -> None:
    assert (wanted.part_of_day(text), wanted.goal(text)) == (part, goal)


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("我家孩子叫李小明，三年级", "李小明"),
        ("女儿叫王小花今年8岁", "王小花"),
        ("他叫张伟想学编程", "张伟"),
        ("孩子五年级叫李明明", "李明明"),
        ("孩子喜欢画画叫什么班合适", None),
        ("孩子叫什么不重要", None),
        ("孩子叫你们老师了", None),
        ("孩子三年级", None),
    ],
)
def test_which_child(text: str, name: str | None) -> None:
    assert wanted.child(text) == name

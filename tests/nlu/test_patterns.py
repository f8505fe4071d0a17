"""Entities that their shape gives away."""

import pytest
from understanding.patterns import candidates, longest
from understanding.values import value_of


@pytest.mark.parametrize(
    ("text", "entity", "spelled"),
    [
        ("打我电话138 1234 5678吧", "phone", "138 1234 5678"),
        ("下周三晚上七点半能来吗", "time", "下周三晚上七点半"),
        ("国庆放假吗", "time", "国庆"),
        ("两周以后再说", "time", "两周以后"),
        ("孩子三年级了", "grade", "三年级"),
        ("4岁半能学吗", "grade", "4岁半"),
        ("续20节课", "quantity", "20节课"),
        ("先停两个月", "quantity", "两个月"),
        ("报销35.5元", "amount", "35.5元"),
        ("高中李老师教得好", "teacher", "李老师"),
        ("滨江校区在哪", "campus", "滨江校区"),
        ("想学自然拼读", "subject", "自然拼读"),
        ("要一对一的", "class_mode", "一对一"),
        ("查工单gd1024", "ticket_no", "gd1024"),
        ("报修单号88021到哪了", "ticket_no", "88021"),
        ("投诉单号是ts-306", "ticket_no", "ts-306"),
        ("订单dd20231105退款", "order_no", "dd20231105"),
    ],
)
def test_found(text: str, entity: str, spelled: str) -> None:
    found = [(span.entity, text[span.start : span.end]) for span in longest(candidates(text))]
    assert (entity, spelled) in found


@pytest.mark.parametrize("text", ["一节课多少钱", "我们老师呢", "快一点", "第三次了", "感觉一般"])
def test_nothing_to_find(text: str) -> None:
    assert longest(candidates(text)) == []


def test_longest_wins() -> None:
    text = "少儿编程"
    assert [text[span.start : span.end] for span in longest(candidates(text))] == [text]


def test_values_are_plain() -> None:
    assert value_of("phone", "+86 138-1234-5678") == "13812345678"
    assert value_of("order_no", "dd 2023") == "DD2023"
    assert value_of("time", "下周三") == "下周三"

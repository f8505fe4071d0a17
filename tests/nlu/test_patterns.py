"""Entities that their shape gives away."""

import pytest
from understanding.features import features
from understanding.guesses import guesses
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
        ("订单尾号0091的发票", "order_no", "0091"),
        ("投诉编号k20231怎么样了", "ticket_no", "k20231"),
        ("bx0931修好没", "ticket_no", "bx0931"),
        ("#123处理了吗", "ticket_no", "123"),
        ("单号尾号8812的那个", "ticket_no", "8812"),
        ("工单号13812345678", "phone", "13812345678"),
        ("补上上周五的课", "time", "上周五"),
        ("约上上周五的那次", "time", "上上周五"),
        ("帮我请下周五晚的假", "time", "下周五晚"),
        ("推三阻四一个月了", "quantity", "一个月"),
        ("一对一四十五分钟一节", "quantity", "四十五分钟"),
        ("还剩三十几节课", "quantity", "三十几节课"),
        ("来了两三个人", "quantity", "两三个人"),
        ("一百二十节课", "quantity", "一百二十节课"),
        ("六一打折吗", "time", "六一"),
        ("买一打铅笔", "quantity", "一打"),
        ("最近一次课", "time", "最近一次课"),
        ("老二四年级", "grade", "四年级"),
        ("二三年级都有", "grade", "二三年级"),
        ("谢凌老师", "teacher", "凌老师"),
        ("谢谢顾老师", "teacher", "顾老师"),
        ("买五号电池", "item", "五号电池"),
        ("5号上课", "time", "5号"),
        ("202的门坏了", "item", "门"),
        ("水没了", "item", "水"),
    ],
)
def test_found(text: str, entity: str, spelled: str) -> None:
    found = [(span.entity, text[span.start : span.end]) for span in longest(candidates(text))]
    assert (entity, spelled) in found


@pytest.mark.parametrize(
    "text",
    [
        "一节课多少钱",
        "我们老师呢",
        "快一点",
        "第三次了",
        "第三十五节",
        "感觉一般",
        "申请换老师",
        "安排个老师",
        "顾问老师在吗",
        "谢过老师了",
        "thank you老师",
        "最近的校区在哪",
        "离我最近的",
        "他什么水平",
        "薪水多少",
        "你们是连锁吗",
        "麦当劳旁边",
        "到门口了",
    ],
)
def test_nothing_to_find(text: str) -> None:
    assert longest(candidates(text)) == []


def test_a_sum_or_a_length_is_no_ticket() -> None:
    for text in ("工单30天没处理", "报销单300元", "维修单1200块"):
        assert "ticket_no" not in {span.entity for span in candidates(text)}


def test_guesses_name_unlisted_papers_and_rooms() -> None:
    text = "外教排班补充规定放在三楼东侧琴房"
    found = {(span.entity, text[span.start : span.end]) for span in guesses(text)}
    assert ("document", "外教排班补充规定") in found
    assert ("room", "三楼东侧琴房") in found


@pytest.mark.parametrize("name", ["张女士", "李明轩", "豆豆", "王总", "小陈"])
def test_guesses_how_persons_are_called(name: str) -> None:
    text = f"{name}没来"
    assert ("person", name) in {
        (span.entity, text[span.start : span.end]) for span in guesses(text)
    }


def test_longest_wins() -> None:
    text = "少儿编程"
    assert [text[span.start : span.end] for span in longest(candidates(text))] == [text]


def test_values_are_plain() -> None:
    assert value_of("phone", "+86 138-1234-5678") == "13812345678"
    assert value_of("order_no", "dd 2023") == "DD2023"
    assert value_of("time", "下周三") == "下周三"


@pytest.mark.parametrize(("spelled", "written"), [("tousu", "投诉"), ("tui费", "退费")])
def test_pinyin_is_heard(spelled: str, written: str) -> None:
    assert features(spelled, [])["heard"] == features(written, [])["heard"]


def test_english_is_not() -> None:
    assert "^ h e" in features("hello", [])["heard"]

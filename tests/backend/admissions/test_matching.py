"""What the knowledge answers, and what it leaves to a person: the threshold, held (C2)."""

import pytest

from backend.admissions.knowledge import matching

KNOWN = matching.known_of(
    [
        (1, "教室里有监控吗", ["能看监控吗", "上课可以看录像吗"]),
        (2, "有外教吗", ["是外教上课吗", "外教老师多不多"]),
        (3, "一个班有多少人", ["是小班吗", "班里几个孩子"]),
        (4, "家长可以旁听吗", ["家长能进教室一起听课吗", "可以陪读吗"]),
        (5, "有校车接送吗", ["能接孩子放学吗", "有没有接送"]),
        (6, "要自己买教材吗", ["教材费包含在学费里吗", "书本要另外买吗"]),
        (7, "下大雨会停课吗", ["台风天还上课吗", "下雪停课吗"]),
        (8, "孩子在你们那儿能吃晚饭吗", ["有晚饭吗", "提供餐食吗"]),
        (9, "有没有晚托班", ["放学后可以托管吗"]),
    ]
)


@pytest.mark.parametrize(
    ("text", "entry"),
    [
        ("教室里有监控吗", 1),
        ("请问你们教室有没有监控啊", 1),
        ("能看到监控录像吗", 1),
        ("你们有外教吗？", 2),
        ("老师是外教吗", 2),
        ("一个班多少人啊", 3),
        ("一个班几个孩子", 3),
        ("家长能旁听吗", 4),
        ("我可以陪读吗", 4),
        ("有没有校车接送孩子", 5),
        ("教材要自己买吗", 6),
        ("书本费另外交吗", 6),
        ("下雨会停课吗", 7),
        ("有监控没", 1),
        ("有晚饭吃吗", 8),
        ("有晚托吗", 9),
        ("放学可以托管吗", 9),
    ],
)
def test_it_answers_what_it_knows(text: str, entry: int) -> None:
    found = matching.matches(text, KNOWN)
    assert found, text
    assert found[0][0] == entry, found


@pytest.mark.parametrize(
    "text",
    [
        *("我要停课", "台风停课吗", "孩子想停课一个月", "这周停课了吗"),
        *("你好", "多少钱", "三年级周末", "英语三级周六班", "李小明", "在吗", "好的", "第一个"),
        *("外面下雨了", "班主任是谁", "你们有几个校区", "老师教得怎么样", "孩子上几年级"),
        *("有英语班吗", "能试听吗", "可以退费吗", "明天几点上课", "有周末的班吗", "有优惠吗"),
        *("我要投诉，老师迟到了三次", "书法课多少钱", "停车方便吗", "可以开发票吗", "能便宜点吗"),
        *("孩子今天没吃饭", "有没有数学班", "可以请假吗", "换班可以吗", "接孩子要带什么证件"),
    ],
)
def test_it_leaves_the_rest_to_others(text: str) -> None:
    assert matching.matches(text, KNOWN) == []


def test_what_is_as_near_is_asked_about() -> None:
    known = matching.known_of(
        [(1, "周末可以停车吗", []), (2, "平时可以停车吗", []), (3, "有外教吗", [])]
    )
    assert {id_ for id_, _ in matching.matches("可以停车吗", known)} == {1, 2}
    assert [id_ for id_, _ in matching.matches("周末可以停车吗", known)] == [1]
    assert matching.matches("可以停车吗", ()) == []

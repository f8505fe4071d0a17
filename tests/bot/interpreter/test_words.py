"""Names, phones, grades and choices as people type them."""

import pytest

from bot.interpreter import words


@pytest.mark.parametrize(
    ("said", "name"),
    [
        ("李小明", "李小明"),
        ("小明", "小明"),
        ("他叫李小明吧", "李小明"),
        ("孩子叫欧阳明月", "欧阳明月"),
        ("俺孙子叫陈浩然", "陈浩然"),
        ("我是他妈妈刘丽", "刘丽"),
        ("家长姓名：王芳。", "王芳"),
        ("周芳", "周芳"),
        ("钱多多", "钱多多"),
        ("李想", "李想"),
        ("我叫王有才", "王有才"),
        ("陳小華", "陳小華"),
        ("阿依古丽·买买提", "阿依古丽·买买提"),
        ("Tom Lee", "Tom Lee"),
    ],
)
def test_names_are_kept_as_typed(said: str, name: str) -> None:
    found = words.name(said)
    assert found is not None
    assert found[0] == name


@pytest.mark.parametrize(
    "said",
    [
        *("周末几点", "多少钱", "钱多少", "二年级", "头一个", "孩子名字写错了", "同意吧", "不报了"),
        *(
            "行不行",
            "老师好不好",
            "马上",
            "等一下",
            "没有",
            "我不知道",
            "妈妈",
            "英语",
            "ok",
            "好的",
        ),
        *("13812345678", "1", "手机号写错了", "😀", "", "你好", "转人工", "成吧"),
        *(
            "继续",
            "下一步",
            "嗯嗯好",
            "张妈妈",
            "王爸爸",
            "小明妈妈",
            "李奶奶",
            "问个事",
            "先试听",
            "六岁半",
        ),
    ],
)
def test_what_is_no_name(said: str) -> None:
    assert words.name(said) is None


@pytest.mark.parametrize(("said", "sure"), [("李小明", True), ("叫小明", True), ("小明", False)])
def test_a_surname_or_a_frame_makes_a_name_sure(said: str, sure: bool) -> None:
    assert (words.name(said) or ("", None))[1] is sure


@pytest.mark.parametrize(
    ("said", "names"),
    [
        ("张小宝 三年级 电话13811110000", [("张小宝", False)]),
        ("李小明，三年级，妈妈王芳，13812345678", [("李小明", False), ("王芳", True)]),
        ("我叫刘丽，孩子叫张小宝，上三年级", [("刘丽", True), ("张小宝", False)]),
        ("英语，多少钱，周末有吗", []),
        ("李小明", []),
    ],
)
def test_names_among_several_answers(said: str, names: list[tuple[str, bool]]) -> None:
    assert words.names(said) == names


@pytest.mark.parametrize(
    ("said", "phone"),
    [
        ("13800138000", "13800138000"),
        ("我的是138-0013-8000谢谢", "13800138000"),
        ("138 0013 8000", "13800138000"),
        ("+8613800138000", "13800138000"),
        ("１３８００１３８０００", "13800138000"),
        ("幺三八零零幺三八零零零", "13800138000"),
        ("一三八〇〇一三八〇〇〇", "13800138000"),
        ("1380013800", None),
        ("138001380001", None),
        ("10012345678", None),
        ("二零二六年十一月二十三日", None),
        ("订单202611255615177722", None),
    ],
)
def test_phones(said: str, phone: str | None) -> None:
    assert words.phone(said) == phone


@pytest.mark.parametrize(
    ("said", "grade", "number"),
    [
        ("三年级", "三年级", 3),
        ("上3年级了", "三年级", 3),
        ("三年級", "三年级", 3),
        ("小学二年级", "二年级", 2),
        ("小五", "五年级", 5),
        ("初二", "初二", 8),
        ("七年级", "初一", 7),
        ("高三", "高三", 12),
        ("大班", "大班", 0),
        ("幼儿园", "幼儿园", 0),
        ("小三个月", None, None),
        ("周三", None, None),
    ],
)
def test_grades(said: str, grade: str | None, number: int | None) -> None:
    assert words.grade(said) == grade
    assert words.grade_number(said) == number


@pytest.mark.parametrize(
    ("said", "number"),
    [
        *(("1", 1), ("第二个", 2), ("就第二个", 2), ("头一个", 1), ("选2", 2), ("2号班", 2)),
        *(("我要第三个吧", 3), ("③", 3), ("十个", None), ("一年级", None), ("10", None)),
        *(("三节课多少钱", None), ("", None)),
    ],
)
def test_choices_by_number(said: str, number: int | None) -> None:
    assert words.ordinal(said) == number


@pytest.mark.parametrize("text", ["ﬁ㍿①Ａ𝔄", "陳小華發票裡面", "😀e\u0301", "㈱ﷺ"])
def test_simplifying_keeps_one_character_for_one(text: str) -> None:
    assert len(words.simplified(text)) == len(text)


@pytest.mark.parametrize("said", ["中", "要得", "同意", "ok", "就那个"])
def test_a_yes_in_many_tongues(said: str) -> None:
    assert said in words.AGREED


@pytest.mark.parametrize(
    ("said", "grade"),
    [
        ("6岁", "一年级"),
        ("六岁半", "一年级"),
        ("今年八岁", "三年级"),
        ("虚岁7岁", "一年级"),
        ("3岁的娃能学什么", "小班"),
        ("5周岁", "大班"),
        ("十二岁了", "初一"),
        ("十七岁", "高三"),
    ],
)
def test_an_age_is_a_guess_at_a_grade(said: str, grade: str) -> None:
    found = words.age(said)
    assert found is not None
    assert found[1] == grade
    assert words.grade(said) is None


@pytest.mark.parametrize(
    "said", ["6-8岁", "6到8岁的班", "我今年35岁", "2岁", "三年级", "106岁", "岁"]
)
def test_what_is_no_age_of_a_pupil(said: str) -> None:
    assert words.age(said) is None


@pytest.mark.parametrize(
    ("said", "address"),
    [
        ("张妈妈", "张妈妈"),
        ("我是小明妈妈", "小明妈妈"),
        ("妈妈", None),
        ("我妈妈", None),
        ("孩子爸爸", None),
        ("王芳", None),
    ],
)
def test_forms_of_address(said: str, address: str | None) -> None:
    assert words.form_of_address(said) == address

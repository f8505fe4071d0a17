"""Anger calls a person at once; a complaint in plain words does not (C3)."""

import pytest

from bot.interpreter.mood import is_angry


@pytest.mark.parametrize(
    "text",
    [
        "你们太过分了！！凭什么扣我的课",
        "骗子，退钱",
        "我要打12315",
        "再不处理我就去教育局",
        "投诉！太差劲了！！没人管",
        "什么态度？！没人理我，我要投诉",
    ],
)
def test_angry(text: str) -> None:
    assert is_angry(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "我要投诉，老师迟到了三次",
        "前台态度太差了，半天没人理",
        "乱收费，多扣了两节课的钱",
        "太好了！！",
        "我是他妈妈刘丽",
        "我妈的手机号是13812345678",
        "可以退钱吗",
        "凭什么证件报名",
    ],
)
def test_calm(text: str) -> None:
    assert not is_angry(text)

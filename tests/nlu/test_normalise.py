"""One plain form for many ways of typing, with the way back to what was typed."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from understanding.normalise import normalise


@pytest.mark.parametrize(
    ("typed", "plain"),
    [
        ("我想給孩子報週末的英語班", "我想给孩子报周末的英语班"),
        ("ＫＥＴ　１３８", "ket 138"),
        ("多少錢！！！！", "多少钱!"),
        ("哈哈哈哈哈", "哈哈"),
        ("13800000000", "13800000000"),
        ("好的[强]", "好的👍"),
        ("係咪有課啊", "是咪有课啊"),
        ("可以👍🏻", "可以👍"),
        ("  \n ", ""),
    ],
)
def test_plain_form(typed: str, plain: str) -> None:
    assert normalise(typed).text == plain


def test_offsets_lead_back() -> None:
    typed = "[微笑]  ２個孩子報名，電話138 0000 0000"
    plain = normalise(typed)
    at = plain.text.index("孩子")
    start, end = plain.original(at, at + 2)
    assert typed[start:end] == "孩子"
    assert plain.plain(start, end) == (at, at + 2)


@given(st.text(max_size=60))
def test_any_text_has_a_plain_form_with_sound_offsets(typed: str) -> None:
    plain = normalise(typed)
    assert len(plain.text) == len(plain.starts) == len(plain.ends)
    assert list(plain.starts) == sorted(plain.starts)
    for at in range(len(plain.text)):
        start, end = plain.original(at, at + 1)
        assert 0 <= start < end <= len(typed)

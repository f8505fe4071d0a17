"""By what people are found."""

import pytest

from backend.students.names import keys_of, plain


@pytest.mark.parametrize(
    ("name", "looked_for", "found"),
    [
        ("王小明", "王小", True),
        ("王小明", "wxm", True),
        ("王小明", "wangxiao", True),
        ("王小明", "Wang Xiao Ming", True),
        ("王小明", "小明", True),
        ("王小明", "xiaoming", True),
        ("单小明", "shanxiaoming", True),
        ("单小明", "danxiaoming", True),
        ("曾国", "zg", True),
        ("吕布", "lvbu", True),
        ("吕布", "lü bu", True),
        ("欧阳小明", "xiaoming", True),
        ("买买提·吐尔逊", "买买提吐", True),
        ("Tom Lee", "toml", True),
        ("王小明", "ming", False),
        ("王小明", "mx", False),
        ("王小明", "王明", False),
    ],
)
def test_a_name_is_found_by_its_beginnings(name: str, looked_for: str, found: bool) -> None:
    assert any(key.startswith(plain(looked_for)) for _, key in keys_of(name)) is found


def test_a_name_has_a_handful_of_keys_and_nothing_has_none() -> None:
    assert len(keys_of("单于小明")) < 20
    assert keys_of(" · ") == []

"""Identity numbers and masks (A11, S2): tables of pure rules."""

from datetime import date

import pytest

from backend.students.file.identity import (
    Field,
    age_on,
    birthday_of,
    is_id_number,
    masked,
    normal_id_number,
)

TODAY = date(2026, 11, 25)


@pytest.mark.parametrize(
    ("number", "is_one"),
    [
        ("11010519491231002X", True),  # The example of GB 11643-1999.
        ("440524188001010014", False),  # 1880 is too long ago.
        ("11010519491231002x", False),  # Spelled normally by `normal_id_number` first.
        ("110105194912310021", False),  # The check character.
        ("11010519490231002X", False),  # 31 February.
        ("11010520491231002X", False),  # Not born yet.
        ("01010519491231002X", False),
        ("1101051949123100", False),
        ("", False),
        ("１１０１０５１９４９１２３１００２X", False),
    ],
)
def test_identity_numbers(number: str, is_one: bool) -> None:
    assert is_id_number(number, today=TODAY) is is_one


def test_every_wrong_check_character_is_refused() -> None:
    right = [
        last for last in "0123456789X" if is_id_number(f"11010519491231002{last}", today=TODAY)
    ]
    assert right == ["X"]


def test_identity_numbers_are_spelled_in_one_way() -> None:
    assert normal_id_number(" １１０１０５ 1949 1231 002x") == "11010519491231002X"
    assert birthday_of("11010519491231002X") == date(1949, 12, 31)
    assert age_on(date(2012, 11, 26), TODAY) == 13
    assert age_on(date(2012, 11, 25), TODAY) == 14


@pytest.mark.parametrize(
    ("field", "text", "shown"),
    [
        (Field.PHONE, "13811111234", "138****1234"),
        (Field.PHONE, "8478", "****"),
        (Field.ID_NUMBER, "11010519491231002X", "110***********002X"),
        (Field.ADDRESS, "北京市朝阳区望京西路48号3单元", "北京市朝阳区****"),
        (Field.ADDRESS, "望京西路", "****"),
        (Field.HEALTH, "花生过敏", "已登记（有内容）"),
        (Field.EMAIL, "chen@example.cn", "c***@example.cn"),
        (Field.EMAIL, None, None),
        (Field.PHONE, "", None),
    ],
)
def test_masks(field: Field, text: str | None, shown: str | None) -> None:
    assert masked(field, text) == shown

"""Identity numbers and masks: pure rules."""

import re
from collections.abc import Callable, Mapping
from datetime import date
from enum import StrEnum

_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_CHECKS = "10X98765432"
_FULL_WIDTH = str.maketrans("０１２３４５６７８９Ｘｘ", "0123456789XX")
MAIL = re.compile(r"[^@\s]{1,64}@[^@\s]+\.[^@\s.]{2,}")


class Field(StrEnum):
    """What on a file is masked until somebody gives a reason."""

    PHONE = "phone"  # 监护人手机
    ID_NUMBER = "id_number"  # 身份证号
    ADDRESS = "address"  # 住址
    HEALTH = "health_note"  # 健康情况
    EMAIL = "email"  # 邮箱


def normal_id_number(text: str) -> str:
    """An identity number without spaces and in one spelling."""
    return "".join(text.translate(_FULL_WIDTH).split()).upper()


def is_id_number(number: str, *, today: date) -> bool:
    """Whether a resident identity number can be one: 17 digits with a true birthday, and the check
    character of GB 11643-1999 (ISO 7064, MOD 11-2)."""
    if not re.fullmatch(r"[1-9]\d{16}[\dX]", number):
        return False
    born_on = birthday_of(number)
    if born_on is None or not date(1900, 1, 1) <= born_on <= today:
        return False
    total = sum(int(digit) * weight for digit, weight in zip(number, _WEIGHTS, strict=False))
    return number[17] == _CHECKS[total % 11]


def birthday_of(number: str) -> date | None:
    """The birthday in an identity number, None where there is no such day."""
    try:
        return date(int(number[6:10]), int(number[10:12]), int(number[12:14]))
    except ValueError:
        return None


def age_on(born_on: date, on: date) -> int:
    """Whole years of age."""
    return on.year - born_on.year - ((on.month, on.day) < (born_on.month, born_on.day))


def _phone(text: str) -> str:
    return f"{text[:3]}****{text[-4:]}" if len(text) >= 11 else "****"


def _id_number(text: str) -> str:
    return f"{text[:3]}***********{text[-4:]}" if len(text) == 18 else "****"


def _address(text: str) -> str:
    return f"{text[:6]}****" if len(text) > 8 else "****"


def _email(text: str) -> str:
    name, _, host = text.partition("@")
    return f"{name[:1]}***@{host}"


_MASKS: Mapping[Field, Callable[[str], str]] = {
    Field.PHONE: _phone,
    Field.ID_NUMBER: _id_number,
    Field.ADDRESS: _address,
    Field.HEALTH: lambda _text: "已登记（有内容）",
    Field.EMAIL: _email,
}


def masked(field: Field, text: str | None) -> str | None:
    """A value as it shows without a reason; nothing stays nothing."""
    return _MASKS[field](text) if text else None

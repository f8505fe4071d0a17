"""Chinese and Arabic numerals as people type them, read as numbers."""

from fractions import Fraction

DIGITS = {char: value for value, char in enumerate("零一二三四五六七八九")}
DIGITS |= {"〇": 0, "两": 2, "俩": 2}
UNITS = {"十": 10, "百": 100, "千": 1000}
SHORT_TENS = {"廿": 20, "卅": 30}

NUMBER = r"(?:\d{1,4}|[零〇一二两俩三四五六七八九十百廿卅]{1,6})"
"""A pattern for what `whole` reads; bounded, so that no text costs quadratic time."""


def whole(numeral: str) -> int:
    """Read a whole number: 12, 十二, 廿八, 二〇二六, 一百零五.

    Digits written one after another (二〇二六) are read as decimal places.
    Raises ValueError when a character is no numeral.
    """
    if numeral.isascii():
        return int(numeral)
    if len(numeral) > 1 and all(char in DIGITS for char in numeral):
        return int("".join(str(DIGITS[char]) for char in numeral))
    total, digit = 0, 0
    for char in numeral:
        if char in DIGITS:
            digit = DIGITS[char]
        elif char in UNITS:
            total += (digit or 1) * UNITS[char]
            digit = 0
        elif char in SHORT_TENS:
            total += SHORT_TENS[char]
        else:
            raise ValueError(f"not a numeral: {numeral!r}")
    return total + digit


def quantity(numeral: str) -> Fraction:
    """Read an amount that may be half or decimal: 半, 1.5, 两."""
    if numeral == "半":
        return Fraction(1, 2)
    if "." in numeral:
        return Fraction(numeral)
    return Fraction(whole(numeral))

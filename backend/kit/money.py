"""Money is an integer number of fen. These are the only conversions to what people read."""

from decimal import ROUND_HALF_UP, Decimal


def yuan(amount_fen: int) -> str:
    """`123450` → `1234.50元`, `120000` → `1200元`: as a receptionist would write it."""
    whole, rest = divmod(abs(amount_fen), 100)
    sign = "-" if amount_fen < 0 else ""
    return f"{sign}{whole}元" if rest == 0 else f"{sign}{whole}.{rest:02d}元"


def decimal_yuan(amount_fen: int) -> str:
    """`123450` → `1234.50`: for protocols and tables."""
    return f"{Decimal(amount_fen) / 100:.2f}"


def fen(amount_yuan: str | Decimal | int) -> int:
    """Yuan as people type them → fen, rounding half up. Floats are refused on purpose."""
    if isinstance(amount_yuan, float):
        raise TypeError("money is never a float")
    return int((Decimal(amount_yuan) * 100).to_integral_value(ROUND_HALF_UP))


def split(amount_fen: int, weights: list[int]) -> list[int]:
    """Divide an amount by weights so that the parts sum to it to the fen.

    Remainders go to the largest fractions first, ties to the earlier part: the same input always
    gives the same parts. Raises ValueError when there is nothing to divide by.
    """
    total = sum(weights)
    if total <= 0 or any(weight < 0 for weight in weights):
        raise ValueError("weights must be non-negative and not all zero")
    parts = [amount_fen * weight // total for weight in weights]
    by_fraction = sorted(range(len(weights)), key=lambda i: (-(amount_fen * weights[i] % total), i))
    for index in by_fraction[: amount_fen - sum(parts)]:
        parts[index] += 1
    return parts


_DIGITS = "零壹贰叁肆伍陆柒捌玖"
_PLACES = ("", "拾", "佰", "仟")
_GROUPS = ("", "万", "亿", "万亿")


def capitals(amount_fen: int) -> str:
    """`128005` → `壹仟贰佰捌拾元零伍分`: 大写金额 as 《支付结算办法》, 附一, has it written."""
    whole, rest = divmod(abs(amount_fen), 100)
    jiao, cents = divmod(rest, 10)
    text = f"{_whole(whole)}元" if whole else ""
    if not rest:
        text = f"{text or '零元'}整"
    else:
        text += f"{_DIGITS[jiao]}角" if jiao else ("零" if whole else "")
        text += f"{_DIGITS[cents]}分" if cents else ""
    return f"负{text}" if amount_fen < 0 else text


def _whole(number: int) -> str:
    """A whole number in groups of four digits; zeros in between are said once, at the end never."""
    text, gap = "", False
    for place in reversed(range(len(str(number)))):
        digit = number // 10**place % 10
        group, unit = divmod(place, 4)
        if digit:
            text += ("零" if gap else "") + _DIGITS[digit] + _PLACES[unit]
        gap = not digit
        if unit == 0 and number // 10**place % 10_000:
            text += _GROUPS[group]
    return text

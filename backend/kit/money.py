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

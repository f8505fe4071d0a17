"""What somebody looks for beside subject and grade: a part of the day, a goal, a budget, and for
which child. All pure, on Simplified text."""

import re

from bot.interpreter import words

_PARTS = (
    ("上午", re.compile(r"上午|早上|早晨")),
    ("下午", re.compile(r"下午|午后")),
    ("晚上", re.compile(r"晚上|傍晚|放学后|下班后")),
)
_GOALS = (
    ("零基础", re.compile(r"零基础|没基础|没学过|启蒙|入门|刚开始学")),
    ("口语", re.compile(r"口语|开口说|敢说")),
    ("拼读", re.compile(r"拼读|音标")),
    ("考级", re.compile(r"考级|考证|KET|PET|剑桥", re.IGNORECASE)),
    ("小升初", re.compile(r"小升初|升学|升初")),
    ("提高", re.compile(r"拔高|提高|提分|竞赛|奥数|尖子")),
    ("兴趣", re.compile(r"兴趣|喜欢画|玩玩|随便学")),
)
_AMOUNT = (
    r"([0-9]{1,2}(?:\.[0-9])?[千万kKwW]|[0-9]{3,5}"
    r"|[一二两三四五六七八九]千[一二三四五六七八九]?|[一二两]万)"
)
_BUDGET = re.compile(
    rf"(?:预算|最多|不超过|别超过|顶多|控制在|低于)(?:是|在|大概|大约|差不多|就|只有)*{_AMOUNT}"
    rf"|{_AMOUNT}(?:元|块钱?)?(?:以内|以下|之内|左右|上下|的预算)"
)
_THOUSANDS = {"千": 1_000, "k": 1_000, "万": 10_000, "w": 10_000}
_DIGITS = {"一": 1, "二": 2, "两": 2, "三": 3, "四": 4, "五": 5, "六": 6, "七": 7, "八": 8, "九": 9}
_CHILD = re.compile(
    r"(?:孩子|小孩|宝宝|宝贝|娃娃?|儿子|女儿|闺女|孙子|孙女|[他她])[^，,。；;\s叫吗？?]{0,8}叫做?"
    r"([一-鿿]{2,4}?)(?=[，,。、;；\s]|今年|现在|上|读|在读|想|要|[0-9一二三四五六七八九十]+岁|$)"
)


def part_of_day(text: str) -> str | None:
    """上午, 下午 or 晚上 (放学后)."""
    plain = words.simplified(text)
    return next((name for name, pattern in _PARTS if pattern.search(plain)), None)


def goal(text: str) -> str | None:
    """What the child is to get out of it: 零基础, 口语, 考级 …"""
    plain = words.simplified(text)
    return next((name for name, pattern in _GOALS if pattern.search(plain)), None)


def budget(text: str) -> int | None:
    """How much somebody wants to spend, in fen: «预算3000», «三千五以内», «5k左右»."""
    found = _BUDGET.search(words.simplified(text))
    return None if found is None else _fen(found.group(1) or found.group(2))


def child(text: str) -> str | None:
    """The name of the child that somebody tells of: «我女儿叫李小花，三年级»."""
    found = _CHILD.search(words.simplified(text))
    named = words.name(f"叫{found.group(1)}") if found else None
    return named[0] if named else None


def _fen(amount: str) -> int:
    if amount[0] in _DIGITS:
        hundreds = _DIGITS[amount[-1]] if len(amount) > 2 else 0
        return (_DIGITS[amount[0]] * (10 if "千" in amount else 100) + hundreds) * 10_000
    unit = _THOUSANDS.get(amount[-1].lower(), 1)
    return round(float(amount.rstrip("千万kKwW")) * unit * 100)

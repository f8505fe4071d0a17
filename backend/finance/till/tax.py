"""What a tax number and an invoice's title must look like, without I/O.

统一社会信用代码: GB 32100-2015, 18 characters, the last a check modulo 31. Individuals need no
number (发票管理办法实施细则; 国家税务总局公告2017年第16号 asks enterprises for theirs).
"""

import re

from backend.finance.till.words import InvoiceWish

_ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"
_WEIGHTS = (1, 3, 9, 27, 19, 26, 16, 17, 20, 29, 25, 13, 8, 24, 10, 30, 28)
_SHAPE = re.compile(rf"[{_ALPHABET}]{{18}}")
_MAIL = re.compile(r"[A-Za-z0-9._%+-]{1,64}@(?:[A-Za-z0-9-]{1,63}\.)+[A-Za-z]{2,24}")
_COMPANY = re.compile(
    r"公司|集团|企业|合作社|事务所|中心|学校|幼儿园|医院|协会|基金会|研究[院所]|委员会|[局厅院厂店]$"
)
LONGEST_TITLE = 80


def plain(tax_number: str) -> str:
    """A tax number without spaces and dashes, in capitals."""
    return re.sub(r"[\s-]", "", tax_number).upper()


def is_tax_number(said: str) -> bool:
    """Whether this is a 统一社会信用代码 whose check character fits."""
    number = plain(said)
    if not _SHAPE.fullmatch(number):
        return False
    weighted = zip(number, _WEIGHTS, strict=False)
    total = sum(_ALPHABET.index(sign) * weight for sign, weight in weighted)
    return _ALPHABET[-total % 31] == number[17]


def is_mail(said: str) -> bool:
    return len(said) <= 120 and _MAIL.fullmatch(said.strip()) is not None


def is_company(title: str) -> bool:
    """Whether a title reads like an organisation's, which needs a tax number."""
    return _COMPANY.search(title) is not None


def flaw_of(wish: InvoiceWish) -> str:
    """What keeps a wish from being taken, "" for nothing."""
    title = wish.title.strip()
    if not 2 <= len(title) <= LONGEST_TITLE or re.search(r"[<>\r\n]", title):
        return "title"
    if (wish.tax_number or is_company(title)) and not is_tax_number(wish.tax_number):
        return "tax_number"
    if wish.email and not is_mail(wish.email):
        return "email"
    return ""

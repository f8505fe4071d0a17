"""Every way that money can take in the books is named here, with whose word it needs; each leaves
an audit entry, because `ledger.post` writes it (F11)."""

import ast
from pathlib import Path

from backend.finance.posting import RULES, Event

BACKEND = Path(__file__).resolve().parents[2] / "backend"
OWN, CLOCK, TWO = "the payer's own money", "reckoned from what happened", "two people"
DESK = "whoever sees what became of a cheque that was entered before"
PATHS = {
    "orders._pay": OWN,
    "orders._pay_part": OWN,
    "orders.keep_surplus": OWN,
    "consumption._earn": CLOCK,
    "consumption._hand_out": CLOCK,
    "arrears.credit.note": CLOCK,
    "arrears.credit.take_back": CLOCK,
    "arrears.credit.lose": TWO,
    "refunds._grant": TWO,
    "refunds._done": TWO,
    "books.vouchers.approve": TWO,
    "books.vouchers.pay": TWO,
    "books.accruals.accrue": CLOCK,
    "books.accruals._depreciate": CLOCK,
    "bills.service._book_fees": CLOCK,
    "till.desk._hold_cheque": OWN,
    "till.desk.clear": DESK,
    "till.desk.bounce": DESK,
    "till.shifts.confirm": TWO,
}
"""TWO are proved by the tests of the places themselves: OwnApproval, OwnVoucher, OwnWriteOff."""


def written() -> tuple[set[str], set[str], set[str]]:
    """Functions that post, functions that write entries, and events that anybody names."""
    posts, entries, events = set(), set(), set()
    for path in BACKEND.rglob("*.py"):
        place = ".".join(path.with_suffix("").relative_to(BACKEND).parts)
        for function in ast.walk(ast.parse(path.read_text())):
            if not isinstance(function, ast.FunctionDef):
                continue
            for node in ast.walk(function):
                if isinstance(node, ast.Call):
                    called = ast.unparse(node.func)
                    first = ast.unparse(node.args[0]) if node.args else ""
                    if called == "ledger.post":
                        posts.add(f"{place.removeprefix('finance.')}.{function.name}")
                    is_entry = called in ("JournalEntry", "JournalLine")
                    if is_entry or (
                        called == "insert" and first in ("JournalEntry", "JournalLine")
                    ):
                        entries.add(f"{place}.{function.name}")
        if place != "finance.posting":
            events |= {
                node.attr
                for node in ast.walk(ast.parse(path.read_text()))
                if isinstance(node, ast.Attribute) and ast.unparse(node.value) == "Event"
            }
    return posts, entries, events


def test_every_path_says_whose_word_it_needs() -> None:
    posts, entries, events = written()
    assert posts == set(PATHS)
    assert entries == {"finance.ledger.post"}
    assert {each.name for each in Event} - events == set()
    assert set(RULES) == set(Event)


def test_posting_always_audits() -> None:
    """The audit entry is the last thing `post` does, under no condition."""
    tree = ast.parse((BACKEND / "finance/ledger.py").read_text())
    (post,) = (n for n in tree.body if isinstance(n, ast.FunctionDef) and n.name == "post")
    assert ast.unparse(post.body[-1]).startswith("security.audit(session, actor=actor")

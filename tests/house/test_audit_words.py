"""Every action that any code writes into the audit trail has a Chinese name."""

import ast
import re
from pathlib import Path

from backend.security.trail_details import DETAILS, said
from backend.security.trail_words import ACTIONS

ROOT = Path(__file__).resolve().parents[2]
FULL = re.compile(r"^[a-z_]+\.[a-z_]+$")
WRITERS = {"audit", "_audit", "_note"}


def written() -> tuple[set[str], set[str], set[str]]:
    """Whole actions, ends of actions (`resolved`) and beginnings (`ticket.`) that code writes."""
    whole: set[str] = set()
    ends: set[str] = set()
    beginnings: set[str] = set()
    for path in [*ROOT.glob("backend/**/*.py"), *ROOT.glob("bot/**/*.py")]:
        for node in ast.walk(ast.parse(path.read_text())):
            given: list[ast.expr] = []
            if isinstance(node, ast.Call):
                name = getattr(node.func, "attr", getattr(node.func, "id", ""))
                if name in WRITERS:
                    given = [*node.args, *(k.value for k in node.keywords if k.arg == "action")]
            elif isinstance(node, ast.Assign):
                names = [each.id for each in node.targets if isinstance(each, ast.Name)]
                given = [node.value] if "action" in names else []
            for each in given:
                if isinstance(each, ast.JoinedStr):
                    parts: list[ast.AST] = [each]
                else:
                    parts = list(ast.walk(each))
                for part in parts:
                    if isinstance(part, ast.JoinedStr):
                        first = part.values[0]
                        if isinstance(first, ast.Constant) and str(first.value).endswith("."):
                            beginnings.add(str(first.value))
                    elif isinstance(part, ast.Constant) and isinstance(part.value, str):
                        if FULL.match(part.value):
                            whole.add(part.value)
                        elif re.fullmatch(r"[a-z]+(_[a-z]+)*", part.value):
                            ends.add(part.value)
    return whole, ends, beginnings


def test_every_action_has_a_name() -> None:
    whole, ends, beginnings = written()
    assert len(whole) > 70  # The reading still finds them.
    assert beginnings >= {"ticket.", "takeover."}
    assert whole - set(ACTIONS) == set()
    unnamed = beginnings - {f"{action.split('.')[0]}." for action in ACTIONS}
    assert unnamed == set()
    known = {action.split(".", 1)[1] for action in ACTIONS}
    assert ends - known - {"system", "nlu"} == set()  # An actor, and a subject.


def test_names_are_chinese_and_told_apart() -> None:
    assert all(re.search(r"[一-鿿]", name) for name in ACTIONS.values())
    assert len(set(ACTIONS.values())) == len(ACTIONS)


def test_every_detail_has_a_name_and_amounts_are_in_yuan() -> None:
    given: set[str] = set()
    for path in [*ROOT.glob("backend/**/*.py"), *ROOT.glob("bot/**/*.py")]:
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call):
                name = getattr(node.func, "attr", getattr(node.func, "id", ""))
                if name in WRITERS:
                    given |= {each.arg for each in node.keywords if each.arg}
    assert len(given) > 70  # The reading still finds them.
    assert given - {"actor", "action", "subject"} - set(DETAILS) == set()
    written_down = {"fen": 128050, "in_full": True, "lines": [1, 2], "reason": None, "吉他": "新"}
    assert said(written_down) == "金额 1280.50元，全文 是，明细 1、2，吉他 新"

"""Jobs are named by dotted path, which no type checker follows: here each is really looked up."""

import ast
import inspect
import re
from importlib import import_module
from pathlib import Path

import pytest

from backend.cron import ROWS
from tests.house.files import ours, text_of

DOTTED_JOB = re.compile(r"(backend|bot)(\.\w+)*\.jobs\.\w+")

# The queue passes on what it is given, the clock the rows that are looked up here one by one.
TRUSTED = (Path("backend/kit/queue.py"), Path("backend/cron.py"))


def named_jobs() -> set[str]:
    """Every string of the code that looks like the path of a job."""
    found = set()
    for path in ours(".py"):
        if path.parts[0] in ("backend", "bot"):
            for node in ast.walk(ast.parse(text_of(path))):
                if isinstance(node, ast.Constant) and isinstance(node.value, str):
                    found |= {node.value} if DOTTED_JOB.fullmatch(node.value) else set()
    return found


def deferred(tree: ast.AST) -> list[ast.Call]:
    return [
        node
        for node in ast.walk(tree)
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr == "defer"
    ]


@pytest.mark.parametrize("job", sorted(named_jobs() | {row.job for row in ROWS}))
def test_every_named_job_is_a_function(job: str) -> None:
    module, _, name = job.rpartition(".")
    assert inspect.isfunction(getattr(import_module(module), name))


def test_every_deferred_path_is_one_of_them() -> None:
    """A path put together at run time could not be looked up here."""
    odd = []
    for path in ours(".py"):
        if path.parts[0] not in ("backend", "bot") or path in TRUSTED:
            continue
        for call in deferred(ast.parse(text_of(path))):
            first = call.args[0]
            is_literal = isinstance(first, ast.Constant) and DOTTED_JOB.fullmatch(str(first.value))
            is_named = isinstance(first, ast.Name) and first.id.isupper()
            if not (is_literal or is_named):
                odd.append(f"{path}:{call.lineno}")
    assert odd == []


def test_each_row_of_the_clock_rings_for_another_job() -> None:
    jobs = [row.job for row in ROWS]
    assert len(jobs) == len(set(jobs))
    assert all((row.every_seconds is None) != (row.daily_at is None) for row in ROWS)

"""Habits that a tool does not hold by itself."""

import ast
import re
from itertools import chain
from pathlib import Path

import pytest

from tests.house.files import ROOT, ours, text_of

BANNED = {"utils", "helpers", "common", "manager", "handler", "process", "data", "info"}
LONGEST = 400
CODE = (".py", ".js", ".css", ".html", ".sh", ".yml", ".md", "Makefile")
# Sentences for training and measuring are a collection, not something to be read in one go.
COLLECTIONS = (Path("nlu/data"), Path("nlu/test"))
PACKAGES = ("backend", "bot", "sandbox", "migrations")


def modules() -> list[Path]:
    return [path for path in ours(".py") if path.parts[0] in PACKAGES]


def test_only_the_unit_of_work_commits() -> None:
    found = [
        str(path)
        for path in ours(".py")
        if path.parts[0] in ("backend", "bot")
        and path != Path("backend/kit/db.py")
        and re.search(r"\bcommit\(", text_of(path))
    ]
    assert found == []


def test_no_file_is_too_long_to_be_read() -> None:
    lengths = {str(path): text_of(path).count("\n") for path in ours(*CODE)}
    too_long = {
        path: length
        for path, length in lengths.items()
        if length > LONGEST and not any(Path(path).is_relative_to(c) for c in COLLECTIONS)
    }
    assert too_long == {}


def test_every_package_says_what_it_is() -> None:
    silent = [
        str(path)
        for path in modules()
        if path.name == "__init__.py" and not ast.get_docstring(ast.parse(text_of(path)))
    ]
    assert silent == []


def test_every_folder_of_modules_is_a_package() -> None:
    folders = {path.parent for path in modules() if path.parts[0] != "migrations"}
    assert [str(f) for f in sorted(folders) if not (ROOT / f / "__init__.py").exists()] == []


def test_no_name_is_a_drawer_for_odds_and_ends() -> None:
    drawers = []
    for path in chain(modules(), ours(".sh")):
        drawers += [str(path) for part in path.with_suffix("").parts if part in BANNED]
    for path in modules():
        tree = ast.parse(text_of(path))
        drawers += [
            f"{path}: {node.name}"
            for node in ast.walk(tree)
            if isinstance(node, ast.FunctionDef | ast.ClassDef) and node.name.lower() in BANNED
        ]
    assert [drawer for drawer in drawers if not drawer.startswith("nlu/data")] == []


@pytest.mark.parametrize(
    "mark",
    [
        rf"\b(TO{''}DO|FIX{''}ME|XX{''}X)\b",
        r"\bNotImplemented(Error)?\b",
        r"--(extra-)?index-url\b",
        r'"resolved": *"http',
        r"pytest\.mark\.skip\b",
        re.escape(str(ROOT)) + r"\b",
    ],
    ids=["promises", "stubs", "index", "registry", "skipped", "this-machine"],
)
def test_nothing_is_unfinished_or_bound_to_one_machine(mark: str) -> None:
    here = Path(__file__).relative_to(ROOT)
    found = [str(path) for path in ours() if path != here and re.search(mark, text_of(path))]
    assert found == []


def test_every_target_of_the_makefile_is_explained() -> None:
    makefile = text_of(Path("Makefile"))
    targets = set(re.findall(r"^\.PHONY: (\S+)$", makefile, re.M))
    explained = set(re.findall(r"^([a-z-]+):.*## \S", makefile, re.M))
    assert targets == explained
    assert {"help", "run", "test", "sure", "chat", "migrate", "nlu", "bench"} <= targets


def test_the_bootstrap_installs_the_uv_that_the_makefile_names() -> None:
    makefile = text_of(Path("Makefile"))
    assert re.search(r"^UV_VERSION := \d+\.\d+\.\d+$", makefile, re.M)
    assert "uv==$(UV_VERSION)" in makefile

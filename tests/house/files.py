"""The project's own files: what is written here, without what is installed, trained or stored."""

from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
_NOT_OURS = {"node_modules", "var", "models", "vendor", "__pycache__"}


def ours(*suffixes: str) -> Iterator[Path]:
    """All files of the project with these endings (all files without any), relative to its root."""
    for path in _walk(ROOT):
        if not suffixes or path.name.endswith(suffixes):
            yield path.relative_to(ROOT)


def text_of(path: Path) -> str:
    """The text of a file named relative to the root; empty when it is not text."""
    try:
        return (ROOT / path).read_text("utf-8")
    except UnicodeDecodeError:
        return ""


def _walk(folder: Path) -> Iterator[Path]:
    for path in sorted(folder.iterdir()):
        hidden_folder = path.is_dir() and path.name.startswith(".") and path.name != ".ci"
        if hidden_folder or path.name in _NOT_OURS:
            continue
        if path.is_dir():
            yield from _walk(path)
        elif path.suffix != ".pyc":
            yield path

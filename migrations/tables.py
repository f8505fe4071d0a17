"""Every table of the house in one MetaData, for Alembic and for tests.

A room's tables are declared in its `models.py` and `…_models.py`, the bot's in `bot/conversation`.
They are found by looking at the files, so that a new room needs no line here; rooms never import
this module, only the rotation of keys asks it by name.
"""

from importlib import import_module
from pathlib import Path

from sqlalchemy import MetaData

from backend.kit.db import Base

ROOT = Path(__file__).resolve().parent.parent
_PLACES = (
    "backend/**/models.py",
    "backend/**/*_models.py",
    "bot/**/models.py",
    "bot/conversation.py",
)


def modules_with_tables() -> list[str]:
    """Dotted names of all modules that declare tables, sorted."""
    found = {path.relative_to(ROOT) for place in _PLACES for path in ROOT.glob(place)}
    return sorted(".".join(path.with_suffix("").parts) for path in found)


def every_table() -> MetaData:
    """The metadata after all those modules have been imported."""
    for module in modules_with_tables():
        import_module(module)
    return Base.metadata

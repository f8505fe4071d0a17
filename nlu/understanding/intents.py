"""The intent model: TF-IDF over several views of the text, then multinomial logistic regression.

Trained with scikit-learn, read with a few numpy operations: one text costs well under 1 ms.
"""

import math
import pickle
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_matrix
from sklearn.linear_model import LogisticRegression

from understanding.features import features
from understanding.patterns import candidates, longest

Floats = npt.NDArray[np.float32]
# How much each view counts beside the others; each is scaled to this length.
VIEWS = {"typed": 1.0, "blanked": 1.0, "heard": 0.6}
INVERSE_REGULARISATION = 20.0
MOST_ITERATIONS = 150


@dataclass
class IntentModel:
    """Weights of a trained model: `weights` is (features, intents), `bias` is (intents,)."""

    names: tuple[str, ...]
    index: dict[str, int]
    rarity: Floats
    weights: Floats
    bias: Floats

    def scores(self, text: str) -> Floats:
        """Return the raw score of each intent for a normalised text."""
        at, values = vector(text, self.index, self.rarity)
        return values @ self.weights[at] + self.bias

    def confidences(self, text: str) -> Floats:
        """Return the probability of each intent, in the order of `names`."""
        scores = self.scores(text)
        powers = np.exp(scores - scores.max())
        return np.asarray(powers / powers.sum(), dtype=np.float32)

    def save(self, path: Path) -> None:
        """Write the model as one file."""
        with path.open("wb") as file:
            pickle.dump(self, file, protocol=pickle.HIGHEST_PROTOCOL)

    @staticmethod
    def load(path: Path) -> "IntentModel":
        """Read a model that `save` wrote; only ever from the institution's own archive."""
        with path.open("rb") as file:
            model: IntentModel = pickle.load(file)
        return model


def vector(
    text: str, index: dict[str, int], rarity: Floats
) -> tuple[npt.NDArray[np.int64], Floats]:
    """Return the known features of a text and their weights; each view has its own length."""
    at: list[int] = []
    values: list[Floats] = []
    for view, counts in features(text, longest(candidates(text))).items():
        known = [
            (index[key], count)
            for gram, count in counts.items()
            if (key := f"{view} {gram}") in index
        ]
        if not known:
            continue
        places = [place for place, _ in known]
        tf = np.array([1.0 + math.log(count) for _, count in known], dtype=np.float32)
        weighted = tf * rarity[places]
        values.append(weighted * np.float32(VIEWS[view] / np.linalg.norm(weighted)))
        at += places
    if not at:
        return np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.float32)
    return np.array(at), np.concatenate(values)


def train(texts: list[str], intents: list[str]) -> IntentModel:
    """Fit a model on normalised texts; deterministic for the same input order."""
    index, rarity = _vocabulary(texts)
    rows = [vector(text, index, rarity) for text in texts]
    matrix = csr_matrix(
        (
            np.concatenate([values for _, values in rows]),
            np.concatenate([at for at, _ in rows]),
            np.cumsum([0, *(len(at) for at, _ in rows)]),
        ),
        shape=(len(texts), len(index)),
        dtype=np.float32,
    )
    fitted = LogisticRegression(
        C=INVERSE_REGULARISATION, class_weight="balanced", max_iter=MOST_ITERATIONS, tol=1e-3
    ).fit(matrix, intents)
    return IntentModel(
        names=tuple(map(str, fitted.classes_)),
        index=index,
        rarity=rarity,
        weights=np.ascontiguousarray(fitted.coef_.T, dtype=np.float32),
        bias=fitted.intercept_.astype(np.float32),
    )


def _vocabulary(texts: list[str], fewest: int = 2) -> tuple[dict[str, int], Floats]:
    """Number the features that at least `fewest` texts have, with their inverse frequency."""
    seen: dict[str, int] = {}
    for text in texts:
        for view, counts in features(text, longest(candidates(text))).items():
            for gram in counts:
                key = f"{view} {gram}"
                seen[key] = seen.get(key, 0) + 1
    kept = sorted(key for key, count in seen.items() if count >= fewest)
    rarity = [math.log((1 + len(texts)) / (1 + seen[key])) + 1 for key in kept]
    return {key: place for place, key in enumerate(kept)}, np.array(rarity, dtype=np.float32)

"""The intent model: a cheap reader for what is clear, sentence vectors for what is not.

The cheap reader is TF-IDF over several views of the text with logistic regression; it answers in
well under 1 ms. When it is less than SURE, a second regression over sentence vectors is asked and
the two opinions are multiplied.
"""

import math
import pickle
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_matrix
from sklearn.linear_model import LogisticRegression

from understanding import meaning
from understanding.features import features
from understanding.patterns import candidates, longest

Floats = npt.NDArray[np.float32]
Places = npt.NDArray[np.int64]
# How much each view counts beside the others; each is scaled to this length.
VIEWS = {"typed": 1.0, "blanked": 0.8, "heard": 0.6}
INVERSE_REGULARISATION = 10.0
INVERSE_REGULARISATION_OF_MEANING = 100.0
MOST_ITERATIONS = 40
# Scores times this, then softmax, gave the most honest confidences in cross-validation.
SHARPNESS = 1.2
# Below this confidence of the cheap reader the vectors are asked.
SURE = 0.85
# Whatever the school does not do is everything else in the world, seen too little in training:
# its probability is raised by this factor (cross-validated, within 3 % false refusals).
OUTSIDE = "out_of_scope"
LEAN_OUTSIDE = 1.5
# Sentences of each intent that are given to the second regression: the vectors need few.
FIRST_OF_EACH = 40
SPREAD_OF_EACH = 40


@dataclass
class Linear:
    """A trained regression: `weights` is (features, intents), `bias` is (intents,)."""

    weights: Floats
    bias: Floats

    @staticmethod
    def of(fitted: LogisticRegression) -> "Linear":
        """Keep what reading needs of a fitted regression."""
        return Linear(
            np.ascontiguousarray(fitted.coef_.T, dtype=np.float32),
            fitted.intercept_.astype(np.float32),
        )


@dataclass
class IntentModel:
    """Everything that training leaves behind; `names` is in the order of the outputs."""

    names: tuple[str, ...]
    index: dict[str, int]
    rarity: Floats
    cheap: Linear
    deep: Linear
    centre: Floats

    def first_reading(self, text: str) -> Floats:
        """Return the cheap reader's confidences for a normalised text."""
        at, values = vector(text, self.index, self.rarity)
        return _softmax(SHARPNESS * (values @ self.cheap.weights[at] + self.cheap.bias))

    def confidences(self, text: str) -> Floats:
        """Return the probability of each intent, asking the vectors if the first is unsure."""
        first = self.first_reading(text)
        if first.max() >= SURE:
            return first
        if OUTSIDE in self.names:
            first[self.names.index(OUTSIDE)] *= LEAN_OUTSIDE**2
        meant = meaning.vectors([text])[0] - self.centre
        second = _softmax(meant @ self.deep.weights + self.deep.bias)
        both = np.sqrt(first * second)
        return np.asarray(both / both.sum(), dtype=np.float32)

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


def _softmax(scores: Floats) -> Floats:
    """Turn scores into probabilities."""
    powers = np.exp(scores - scores.max())
    return np.asarray(powers / powers.sum(), dtype=np.float32)


def vector(text: str, index: dict[str, int], rarity: Floats) -> tuple[Places, Floats]:
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
    cheap = LogisticRegression(
        solver="liblinear",
        dual=True,
        C=INVERSE_REGULARISATION,
        class_weight="balanced",
        max_iter=MOST_ITERATIONS,
        random_state=0,
    ).fit(matrix, intents)
    chosen = _spread(texts, intents)
    meant = meaning.vectors([texts[at] for at in chosen])
    centre = meant.mean(axis=0)
    deep = LogisticRegression(
        C=INVERSE_REGULARISATION_OF_MEANING, class_weight="balanced", max_iter=300
    ).fit(meant - centre, [intents[at] for at in chosen])
    return IntentModel(
        names=tuple(map(str, cheap.classes_)),
        index=index,
        rarity=rarity,
        cheap=Linear.of(cheap),
        deep=Linear.of(deep),
        centre=centre,
    )


def _spread(texts: list[str], intents: list[str]) -> list[int]:
    """Choose sentences for the vectors: the first of each intent and some spread over the rest.

    The first are those written by hand; neighbours come from one pattern and say the same.
    """
    places: dict[str, list[int]] = {}
    seen: set[str] = set()
    for at, (text, intent) in enumerate(zip(texts, intents, strict=True)):
        if text not in seen:
            seen.add(text)
            places.setdefault(intent, []).append(at)
    chosen = []
    for listed in places.values():
        rest = listed[FIRST_OF_EACH:]
        step = max(1, len(rest) // SPREAD_OF_EACH)
        chosen += listed[:FIRST_OF_EACH] + rest[::step][:SPREAD_OF_EACH]
    return chosen


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

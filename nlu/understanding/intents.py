"""The intent model: a cheap reader for what is clear, sentence vectors for what is not.

The cheap reader has two opinions: TF-IDF over several views of the text, which knows the words
of training, and averaged word vectors, which know words like them; together well under 1 ms.
When they are less than SURE, a third regression over whole sentence vectors is asked. Opinions
are multiplied, each with its weight.
"""

import math
import pickle
from collections import Counter
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
INVERSE_REGULARISATION = 20.0
INVERSE_REGULARISATION_OF_MEANING = 100.0
MOST_ITERATIONS = 15
MOST_ITERATIONS_OF_MEANING = 100
# A rare intent counts more than its sentences, but not as much as a frequent one.
BALANCE = 0.5
# How much the opinion of the words counts, of the word vectors beside it (alone and when the
# sentence vectors speak too) and of the sentence vectors; and how far the product is flattened,
# as opinions are not independent (cross-validated on both splits, see README).
SHARPNESS = 2.6
GIST = 0.4
GIST_IN_ALL = 0.3
MEANING_IN_ALL = 0.4
FLATTENED = 0.42
# Below this confidence of the cheap reader the sentence vectors are asked.
SURE = 0.8
# No opinion calls an intent less likely than this (a logarithm), so that none has a veto.
LOWEST = -11.5
# Whatever the school does not do is everything else in the world, seen too little in training:
# its probability is raised by this factor (cross-validated, within 3 % false refusals).
OUTSIDE = "out_of_scope"
LEAN_OUTSIDE = 3.0
# Sentences of each intent that are given to the third regression: the first, which are those
# written by hand, and some spread over the rest.
FIRST_OF_EACH = 120
SPREAD_OF_EACH = 30


@dataclass
class Linear:
    """A trained regression: `weights` is (features, intents), `bias` is (intents,)."""

    weights: Floats
    bias: Floats

    @staticmethod
    def of(fitted: LogisticRegression, centre: Floats | None = None) -> "Linear":
        """Keep what reading needs of a regression, fitted on features less their centre."""
        weights = np.ascontiguousarray(fitted.coef_.T, dtype=np.float32)
        bias = fitted.intercept_.astype(np.float32)
        return Linear(weights, bias if centre is None else bias - centre @ weights)


@dataclass
class IntentModel:
    """Everything that training leaves behind; `names` is in the order of the outputs."""

    names: tuple[str, ...]
    index: dict[str, int]
    rarity: Floats
    words: Linear
    gist: Linear
    meaning: Linear

    def first_reading(self, text: str) -> Floats:
        """Return the cheap reader's confidences for a normalised text."""
        words, gist = self._cheap_opinions(text)
        return self._judged(FLATTENED * (words + GIST * gist))

    def confidences(self, text: str) -> Floats:
        """Return the probability of each intent, asking the vectors if the first is unsure."""
        words, gist = self._cheap_opinions(text)
        first = self._judged(FLATTENED * (words + GIST * gist))
        if first.max() >= SURE:
            return first
        vector = meaning.vectors([text])[0]
        meant = _log_softmax(vector @ self.meaning.weights + self.meaning.bias)
        scores = words + GIST_IN_ALL * gist + MEANING_IN_ALL * meant
        return self._judged(FLATTENED * scores)

    def _cheap_opinions(self, text: str) -> tuple[Floats, Floats]:
        """Return what the words say and what words like them say, as log-probabilities."""
        at, values = vector(text, self.index, self.rarity)
        words = _log_softmax(SHARPNESS * (values @ self.words.weights[at] + self.words.bias))
        averaged = meaning.gist([text])[0]
        return words, _log_softmax(averaged @ self.gist.weights + self.gist.bias)

    def _judged(self, scores: Floats) -> Floats:
        """Turn scores into probabilities, leaning towards a refusal."""
        if OUTSIDE in self.names:
            scores[self.names.index(OUTSIDE)] += math.log(LEAN_OUTSIDE)
        return np.asarray(np.exp(_log_softmax(scores)), dtype=np.float32)

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


def _log_softmax(scores: Floats) -> Floats:
    """Turn scores into log-probabilities, none so low that it alone decides."""
    shifted = scores - scores.max()
    return np.asarray(np.maximum(shifted - np.log(np.exp(shifted).sum()), LOWEST), dtype=np.float32)


def vector(text: str, index: dict[str, int], rarity: Floats) -> tuple[Places, Floats]:
    """Return the known features of a text and their weights; each view has its own length."""
    known = {
        view: [
            (index[key], count)
            for gram, count in counts.items()
            if (key := f"{view} {gram}") in index
        ]
        for view, counts in features(text, longest(candidates(text))).items()
    }
    return _weighed(known, rarity)


def _weighed(known: dict[str, list[tuple[int, int]]], rarity: Floats) -> tuple[Places, Floats]:
    """Return the places and weights of counted features, (place, count) by view."""
    at: list[int] = []
    values: list[Floats] = []
    for view, counted in known.items():
        if counted:
            places = [place for place, _ in counted]
            tf = np.array([1.0 + math.log(count) for _, count in counted], dtype=np.float32)
            weighted = tf * rarity[places]
            values.append(weighted * np.float32(VIEWS[view] / np.linalg.norm(weighted)))
            at += places
    if not at:
        return np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.float32)
    return np.array(at), np.concatenate(values)


def train(texts: list[str], intents: list[str]) -> IntentModel:
    """Fit a model on normalised texts; deterministic for the same input order."""
    index, rarity, matrix = _counted(texts)
    words = LogisticRegression(
        solver="liblinear",
        dual=True,
        C=INVERSE_REGULARISATION,
        max_iter=MOST_ITERATIONS,
        random_state=0,
    ).fit(matrix, intents, sample_weight=_balanced(intents))
    gist = _fitted(meaning.gist(texts), intents)
    chosen = choose(texts, intents)
    meant = _fitted(
        meaning.remembered([texts[at] for at in chosen]), [intents[at] for at in chosen]
    )
    return IntentModel(
        names=tuple(map(str, words.classes_)),
        index=index,
        rarity=rarity,
        words=Linear.of(words),
        gist=gist,
        meaning=meant,
    )


def _balanced(intents: list[str]) -> npt.NDArray[np.float64]:
    """Return the weight of each sentence, higher in rare intents; the mean is about one."""
    counts = Counter(intents)
    usual = len(intents) / len(counts)
    return np.array([(usual / counts[intent]) ** BALANCE for intent in intents])


def _fitted(vectors: Floats, intents: list[str]) -> Linear:
    """Fit a regression on sentence vectors, which lie around a common centre."""
    centre = vectors.mean(axis=0)
    fitted = LogisticRegression(
        C=INVERSE_REGULARISATION_OF_MEANING, max_iter=MOST_ITERATIONS_OF_MEANING
    ).fit(vectors - centre, intents, sample_weight=_balanced(intents))
    return Linear.of(fitted, centre)


def choose(texts: list[str], intents: list[str]) -> list[int]:
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


def _counted(texts: list[str], fewest: int = 2) -> tuple[dict[str, int], Floats, csr_matrix]:
    """Number the features that at least `fewest` texts have; return them, their inverse frequency
    and the texts as rows of weights, as `vector` gives them.

    Each text is taken apart once: that is most of the work.
    """
    numbers: dict[str, int] = {}
    counted = []
    for text in texts:
        counted.append(
            {
                view: [
                    (numbers.setdefault(f"{view} {gram}", len(numbers)), count)
                    for gram, count in counts.items()
                ]
                for view, counts in features(text, longest(candidates(text))).items()
            }
        )
    having: Counter[int] = Counter()
    for row in counted:
        having.update(number for pairs in row.values() for number, _ in pairs)
    kept = [key for key, number in numbers.items() if having[number] >= fewest]
    place = {numbers[key]: at for at, key in enumerate(kept)}
    rarity = np.array(
        [math.log((1 + len(texts)) / (1 + having[numbers[key]])) + 1 for key in kept],
        dtype=np.float32,
    )
    rows = [
        _weighed(
            {
                view: [(place[number], count) for number, count in pairs if number in place]
                for view, pairs in row.items()
            },
            rarity,
        )
        for row in counted
    ]
    matrix = csr_matrix(
        (
            np.concatenate([values for _, values in rows]),
            np.concatenate([at for at, _ in rows]),
            np.cumsum([0, *(len(at) for at, _ in rows)]),
        ),
        shape=(len(texts), len(kept)),
        dtype=np.float32,
    )
    return {key: at for at, key in enumerate(kept)}, rarity, matrix

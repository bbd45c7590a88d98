"""A linear model over the features of utterances, fitted to examples by ridge regression (``assist.ridge``).

For each example a row of tf-idf weighted features of length 1, for each target a column, less its mean (Hastie,
Tibshirani and Friedman 2009, 3.4.1). The same examples give the same model. A score is a plain sum over features, so
each word's share in it can be shown.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from assist.features import KINDS, features
from assist.ridge import Floats, SparseRows, solve

VERSION = 3
"""Of this code and of ``assist.features``: another one makes other models of the same examples."""
RIDGE = 1.0
"""As much as an example weighs itself: noise of single examples is not learned."""
RARE = 3
"""A feature fewer examples than this have says nothing, unless it is a whole word."""


@dataclass(frozen=True)
class Heard:
    """An utterance as a model scored it. ``scores``: (targets,); ``shares``: (written words, targets), how much each
    word gave to the scores, which are their sum and the model's ``bias``.
    """

    scores: Floats
    shares: Floats


@dataclass(frozen=True)
class LinearModel:
    """``weights``: (features, targets), of the features in ``index``; ``inverse``: (features,), how much a feature
    counts for being rare, times its kind's weight; ``bias``: (targets,).
    """

    index: dict[str, int]
    inverse: Floats
    weights: Floats
    bias: Floats

    def score(self, text: str) -> Heard:
        """Score an utterance; one with nothing known in it has the bias."""
        found = [(self.index[each.name], each.words) for each in features(text) if each.name in self.index]
        shares = np.zeros((len(text.split()), len(self.bias)), np.float32)
        if not found:
            return Heard(self.bias, shares)
        counts = Counter(index for index, _ in found)
        at = np.fromiter(counts, np.intp, len(counts))
        row = self.inverse[at]  # how often a word stands in an utterance says little
        norm = float(np.linalg.norm(row))
        gave = self.weights[at] * (row / norm)[:, None]
        place = {index: place for place, index in enumerate(counts)}
        for index, words in found:
            part = gave[place[index]] / (counts[index] * len(words))
            for word in words:
                shares[word] += part
        return Heard(self.bias + gave.sum(axis=0), shares)


def fit(texts: Sequence[str], targets: Floats, ridge: float = RIDGE) -> LinearModel:
    """Fit a model. ``targets``: (texts, columns), what each text, of a word at least, should score."""
    rows = [frozenset(each.name for each in features(text)) for text in texts]
    having = Counter(name for row in rows for name in sorted(row))
    known = [name for name in sorted(having) if having[name] >= RARE or name[0] == "w"]
    index = {name: at for at, name in enumerate(known)}
    inverse = np.array(
        [KINDS[name[0]] * (math.log((len(rows) + 1) / (having[name] + 1)) + 1.0) for name in index], np.float32
    )
    found = [np.array(sorted(index[name] for name in row if name in index), np.int64) for row in rows]
    bias = targets.mean(axis=0)
    weights = solve(SparseRows.of(found, inverse), targets - bias, ridge)
    return LinearModel(index, inverse, weights.astype(np.float32), bias.astype(np.float32))

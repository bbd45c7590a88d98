"""A linear model over the features of utterances, fitted to examples by ridge regression (``assist.ridge``).

For each example a row of tf-idf weighted features of length 1, and beside it what the same speaker said before (words
alone, fading, half as long); for each target a column, less its mean (Hastie, Tibshirani and Friedman 2009, 3.4.1). The
same examples give the same model. A score is a plain sum over features, so each word's share in it can be shown.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from assist.features import EARLIER, FADE, KINDS, earlier_words, features
from assist.ridge import Floats, SparseRows, solve

Row = dict[int, float]
"""Values by feature."""
VERSION = 4
"""Of this code and of ``assist.features``: another one makes other models of the same examples."""
RIDGE = 1.0
"""As much as an example weighs itself: noise of single examples is not learned."""
RARE = 3
"""A feature fewer examples than this have says nothing, unless it is a whole word."""


@dataclass(frozen=True)
class Heard:
    """An utterance as a model scored it. ``scores``: (targets,); ``shares``: (written words, targets), how much each
    word gave to the scores, which are their sum, what was said earlier gave, and the model's ``bias``.
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

    def earlier(self, text: str) -> Row:
        """What is left of an utterance when the same speaker goes on."""
        return _own_row(earlier_words(text), self.index, self.inverse)

    def score(self, text: str, earlier: Sequence[Row] = ()) -> Heard:
        """Score an utterance; one with nothing known in it has the bias. ``earlier``: ``self.earlier`` of what the
        same speaker said before, the last first.
        """
        bias = self.bias + self._of_earlier(earlier)
        found = [(self.index[each.name], each.words) for each in features(text) if each.name in self.index]
        shares = np.zeros((len(text.split()), len(self.bias)), np.float32)
        if not found:
            return Heard(bias, shares)
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
        return Heard(bias + gave.sum(axis=0), shares)

    def _of_earlier(self, earlier: Sequence[Row]) -> Floats:
        row = _earlier_row(earlier)
        gave: Floats = (
            np.fromiter(row.values(), np.float32, len(row)) @ self.weights[np.fromiter(row, np.intp, len(row))]
        )
        return gave


def fit(
    texts: Sequence[str], targets: Floats, earlier: Sequence[Sequence[str]] = (), ridge: float = RIDGE
) -> LinearModel:
    """Fit a model. ``targets``: (texts, columns), what each text, of a word at least, should score; ``earlier``: for
    each what the same speaker said before it, the last first.
    """
    rows = [frozenset(each.name for each in features(text)) for text in texts]
    said = {text: earlier_words(text) for before in earlier for text in before[:EARLIER]}
    having = Counter(name for row in rows for name in sorted(row))
    known = [name for name in sorted(having) if having[name] >= RARE or name[0] == "w"]
    known += sorted({name for names in said.values() for name in names if _as_word(name) in having})
    index = {name: at for at, name in enumerate(known)}
    inverse = np.array(
        [KINDS[name[0]] * (math.log((len(rows) + 1) / (having[_as_word(name)] + 1)) + 1.0) for name in index],
        np.float32,
    )
    entries = [_own_row(row, index, inverse) for row in rows]
    left = {text: _own_row(names, index, inverse) for text, names in said.items()}
    for at, before in enumerate(earlier):
        entries[at] |= _earlier_row([left[text] for text in before[:EARLIER]])
    bias = targets.mean(axis=0)
    weights = solve(SparseRows.of(entries), targets - bias, ridge)
    return LinearModel(index, inverse, weights.astype(np.float32), bias.astype(np.float32))


def _as_word(name: str) -> str:
    """How often a word was said does not depend on when."""
    return f"w{name[1:]}" if name[0] == "e" else name


def _own_row(names: Iterable[str], index: Mapping[str, int], inverse: Floats) -> Row:
    """Of length 1, by feature."""
    return _of_length({at: float(inverse[at]) for name in sorted(names) if (at := index.get(name)) is not None}, 1.0)


def _earlier_row(earlier: Sequence[Row]) -> Row:
    """Each utterance of length 1, the further back the less, and all of them together as long as their kind counts."""
    summed: Row = {}
    for back, row in enumerate(earlier[:EARLIER]):
        for at, value in row.items():
            summed[at] = summed.get(at, 0.0) + FADE**back * value
    return _of_length(summed, KINDS["e"])


def _of_length(row: Row, length: float) -> Row:
    norm = math.sqrt(sum(value * value for value in row.values()))
    return {at: length * value / norm for at, value in row.items()}

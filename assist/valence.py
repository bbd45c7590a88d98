"""How a caller's words feel, learned from examples and read beside the lexicon.

``DIR/feelings/bad.txt``, ``neutral.txt`` and ``good.txt`` hold utterances, one a line, and the lines of ``DIR/calls``
are marked with a feeling. The lexicon knows strong words and never misses them; the examples know what has none:
``three weeks and not a word``, ``oh it's free``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from assist.direction import Felt
from assist.linear import LinearModel, fit

VALENCES = ("bad", "neutral", "good")


def fit_feelings(examples: Mapping[str, Sequence[str]]) -> LinearModel:
    """The model of examples by the names in VALENCES: 1 for an utterance's own, 0 for the others."""
    of = np.repeat(np.arange(len(VALENCES)), [len(examples.get(name, ())) for name in VALENCES])
    targets = (of[:, None] == np.arange(len(VALENCES))).astype(np.float32)
    return fit([text for name in VALENCES for text in examples.get(name, ())], targets)


@dataclass(frozen=True)
class Feelings:
    """What examples have to say beside a lexicon. Share it."""

    model: LinearModel

    def felt(self, text: str, by_words: float) -> Felt:
        """What ``text`` feels like, to which the lexicon gives the score ``by_words``: above what any utterance has."""
        bad, _, good = (self.model.score(text).scores - self.model.bias).tolist()
        return Felt(bad, good, by_words)

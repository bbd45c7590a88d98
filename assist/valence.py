"""How a caller's words feel, learned from examples and read beside the lexicon.

``DIR/feelings/bad.txt``, ``neutral.txt`` and ``good.txt`` hold utterances, one a line. The lexicon knows strong words
and never misses them; the examples know what has none: ``three weeks and not a word``, ``oh it's free``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from assist.features import Concepts
from assist.linear import LinearModel, fit

VALENCES = {"bad": -1.0, "neutral": 0.0, "good": 1.0}
_LEARNED, _LEXICON = 0.9, 0.5
"""What each of the two opinions (-1..1) counts; together they may say more than either."""
_FELT = 0.2
"""A sum below this is no feeling: most of what is said carries none."""


def fit_feelings(examples: Mapping[str, Sequence[str]], concepts: Concepts) -> LinearModel:
    """The model of examples by the names in VALENCES."""
    wanted = [valence for name, valence in VALENCES.items() for _ in examples[name]]
    return fit([text for name in VALENCES for text in examples[name]], np.array(wanted, np.float32)[:, None], concepts)


@dataclass(frozen=True)
class Feelings:
    """What examples have to say beside a lexicon. Share it."""

    model: LinearModel

    def score(self, text: str, by_words: float) -> float:
        """-1..1, with what the lexicon makes of ``text`` counted in; 0 where neither words nor examples speak of a
        feeling.
        """
        learned = float((self.model.score(text).scores - self.model.bias)[0])
        total = _LEARNED * learned + _LEXICON * by_words
        return max(-1.0, min(1.0, total)) if abs(total) >= _FELT else 0.0

"""When it is known what a caller calls about: the chance, for each playbook, that a colleague would open it now. Pure.

A logistic model (Hastie, Tibshirani and Friedman 2009, 4.4) over ten figures of what the caller's utterances speak for:
the last one's scores, how they compare with the other playbooks', and what was heard before. How long the call has
lasted is none of them: who says at once what she wants is not to wait. ``python -m bench.opening`` fits its weights to
the lines that the writers of the built-in calls marked as telling.
"""

from __future__ import annotations

import math
from collections.abc import Collection

import numpy as np

from assist.ridge import Floats

FADES = (0.4, 0.8)
"""What is left of evidence at the caller's next utterance."""
WEIGHTS = {
    "score": 2.04, "over_none": 0.80, "ahead": 2.09, "most": 1.13, "lead_0.4": 0.28, "lead_0.8": 0.32,
    "at_work": -1.81, "busy_score": 0.90, "busy": -1.14, "words": 0.99, "always": -2.51,
}  # fmt: skip
"""What each figure speaks for opening a playbook."""
_DOUBT = 0.3
"""How far a playbook's score may be behind that of nothing at all and still be evidence."""
_SOME = 0.05
"""Evidence below which it is all the same how much there is."""
_UNHEARD = -2.0


class Opening:
    """The chances over one contact. ``playbooks``: how many are known."""

    def __init__(self, playbooks: int) -> None:
        self._most = np.full(playbooks, _UNHEARD, np.float32)
        self._evidence = {fade: np.zeros(playbooks, np.float32) for fade in FADES}

    def hear(self, scores: Floats, words: int, works: Collection[int]) -> Floats:
        """Take in an utterance of ``words`` words; (playbooks,) 0..1. ``scores``: of the playbooks, and last of nothing
        at all; ``works``: which playbooks are at work.
        """
        figures = self.figures(scores, words, works)
        speaks = np.sum([weight * figures[name] for name, weight in WEIGHTS.items()], axis=0)
        return np.asarray(1.0 / (1.0 + np.exp(-speaks)), np.float32)

    def figures(self, scores: Floats, words: int, works: Collection[int]) -> dict[str, Floats]:
        """Take it in; what the model reads, (playbooks,) each, by the names in WEIGHTS."""
        own, over = scores[:-1], scores[:-1] - scores[-1]
        evidence = np.maximum(0.0, over + _DOUBT)
        same = np.ones_like(own)
        found = {
            "score": own, "over_none": over, "ahead": own - _of_others(own, -1.0), "most": self._most,
        }  # fmt: skip
        for fade in FADES:
            self._evidence[fade] = summed = fade * self._evidence[fade] + evidence
            found[f"lead_{fade}"] = np.log((summed + _SOME) / (_of_others(summed, 0.0) + _SOME))
        busy = float(bool(works))
        working = np.zeros_like(own)
        working[list(works)] = evidence[list(works)]
        found |= {
            "at_work": _of_others(working, 0.0), "busy_score": busy * own, "busy": busy * same,
            "words": math.log(max(1, words)) * same, "always": same,
        }  # fmt: skip
        self._most = np.maximum(self._most, over)
        return found


def _of_others(values: Floats, least: float) -> Floats:
    """For each the highest of all others, ``least`` where there is no other."""
    best = int(values.argmax())
    others = np.full_like(values, values[best])
    others[best] = np.delete(values, best).max(initial=least)
    return others

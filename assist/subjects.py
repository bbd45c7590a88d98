"""What a caller calls about, read from whole utterances by a model of examples: pure.

``DIR/examples/<playbook id>.txt`` holds what callers say when that playbook is wanted, one utterance a line,
``none.txt`` what they say meanwhile, and the lines of ``DIR/calls`` are examples of what they are marked with, each
with what the caller had said before it. What the scores of a caller's utterances come to is said by ``assist.opening``.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from assist.features import EARLIER
from assist.linear import LinearModel, Row, fit
from assist.opening import Opening
from assist.ridge import Floats

NONE = "none"
"""The class of what starts nothing."""
_ENOUGH = 0.45
"""The chance at which a playbook starts."""
_UNLIKE = 0.05
"""A chance below which even a trigger phrase is taken for something misheard or meant otherwise."""
_EVIDENCE_WORDS = 8


@dataclass(frozen=True, slots=True)
class Spoken:
    """An example. ``earlier``: what the same caller said before, the last first."""

    text: str
    earlier: tuple[str, ...] = ()


def subject_names(examples: Iterable[str]) -> tuple[str, ...]:
    """The targets of a model of these examples, in order."""
    return (*(name for name in sorted(examples) if name != NONE), NONE)


def fit_subjects(examples: Mapping[str, Sequence[Spoken]]) -> LinearModel:
    """The model of examples by playbook and NONE: 1 for an utterance's own class, -1 for the others."""
    names = subject_names(examples)
    of = np.repeat(np.arange(len(names)), [len(examples.get(name, ())) for name in names])
    targets = np.where(of[:, None] == np.arange(len(names)), 1.0, -1.0).astype(np.float32)
    spoken = [each for name in names for each in examples.get(name, ())]
    return fit([each.text for each in spoken], targets, [each.earlier for each in spoken])


@dataclass(frozen=True, slots=True)
class Subject:
    """A playbook that should start. ``start``..``end``: indices of the utterance's words that counted most."""

    playbook_id: str
    start: int
    end: int


@dataclass(frozen=True)
class SubjectReader:
    """Scores utterances. ``names``: the model's targets, NONE the last. Immutable: share it between contacts."""

    names: tuple[str, ...]
    model: LinearModel


@dataclass(frozen=True)
class SubjectReading:
    """One utterance. ``playbooks``: those known; ``chances``: of each, that a colleague would open it now, 0..1;
    ``shares``: as in ``assist.linear.Heard``.
    """

    playbooks: tuple[str, ...]
    chances: Floats
    shares: Floats

    def unlike(self, playbook_id: str) -> bool:
        """Whether nobody who wants this playbook would say it now; False where nobody knows."""
        return playbook_id in self.playbooks and float(self.chances[self.playbooks.index(playbook_id)]) < _UNLIKE

    def settled(self, works: Collection[str]) -> Subject | None:
        """The playbook that should start, beside those that ``works`` names."""
        open_to = [at for at, playbook_id in enumerate(self.playbooks) if playbook_id not in works]
        best = max(open_to, key=lambda at: float(self.chances[at]), default=None)
        if best is None or self.chances[best] < _ENOUGH:
            return None
        return Subject(self.playbooks[best], *_densest(self.shares[:, best]))


class SubjectTrack:
    """What a caller has said in one contact. ``opening``: what her utterances come to, one of its own unless given."""

    def __init__(self, reader: SubjectReader, opening: Opening | None = None) -> None:
        self._reader = reader
        self._opening = opening or Opening(len(reader.names) - 1)
        self._earlier: deque[Row] = deque(maxlen=EARLIER)

    def read(self, text: str, works: Collection[str]) -> SubjectReading:
        """Take in an utterance. ``works``: the playbooks at work."""
        playbooks = self._reader.names[:-1]
        heard = self._reader.model.score(text, tuple(self._earlier))
        working = [playbooks.index(playbook_id) for playbook_id in works if playbook_id in playbooks]
        chances = self._opening.hear(heard.scores, len(text.split()), working)
        self._earlier.appendleft(self._reader.model.earlier(text))
        return SubjectReading(playbooks, chances, heard.shares)


def _densest(shares: Floats) -> tuple[int, int]:
    """The run of at most eight words whose shares add up to the most (start, end exclusive)."""
    best, found = -np.inf, (0, len(shares))
    for start in range(len(shares)):
        for end in range(start + 1, min(len(shares), start + _EVIDENCE_WORDS) + 1):
            total = float(shares[start:end].sum())
            if total > best:
                best, found = total, (start, end)
    return found

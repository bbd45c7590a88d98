"""What a caller calls about, read from whole utterances by a model of examples: pure.

``DIR/examples/<playbook id>.txt`` holds what callers say when that playbook is wanted, one utterance a line,
``none.txt`` what they say meanwhile, and the lines of ``DIR/calls`` are examples of what they are marked with. Each
final of the caller adds evidence, and old evidence fades; a playbook starts when one subject has enough and leads all
others.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from assist.linear import LinearModel, fit
from assist.ridge import Floats

NONE = "none"
"""The class of what starts nothing."""


@dataclass(frozen=True, slots=True)
class _Bar:
    """What a subject must reach. ``doubt``: how far its score (-1 not it at all .. 1 just like its examples) may be
    behind that of nothing at all and still be evidence; ``enough``: the evidence that starts its playbook; ``lead``:
    by how much it must be ahead of every other subject.
    """

    doubt: float
    enough: float
    lead: float


_IDLE = _Bar(doubt=0.3, enough=0.2, lead=0.25)
"""While no playbook is at work: nearly everybody calls about something, and what it is is said first."""
_BUSY = _Bar(doubt=0.0, enough=0.5, lead=0.2)
"""Beside a playbook at work: most of what is said then belongs to it, or to nothing."""
_FADE = 0.7
"""What is left of evidence at the caller's next utterance."""
_UNLIKE = -0.45
"""A score below which even a trigger phrase is taken for something misheard or meant otherwise."""
_EVIDENCE_WORDS = 8


def subject_names(examples: Iterable[str]) -> tuple[str, ...]:
    """The targets of a model of these examples, in order."""
    return (*(name for name in sorted(examples) if name != NONE), NONE)


def fit_subjects(examples: Mapping[str, Sequence[str]]) -> LinearModel:
    """The model of examples by playbook and NONE: 1 for an utterance's own class, -1 for the others."""
    names = subject_names(examples)
    of = np.repeat(np.arange(len(names)), [len(examples.get(name, ())) for name in names])
    targets = np.where(of[:, None] == np.arange(len(names)), 1.0, -1.0).astype(np.float32)
    return fit([text for name in names for text in examples.get(name, ())], targets)


@dataclass(frozen=True, slots=True)
class Subject:
    """A subject with enough evidence. ``start``..``end``: indices of the utterance's words that counted most."""

    playbook_id: str
    start: int
    end: int


@dataclass(frozen=True)
class SubjectReader:
    """Scores utterances. ``names``: the model's targets, NONE the last. Immutable: share it between contacts."""

    names: tuple[str, ...]
    model: LinearModel

    def read(self, text: str) -> SubjectReading:
        """How much ``text`` speaks for each playbook."""
        heard = self.model.score(text)
        return SubjectReading(self.names, heard.scores, heard.shares)


@dataclass(frozen=True)
class SubjectReading:
    """One utterance. ``names`` as in SubjectReader; ``scores`` and ``shares`` as in ``assist.linear.Heard``."""

    names: tuple[str, ...]
    scores: Floats
    shares: Floats

    def evidence(self, doubt: float) -> Floats:
        """(playbooks,), 0 where there is none: how far each is ahead of nothing at all, and ``doubt``."""
        found: Floats = np.maximum(0.0, self.scores[:-1] - float(self.scores[-1]) + doubt)
        return found

    def unlike(self, playbook_id: str) -> bool:
        """Whether it is like nothing that callers say who want this playbook; False where nobody knows."""
        return playbook_id in self.names and float(self.scores[self.names.index(playbook_id)]) < _UNLIKE


@dataclass
class SubjectTrack:
    """The evidence over one contact."""

    reader: SubjectReader
    _sum: Floats = field(init=False)

    def __post_init__(self) -> None:
        self._sum = np.zeros(len(self.reader.names) - 1, np.float32)

    def hear(self, reading: SubjectReading, *, busy: bool) -> Subject | None:
        """Take in what the caller said; the subject it settles, which may be at work already. ``busy``: whether a
        playbook is at work.
        """
        bar = _BUSY if busy else _IDLE
        evidence = reading.evidence(bar.doubt)
        self._sum = self._sum * _FADE + evidence
        best = int(self._sum.argmax())
        enough = float(self._sum[best])
        others = np.delete(self._sum, best)
        if not evidence[best] or enough < bar.enough or enough < others.max(initial=0.0) + bar.lead:
            return None
        return Subject(reading.names[best], *_densest(reading.shares[:, best]))


def _densest(shares: Floats) -> tuple[int, int]:
    """The run of at most eight words whose shares add up to the most (start, end exclusive)."""
    best, found = -np.inf, (0, len(shares))
    for start in range(len(shares)):
        for end in range(start + 1, min(len(shares), start + _EVIDENCE_WORDS) + 1):
            total = float(shares[start:end].sum())
            if total > best:
                best, found = total, (start, end)
    return found

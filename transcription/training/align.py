"""Which frame belongs to which phone: Viterbi over the pronunciations of a known text.

First equal parts of the speech, then single-Gaussian monophones of three sub-states each, made better round by round;
they align well enough to train a first network, whose outputs then align everything (``network``).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from transcription.training import phones
from transcription.training.lexicon import Lexicon

SUBSTATES = 3
_CEPSTRA_USED = 20
_SPEECH_BELOW_PEAK = 45.0
"""How far below the loudest frame's first cepstrum speech still is: about 35 dB."""
_IMPOSSIBLE = -1e10

Floats = npt.NDArray[np.float32]
Frames = npt.NDArray[np.int32]


@dataclass(frozen=True, slots=True)
class Chain:
    """The ways through a text.

    State s emits ``classes[s]`` and belongs to phone occurrence ``owners[s]``; ``before``: (states, most) the states
    that lead into it, padded with the number of states; ``first`` and ``last``: where a way may begin and end.
    """

    classes: Frames
    owners: Frames
    before: Frames
    first: npt.NDArray[np.bool_]
    last: npt.NDArray[np.bool_]


class _Builder:
    def __init__(self, substates: int) -> None:
        self._substates = substates
        self.classes: list[int] = []
        self.owners: list[int] = []
        self.before: list[list[int]] = []
        self.first: list[bool] = []
        self._phones = 0

    def phone(self, unit: int, sources: list[int], starts: bool) -> list[int]:
        for part in range(self._substates):
            self.classes.append(unit * self._substates + part)
            self.owners.append(self._phones)
            self.before.append(sources)
            self.first.append(starts)
            sources, starts = [len(self.classes) - 1], False
        self._phones += 1
        return sources


def chain(words: list[str], lexicon: Lexicon, substates: int, variants: int = 3) -> Chain:
    """Words of at most ``variants`` pronunciations, silence allowed before, between and after them."""
    built = _Builder(substates)
    silence = built.phone(0, [], True)
    ends, starts = silence, True
    for word in words:
        spoken_ends: list[int] = []
        for pronunciation in lexicon[word][:variants]:
            sources, begins = ends, starts
            for phone in pronunciation:
                sources, begins = built.phone(phones.unit_of(phone), sources, begins), False
            spoken_ends += sources
        silence = built.phone(0, spoken_ends, False)
        ends, starts = [*spoken_ends, *silence], False
    count = len(built.classes)
    before = np.full((count, max(1, *map(len, built.before))), count, np.int32)
    for state, sources in enumerate(built.before):
        before[state, : len(sources)] = sources
    last = np.zeros(count, bool)
    last[ends] = True
    return Chain(
        np.array(built.classes, np.int32), np.array(built.owners, np.int32), before, np.array(built.first), last
    )


def viterbi(scores: Floats, ways: Chain) -> Frames | None:
    """The best state of each frame.

    ``scores``: (frames, classes) log-likelihoods. None where no way fits the frames.
    """
    count = len(ways.classes)
    best = np.full(count + 1, _IMPOSSIBLE)
    taken = np.zeros((len(scores), count), np.int8)
    for frame, emitted in enumerate(scores[:, ways.classes]):
        if frame == 0:
            best[:count] = np.where(ways.first, emitted, _IMPOSSIBLE)
            continue
        entering = best[ways.before]
        which = np.argmax(entering, axis=1)
        entered = entering[np.arange(count), which]
        stays = best[:count] >= entered
        taken[frame] = np.where(stays, -1, which)
        best[:count] = np.where(stays, best[:count], entered) + emitted
    final = np.where(ways.last, best[:count], 2 * _IMPOSSIBLE)
    state = int(np.argmax(final))
    if not len(scores) or final[state] < _IMPOSSIBLE / 2:
        return None
    path = np.zeros(len(scores), np.int32)
    for frame in range(len(scores) - 1, -1, -1):
        path[frame] = state
        if taken[frame, state] >= 0:
            state = int(ways.before[state, taken[frame, state]])
    return path


def acoustics(cepstra: Floats) -> Floats:
    """What monophones look at: the first cepstra and their slopes."""
    low = cepstra[:, :_CEPSTRA_USED]
    return np.concatenate([low, np.gradient(low, axis=0)], axis=1).astype(np.float32)


def linear(cepstra: Floats, words: list[str], lexicon: Lexicon) -> Frames:
    """Classes (unit · SUBSTATES + part) of each frame: silence at the quiet edges, equal parts between them."""
    speech = np.flatnonzero(cepstra[:, 0] > cepstra[:, 0].max() - _SPEECH_BELOW_PEAK)
    begin, end = int(speech[0]), int(speech[-1]) + 1
    parts = [
        phones.unit_of(phone) * SUBSTATES + part
        for word in words
        for phone in lexicon[word][0]
        for part in range(SUBSTATES)
    ]
    frames = np.zeros(len(cepstra), np.int32)
    frames[begin:end] = np.array(parts)[(np.arange(end - begin) * len(parts)) // (end - begin)]
    for quiet in (slice(0, begin), slice(end, None)):
        length = len(frames[quiet])
        frames[quiet] = np.arange(length) * SUBSTATES // max(1, length)
    return frames


@dataclass(frozen=True, slots=True)
class Monophones:
    """One diagonal Gaussian per class."""

    means: Floats
    inverse_variances: Floats
    constants: Floats

    def scores(self, acoustic: Floats) -> Floats:
        """(frames, classes) log-likelihoods."""
        squares = (acoustic**2) @ self.inverse_variances.T - 2 * acoustic @ (self.means * self.inverse_variances).T
        return np.asarray(self.constants - 0.5 * squares, np.float32)


class Statistics:
    """Sums over frames from which Monophones are estimated."""

    def __init__(self) -> None:
        size = (phones.UNITS * SUBSTATES, 2 * _CEPSTRA_USED)
        self.counts = np.zeros(size[0])
        self.sums = np.zeros(size)
        self.squares = np.zeros(size)

    def add(self, acoustic: Floats, classes: Frames) -> None:
        """Frames with their classes."""
        np.add.at(self.counts, classes, 1)
        np.add.at(self.sums, classes, acoustic)
        np.add.at(self.squares, classes, acoustic**2)

    def merge(self, other: Statistics) -> None:
        """Sums of other frames."""
        self.counts += other.counts
        self.sums += other.sums
        self.squares += other.squares

    def estimate(self) -> Monophones:
        """Maximum likelihood, variances kept above a fiftieth of the overall one; a class never seen is like all
        frames.
        """
        total = self.counts.sum()
        overall = self.sums.sum(0) / total
        spread = self.squares.sum(0) / total - overall**2
        seen = self.counts[:, None] > 2 * SUBSTATES
        count = np.maximum(self.counts, 1)[:, None]
        means = np.where(seen, self.sums / count, overall)
        variances = np.where(seen, np.maximum(self.squares / count - means**2, 0.02 * spread), spread)
        constants = -0.5 * (np.log(2 * np.pi * variances).sum(1) + (means**2 / variances).sum(1))
        return Monophones(*(np.asarray(one, np.float32) for one in (means, 1 / variances, constants)))

"""How a caller sounds against her own start: louder, faster, slower. Pure.

Loudness and pace are measures (``transcription.manner``), never called emotion: a lorry passing by makes one loud, and
joy too. So the words alone say which way a feeling goes, and these cues say no more than how much the words weigh:
what has no feeling by its words has none however loud it was.
"""

from __future__ import annotations

from dataclasses import dataclass
from statistics import median

from assist.lexicon import AcousticsSpec
from transcription.utterances import UtteranceFinal

SPOKEN_S = 1.0
"""A shorter utterance is neither part of her start nor held against it."""
_START = 3
"""The utterances that are her start; their median, so that one cough is not what she is measured by."""


@dataclass(frozen=True, slots=True)
class Cue:
    """``text``: as the agent reads it. ``strengthens``: whether words said like that weigh more."""

    text: str
    strengthens: bool


class OwnStart:
    """One caller's measures at the start of the contact, and what differs from them later."""

    def __init__(self, spec: AcousticsSpec) -> None:
        self._spec = spec
        self._level = _Start()
        self._pace = _Start()

    def hear(self, event: UtteranceFinal) -> tuple[Cue, ...] | None:
        """The cues in one utterance of hers, from the fourth measured one on; None where it says nothing of the kind:
        too short, not measured, or still part of her start.
        """
        if _spoken_s(event) < SPOKEN_S:
            return None
        level = self._level.against(event.level_db)
        pace = self._pace.against(event.words_per_s)
        if level is None and pace is None:
            return None
        cues = (
            self._louder(*level) if level is not None else None,
            self._paced(*pace) if pace is not None else None,
        )
        return tuple(cue for cue in cues if cue is not None)

    def _louder(self, now: float, start: float) -> Cue | None:
        above = round(now - start, 1)
        return Cue(f"louder than at the start (+{above:.0f} dB)", True) if above >= self._spec.louder_db else None

    def _paced(self, now: float, start: float) -> Cue | None:
        change = round(now / start - 1.0, 3)
        if abs(change) < self._spec.pace:
            return None
        word = "faster" if change > 0.0 else "slower"
        return Cue(f"{word} than at the start ({change:+.0%})".replace("%", " %"), change > 0.0)


class _Start:
    """The first values of one measure, then their median."""

    def __init__(self) -> None:
        self._first: list[float] = []

    def against(self, value: float | None) -> tuple[float, float] | None:
        """The value and the start it is held against; None while the start is not known, or for no value."""
        if value is None:
            return None
        if len(self._first) < _START:
            self._first.append(value)
            return None
        return value, median(self._first)


def strengthened(score: float, cues: tuple[Cue, ...], spec: AcousticsSpec) -> float:
    """``score · (1 + strengthen · n)``, kept within -1..1, where ``n`` is 0, 1 or 2: one for louder, one for faster.
    Never another sign, and 0 stays 0; at most half as much again, whatever the content says.
    """
    factor = 1.0 + spec.strengthen * sum(cue.strengthens for cue in cues)
    return max(-1.0, min(1.0, score * factor))


def _spoken_s(event: UtteranceFinal) -> float:
    """From the first word to the end of the last: a segment's pre-roll and hang-over are silence."""
    if not event.words:
        return event.end_s - event.start_s
    return event.words[-1].end_s - event.words[0].start_s

"""Who spoke when, from raw voice frames: talk ratio, talk-over, silence. Pure; seconds on the contact's clock.

Segments would not do: their pre-roll and hang-over report 25 % of talk-over where the truth is about 1 %.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

TALK_OVER_MIN_S = 0.3
DEAD_AIR_MIN_S = 5.0
"""A silence of everyone is dead air from this length on; shorter ones are thinking."""
_BRIDGE_S = 0.1

Run = tuple[float, float]
"""From and until, in seconds on the contact's clock."""


@dataclass(frozen=True, slots=True)
class TalkSummary:
    """``talk_s``: voiced seconds of each party; ``talk_over_s``: both at once for at least 0.3 s at a time;
    ``silence_s``: nobody; ``longest_silence_s``: its longest stretch; ``dead_air_s``: stretches of 5 s and more;
    ``measured_s``: all of it; ``until_s``: how far the sound was heard; ``first_s``: when each party first spoke.
    """

    talk_s: Mapping[str, float]
    talk_over_s: float
    silence_s: float
    longest_silence_s: float
    until_s: float
    dead_air_s: float = 0.0
    measured_s: float = 0.0
    first_s: Mapping[str, float] = field(default_factory=dict)

    def ratio(self, party: str) -> float:
        """The share (0..1) of everything said that ``party`` said; 0 where nobody spoke."""
        total = sum(self.talk_s.values())
        return self.talk_s.get(party, 0.0) / total if total else 0.0


class TalkStats:
    """Collects voiced runs per party, in any order between parties; hearing the same run twice changes nothing.

    Memory grows by one pair of numbers per run of voice (pauses under 0.1 s do not split one).
    """

    def __init__(self) -> None:
        self._runs: dict[str, list[Run]] = {}
        self._since: float | None = None
        self._until = 0.0

    def listening_from(self, at_s: float) -> None:
        """Sound is known from ``at_s`` on (the earliest call counts); what lies before is not silence."""
        self._since = at_s if self._since is None else min(self._since, at_s)
        self._until = max(self._until, at_s)

    def heard(self, party: str, start_s: float, end_s: float) -> None:
        """``party`` was voiced from ``start_s`` to ``end_s``."""
        runs = self._runs.setdefault(party, [])
        self.silent_until(end_s)
        while runs and runs[-1][1] >= start_s - _BRIDGE_S and runs[-1][0] <= end_s:
            last_start, last_end = runs.pop()
            start_s, end_s = min(start_s, last_start), max(end_s, last_end)
        runs.append((start_s, end_s))

    def silent_until(self, at_s: float) -> None:
        """The sound is known up to ``at_s``; where no run was reported nobody spoke."""
        self._until = max(self._until, at_s)

    def summary(self, parties: Sequence[str] | None = None, without: Sequence[Run] = ()) -> TalkSummary:
        """The figures so far, of ``parties`` (None: everyone), leaving out the stretches ``without`` (hold: seconds on
        the contact's clock).
        """
        left_out = _union(without)
        kept = {
            party: _minus(runs, left_out) for party, runs in self._runs.items() if parties is None or party in parties
        }
        talk = {party: _length(runs) for party, runs in kept.items()}
        each = list(kept.values())
        over = sum(_shared(first, second) for index, first in enumerate(each) for second in each[index + 1 :])
        since = self._since or 0.0
        quiet = _pauses(sorted([*(run for runs in each for run in runs), *left_out]), since, self._until)
        dead = sum(pause for pause in quiet if pause >= DEAD_AIR_MIN_S)
        measured = max(0.0, self._until - since) - _length(_within(left_out, since, self._until))
        first = {party: runs[0][0] for party, runs in kept.items() if runs}
        return TalkSummary(talk, over, sum(quiet), max(quiet, default=0.0), self._until, dead, measured, first)


def _length(runs: Sequence[Run]) -> float:
    return sum(end - start for start, end in runs)


def _within(runs: Sequence[Run], since: float, until: float) -> list[Run]:
    return [(max(start, since), min(end, until)) for start, end in runs if end > since and start < until]


def _union(runs: Sequence[Run]) -> list[Run]:
    """Sorted, without overlaps."""
    found: list[Run] = []
    for start, end in sorted(runs):
        if found and start <= found[-1][1]:
            found[-1] = (found[-1][0], max(end, found[-1][1]))
        else:
            found.append((start, end))
    return found


def _minus(runs: Sequence[Run], left_out: Sequence[Run]) -> list[Run]:
    """What of ``runs`` lies outside of ``left_out`` (sorted, disjoint)."""
    kept = sorted(runs)
    for start, end in left_out:
        cut: list[Run] = []
        for begin, finish in kept:
            cut += [(low, high) for low, high in ((begin, min(finish, start)), (max(begin, end), finish)) if low < high]
        kept = cut
    return kept


def _shared(first: Sequence[Run], second: Sequence[Run]) -> float:
    first, second = sorted(first), sorted(second)
    total, i, j = 0.0, 0, 0
    while i < len(first) and j < len(second):
        both = min(first[i][1], second[j][1]) - max(first[i][0], second[j][0])
        if both >= TALK_OVER_MIN_S - 1e-9:
            total += both
        if first[i][1] <= second[j][1]:
            i += 1
        else:
            j += 1
    return total


def _pauses(runs: Sequence[Run], since: float, until: float) -> list[float]:
    pauses, edge = [], since
    for start, end in runs:
        if start > edge:
            pauses.append(start - edge)
        edge = max(edge, end)
    if until > edge:
        pauses.append(until - edge)
    return pauses

"""What the scorecard measures beside the rules: each a formula over one part of a contact, 0..100, or None. Pure."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, timedelta, tzinfo

from assist.promises import SpokenPromise, promises_in
from assist.quality.findings import Found
from assist.quality.parts import Part
from assist.quality.principles import Mark, Moment, Principle
from assist.wording import day_of
from transcription.utterances import UtteranceFinal

MEASURED_S = 20.0
"""Less talk than this says nothing about shares of it."""
LOW = -0.2
"""The caller's level (-1..1) from which on there is something to recover from."""
_CALLS_BACK = frozenset({"call", "ring", "phone"})


@dataclass(frozen=True, slots=True)
class Call:
    """An agent of ours and the customer of ``number`` spoke at Unix second ``at``, because we called."""

    number: str
    at: float


@dataclass(frozen=True, slots=True)
class Owed:
    """A task that came of the contact: what, by which day (None: none was named), and whether it was ticked off."""

    text: str
    due_on: date | None
    done: bool


@dataclass(frozen=True, slots=True)
class Judged:
    """All that a measure may look at. ``calls``: what we dialled afterwards; ``now``: up to when that is known (Unix
    seconds); ``tasks``: what the contact left to be done; ``zone``: whose days are meant.
    """

    part: Part
    found: Found
    calls: tuple[Call, ...] = ()
    now: float = 0.0
    tasks: tuple[Owed, ...] = ()
    zone: tzinfo = UTC

    @property
    def promises(self) -> tuple[tuple[SpokenPromise, UtteranceFinal], ...]:
        """What the agent promised, and where."""
        part = self.part
        said = [final for final in part.utterances if final.party == "agent"]
        return tuple(
            (promise, final)
            for final in said
            for promise in promises_in(final.text, day_of(part.offered_at + final.start_s, self.zone))
        )


Measure = Callable[[Judged], Mark | None]


def talk_over(judged: Judged) -> Mark | None:
    """100 while both speak at once for at most 2 % of the measured time, falling evenly to 0 at 10 %."""
    talk = judged.part.talk
    if talk is None or talk.measured_s < MEASURED_S:
        return None
    share = talk.talk_over_s / talk.measured_s
    worst = max(_overlaps(judged.part.utterances), key=lambda each: each[0], default=(0.0, None))[1]
    text = f"both spoke at once for {100 * share:.0f} % of the time"
    return _mark(judged, Principle.LISTENING, "talk_over", _falling(share, 0.02, 0.10), text, worst)


def talk_ratio(judged: Judged) -> Mark | None:
    """100 while at most 65 % of what is said is said by the agent, falling evenly to 0 at 95 %."""
    talk = judged.part.talk
    spoken = talk.agent_s + talk.caller_s if talk is not None else 0.0
    if talk is None or spoken < MEASURED_S:
        return None
    ratio = talk.agent_s / spoken
    mine = [final for final in judged.part.utterances if final.party == "agent"]
    longest = max(mine, key=lambda final: final.end_s - final.start_s, default=None)
    text = f"{100 * ratio:.0f} % of what was said was the agent's"
    return _mark(judged, Principle.LISTENING, "talk_ratio", _falling(ratio, 0.65, 0.95), text, longest)


def recovery(judged: Judged) -> Mark | None:
    """Of the way the caller's level fell below 0, the share that was made good by the end; only where it fell to
    -0.2 or lower.
    """
    readings = judged.found.readings
    if not readings:
        return None
    lowest, words = min(readings, key=lambda each: each[0].level)
    if lowest.level > LOW:
        return None
    end = readings[-1][0].level
    value = 100.0 * min(1.0, (end - lowest.level) / -lowest.level)
    text = f"the caller's words fell to {lowest.level:+.1f} and ended at {end:+.1f}"
    return _mark(judged, Principle.EMPATHY, "recovery", value, text, words)


def dead_air(judged: Judged) -> Mark | None:
    """100 while nobody speaks (5 s and more at a time, hold left out) for at most 5 % of the time, 0 from 30 %."""
    talk = judged.part.talk
    if talk is None or talk.measured_s < MEASURED_S:
        return None
    share = talk.dead_air_s / talk.measured_s
    text = f"silence for {100 * share:.0f} % of the time, {talk.longest_silence_s:.0f} s at the longest"
    before = _before_longest_pause(judged.part.utterances)
    return _mark(judged, Principle.PATIENCE, "dead_air_share", _falling(share, 0.05, 0.30), text, before)


def hold(judged: Judged) -> Mark | None:
    """100 while the caller is on hold for at most 20 % of the part, falling evenly to 0 at 60 %; only with holds."""
    part = judged.part
    if not part.holds or part.seconds <= 0:
        return None
    share = part.held_s / part.seconds
    text = f"{len([held for _, held in part.holds if held])} holds, {part.held_s:.0f} s in all"
    last = _until(part.utterances, part.holds[0][0])
    return _mark(judged, Principle.OWNERSHIP, "hold_share", _falling(share, 0.2, 0.6), text, last, part.holds[0][0])


def transfers(judged: Judged) -> Mark | None:
    """100 where the agent kept the contact to its end, 50 where she gave it away."""
    part = judged.part
    if not part.utterances:
        return None
    at_s = part.transfers[0] if part.transfers else part.end_s
    value = 50.0 if part.transfers else 100.0
    last = _until(part.utterances, at_s)
    return _mark(judged, Principle.OWNERSHIP, "transfers", value, "gave the contact away", last, at_s)


def steps(judged: Judged) -> Mark | None:
    """Steps done ÷ steps, over all playbooks that started."""
    part = judged.part
    every = [step for card in part.playbooks for step in card.steps]
    if not every:
        return None
    left = [step.text for step in every if not step.done]
    text = f"{len(left)} of {len(every)} steps left open: {'; '.join(left)}"
    value = 100.0 * (len(every) - len(left)) / len(every)
    return _mark(judged, Principle.OWNERSHIP, "steps", value, text, _until(part.utterances, part.end_s), part.end_s)


def promises_dated(judged: Judged) -> Mark | None:
    """Promises that name their day ÷ promises."""
    made = judged.promises
    vague = [(promise, words) for promise, words in made if promise.due_on is None]
    if not made:
        return None
    off = 100.0 / len(made)
    moments = tuple(
        _moment(judged, Principle.FOLLOW_UP, "promises_dated", words.start_s, "promised without a day", words, off)
        for _, words in vague
    )
    return Mark("promises_dated", 100.0 * (len(made) - len(vague)) / len(made), moments)


def promises_kept(judged: Judged) -> Mark | None:
    """Kept ÷ promised, over what was promised for a day that is over. Kept is a task that was ticked off, and a
    call back that was made by the end of its day. A promise that became neither leaves no trace and is not judged; a
    task nobody said aloud is judged with the agent who had the contact last.
    """
    over = [each for each in _due(judged) if each.on < day_of(judged.now, judged.zone)]
    if not over:
        return None
    off = 100.0 / len(over)
    broken = tuple(
        _moment(judged, Principle.FOLLOW_UP, "promises_kept", each.at_s, each.missed, each.words, off)
        for each in over
        if not each.kept
    )
    return Mark("promises_kept", 100.0 * (len(over) - len(broken)) / len(over), broken)


MEASURES: Mapping[Principle, tuple[Measure, ...]] = {
    Principle.LISTENING: (talk_over, talk_ratio),
    Principle.EMPATHY: (recovery,),
    Principle.PATIENCE: (dead_air,),
    Principle.OWNERSHIP: (hold, transfers, steps),
    Principle.FOLLOW_UP: (promises_dated, promises_kept),
}


@dataclass(frozen=True, slots=True)
class _Due:
    on: date
    kept: bool
    missed: str
    at_s: float
    words: UtteranceFinal | None


def _due(judged: Judged) -> list[_Due]:
    """What was promised for a day, as far as it can be told whether it was kept."""
    part = judged.part
    tasks = {task.text.strip("“”"): task for task in judged.tasks}
    found = []
    for promise, words in judged.promises:
        task, calls_back = tasks.pop(promise.text, None), _is_call_back(promise.text)
        if (day := promise.due_on) is not None and (task is not None or calls_back):
            kept = (task is not None and task.done) or (calls_back and _called_by(day, words, judged))
            missed = f"not called back by {day}" if calls_back else f"not done by {day}: {promise.text}"
            found.append(_Due(day, kept, missed, words.start_s, words))
    if not part.transfers:
        last = _until(part.utterances, part.end_s)
        found += [
            _Due(task.due_on, task.done, f"not done by {task.due_on}: {text}", part.end_s, last)
            for text, task in tasks.items()
            if task.due_on is not None
        ]
    return found


def _is_call_back(promise: str) -> bool:
    return not _CALLS_BACK.isdisjoint(promise.lower().split())


def _called_by(day: date, words: UtteranceFinal, judged: Judged) -> bool:
    made = judged.part.offered_at + words.end_s
    return any(
        call.number == judged.part.caller and call.at > made and day_of(call.at, judged.zone) < day + timedelta(days=1)
        for call in judged.calls
    )


def _falling(share: float, good: float, bad: float) -> float:
    """100 up to ``good``, 0 from ``bad`` on, a straight line between."""
    return 100.0 * min(1.0, max(0.0, (bad - share) / (bad - good)))


def _overlaps(utterances: Iterable[UtteranceFinal]) -> list[tuple[float, UtteranceFinal]]:
    """Seconds each of the agent's utterances runs together with the one before it of the caller's."""
    found, caller_until = [], 0.0
    for final in utterances:
        if final.party == "caller":
            caller_until = max(caller_until, final.end_s)
        elif caller_until > final.start_s:
            found.append((min(caller_until, final.end_s) - final.start_s, final))
    return found


def _before_longest_pause(utterances: tuple[UtteranceFinal, ...]) -> UtteranceFinal | None:
    return max(itertools.pairwise(utterances), key=lambda pair: pair[1].start_s - pair[0].end_s, default=(None, None))[
        0
    ]


def _until(utterances: tuple[UtteranceFinal, ...], at_s: float) -> UtteranceFinal | None:
    """The last words that began by then."""
    return next((final for final in reversed(utterances) if final.start_s <= at_s), None)


def _mark(
    judged: Judged, principle: Principle, name: str, value: float, text: str, words: UtteranceFinal | None,
    at_s: float | None = None,
) -> Mark:  # fmt: skip
    """A mark, with its one moment where it is not full."""
    value = round(value, 1)
    if value >= 100.0:
        return Mark(name, 100.0)
    at_s = at_s if at_s is not None else words.start_s if words is not None else judged.part.start_s
    return Mark(name, value, (_moment(judged, principle, name, at_s, text, words, 100.0 - value),))


def _moment(
    judged: Judged, principle: Principle, name: str, at_s: float, text: str, words: UtteranceFinal | None, off: float
) -> Moment:
    quote, uttered = (words.text, words.utterance_id) if words is not None else ("", "")
    return Moment(judged.part.contact_id, principle, name, round(at_s, 2), text, quote, uttered, round(off, 1))

"""Agents' time: spans of states from the event log, occupancy and adherence from spans."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from assist.metrics.registry import share
from ivr.agents import AgentState
from ivr.contacts import AgentStateChanged

BUSY = frozenset({AgentState.TALKING, AgentState.HOLD, AgentState.CONSULT, AgentState.WRAPUP})
FREE = frozenset({AgentState.AVAILABLE, AgentState.RESERVED, AgentState.RINGING})
"""Waiting for work, a ringing station included: nobody has been served yet."""
AT_WORK = BUSY | FREE


@dataclass(frozen=True, slots=True)
class Span:
    """``agent`` was in ``state`` from ``start`` to ``end`` (Unix seconds); ``reason``: of NOT_READY."""

    agent: str
    state: AgentState
    reason: str
    start: float
    end: float

    @property
    def seconds(self) -> float:
        """Its length."""
        return self.end - self.start

    def within(self, start: float, end: float) -> float:
        """Seconds of it that lie between ``start`` and ``end``."""
        return max(0.0, min(self.end, end) - max(self.start, start))


def spans(changes: Iterable[AgentStateChanged], until: float) -> tuple[Span, ...]:
    """The states of every agent, from changes in the order they came; the last one lasts ``until``. A change to the
    state the agent is in already is none; time before an agent's first change is nobody's.
    """
    last: dict[str, AgentStateChanged] = {}
    found: list[Span] = []
    for change in changes:
        before = last.get(change.agent)
        if before is not None and (before.state, before.reason) == (change.state, change.reason):
            continue
        if before is not None and change.since > before.since:
            found.append(_span(before, change.since))
        last[change.agent] = change
    found.extend(_span(change, until) for change in last.values() if until > change.since)
    return tuple(found)


def time_in_states(found: Iterable[Span], start: float, end: float) -> Mapping[AgentState, float]:
    """Seconds of each state between ``start`` and ``end``."""
    seconds: dict[AgentState, float] = {}
    for span in found:
        seconds[span.state] = seconds.get(span.state, 0.0) + span.within(start, end)
    return seconds


def occupancy(seconds: Mapping[AgentState, float]) -> float | None:
    """(Talk + hold + wrap-up) ÷ (that + available), in per cent; ringing is available time. None without either."""
    busy = sum(seconds.get(state, 0.0) for state in BUSY)
    return share(busy, busy + sum(seconds.get(state, 0.0) for state in FREE))


def utilisation(seconds: Mapping[AgentState, float]) -> float | None:
    """(Talk + hold + wrap-up) ÷ time logged in, breaks included, in per cent."""
    busy = sum(seconds.get(state, 0.0) for state in BUSY)
    return share(busy, sum(spent for state, spent in seconds.items() if state is not AgentState.OFFLINE))


@dataclass(frozen=True, slots=True)
class Shift:
    """What ``agent`` is scheduled to do from ``start`` to ``end`` (Unix seconds): ``activity`` is ``work``, or the
    NOT_READY reason of a break, a meeting, a training.
    """

    agent: str
    activity: str
    start: float
    end: float


WORK = "work"


def adherence(found: Sequence[Span], schedule: Sequence[Shift]) -> float | None:
    """Seconds in which agents did what their schedule said ÷ scheduled seconds, in per cent. Working means any state
    in which contacts are taken or dealt with; a break is the NOT_READY reason of its name.
    """
    kept = sum(
        span.within(shift.start, shift.end)
        for shift in schedule
        for span in found
        if span.agent == shift.agent and _fits(span, shift.activity)
    )
    return share(kept, sum(shift.end - shift.start for shift in schedule))


def _fits(span: Span, activity: str) -> bool:
    if activity == WORK:
        return span.state in AT_WORK
    return span.state is AgentState.NOT_READY and span.reason == activity


def _span(change: AgentStateChanged, end: float) -> Span:
    return Span(change.agent, AgentState(change.state), change.reason, change.since, end)

"""Agents' time: spans of states from the event log, sums by agent and interval from spans, and what they mean."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from assist.metrics.columns import encode
from assist.metrics.registry import REGISTRY, share
from assist.metrics.rollup import INTERVAL_S, RollUp
from assist.metrics.totals import FIELDS, Totals
from ivr.agents import AgentState
from ivr.contacts import AgentStateChanged

BUSY = frozenset({AgentState.TALKING, AgentState.HOLD, AgentState.CONSULT, AgentState.WRAPUP})
FREE = frozenset({AgentState.AVAILABLE, AgentState.RESERVED, AgentState.RINGING})
"""Waiting for work, a ringing station included: nobody has been served yet."""
AT_WORK = BUSY | FREE
IN_STATE: Mapping[AgentState, str] = {
    state: f"state_{state.lower()}_s" for state in AgentState if state is not AgentState.OFFLINE
}
"""The field of ``Totals`` that has an agent's seconds in each state."""


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


@REGISTRY.metric("Occupancy", "%")
def occupancy(totals: Totals) -> float | None:
    """(Talk + hold + wrap-up) ÷ (that + available): of the time in which agents could serve, the part in which they
    did. A station that rings is available time, being consulted is talk. Source: Cleveland, "Call Center Management on
    Fast Forward" (ICMI Press).
    """
    busy = _seconds(totals, BUSY)
    return share(busy, busy + _seconds(totals, FREE))


@REGISTRY.metric("Utilisation", "%")
def utilisation(totals: Totals) -> float | None:
    """(Talk + hold + wrap-up) ÷ time logged in, breaks and stations that did not answer included. Source: callfloor's
    own; occupancy with all the time that is paid for.
    """
    return share(_seconds(totals, BUSY), _seconds(totals, IN_STATE))


@REGISTRY.metric("Schedule adherence", "%")
def adherence(totals: Totals) -> float | None:
    """Seconds in which agents did what their schedule said ÷ scheduled seconds that are over. Working is any state in
    which contacts are taken or dealt with; a break is the pause of its name. Source: Cleveland, "Call Center Management
    on Fast Forward" (ICMI Press).
    """
    return share(totals.adhered_s, totals.scheduled_s)


def time_in_states(totals: Totals) -> Mapping[AgentState, float]:
    """Seconds in each state that lasted at all, while logged in."""
    found = {state: getattr(totals, field) for state, field in IN_STATE.items()}
    return {state: seconds for state, seconds in found.items() if seconds}


def time_by_interval(found: Iterable[Span], start: float, end: float) -> RollUp:
    """The seconds of each state between ``start`` and ``end`` (Unix seconds), by agent and interval."""
    cells = _Cells()
    for span in found:
        if span.state in IN_STATE:
            cells.add(span.agent, IN_STATE[span.state], max(span.start, start), min(span.end, end))
    return cells.rolled_up()


def adherence_by_interval(found: Iterable[Span], schedule: Iterable[Shift], start: float, end: float) -> RollUp:
    """What was scheduled between ``start`` and ``end`` (Unix seconds), and what of it was kept to, by agent and
    interval.
    """
    cells, mine = _Cells(), dict[str, list[Span]]()
    for span in found:
        mine.setdefault(span.agent, []).append(span)
    for shift in schedule:
        begins, ends = max(shift.start, start), min(shift.end, end)
        cells.add(shift.agent, "scheduled_s", begins, ends)
        for span in mine.get(shift.agent, ()):
            if _fits(span, shift.activity):
                cells.add(shift.agent, "adhered_s", max(span.start, begins), min(span.end, ends))
    return cells.rolled_up()


class _Cells:
    """Seconds by interval, agent and field."""

    def __init__(self) -> None:
        self._sums: dict[tuple[int, str], NDArray[np.float64]] = {}

    def add(self, agent: str, field: str, start: float, end: float) -> None:
        """From ``start`` to ``end``, cut where an interval ends; nothing where that is no time."""
        while start < end:
            interval = int(start // INTERVAL_S) * INTERVAL_S
            until = min(end, interval + INTERVAL_S)
            sums = self._sums.setdefault((interval, agent), np.zeros(len(FIELDS)))
            sums[FIELDS.index(field)] += until - start
            start = until

    def rolled_up(self) -> RollUp:
        codes, names = encode([agent for _, agent in self._sums])
        starts = np.array([start for start, _ in self._sums], np.int64)
        return RollUp(starts, codes, names, np.array(list(self._sums.values())).reshape(-1, len(FIELDS)))


def _fits(span: Span, activity: str) -> bool:
    if activity == WORK:
        return span.state in AT_WORK
    return span.state is AgentState.NOT_READY and span.reason == activity


def _seconds(totals: Totals, states: Iterable[AgentState]) -> float:
    return sum((getattr(totals, IN_STATE[state]) for state in states), 0.0)


def _span(change: AgentStateChanged, end: float) -> Span:
    return Span(change.agent, AgentState(change.state), change.reason, change.since, end)

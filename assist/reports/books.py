"""Closing the books: what the measures of a past day came to is put down before retention takes its events, once and
for good. A report of last year reads it there, where the log no longer goes back so far.

A day is closed when the window of repeat contacts after it is over, so that its sums change no more; sooner only where
its events are about to be taken. What counts as in time is what the goals were then.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

import numpy as np

from assist.metrics.agents_time import spans, time_by_interval
from assist.metrics.columns import Columns, encode
from assist.metrics.fold import ContactFold
from assist.metrics.repeats import with_repeats
from assist.metrics.rollup import RollUp, by_interval
from assist.metrics.targets import Targets
from assist.metrics.totals import FIELDS, TIME_FIELDS
from assist.reports.log import BEFORE, envelopes
from assist.store import Store
from assist.store.ledger import Entry, Ledger
from ivr.contacts import AgentStateChanged

DAY_S = 86_400
_BOTH = "queue and agent"
_BETWEEN = "\x1f"
"""Between a queue's and an agent's name; neither may have it."""


async def close_books(store: Store, targets: Targets, now: float, taken_before: float = 0.0) -> int:
    """Close every day of UTC that can be closed ``now`` (Unix seconds), and those with events from before
    ``taken_before``, which retention is about to take. Returns how many days. Raises StoreError.
    """
    ledger = Ledger(store)
    since, until = await ledger.closed_until(), _closable(targets, now, taken_before)
    if until <= since:
        return 0
    fold, states, latest = ContactFold(), list[AgentStateChanged](), 0.0
    async for envelope in envelopes(store, since - BEFORE.total_seconds(), now):
        latest = max(latest, envelope.at)
        fold.handle(envelope)
        if isinstance(envelope.event, AgentStateChanged):
            states.append(envelope.event)
    columns = with_repeats(Columns.of(fold.settled(float("inf"))), targets.repeat_days, now)
    inside = (columns["counted_at"] >= since) & (columns["counted_at"] < until)
    times = time_by_interval(spans(states, latest), since, min(until, latest))
    entries = with_times(entries_of(columns.where(inside), targets), times)
    await ledger.close(entries, until)
    first = since or min((entry.start for entry in entries), default=until) // DAY_S * DAY_S
    return (until - first) // DAY_S


def entries_of(columns: Columns, targets: Targets) -> tuple[Entry, ...]:
    """The sums of ``columns`` (with ``repeated``) by interval, queue and agent."""
    queues, agents = (
        np.array(columns.names[field], dtype=object)[columns.codes[field]] if len(columns) else np.array([])
        for field in ("queue", "agent")
    )
    codes, names = encode([f"{queue}{_BETWEEN}{agent}" for queue, agent in zip(queues, agents, strict=True)])
    both = replace(columns, codes={**columns.codes, _BOTH: codes}, names={**columns.names, _BOTH: names})
    found = []
    for interval in by_interval(both, targets, group=_BOTH):
        queue, _, agent = interval.group.partition(_BETWEEN)
        sums = {name: value for name in FIELDS if (value := getattr(interval.totals, name))}
        found.append(Entry(interval.start, queue, agent, sums))
    return tuple(found)


def with_times(entries: Iterable[Entry], times: RollUp) -> tuple[Entry, ...]:
    """``entries`` and the seconds of agents' states, which belong to no queue."""
    found = {(entry.start, entry.queue, entry.agent): entry for entry in entries}
    for interval in times:
        spent = {name: value for name in TIME_FIELDS if (value := getattr(interval.totals, name))}
        key = (interval.start, "", interval.group)
        known = found.get(key)
        found[key] = Entry(*key, {**(known.sums if known is not None else {}), **spent})
    return tuple(found.values())


def of_contacts(entry: Entry) -> Entry:
    """What contacts add to it; ``sums`` are empty where none does."""
    return replace(entry, sums={name: value for name, value in entry.sums.items() if name not in TIME_FIELDS})


def of_time(entry: Entry) -> Entry:
    """The agent's time in it; ``sums`` are empty where there is none."""
    return replace(entry, sums={name: value for name, value in entry.sums.items() if name in TIME_FIELDS})


def roll_up(entries: tuple[Entry, ...], group: str) -> RollUp:
    """Entries as a roll-up by ``group``: queue or agent."""
    codes, names = encode([getattr(entry, group) for entry in entries])
    starts = np.array([entry.start for entry in entries], np.int64)
    cells, cell = np.unique(starts * max(1, len(names)) + codes, return_inverse=True)
    sums = np.zeros((len(cells), len(FIELDS)))
    values = np.array([[entry.sums.get(name, 0.0) for name in FIELDS] for entry in entries]).reshape(-1, len(FIELDS))
    np.add.at(sums, cell, values)
    starts, groups = np.divmod(cells, max(1, len(names)))
    return RollUp(starts, groups, names, sums)


def _closable(targets: Targets, now: float, taken_before: float) -> int:
    settled = int(now - (targets.repeat_days + 1) * DAY_S) // DAY_S * DAY_S
    going = -(-int(taken_before) // DAY_S) * DAY_S
    return max(settled, min(going, int(now) // DAY_S * DAY_S))

"""Where a waiting contact stands: which queue's agents may have it, with which skills, or which one agent. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from ivr.queue import QueuedContact
from ivr.settings import QueueSettings


@dataclass(frozen=True, slots=True)
class Demand:
    """What an agent must bring: serve ``queue``, have every skill at its level, and be ``agent`` if one is named."""

    queue: str
    skills: frozenset[tuple[str, int]] = frozenset()
    agent: str = ""

    def met_by(self, skills: Mapping[str, int]) -> bool:
        """Whether an agent with ``skills`` has all it takes."""
        return all(skills.get(skill, 0) >= level for skill, level in self.skills)


@dataclass(frozen=True, slots=True)
class Place:
    """``demand`` holds until ``until`` (Unix seconds; None: for good)."""

    demand: Demand
    until: float | None


def place(contact: QueuedContact, queues: Mapping[str, QueueSettings], now: float, *, sticky_works: bool) -> Place:
    """Where a contact stands at ``now``: a function of how long it has waited, so nothing needs to be remembered.

    ``sticky_works``: its last agent is at work and serves the queue; while waiting for that agent no skill is asked.
    """
    own = queues.get(contact.queue) or QueueSettings(name=contact.queue)
    if contact.preferred and now < contact.preferred_until:
        return Place(Demand(own.name, agent=contact.preferred), contact.preferred_until)
    changes: list[float] = []
    rules = own
    if own.overflow_to is not None:
        overflows_at = contact.queued_at + own.overflow_after_s
        if now >= overflows_at:
            rules = queues.get(own.overflow_to) or QueueSettings(name=own.overflow_to)
        else:
            changes.append(overflows_at)
    if sticky_works and rules is own and now < (sticky_until := contact.queued_at + own.sticky_s):
        return Place(Demand(own.name, agent=contact.sticky), min([sticky_until, *changes]))
    lower = 0
    for step in rules.widen:
        widens_at = contact.queued_at + step.after_s
        if now >= widens_at:
            lower = max(lower, step.lower)
        else:
            changes.append(widens_at)
    wanted = dict(rules.skills)
    for skill, level in contact.skills:
        wanted[skill] = max(level, wanted.get(skill, 0))
    left = frozenset((skill, level - lower) for skill, level in wanted.items() if level > lower)
    return Place(Demand(rules.name, left), min(changes, default=None))

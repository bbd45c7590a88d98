"""What stands beside the queue a staffing question is about: the queues it overflows to, their callers and agents."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from ivr.erlang import Demand
from ivr.settings import QueueSettings, by_name
from ivr.what_if import Team
from voice.errors import CallfloorError
from voice.settings import AgentSettings


class StaffingError(CallfloorError):
    """The question cannot be answered."""


@dataclass(frozen=True, slots=True)
class House:
    """``rules``: the queue asked about, whose team is sought. ``beside``: the queues its callers may overflow to, in
    order; ``demand``: of those of them that have calls of their own, wrap-up not included; ``teams``: who serves them.
    """

    rules: QueueSettings
    beside: tuple[QueueSettings, ...] = ()
    demand: Mapping[str, Demand] = field(default_factory=dict)
    teams: tuple[Team, ...] = ()

    @property
    def queues(self) -> dict[str, QueueSettings]:
        """Every queue of it by name."""
        return by_name([self.rules, *self.beside])


def overflow_of(queue: QueueSettings, queues: Mapping[str, QueueSettings]) -> tuple[QueueSettings, ...]:
    """The queues that ``queue`` overflows to, and those that these overflow to: their agents are shared by all."""
    found: dict[str, QueueSettings] = {}
    name = queue.overflow_to
    while name is not None and name != queue.name and name not in found:
        found[name] = queues[name]
        name = queues[name].overflow_to
    return tuple(found.values())


def teams_beside(queue: QueueSettings, beside: Sequence[QueueSettings], agents: Iterable[AgentSettings]) -> list[Team]:
    """A team for each agent who serves queues ``beside`` and not ``queue``: who serves that one is sought, not given.
    Raises StaffingError for a queue that has no such agent.
    """
    names = [each.name for each in beside]
    found = []
    for agent in agents:
        served = tuple(name for name in names if name in agent.queues)
        if served and agent.role == "agent" and queue.name not in agent.queues:
            found.append(Team(1, served, tuple(agent.skills.items())))
    for name in names:
        if not any(name in team.queues for team in found):
            raise StaffingError(
                f"queue {queue.name!r} overflows to {name!r}, which no [[agent]] serves who does not serve "
                f"{queue.name!r} too; name one, or ask without overflow_to"
            )
    return found


def calls_beside(written: Sequence[str], beside: Sequence[QueueSettings], asked: str) -> dict[str, float]:
    """Calls an hour by queue, of ``written``: "sales=20". Raises StaffingError for what is malformed, for a queue that
    is not among ``beside``, and for one of them that is not ``written``.
    """
    names, found = [each.name for each in beside], dict[str, float]()
    for each in written:
        name, _, calls = each.partition("=")
        if name not in names:
            known = ", ".join(names) or "none"
            raise StaffingError(f"--beside {each!r}: {asked or 'the queue'} does not overflow to it (to: {known})")
        try:
            found[name] = float(calls)
        except ValueError:
            raise StaffingError(f"--beside {each!r}: write QUEUE=CALLS, calls an hour: sales=20") from None
        if not 0 <= found[name] < 1e6:
            raise StaffingError(f"--beside {each!r}: calls an hour from 0 on")
    for name in names:
        if name not in found:
            raise StaffingError(
                f"queue {asked!r} overflows to {name!r}, whose agents have their own callers: how many an hour? "
                f"--beside {name}=CALLS"
            )
    return found

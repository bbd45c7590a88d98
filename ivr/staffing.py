"""Who is there: for each queue the agents logged in and those working, kept up to date one agent at a time."""

from __future__ import annotations

from collections import defaultdict

from ivr.agents import Agent
from ivr.settings import Empty


class Staffing:
    """Counts agents per queue. What was noted of an agent is taken back before it is noted anew."""

    def __init__(self) -> None:
        self._logged_in: defaultdict[str, int] = defaultdict(int)
        self._working: defaultdict[str, int] = defaultdict(int)
        self._shares: defaultdict[str, float] = defaultdict(float)
        self._noted: dict[str, tuple[tuple[str, ...], bool, bool]] = {}

    def note(self, agent: Agent) -> tuple[str, ...]:
        """The agent changed, perhaps; returns the queues concerned if who is there did."""
        before = self._noted.get(agent.name, ((), False, False))
        after = (agent.queues, agent.logged_in, agent.working)
        if before == after:
            return ()
        self._noted[agent.name] = after
        self._count(*before, -1)
        self._count(*after, 1)
        return tuple(dict.fromkeys((*before[0], *after[0])))

    def working(self, queue: str) -> int:
        """Agents of ``queue`` who take contacts now or soon."""
        return self._working[queue]

    def share(self, queue: str) -> float:
        """The same, each agent divided by the number of queues served."""
        return self._shares[queue]

    def is_empty(self, queue: str, rule: Empty) -> bool:
        """Whether ``queue`` has nobody, as ``rule`` sees it."""
        match rule:
            case Empty.NEVER:
                return False
            case Empty.NOBODY_LOGGED_IN:
                return self._logged_in[queue] == 0
            case Empty.NOBODY_WORKING:
                return self._working[queue] == 0

    def _count(self, queues: tuple[str, ...], logged_in: bool, working: bool, by: int) -> None:
        for queue in queues:
            self._logged_in[queue] += by * logged_in
            self._working[queue] += by * working
            self._shares[queue] += by * working / len(queues)

"""What agents' pages say of the queues they serve: how many wait there, and since when the first of them does."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Mapping

from assist.desk_events import QueueLine, QueuesChanged
from voice.settings import AgentSettings

PACE_S = 1.0
"""A page is told once a second at most; nobody reads faster, and each queue has many agents."""


class QueueNews:
    """``waiting``: by queue, how many wait and since when (Unix seconds); ``tell`` puts an event on an agent's desk.
    Belongs to one event loop.
    """

    def __init__(
        self, agents: Iterable[AgentSettings], waiting: Callable[[], Mapping[str, tuple[int, float]]],
        tell: Callable[[str, QueuesChanged], None],
    ) -> None:  # fmt: skip
        self._serving = {agent.user: agent.queues for agent in agents if agent.role == "agent" and agent.queues}
        self._waiting = waiting
        self._tell = tell
        self._told: dict[str, tuple[QueueLine, ...]] = {}
        self._timer: asyncio.TimerHandle | None = None

    def stir(self) -> None:
        """Something happened that may have changed a queue."""
        if self._timer is None:
            self._timer = asyncio.get_running_loop().call_later(PACE_S, self._look)

    def close(self) -> None:
        """Tell nobody any more. Harmless twice."""
        if self._timer is not None:
            self._timer.cancel()

    def _look(self) -> None:
        self._timer = None
        waiting = self._waiting()
        for agent, queues in self._serving.items():
            lines = tuple(QueueLine(queue, *waiting.get(queue, (0, 0.0))) for queue in queues)
            if self._told.get(agent) != lines:
                self._told[agent] = lines
                self._tell(agent, QueuesChanged(lines))

"""Who waits in an agent's queues, as her page is told."""

from __future__ import annotations

import asyncio

import pytest

from assist import queue_news
from assist.desk_events import QueueLine, QueuesChanged
from assist.queue_news import QueueNews
from voice.settings import AgentSettings

AGENTS = (
    AgentSettings(user="anna", name="Anna", secret="kestrel-of-anna", queues=("billing", "support")),
    AgentSettings(user="ben", name="Ben", secret="kestrel-of-ben", queues=("billing",)),
    AgentSettings(user="sara", name="Sara", secret="kestrel-of-sara", role="supervisor", queues=("billing",)),
)


def test_each_agent_is_told_of_her_queues_and_only_of_changes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(queue_news, "PACE_S", 0.0)
    waiting: dict[str, tuple[int, float]] = {"billing": (2, 100.0), "sales": (9, 1.0)}
    told: list[tuple[str, tuple[QueueLine, ...]]] = []

    def tell(agent: str, event: QueuesChanged) -> None:
        told.append((agent, event.queues))

    async def turn(news: QueueNews) -> None:
        news.stir()
        for _ in range(3):
            await asyncio.sleep(0)

    async def main() -> None:
        news = QueueNews(AGENTS, lambda: waiting, tell)
        await turn(news)
        assert told == [
            ("anna", (QueueLine("billing", 2, 100.0), QueueLine("support"))),
            ("ben", (QueueLine("billing", 2, 100.0),)),
        ]
        told.clear()
        await turn(news)
        assert told == []
        waiting["support"] = (1, 130.0)
        await turn(news)
        assert told == [("anna", (QueueLine("billing", 2, 100.0), QueueLine("support", 1, 130.0)))]
        news.stir()
        news.close()

    asyncio.run(main())


def test_a_hundred_changes_at_once_are_counted_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(queue_news, "PACE_S", 0.0)
    counted: list[int] = []

    def waiting() -> dict[str, tuple[int, float]]:
        counted.append(1)
        return {}

    async def main() -> None:
        news = QueueNews(AGENTS, waiting, lambda agent, event: None)
        for _ in range(100):
            news.stir()
        for _ in range(3):
            await asyncio.sleep(0)
        news.stir()
        news.close()
        await asyncio.sleep(0)

    asyncio.run(main())
    assert counted == [1]

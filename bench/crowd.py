"""A busy floor made of events, for benches of the board: agents who talk, callers who wait, words, feelings, alerts."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass

from assist.alerts import AlertCleared, AlertRaised, Severity
from assist.cards import Card, CardKind, CardUpdated
from ivr.contacts import AgentOffered, AgentStateChanged, ContactAnswered, ContactEnded, ContactOffered, ContactQueued
from ivr.controls import HoldChanged
from transcription.utterances import UtteranceFinal, UtterancePartial
from voice.events import Event, QualityMeasured
from voice.settings import AgentSettings

QUEUES = tuple(f"queue {number}" for number in range(12))
WAITING_SHARE = 0.15
SEVERITIES: tuple[Severity, ...] = ("info", "warning", "critical")
SAYINGS = (
    "i was charged twice on my last bill", "nobody called back", "that is very kind of you", "let me check that",
    "i would like to speak to somebody who can decide this", "it worked until the storm of last week",
)  # fmt: skip


def staff(count: int) -> tuple[AgentSettings, ...]:
    """``count`` agents, each of two queues."""
    return tuple(
        AgentSettings(
            user=f"agent{number:03d}", name=f"Agent {number:03d}", secret="kestrel-demo", team=f"team {number % 20}",
            queues=(QUEUES[number % len(QUEUES)], QUEUES[(number * 7 + 1) % len(QUEUES)]),
        )
        for number in range(count)
    )  # fmt: skip


@dataclass(slots=True)
class _Live:
    id: str
    queue: str
    agent: str
    since: float
    points: tuple[tuple[float, float], ...] = ()
    held: bool = False
    alert: str = ""


class Crowd:
    """``contacts`` of them live at any time. The same seed makes the same floor."""

    def __init__(self, agents: tuple[AgentSettings, ...], contacts: int, seed: int = 7) -> None:
        self._random = random.Random(seed)
        self._free = [agent.user for agent in agents]
        self._random.shuffle(self._free)
        self._contacts = contacts
        self._live: list[_Live] = []
        self._count = 0

    def opening(self, now: float) -> Iterator[tuple[str, str, Event]]:
        """The floor as it stands: (contact, agent, event); agents' states have no contact, the agent is never said."""
        yield from ((contact, "", event) for contact, event in self._opening(now))

    def next(self, now: float) -> Iterator[tuple[str, str, Event]]:
        """What happens next: mostly words; now and then somebody comes, is answered, held, unhappy, or goes."""
        yield from ((contact, "", event) for contact, event in self._next(now))

    def _opening(self, now: float) -> Iterator[tuple[str, Event]]:
        for agent in self._free:
            state = self._random.choice(("AVAILABLE", "AVAILABLE", "NOT_READY", "WRAPUP", "OFFLINE"))
            yield "", AgentStateChanged(agent, state, "", now - self._random.uniform(5, 900))
        for _ in range(self._contacts):
            yield from self._arrive(now - self._random.uniform(1, 400))

    def _next(self, now: float) -> list[tuple[str, Event]]:
        one, what = self._random.choice(self._live), self._random.random()
        if not one.agent:
            return self._answer(one, now) if what < 0.1 else []
        if what < 0.45:
            return [(one.id, UtterancePartial("u", "caller", self._words(), 1.0, 2.0, 1))]
        if what < 0.70:
            return [(one.id, UtteranceFinal("u", "caller", self._words(), (), 1.0, 2.0, 0.9, "vosk", "demo"))]
        if what < 0.80:
            mos = self._random.choice((4.3, 4.2, 4.0, 3.3))
            return [(one.id, QualityMeasured("l", "caller", mos, 4.3, 250, 0.0, 2.0, 20.0))]
        if what < 0.92:
            return [(one.id, self._felt(one, now))]
        if what < 0.95:
            one.held = not one.held
            return [(one.id, HoldChanged(one.agent, one.held))]
        if what < 0.97:
            return [(one.id, self._alert(one))]
        return [*self._leave(one, now), *self._arrive(now)]

    def _arrive(self, at: float) -> list[tuple[str, Event]]:
        self._count += 1
        one = _Live(f"c{self._count}", self._random.choice(QUEUES), "", at)
        self._live.append(one)
        number = f"+1202{self._count:07d}"
        found: list[tuple[str, Event]] = [
            (one.id, ContactOffered(f"w{self._count}", number, "100", "main", "1")),
            (one.id, ContactQueued(one.queue, 5, at)),
        ]
        return found + (self._answer(one, at) if self._random.random() > WAITING_SHARE else [])

    def _answer(self, one: _Live, at: float) -> list[tuple[str, Event]]:
        if not self._free:
            return []
        one.agent = self._free.pop()
        return [
            (one.id, AgentOffered(one.agent, "l")), (one.id, ContactAnswered(one.agent, "l", max(0.0, at - one.since))),
            ("", AgentStateChanged(one.agent, "TALKING", "", at)),
        ]  # fmt: skip

    def _leave(self, one: _Live, at: float) -> list[tuple[str, Event]]:
        self._live.remove(one)
        self._free.insert(0, one.agent)
        cleared: list[tuple[str, Event]] = [(one.id, AlertCleared(one.alert, "ended"))] if one.alert else []
        ended = ContactEnded("completed", "caller", at - one.since, at - one.since)
        return [*cleared, (one.id, ended), ("", AgentStateChanged(one.agent, "WRAPUP", "", at, at + 10))]

    def _felt(self, one: _Live, now: float) -> CardUpdated:
        score = max(-1.0, min(1.0, (one.points[-1][1] if one.points else 0.0) + self._random.uniform(-0.3, 0.3)))
        one.points = (*one.points[-23:], (now - one.since, round(score, 2)))
        card = Card(f"{one.id}/s", CardKind.SENTIMENT, "Listen", "", (), "sentiment", "1", "final", points=one.points)
        return CardUpdated(one.agent, card, 0.4)

    def _alert(self, one: _Live) -> Event:
        if one.alert:
            alert, one.alert = one.alert, ""
            return AlertCleared(alert, "over")
        one.alert = f"{one.id}:{self._random.randrange(1 << 30)}"
        severity = self._random.choice(SEVERITIES)
        kind = self._random.choice(("sentiment", "talk_over", "dead_air", "keyword"))
        text, quote = f"{kind} now", self._words()
        return AlertRaised(one.alert, kind, kind, severity, one.id, one.agent, one.queue, text, quote=quote)

    def _words(self) -> str:
        return self._random.choice(SAYINGS)

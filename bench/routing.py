"""What a routing decision costs: ``python -m bench.routing`` prints one JSON line.

A busy floor: 2,000 agents with three of 20 skills and two or three of 20 queues, 10,000 contacts waiting, a third of
them with a skill of their own, queues that widen and flow over. Every event is timed as the floor sees it: one input
handed to ``Acd.handle``, whatever it causes included, in CPU time of the thread. Budget: p99 of the events that make an
offer <= 1 ms.
"""

from __future__ import annotations

import argparse
import gc
import json
import random
import resource
import time
from collections import deque

from bench.figures import spread
from ivr.acd import Acd
from ivr.acd_messages import AcdEffect, AcdInput, ContactAnswered, ContactEnded, ContactQueuedIn, OfferContact
from ivr.acd_run import AcdRun
from ivr.settings import QueueSettings, Widening, by_name
from ivr.strategies import Strategy

QUEUES = [f"q{number}" for number in range(20)]
SKILLS = [f"s{number}" for number in range(20)]
BUDGET_MS = 1.0


def _rules() -> dict[str, QueueSettings]:
    strategies = list(Strategy)
    widen = (Widening(after_s=60, lower=2), Widening(after_s=180, lower=10))
    return by_name(
        QueueSettings(
            name=name,
            strategy=strategies[number % len(strategies)],
            skills={SKILLS[number]: 3},
            widen=widen,
            overflow_to=QUEUES[(number + 1) % len(QUEUES)],
            overflow_after_s=3000,
        )
        for number, name in enumerate(QUEUES)
    )


class _Floor(AcdRun):
    """Agents who answer and hang up, callers who come, and a stopwatch around every event."""

    def __init__(self, seed: int) -> None:
        super().__init__(Acd(queues=_rules()), self._answers)
        self.chance = random.Random(seed)
        self.talks: deque[str] = deque()
        self.calls = 0
        self.deciding_ms: list[float] = []
        self.all_ms: list[float] = []

    def handle(self, given: AcdInput) -> tuple[AcdEffect, ...]:
        start = time.thread_time()
        effects = super().handle(given)
        spent = (time.thread_time() - start) * 1000
        self.all_ms.append(spent)
        if any(isinstance(effect, OfferContact) for effect in effects):
            self.deciding_ms.append(spent)
        return effects

    def _answers(self, offer: OfferContact) -> None:
        self.tell(ContactAnswered(offer.contact_id, offer.agent, offer.lease_id))
        self.talks.append(offer.contact_id)

    def employ(self, number: int) -> None:
        home = self.chance.randrange(len(QUEUES))
        queues = (QUEUES[home], *self.chance.sample(QUEUES, 2))
        levels = {SKILLS[home]: 3, **{skill: self.chance.randint(1, 5) for skill in self.chance.sample(SKILLS, 2)}}
        weights = ((QUEUES[home], 2.0),)
        self.log_in(f"agent{number}", tuple(dict.fromkeys(queues)), tuple(levels.items()), weights)

    @property
    def waiting(self) -> int:
        """Contacts in all queues."""
        return sum(len(self.acd.waiting(queue)) for queue in QUEUES)

    def call(self) -> None:
        self.calls += 1
        own = ((self.chance.choice(SKILLS), self.chance.randint(1, 3)),) if self.chance.random() < 1 / 3 else ()
        priority = self.chance.choice((3, 5, 5, 5, 8))
        self.tell(ContactQueuedIn(f"c{self.calls}", self.chance.choice(QUEUES), priority, self.now, own))

    def turn(self) -> None:
        """A contact ends, one comes in, and now and then one in the queue gives up."""
        self.advance(0.05)
        if self.talks:
            self.tell(ContactEnded(self.talks.popleft()))
        self.call()
        if self.chance.random() < 0.1:
            self.tell(ContactEnded(f"c{self.chance.randint(1, self.calls)}"))


def measure(waiting: int, agents: int, steps: int, seed: int = 1) -> dict[str, object]:
    """Fill the queues, log everyone in, then let ``steps`` contacts end and come."""
    floor = _Floor(seed)
    for _ in range(waiting + agents):
        floor.advance(0.05)
        floor.call()
    for number in range(agents):
        floor.employ(number)
    before = floor.waiting
    gc.collect()
    floor.deciding_ms.clear()
    floor.all_ms.clear()
    start = time.thread_time()
    for _ in range(steps):
        floor.turn()
    cpu = time.thread_time() - start
    deciding = spread(floor.deciding_ms, 3)
    return {
        "waiting": [before, floor.waiting],
        "agents": agents,
        "skills": len(SKILLS),
        "decisions": len(floor.deciding_ms),
        "decision_ms": deciding,
        "event_ms": spread(floor.all_ms, 3),
        "events_per_s": round(len(floor.all_ms) / cpu),
        "peak_mib": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, 1),
        "within_budget": deciding["p99"] is not None and deciding["p99"] <= BUDGET_MS,
    }


def main() -> None:
    """Print one JSON line."""
    parser = argparse.ArgumentParser(prog="python -m bench.routing", description=__doc__)
    parser.add_argument("--waiting", type=int, default=10_000)
    parser.add_argument("--agents", type=int, default=2_000)
    parser.add_argument("--steps", type=int, default=20_000)
    given = parser.parse_args()
    print(json.dumps({"bench": "routing", **measure(given.waiting, given.agents, given.steps)}))


if __name__ == "__main__":
    main()

"""``branch``: go where the first case leads whose condition holds, else to ``otherwise``. See ``ivr.conditions``.

What the floor knows (the caller, queues) is asked for only where a condition needs it, for at most a second.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from ivr.conditions import Condition, QueueFacts
from ivr.stage import Stage
from ivr.verbs.base import Activity, Key, Verb

FACTS = "facts"
FACTS_S = 1.0


class Case(BaseModel):
    """A condition and where it leads."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    when: Condition
    next: str


class Branch(Verb):
    """A node that chooses by what is the case."""

    verb: Literal["branch"]
    cases: tuple[Case, ...] = Field(min_length=1)
    otherwise: str

    def targets(self) -> Iterator[tuple[Key, str]]:
        """Every way out."""
        for index, case in enumerate(self.cases):
            yield ("cases", index, "next"), case.next
        yield ("otherwise",), self.otherwise

    def queues(self) -> tuple[str, ...]:
        """The queues its conditions are about."""
        parts = [part for case in self.cases for part in case.when.parts()]
        return tuple(dict.fromkeys(part.queue.name for part in parts if part.queue is not None))

    @property
    def asks_floor(self) -> bool:
        """Whether a condition needs what only the floor knows."""
        parts = [part for case in self.cases for part in case.when.parts()]
        return any(part.queue is not None or part.known is not None or part.vip is not None for part in parts)

    def activity(self, stage: Stage) -> Activity:
        """Choose."""
        return _Branching(stage, self)


class _Branching(Activity):
    def __init__(self, stage: Stage, verb: Branch) -> None:
        super().__init__(stage)
        self._verb = verb

    def begin(self) -> None:
        if self._verb.asks_floor:
            self.stage.ask_facts(self._verb.queues())
            self.stage.start_timer(FACTS, FACTS_S)
        else:
            self._choose()

    def facts_told(self, known: bool, vip: bool, queues: dict[str, QueueFacts]) -> None:
        self._choose(known, vip, queues)

    def timer_fired(self, name: str) -> None:
        self._choose()

    def _choose(self, known: bool = False, vip: bool = False, queues: dict[str, QueueFacts] | None = None) -> None:
        facts = self.stage.facts(known, vip, queues or {})
        found = (case.next for case in self._verb.cases if case.when.holds(facts))
        self.stage.go(next(found, self._verb.otherwise))

"""``pause``: silence for ``length`` seconds, then go on."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

from pydantic import Field

from ivr.stage import Stage
from ivr.verbs.base import Activity, Key, Verb


class Pause(Verb):
    """A node that waits."""

    verb: Literal["pause"]
    length: float = Field(gt=0, le=60)
    next: str

    def targets(self) -> Iterator[tuple[Key, str]]:
        """The next node."""
        yield ("next",), self.next

    def activity(self, stage: Stage) -> Activity:
        """Wait, then go on."""
        return _Pausing(stage, self)


class _Pausing(Activity):
    def __init__(self, stage: Stage, verb: Pause) -> None:
        super().__init__(stage)
        self._verb = verb

    def begin(self) -> None:
        self.stage.start_timer("pause", self._verb.length)

    def timer_fired(self, name: str) -> None:
        self.stage.go(self._verb.next)

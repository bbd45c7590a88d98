"""``callback``: the caller hangs up and keeps the place in the queue; an agent, then the caller, is called when it is
their turn. To the number the call came from, or to the one in ``number`` (``${name}`` stands for a variable).

A number that cannot be called (withheld, too short) leads to ``failed``. Reached from an ``enqueue`` by a key, the
place is the one the caller had there.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

from pydantic import Field

from ivr.stage import Stage
from ivr.verbs.base import Activity, Key, Verb
from ivr.verbs.dial import dialled


class Callback(Verb):
    """A node that promises a call."""

    verb: Literal["callback"]
    queue: str = Field(pattern=r"^[a-z0-9_-]{1,32}$")
    number: str = "${caller}"
    next: str
    failed: str

    def targets(self) -> Iterator[tuple[Key, str]]:
        """Both ways out."""
        yield ("next",), self.next
        yield ("failed",), self.failed

    def activity(self, stage: Stage) -> Activity:
        """Promise."""
        return _Promising(stage, self)


class _Promising(Activity):
    def __init__(self, stage: Stage, verb: Callback) -> None:
        super().__init__(stage)
        self._verb = verb

    def begin(self) -> None:
        number = dialled(self.stage.fill(self._verb.number))
        if number is None:
            self.stage.go(self._verb.failed)
            return
        self.stage.request_callback(self._verb.queue, number)
        self.stage.go(self._verb.next)

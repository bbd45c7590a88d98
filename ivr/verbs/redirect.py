"""``redirect``: go on elsewhere, at once."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

from ivr.stage import Stage
from ivr.verbs.base import Activity, Key, Verb


class Redirect(Verb):
    """A node that only names another."""

    verb: Literal["redirect"]
    next: str

    def targets(self) -> Iterator[tuple[Key, str]]:
        """The next node."""
        yield ("next",), self.next

    def activity(self, stage: Stage) -> Activity:
        """Go there."""
        return _Redirecting(stage, self.next)


class _Redirecting(Activity):
    def __init__(self, stage: Stage, target: str) -> None:
        super().__init__(stage)
        self._target = target

    def begin(self) -> None:
        self.stage.go(self._target)

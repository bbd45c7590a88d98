"""``set``: give variables of the contact values, then go on. ``${name}`` in a value stands for another variable."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Literal

from pydantic import Field

from ivr.stage import Stage
from ivr.verbs.base import Activity, Key, Verb

VariableName = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,31}$")]


class Set(Verb):
    """A node that sets variables; all values are filled in from those before the node."""

    verb: Literal["set"]
    variables: dict[VariableName, Annotated[str, Field(max_length=1000)]] = Field(min_length=1)
    next: str

    def targets(self) -> Iterator[tuple[Key, str]]:
        """The next node."""
        yield ("next",), self.next

    def activity(self, stage: Stage) -> Activity:
        """Set, then go on."""
        return _Setting(stage, self)


class _Setting(Activity):
    def __init__(self, stage: Stage, verb: Set) -> None:
        super().__init__(stage)
        self._verb = verb

    def begin(self) -> None:
        filled = {name: self.stage.fill(value) for name, value in self._verb.variables.items()}
        self.stage.variables.update(filled)
        self.stage.go(self._verb.next)

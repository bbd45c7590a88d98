"""``tag``: note something about the contact for agents and reports, then go on. ``${name}`` stands for a variable."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Literal

from pydantic import Field

from ivr.stage import Stage
from ivr.verbs.base import Activity, Key, Verb

TagName = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,31}$")]
TagValue = Annotated[str, Field(max_length=200)]


class Tag(Verb):
    """A node that tags. Values show on screens and in reports: never tag what a masked gather took."""

    verb: Literal["tag"]
    data: dict[TagName, TagValue] = Field(min_length=1)
    next: str

    def targets(self) -> Iterator[tuple[Key, str]]:
        """The next node."""
        yield ("next",), self.next

    def activity(self, stage: Stage) -> Activity:
        """Tag, then go on."""
        return _Tagging(stage, self)


class _Tagging(Activity):
    def __init__(self, stage: Stage, verb: Tag) -> None:
        super().__init__(stage)
        self._verb = verb

    def begin(self) -> None:
        for name, value in self._verb.data.items():
            self.stage.tag(name, self.stage.fill(value))
        self.stage.go(self._verb.next)

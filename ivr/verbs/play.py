"""``play``: a named recording of the prompt store, once, then go on."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

from ivr.effects import Prompt
from ivr.stage import Stage
from ivr.verbs.base import Activity, Key, Verb


class Play(Verb):
    """A node that plays a recording."""

    verb: Literal["play"]
    recording: str
    bargein: bool = False
    next: str

    def targets(self) -> Iterator[tuple[Key, str]]:
        """The next node."""
        yield ("next",), self.next

    def audio(self) -> Iterator[tuple[Key, str]]:
        """The recording."""
        yield ("recording",), self.recording

    def activity(self, stage: Stage) -> Activity:
        """Play, then go on."""
        return _Playing(stage, self)


class _Playing(Activity):
    def __init__(self, stage: Stage, verb: Play) -> None:
        super().__init__(stage)
        self._verb = verb

    def begin(self) -> None:
        self.stage.play((Prompt("", self._verb.recording),))

    def prompt_finished(self) -> None:
        self.stage.go(self._verb.next)

    def digit(self, digit: str) -> None:
        super().digit(digit)
        if self._verb.bargein:
            self.stage.go(self._verb.next)

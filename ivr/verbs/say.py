"""``say``: speak, then go on. ``bargein``: a digit cuts it short; else the digit is kept and the speech goes on."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

from pydantic import Field

from ivr.stage import Stage
from ivr.verbs.base import Activity, Key, Texts, Verb, each


class Say(Verb):
    """A node that speaks."""

    verb: Literal["say"]
    text: Texts = Field(min_length=1)
    bargein: bool = False
    next: str

    def targets(self) -> Iterator[tuple[Key, str]]:
        """The next node."""
        yield ("next",), self.next

    def texts(self) -> Iterator[tuple[Key, str]]:
        """What is said."""
        return each("text", self.text)

    def activity(self, stage: Stage) -> Activity:
        """Speak, then go on."""
        return _Saying(stage, self)


class _Saying(Activity):
    def __init__(self, stage: Stage, verb: Say) -> None:
        super().__init__(stage)
        self._verb = verb

    def begin(self) -> None:
        self.stage.say(self._verb.text)

    def prompt_finished(self) -> None:
        self.stage.go(self._verb.next)

    def digit(self, digit: str) -> None:
        super().digit(digit)
        if self._verb.bargein:
            self.stage.go(self._verb.next)

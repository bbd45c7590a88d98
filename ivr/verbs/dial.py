"""``dial``: ring an agent by name or an outside number, connect, and go on at ``next`` when the other side hangs up.

``${name}`` in ``number`` stands for a variable. What a caller keys or a look-up answers must not be able to run up a
telephone bill: such a node names in ``allow`` the beginnings its numbers may have. Whoever does not answer within
``timeout`` seconds, is busy or may not be called leads to ``failed``. Meanwhile the caller hears ``ringing``.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Annotated, Literal

from pydantic import Field

from ivr.effects import DialOut, Prompt
from ivr.stage import Stage
from ivr.verbs.base import Activity, Key, Problem, Texts, Verb, each

Prefix = Annotated[str, Field(pattern=r"^\+?[0-9]{1,15}$")]


class Outward(Verb):
    """What ``dial`` and ``transfer`` have in common: whom they ring, and how."""

    agent: str | None = Field(default=None, pattern=r"^[a-z0-9_.-]{1,32}$")
    number: str | None = Field(default=None, max_length=100)
    allow: tuple[Prefix, ...] = ()
    say: Texts = ()
    ringing: str = "hold"
    timeout: float = Field(default=30.0, gt=0, le=120)
    time_limit: float = Field(default=0.0, ge=0, le=14400)
    failed: str

    def targets(self) -> Iterator[tuple[Key, str]]:
        """Where a call that does not come about leads."""
        yield ("failed",), self.failed

    def texts(self) -> Iterator[tuple[Key, str]]:
        """What is said before."""
        yield from each("say", self.say)

    def audio(self) -> Iterator[tuple[Key, str]]:
        """What is heard while it rings."""
        yield ("ringing",), self.ringing

    def problems(self) -> Iterator[Problem]:
        """Nobody or two named; a number that cannot be dialled; one that a caller could choose freely."""
        if (self.agent is None) == (self.number is None):
            yield Problem((), f"{self.verb} needs either agent or number", "name one of them")
        elif self.number is not None and "${" in self.number:
            if not self.allow:
                what, fix = "a variable stands in the number, and any number may be called", 'write allow: ["+353"]'
                yield Problem(("number",), what, fix)
        elif self.number is not None and dialled(self.number) is None:
            yield Problem(("number",), f"{self.number!r} is no number", "write 3 to 15 digits, with + before a country")

    def whom(self, stage: Stage) -> tuple[Literal["agent", "number"], str] | None:
        """Whom to ring, with variables filled in; None where that is nobody who may be rung."""
        if self.agent is not None:
            return "agent", self.agent
        number = dialled(stage.fill(self.number or ""))
        if number is None or (self.allow and not number.startswith(self.allow)):
            return None
        return "number", number


class Dial(Outward):
    """A node that rings somebody. Times are seconds; ``time_limit`` 0: they may talk as long as they like."""

    verb: Literal["dial"]
    next: str

    def targets(self) -> Iterator[tuple[Key, str]]:
        """Both ways out."""
        yield ("next",), self.next
        yield from super().targets()

    def activity(self, stage: Stage) -> Activity:
        """Ring."""
        return Dialling(stage, self, self.next)


class Dialling(Activity):
    """Somebody is rung, then talked to; afterwards the flow goes on at ``following``, or the contact ends."""

    def __init__(self, stage: Stage, verb: Outward, following: str | None) -> None:
        super().__init__(stage)
        self._verb = verb
        self._following = following
        self._ringing = False

    def begin(self) -> None:
        """Say why, then ring."""
        if self._verb.say:
            self.stage.say(self._verb.say)
        else:
            self._ring()

    def prompt_finished(self) -> None:
        """Said."""
        self._ring()

    def _ring(self) -> None:
        verb, whom = self._verb, self._verb.whom(self.stage)
        if whom is None:
            self.stage.go(verb.failed)
            return
        self._ringing = True
        self.stage.play((Prompt("", verb.ringing),), loop=True)
        self.stage.dial(DialOut(*whom, verb.timeout, verb.time_limit, handover=self._following is None))

    def digit(self, digit: str) -> None:
        """Not kept: what is keyed while it rings, or to the other side, answers no question of ours."""
        if not self._ringing:
            super().digit(digit)

    def dial_answered(self) -> None:
        """They talk."""
        self.stage.agent_served = True
        self.stage.stop()

    def dial_failed(self, reason: str) -> None:
        """Nobody came."""
        self.stage.go(self._verb.failed)

    def dial_ended(self) -> None:
        """The other side hung up."""
        if self._following is None:
            self.stage.hang_up()
        else:
            self.stage.go(self._following)


def dialled(number: str) -> str | None:
    """A number as it is dialled, without what only eyes need; None for what is none."""
    bare = re.sub(r"[ ()./-]", "", number)
    return bare if re.fullmatch(r"\+?[0-9]{3,15}", bare) else None

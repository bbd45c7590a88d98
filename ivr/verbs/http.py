"""``http``: look something up (an order, a balance) and keep parts of the answer as variables.

``${name}`` in ``url`` (there percent-encoded) and in ``body`` stands for a variable. The answer must be a JSON object
of at most 64 KiB with status 200; ``save`` names for each variable the path to it (``order.status``,
``items.0.name``). Meanwhile the caller hears ``filler``; after ``timeout`` seconds, or with any other answer, the flow
goes on at ``failed``.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Annotated, Literal

from pydantic import Field

from ivr.effects import Prompt
from ivr.stage import Stage
from ivr.verbs.base import Activity, Key, Problem, Verb
from ivr.verbs.set import VariableName

TIMEOUT = "http"

Path = Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)*$", max_length=200)]


class Http(Verb):
    """A node that asks another system."""

    verb: Literal["http"]
    url: str = Field(pattern=r"^https?://[^\s]+$", max_length=1000)
    method: Literal["GET", "POST"] = "GET"
    body: dict[str, str] = Field(default_factory=dict)
    timeout: float = Field(default=3.0, gt=0, le=30)
    filler: str | None = None
    save: dict[VariableName, Path] = Field(default_factory=dict)
    next: str
    failed: str

    def targets(self) -> Iterator[tuple[Key, str]]:
        """Both ways out."""
        yield ("next",), self.next
        yield ("failed",), self.failed

    def audio(self) -> Iterator[tuple[Key, str]]:
        """The filler."""
        if self.filler is not None:
            yield ("filler",), self.filler

    def problems(self) -> Iterator[Problem]:
        """A body that would not be sent; a host that a caller could choose."""
        if self.body and self.method == "GET":
            yield Problem(("body",), "a GET has no body", "write method: POST")
        if re.match(r"^https?://[^/?#]*\$\{", self.url):
            yield Problem(("url",), "a variable stands in the host of the url", "write the host out")

    def activity(self, stage: Stage) -> Activity:
        """Ask."""
        return _LookingUp(stage, self)


class _LookingUp(Activity):
    def __init__(self, stage: Stage, verb: Http) -> None:
        super().__init__(stage)
        self._verb = verb
        self._token = 0

    def begin(self) -> None:
        verb = self._verb
        body = {name: self.stage.fill(value) for name, value in verb.body.items()}
        self._token = self.stage.look_up(verb.method, self.stage.fill_url(verb.url), body, verb.timeout)
        self.stage.start_timer(TIMEOUT, verb.timeout)
        if verb.filler is not None:
            self.stage.play((Prompt("", verb.filler),), loop=True)

    def timer_fired(self, name: str) -> None:
        self.stage.go(self._verb.failed)

    def looked_up(self, token: int, answer: Mapping[str, object] | None) -> None:
        if token != self._token:
            return
        found = {name: _at(answer, path) for name, path in self._verb.save.items()}
        if answer is None or None in found.values():
            self.stage.go(self._verb.failed)
            return
        self.stage.variables.update({name: value for name, value in found.items() if value is not None})
        self.stage.go(self._verb.next)


def _at(answer: object, path: str) -> str | None:
    """The text, number or truth value at ``path``, as text; None where there is none."""
    for step in path.split("."):
        if isinstance(answer, Mapping):
            answer = answer.get(step)
        elif isinstance(answer, list) and step.isdecimal() and int(step) < len(answer):
            answer = answer[int(step)]
        else:
            return None
    if isinstance(answer, bool):
        return "true" if answer else "false"
    return str(answer)[:1000] if isinstance(answer, str | int | float) else None

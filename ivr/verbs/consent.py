"""``consent``: note what the caller agrees to, then go on. Without it, who goes on after the notice has agreed.

A declined call is not recorded, or neither recorded nor transcribed; agents see that it is so by the tag ``consent``.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

from ivr.stage import Stage
from ivr.verbs.base import Activity, Key, Problem, Verb


class Consent(Verb):
    """A node that notes consent. A message the caller leaves afterwards (``record``) is consent to be recorded."""

    verb: Literal["consent"]
    recording: bool
    recognition: bool
    next: str

    def targets(self) -> Iterator[tuple[Key, str]]:
        """The next node."""
        yield ("next",), self.next

    def problems(self) -> Iterator[Problem]:
        """What must not be kept of a recording is known by its words alone."""
        if self.recording and not self.recognition:
            yield Problem(
                ("recognition",),
                "a call cannot be recorded without being recognised: card numbers are found by their words",
                "decline recording too",
            )

    def activity(self, stage: Stage) -> Activity:
        """Note it, then go on."""
        return _Noting(stage, self)


class _Noting(Activity):
    def __init__(self, stage: Stage, verb: Consent) -> None:
        super().__init__(stage)
        self._verb = verb

    def begin(self) -> None:
        verb = self._verb
        self.stage.note_consent(recording=verb.recording, recognition=verb.recognition)
        self.stage.tag("consent", said(recording=verb.recording, recognition=verb.recognition))
        self.stage.go(verb.next)


def said(*, recording: bool, recognition: bool) -> str:
    """What the caller agreed to, for agents and the log."""
    if recording:
        return "recorded and transcribed"
    return "transcribed, not recorded" if recognition else "neither recorded nor transcribed"

"""``hangup``: end the contact."""

from __future__ import annotations

from typing import ClassVar, Literal

from ivr.stage import Stage
from ivr.verbs.base import Activity, Verb


class Hangup(Verb):
    """A node where the contact ends."""

    terminal: ClassVar[bool] = True

    verb: Literal["hangup"]

    def activity(self, stage: Stage) -> Activity:
        """Hang up."""
        return _HangingUp(stage)


class _HangingUp(Activity):
    def begin(self) -> None:
        self.stage.hang_up()

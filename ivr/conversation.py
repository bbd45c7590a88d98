"""When agent and customer could talk with each other: what the talk measures of a contact are taken over. Pure."""

from __future__ import annotations

from ivr.contacts import ContactSnapshot
from transcription.talk import Run

TALKING = "talking"
TOGETHER = frozenset({"direct", "conference"})
"""The arrangements (``voice.hearing.Talk``) in which agent and customer hear each other."""


class Conversation:
    """Seconds are on the contact's clock, from its offer."""

    def __init__(self) -> None:
        self._apart_since: float | None = 0.0
        self._apart: list[Run] = []
        self.answered_s = 0.0
        """When they first could."""

    def note(self, snapshot: ContactSnapshot, at_s: float) -> None:
        """The contact stands as ``snapshot`` says from ``at_s`` on."""
        together = snapshot.phase == TALKING and snapshot.talk in TOGETHER
        if together and self._apart_since is not None:
            self._apart.append((self._apart_since, at_s))
            self._apart_since = None
            self.answered_s = self.answered_s or at_s
        elif not together and self._apart_since is None:
            self._apart_since = at_s

    def pauses(self, until_s: float) -> tuple[Run, ...]:
        """The stretches without conversation: before the answer, on hold, in a consultation, in the survey."""
        if self._apart_since is None or self._apart_since >= until_s:
            return tuple(self._apart)
        return (*self._apart, (self._apart_since, until_s))

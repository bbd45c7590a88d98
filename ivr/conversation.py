"""When agent and customer could talk with each other: what the talk measures of a contact are taken over. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from ivr.contacts import ContactSnapshot
from transcription.talk import Run

TALKING = "talking"
TOGETHER = frozenset({"direct", "conference"})
"""The arrangements (``voice.hearing.Talk``) in which agent and customer hear each other."""


@dataclass(frozen=True, slots=True)
class Stretch:
    """``agent`` had the contact from ``since_s`` on; ``apart``: the stretches that are no conversation of hers."""

    agent: str
    since_s: float
    apart: tuple[Run, ...]


class Conversation:
    """Seconds are on the contact's clock, from its offer."""

    def __init__(self) -> None:
        self._apart_since: float | None = 0.0
        self._apart: list[Run] = []
        self._had: list[tuple[str, float]] = []

    def note(self, snapshot: ContactSnapshot, at_s: float) -> None:
        """The contact stands as ``snapshot`` says from ``at_s`` on."""
        together = snapshot.phase == TALKING and snapshot.talk in TOGETHER
        if together and self._apart_since is not None:
            self._apart.append((self._apart_since, at_s))
            self._apart_since = None
        elif not together and self._apart_since is None:
            self._apart_since = at_s
        agent = snapshot.agent if snapshot.phase == TALKING else ""
        if agent != (self._had[-1][0] if self._had else ""):
            self._had.append((agent, at_s))

    def stretches(self, until_s: float) -> tuple[Stretch, ...]:
        """Every time an agent had the contact, in order; none where nobody ever had it."""
        if not self._had:
            return ()
        ends = [since_s for _, since_s in self._had[1:]]
        return tuple(
            Stretch(agent, since_s, (*self.pauses(until_s), (0.0, since_s), (end_s, float("inf"))))
            for (agent, since_s), end_s in zip(self._had, [*ends, until_s], strict=True)
            if agent
        )

    def pauses(self, until_s: float) -> tuple[Run, ...]:
        """The stretches without conversation: before the answer, on hold, in a consultation, in the survey."""
        if self._apart_since is None or self._apart_since >= until_s:
            return tuple(self._apart)
        return (*self._apart, (self._apart_since, until_s))

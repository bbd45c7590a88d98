"""What a named subscriber has not handled yet: on disk, some of it on its way, some of it suspect.

A subscriber that dies gets what it had not handled again. Should it die of one of them, that would never end. So
events that were on their way twice when it went are suspects, and while there are any they are sent one at a time: the
one that is alone on its way when the subscriber goes, ``FATAL`` times, is the culprit. It is put aside into
``NAME.quarantine`` (a JSON line, for people), logged, and delivered no more.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from voice.bus.base import matches
from voice.bus.spool import Spool

log = logging.getLogger(__name__)

WINDOW = 256
"""Durable events on their way to one named subscriber."""
SUSPECT = 2
"""Times an event was on its way when the subscriber went, from which on it is suspect."""
FATAL = 2
"""Times it was alone on its way, from which on it is guilty."""

Message = dict[str, Any]


class Backlog:
    """See the module docstring. ``quarantined`` counts what was put aside."""

    def __init__(self, name: str, directory: Path) -> None:
        self.quarantined = 0
        self._name = name
        self._aside = directory / f"{name}.quarantine"
        self._spool = Spool(directory / f"backlog-{name}.journal")
        self._sent: set[str] = set()
        self._losses: dict[str, int] = {}
        self._deaths: dict[str, int] = {}

    def add(self, event: Message) -> None:
        """Keep an event until it is handled."""
        self._spool.add(event)

    def close(self) -> None:
        """Leave the rest on disk."""
        self._spool.close()

    @property
    def unsent(self) -> bool:
        """Whether there is more than what is on its way."""
        return len(self._spool) > len(self._sent)

    def next(self, types: tuple[str, ...]) -> Iterator[Message]:
        """What to send now, of these types; the rest is settled. It counts as sent."""
        window = 1 if any(losses >= SUSPECT for losses in self._losses.values()) else WINDOW
        for event in self._spool.messages():
            if len(self._sent) >= window:
                return
            if event["id"] in self._sent:
                continue
            if not matches(types, event["type"]):
                self.handled(event["id"])
                continue
            self._sent.add(event["id"])
            yield event

    def handled(self, identifier: str) -> None:
        """The subscriber has done with an event."""
        self._spool.settle(identifier)
        self._sent.discard(identifier)
        self._losses.pop(identifier, None)
        self._deaths.pop(identifier, None)

    def lost(self) -> None:
        """The subscriber has gone: what was on its way goes again, but for what it keeps dying of."""
        alone = len(self._sent) == 1
        for identifier in self._sent:
            self._losses[identifier] = self._losses.get(identifier, 0) + 1
            if alone and self._losses[identifier] > SUSPECT:
                self._deaths[identifier] = self._deaths.get(identifier, 0) + 1
        self._sent.clear()
        for identifier in [each for each, deaths in self._deaths.items() if deaths >= FATAL]:
            self._put_aside(identifier)

    def _put_aside(self, identifier: str) -> None:
        event = next((each for each in self._spool.messages() if each["id"] == identifier), None)
        if event is not None:
            self.quarantined += 1
            log.error(
                "event %s (%s) put aside into %s: %s died %d times while it had it alone",
                identifier, event["type"], self._aside, self._name, FATAL,
            )  # fmt: skip
            try:
                with self._aside.open("a", encoding="utf-8") as file:
                    file.write(json.dumps(event, separators=(",", ":")) + "\n")
            except OSError as error:
                log.error("event %s is lost, %s cannot be written: %s", identifier, self._aside, error.strerror)
        self.handled(identifier)

"""What the demo's director saw: events of the bus, messages of the page's websocket, reports of the two telephones.

Moments are CLOCK_MONOTONIC seconds, which all processes of the machine share.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from ivr.contacts import ContactAnswered, ContactClosed, ContactEnded, ContactOffered
from transcription.utterances import UtteranceFinal
from voice.events import Envelope, Event


async def until(
    changed: asyncio.Event, condition: Callable[[], bool], what: str, timeout_s: float, so_far: Callable[[], str]
) -> None:
    """Wait until ``condition`` holds, looking whenever ``changed`` is set. Raises TimeoutError with ``what`` and
    ``so_far``.
    """
    try:
        async with asyncio.timeout(timeout_s):
            while not condition():
                changed.clear()
                await changed.wait()
    except TimeoutError:
        raise TimeoutError(f"waited {timeout_s:.0f} s for {what}; {so_far()}") from None


@dataclass(frozen=True, slots=True)
class Told:
    """One message of the feed, and when it arrived at the websocket client."""

    at: float
    type: str
    seq: int
    data: dict[str, Any]


@dataclass
class Observed:
    """One call, growing while it goes on; ``until`` waits for something to become true of it."""

    dialled_at: float = 0.0
    connected_at: float = 0.0
    envelopes: list[Envelope] = field(default_factory=list)
    told: list[Told] = field(default_factory=list)
    reports: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    """Everything the two telephones reported, with whose (``caller``, ``agent``)."""
    speaking: dict[int, float] = field(default_factory=dict)
    spoken: set[int] = field(default_factory=set)
    heard_s: dict[str, float] = field(default_factory=lambda: {"caller": 0.0, "agent": 0.0})
    hung_up: bool = False
    usage: dict[str, dict[str, float]] = field(default_factory=dict)
    _changed: asyncio.Event = field(default_factory=asyncio.Event)

    def changed(self) -> None:
        """Something was added."""
        self._changed.set()

    async def until(self, condition: Callable[[], bool], what: str, timeout_s: float = 30.0) -> None:
        """Wait until ``condition`` holds. Raises TimeoutError naming ``what``, and what was understood."""

        def so_far() -> str:
            return f"understood so far: {[f'{final.party}: {final.text}' for final in self.finals]}"

        await until(self._changed, condition, what, timeout_s, so_far)

    def events(self, kind: type[Event]) -> list[Envelope]:
        """The envelopes of one kind of event."""
        return [envelope for envelope in self.envelopes if isinstance(envelope.event, kind)]

    @property
    def contact_id(self) -> str:
        """The contact of this call, once offered."""
        offered = self.events(ContactOffered)
        return (offered[0].contact_id or "") if offered else ""

    @property
    def offered_at(self) -> float:
        """When the contact was offered: zero of its media seconds."""
        return moment(self.events(ContactOffered)[0].at)

    @property
    def station(self) -> dict[str, Any]:
        """The agent's station as it last reported itself."""
        return next((told for _, told in reversed(self.reports) if told["event"] == "station"), {})

    @property
    def answered(self) -> bool:
        """Caller and agent are connected."""
        return bool(self.events(ContactAnswered))

    @property
    def closed(self) -> ContactClosed | None:
        """The worker's last word."""
        found = self.events(ContactClosed)
        event = found[0].event if found else None
        return event if isinstance(event, ContactClosed) else None

    @property
    def ended(self) -> ContactEnded | None:
        """How the contact ended."""
        found = self.events(ContactEnded)
        event = found[0].event if found else None
        return event if isinstance(event, ContactEnded) else None

    @property
    def drafted_s(self) -> float | None:
        """From the end of the contact to the draft of its summary on the agent's page; None where either is missing."""
        ended = self.events(ContactEnded)
        drafts = [told.at for told in self.told if told.type == "contact.summary"]
        return drafts[0] - moment(ended[0].at) if ended and drafts else None

    @property
    def finals(self) -> list[UtteranceFinal]:
        """What was recognised, in order of speech, utterances without words left out."""
        found = [e.event for e in self.envelopes if isinstance(e.event, UtteranceFinal) and e.event.text]
        return sorted(found, key=lambda final: final.start_s)


def moment(wall: float) -> float:
    """CLOCK_MONOTONIC of a wall-clock time of this run."""
    return wall - time.time() + time.monotonic()

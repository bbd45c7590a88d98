"""Logs of contacts, written down briefly."""

from __future__ import annotations

import itertools
from dataclasses import dataclass, field
from datetime import date

from assist.history import CustomerProfile
from ivr.contacts import ContactAnswered, ContactClosed, ContactEnded, ContactOffered, ContactQueued, TalkMeasured
from transcription.utterances import UtteranceFinal, Word
from voice.events import Envelope, Event

MONDAY = 1_767_600_000.0
"""Monday 5 January 2026, 08:00 UTC."""
DAY = 86_400.0
NUMBER = "+12025550142"
JAMES = CustomerProfile(1, "James Smith", "James", NUMBER, date(2016, 5, 17), "Gold", "caring")


@dataclass
class Log:
    """The events of one contact that ``anna`` answers ten seconds after it was offered."""

    contact_id: str = "c1"
    at: float = MONDAY
    agent: str = "anna"
    direction: str = "inbound"
    answered: bool = True
    envelopes: list[Envelope] = field(default_factory=list)
    ids: itertools.count[int] = field(default_factory=itertools.count)

    def __post_init__(self) -> None:
        self.put(0.0, ContactOffered("w", NUMBER, "100", "demo", "1", self.direction))
        self.put(1.0, ContactQueued("billing", 5, self.at + 1.0))
        if self.answered:
            self.put(10.0, ContactAnswered(self.agent, "lease", 9.0))

    def put(self, at_s: float, event: Event) -> Log:
        """Any event, at second ``at_s`` of the contact."""
        number = next(self.ids)
        self.envelopes.append(
            Envelope(f"{self.contact_id}-{number}", self.at + at_s, "test", number, event, self.contact_id)
        )
        return self

    def says(self, party: str, start_s: float, text: str, seconds: float = 0.0) -> Log:
        """Words at 150 a minute, or spread over ``seconds``."""
        words = text.split()
        each = seconds / len(words) if seconds else 0.4
        spoken = tuple(Word(word, start_s + n * each, start_s + (n + 1) * each, 0.9) for n, word in enumerate(words))
        end_s = start_s + each * len(words)
        final = UtteranceFinal(f"{party}-{start_s:g}", party, text, spoken, start_s, end_s, 0.9, "test", "written")
        return self.put(end_s + 0.3, final)

    def agent_says(self, start_s: float, text: str, seconds: float = 0.0) -> Log:
        """See ``says``."""
        return self.says("agent", start_s, text, seconds)

    def caller_says(self, start_s: float, text: str, seconds: float = 0.0) -> Log:
        """See ``says``."""
        return self.says("caller", start_s, text, seconds)

    def talk(self, at_s: float, agent_s: float, caller_s: float, over_s: float = 0.0, dead_s: float = 0.0) -> Log:
        """As the worker measured it over 100 seconds."""
        return self.put(at_s, TalkMeasured(100.0, agent_s, caller_s, over_s, dead_s, dead_s, 1.0))

    def ends(self, at_s: float) -> Log:
        """The end of the contact."""
        self.put(at_s, ContactEnded("completed", "caller", at_s, at_s - 10.0))
        return self.put(at_s + 1.0, ContactClosed("", 0.0, 0.0, 1.0, 100.0))

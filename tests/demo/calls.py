"""A call as the demo's director sees it: made by hand, offered at CLOCK_MONOTONIC second ZERO."""

from __future__ import annotations

import time
from typing import Any

from assist.demo.observed import Observed, Told
from assist.demo.script import AlignedWord, Script, Turn
from ivr.contacts import AgentOffered, ContactAnswered, ContactClosed, ContactEnded, ContactOffered
from transcription.utterances import UtteranceFinal, Word
from voice.events import Envelope, Event

ZERO = 1000.0


def turn(speaker: str, text: str, pause_s: float = 0.5) -> Turn:
    """A word every 0.5 s, each 0.4 s long."""
    words = tuple(
        AlignedWord(text=word, start_s=0.5 * at, end_s=0.5 * at + 0.4) for at, word in enumerate(text.split())
    )
    assert speaker in ("caller", "agent")
    pcm = b"\0\0" * int(8000 * 0.5 * len(words))
    return Turn(speaker, text, pause_s, pcm, words)  # type: ignore[arg-type]


SCRIPT = Script(
    (
        turn("agent", "hello how can i help"),
        turn("caller", "i was charged twice on my bill"),
        turn("agent", "i am sorry to hear that"),
        turn("caller", "nobody called me back"),
    )
)
BEGAN = (10.0, 14.0, 20.0, 25.0)
"""Seconds of the contact at which each turn begins."""


def final(number: int, party: str, text: str, start_s: float, end_s: float) -> UtteranceFinal:
    words = tuple(Word(word, start_s, end_s, 0.9) for word in text.split())
    return UtteranceFinal(f"u{number}", party, text, words, start_s, end_s, 0.9, "vosk", "demo")


FINALS = (
    final(0, "agent", "hello how can i help", 10.0, 12.4),
    final(1, "caller", "i was charged twice", 14.0, 15.9),
    final(2, "caller", "on my pill", 16.0, 17.4),
    final(3, "agent", "i am sorry to hear that", 20.0, 22.9),
    final(4, "caller", "", 23.5, 24.0),
)


def observed() -> Observed:
    """Turns 0 to 2 were spoken; of turn 1 one word was misheard; turn 3 was not."""
    seen = Observed(dialled_at=ZERO - 0.1, connected_at=ZERO + 0.05)
    at = wall(ZERO)
    events: tuple[tuple[float, Event], ...] = (
        (0.0, ContactOffered("w1", "+12025550142", "100", "demo", "1")),
        (4.0, AgentOffered("anna", "l1")),
        (9.0, ContactAnswered("anna", "l1", 5.0)),
        *((found.end_s, found) for found in FINALS),
        (30.0, ContactEnded("completed", "caller", 30.0, 21.0)),
        (31.0, ContactClosed("/state/recordings/c1.cfrec", 21.0, 0.0, 0.4, 30.0)),
    )
    seen.envelopes = [
        Envelope(f"e{number}", at + second, "w1", number, event, "c1") for number, (second, event) in enumerate(events)
    ]
    seen.speaking = {index: ZERO + BEGAN[index] for index in range(3)}
    seen.spoken = set(seen.speaking)
    return seen


def wall(moment: float) -> float:
    """Unix seconds of a moment of CLOCK_MONOTONIC."""
    return moment - time.monotonic() + time.time()


def card(
    kind: str, trigger: str, *evidence: dict[str, Any], title: str = "Do it", card_id: str = "c1:rule:1"
) -> dict[str, Any]:
    return {"id": card_id, "kind": kind, "title": title, "trigger": trigger, "evidence": list(evidence)}


def said(utterance_id: str, party: str, quote: str, at_s: float, phrase: str = "") -> dict[str, Any]:
    return {"source": "speech", "quote": quote, "utterance_id": utterance_id, "party": party, "at_s": at_s,
            "phrase": phrase}  # fmt: skip


def row(source: str) -> dict[str, Any]:
    return {"source": source, "quote": "", "utterance_id": "", "party": "", "at_s": 0.0, "phrase": ""}


def told(kind: str, second: float, shown: dict[str, Any]) -> Told:
    return Told(ZERO + second, kind, 1, {"agent": "anna", "card": shown, "latency_ms": 0.7})

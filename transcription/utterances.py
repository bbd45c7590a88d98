"""Utterances: what the recogniser says was said. Times are media seconds of the contact (0 = contact offered)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from voice.events import Event


@dataclass(frozen=True, slots=True)
class Word:
    """One recognised word. ``start_s``/``end_s``: media seconds of the contact; ``confidence``: 0..1."""

    text: str
    start_s: float
    end_s: float
    confidence: float


@dataclass(frozen=True, slots=True)
class Redaction:
    """A stretch withheld: ``kind`` names the policy (``digits``, ``card`` ...); times in media seconds."""

    kind: str
    start_s: float
    end_s: float


@dataclass(frozen=True, slots=True)
class UtterancePartial(Event):
    """A running hypothesis; replaced by the next partial or the final of the same ``utterance_id``. Already redacted.

    ``party`` is ``caller`` or ``agent``; ``revision`` rises by one each time the decoder advanced AND the text changed,
    and once more when the same text has stood for a quarter of a second while the decoder advanced.
    """

    type: ClassVar[str] = "transcript.partial"
    durable: ClassVar[bool] = False
    utterance_id: str
    party: str
    text: str
    start_s: float
    end_s: float
    revision: int


@dataclass(frozen=True, slots=True)
class UtteranceFinal(Event):
    """The settled words of one utterance. Already redacted. ``text`` is empty where the segment held no words.

    ``confidence``: mean over words, 0..1; ``lateness_s``: how far the recogniser was behind the audio it received;
    ``written``: ``text`` with numbers, amounts and dates as one writes them. ``level_db``: RMS of the voiced frames in
    dB of int16 full scale, None where there were none; ``words_per_s``: of the time within words, None where there are
    too few to say or some are withheld (who dictates a number speaks otherwise).
    """

    type: ClassVar[str] = "transcript.final"
    utterance_id: str
    party: str
    text: str
    words: tuple[Word, ...]
    start_s: float
    end_s: float
    confidence: float
    engine: str
    model: str
    redactions: tuple[Redaction, ...] = ()
    lateness_s: float = 0.0
    written: str = ""
    level_db: float | None = None
    words_per_s: float | None = None


@dataclass(frozen=True, slots=True)
class TranscriptionGap(Event):
    """The recogniser was away. ``recovered``: the audio was kept and has been recognised after all; otherwise
    what was said between ``start_s`` and ``end_s`` is not in the transcript. Published with ``recovered`` False and
    ``end_s`` = ``start_s`` when the gap opens, and again (same ``gap_id``) when it closes.
    """

    type: ClassVar[str] = "transcript.gap"
    gap_id: str
    party: str
    start_s: float
    end_s: float
    open: bool
    recovered: bool
    reason: str


UTTERANCE_EVENTS: tuple[type[Event], ...] = (UtterancePartial, UtteranceFinal, TranscriptionGap)

"""From what one channel's decoder heard to events: redacted, on the contact's clock. Pure."""

from __future__ import annotations

from dataclasses import dataclass, replace

from transcription.decoder import FinalHeard, PartialHeard
from transcription.manner import pace
from transcription.recogniser import UNKNOWN, EngineInfo, reject
from transcription.redaction import Redactor
from transcription.utterances import UtteranceFinal, UtterancePartial, Word
from transcription.written import written


@dataclass(frozen=True, slots=True)
class Origin:
    """Whose words they are. ``rate`` Hz; ``base_s``: contact seconds of the channel's sample 0."""

    contact_id: str
    channel: int
    party: str
    rate: int
    base_s: float = 0.0


class Reporter:
    """One channel's reporter. ``redactor`` is the contact's: its channels share it; ``floor``: see ``ChannelSpec``."""

    def __init__(self, origin: Origin, redactor: Redactor, engine: EngineInfo, floor: float = 0.0) -> None:
        self._floor = floor
        self._origin = origin
        self._redactor = redactor
        self._engine = engine
        self._revision = 0
        self._shown = ""

    def partial(self, heard: PartialHeard) -> UtterancePartial | None:
        """The event; None where the decoder moved within what is withheld. Words that stand are said again, as the next
        revision: who acts on partials need not wait for what is said next.
        """
        start, end = self._seconds(heard.start), self._seconds(heard.end)
        text = self._redactor.partial(self._origin.party, heard.text, start)
        if text == self._shown and not (heard.stands and text):
            return None
        self._shown = text
        self._revision += 1
        return UtterancePartial(self._identifier(heard.start), self._origin.party, text, start, end, self._revision)

    def final(self, heard: FinalHeard, lateness_s: float = 0.0) -> UtteranceFinal:
        """The event. ``lateness_s``: how far decoding was behind the audio received."""
        self._revision = 0
        self._shown = ""
        words = tuple(self._on_contact_clock(word) for word in reject(heard.words, self._floor))
        known = [word for word in words if word.text != UNKNOWN]
        redacted = self._redactor.final(self._origin.party, words)
        return UtteranceFinal(
            utterance_id=self._identifier(heard.start),
            party=self._origin.party,
            text=redacted.text,
            words=redacted.words,
            start_s=self._seconds(heard.start),
            end_s=self._seconds(heard.end),
            confidence=sum(word.confidence for word in words) / len(words) if words else 0.0,
            engine=f"{self._engine.name} {self._engine.version}",
            model=self._engine.model.name,
            redactions=redacted.redactions,
            lateness_s=lateness_s,
            written=written(tuple(word.text for word in redacted.words)),
            level_db=heard.level_db,
            words_per_s=None if redacted.redactions else pace(known),
        )

    def _on_contact_clock(self, word: Word) -> Word:
        base = self._origin.base_s
        return replace(word, start_s=base + word.start_s, end_s=base + word.end_s)

    def _seconds(self, sample: int) -> float:
        return self._origin.base_s + sample / self._origin.rate

    def _identifier(self, start: int) -> str:
        """The same stretch has the same id after a reconnect: readers replace it instead of showing it twice."""
        return f"{self._origin.contact_id}.{self._origin.channel}.{round(self._seconds(start) * 1000)}"

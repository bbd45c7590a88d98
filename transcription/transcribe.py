"""A recorded call as words: the server's own road (voice activity, recogniser, redaction), as fast as it goes."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass

from transcription.decoder import ChannelDecoder, Decided, FinalHeard, Heard, PartialHeard
from transcription.recogniser import RATE_MAX, RATE_MIN, Engine, Recogniser
from transcription.redaction import Redactor
from transcription.reporter import Origin, Reporter
from transcription.segmenter import Segmenter
from transcription.sensitive import KINDS
from transcription.sounds import Samples, Sound
from transcription.utterances import UtteranceFinal, UtterancePartial
from transcription.vad import webrtc_detector

STEP_S = 0.5
SPEAKER = ("speaker",)
TWO_LEGS = ("agent", "caller")
"""The channels of the recordings this project writes: agent left, customer right."""


@dataclass(frozen=True, slots=True)
class Transcript:
    """What was said in ``file``, redacted, by the order in which it began; ``seconds``: how long the file is."""

    file: str
    seconds: float
    parties: tuple[str, ...]
    engine: str
    model: str
    utterances: tuple[UtteranceFinal, ...]


@dataclass(frozen=True, slots=True)
class Listened:
    """``events``: partials and finals with the second of the contact at which they were known; ``voiced``: who spoke
    from when until when (seconds of the contact), from raw voice frames, as ``transcription.talk`` takes it.
    """

    events: tuple[tuple[float, UtterancePartial | UtteranceFinal], ...]
    voiced: tuple[tuple[str, float, float], ...]


def party_names(channels: int) -> tuple[str, ...]:
    """Whom the channels of a file belong to, where nobody says."""
    known = {1: SPEAKER, 2: TWO_LEGS}
    return known.get(channels, tuple(f"speaker {number}" for number in range(1, channels + 1)))


def transcribe(
    name: str,
    sound: Sound,
    engine: Engine,
    *,
    redact: Collection[str] = KINDS,
    progress: Callable[[float], object] = lambda seconds: None,
) -> Transcript:
    """The words of all channels, each a party of its own. ``progress`` hears how many seconds have been dealt with.

    Raises RecogniserError.
    """
    parties = party_names(len(sound.channels))
    heard = listen(name, sound, parties, engine, redact=redact, progress=progress)
    finals = [event for _, event in heard.events if isinstance(event, UtteranceFinal) and event.text]
    spoken = sorted(finals, key=lambda final: final.start_s)
    info = engine.info
    return Transcript(name, sound.seconds, parties, f"{info.name} {info.version}", info.model.name, tuple(spoken))


def listen(
    contact_id: str,
    sound: Sound,
    parties: Sequence[str],
    engine: Engine,
    *,
    redact: Collection[str] = KINDS,
    base_s: float = 0.0,
    partials: bool = False,
    progress: Callable[[float], object] = lambda seconds: None,
) -> Listened:
    """What the server would have said of these channels, whose first sample is at second ``base_s`` of the contact.

    Both sides of a call go through in step, as in the server, so that what one asks for guards what the other answers.
    Raises RecogniserError.
    """
    sound = sound.at(min(max(sound.rate, RATE_MIN), RATE_MAX))
    redactor = Redactor(kinds=redact)
    recognisers = [engine.open(sound.rate) for _ in parties]
    try:
        ears = [
            _Ear(Origin(contact_id, number, party, sound.rate, base_s), redactor, engine, recogniser)
            for number, (party, recogniser) in enumerate(zip(parties, recognisers, strict=True))
        ]
        _feed(sound, ears, partials, progress)
    finally:
        for recogniser in recognisers:
            recogniser.close()
    events = [each for ear in ears for each in ear.events]
    return Listened(
        tuple(sorted(events, key=lambda each: each[0])), tuple(run for ear in ears for run in ear.voiced)
    )  # fmt: skip


class _Ear:
    """One channel: its decoder, and what came of it."""

    def __init__(self, origin: Origin, redactor: Redactor, engine: Engine, recogniser: Recogniser) -> None:
        self.events: list[tuple[float, UtterancePartial | UtteranceFinal]] = []
        self.voiced: list[tuple[str, float, float]] = []
        self._origin = origin
        self._reporter = Reporter(origin, redactor, engine.info)
        self._decoder = channel_decoder(origin.rate, recogniser)

    def feed(self, start: int, samples: Samples, partials: bool) -> None:
        heard = self._decoder.feed(start, samples.astype("<i2").tobytes(), partials=partials)
        self._report(heard, start + len(samples))

    def finish(self) -> None:
        self._report(self._decoder.finish(), self._decoder.position)

    def _report(self, heard: Sequence[Heard], until: int) -> None:
        base, rate = self._origin.base_s, self._origin.rate
        at_s = base + until / rate
        for item in heard:
            match item:
                case FinalHeard():
                    self.events.append((at_s, self._reporter.final(item)))
                case PartialHeard() if (event := self._reporter.partial(item)) is not None:
                    self.events.append((at_s, event))
                case Decided(voiced=runs):
                    self.voiced += [
                        (self._origin.party, base + run.start / rate, base + run.end / rate) for run in runs
                    ]


def _feed(sound: Sound, ears: Sequence[_Ear], partials: bool, progress: Callable[[float], object]) -> None:
    step = int(STEP_S * sound.rate)
    for start in range(0, len(sound.channels[0]), step):
        for ear, samples in zip(ears, sound.channels, strict=True):
            ear.feed(start, samples[start : start + step], partials)
        progress(min(sound.seconds, (start + step) / sound.rate))
    for ear in ears:
        ear.finish()


def channel_decoder(rate: int, recogniser: Recogniser) -> ChannelDecoder:
    """A channel as the server would have it."""
    return ChannelDecoder(Segmenter(rate, webrtc_detector(rate)), recogniser)

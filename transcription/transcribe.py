"""A recorded call as words: the server's own road (voice activity, recogniser, redaction), as fast as it goes."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass

from transcription.decoder import ChannelDecoder, FinalHeard, Heard
from transcription.recogniser import RATE_MAX, RATE_MIN, Engine, Recogniser
from transcription.redaction import Redactor
from transcription.reporter import Origin, Reporter
from transcription.segmenter import Segmenter
from transcription.sensitive import KINDS
from transcription.sounds import Sound
from transcription.utterances import UtteranceFinal
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

    Both sides of a call go through in step, as in the server, so that what one asks for guards what the other answers.
    Raises RecogniserError.
    """
    sound = sound.at(min(max(sound.rate, RATE_MIN), RATE_MAX))
    parties = party_names(len(sound.channels))
    redactor = Redactor(kinds=redact)
    recognisers = [engine.open(sound.rate) for _ in parties]
    try:
        finals = _hear(name, sound, parties, recognisers, redactor, engine, progress)
    finally:
        for recogniser in recognisers:
            recogniser.close()
    spoken = sorted((final for final in finals if final.text), key=lambda final: final.start_s)
    info = engine.info
    return Transcript(name, sound.seconds, parties, f"{info.name} {info.version}", info.model.name, tuple(spoken))


def _hear(
    name: str,
    sound: Sound,
    parties: Sequence[str],
    recognisers: Sequence[Recogniser],
    redactor: Redactor,
    engine: Engine,
    progress: Callable[[float], object],
) -> list[UtteranceFinal]:
    rate, step = sound.rate, int(STEP_S * sound.rate)
    reporters = [
        Reporter(Origin(name, number, party, rate), redactor, engine.info) for number, party in enumerate(parties)
    ]
    decoders = [channel_decoder(rate, recogniser) for recogniser in recognisers]
    finals: list[UtteranceFinal] = []

    def report(number: int, heard: Sequence[Heard]) -> None:
        finals.extend(reporters[number].final(item) for item in heard if isinstance(item, FinalHeard))

    for start in range(0, len(sound.channels[0]), step):
        for number, samples in enumerate(sound.channels):
            pcm = samples[start : start + step].astype("<i2").tobytes()
            report(number, decoders[number].feed(start, pcm, partials=False))
        progress(min(sound.seconds, (start + step) / rate))
    for number, decoder in enumerate(decoders):
        report(number, decoder.finish())
    return finals


def channel_decoder(rate: int, recogniser: Recogniser) -> ChannelDecoder:
    """A channel as the server would have it."""
    return ChannelDecoder(Segmenter(rate, webrtc_detector(rate)), recogniser)

"""Who speaks prompts: one protocol, three engines. Used when prompts are built, never during a call.

``flite`` (Debian's package; voices such as slt), ``espeak-ng`` (the ``prompts`` extra's wheel, many languages; voices
such as en-gb or es), ``recorded`` (people: a WAV in the directory given, named as ``ivr.prompts.file_name`` names it).
"""

from __future__ import annotations

from pathlib import Path
from typing import Protocol

import numpy as np

from ivr.prompts import PromptSource, file_name
from ivr.synthesis import PEAK, SynthesisError, speak
from transcription.resampling import resampled
from transcription.training.errors import TrainingError
from transcription.training.voices import Manner, espeak
from voice.audio import read_wav
from voice.errors import DocumentError


class Engine(Protocol):
    """Turns text into sound."""

    def speak(self, source: PromptSource, rate: int) -> bytes:
        """int16 mono PCM at ``rate`` Hz (8000 or 16000), peak at most -3 dBFS. Raises SynthesisError."""


class Flite:
    """The command line of flite."""

    def speak(self, source: PromptSource, rate: int) -> bytes:
        """See Engine."""
        return speak(source.text, source.voice, source.stretch, rate).pcm


class EspeakNg:
    """libespeak-ng, from the ``espeakng-loader`` wheel."""

    def speak(self, source: PromptSource, rate: int) -> bytes:
        """See Engine."""
        try:
            samples, native = espeak(source.text, Manner("espeak", source.voice, 1 / source.stretch))
        except ImportError:
            raise SynthesisError("espeak-ng is not installed: pip install 'callfloor[prompts]'") from None
        except TrainingError as error:
            raise SynthesisError(str(error)) from None
        sound = resampled(samples, native, rate).astype(np.float64)
        loudest = float(np.max(np.abs(sound), initial=0.0))
        if loudest == 0.0:
            raise SynthesisError(f"espeak-ng rendered silence for {source.text!r}")
        return np.round(sound * (PEAK * 32767 / loudest)).astype("<i2").tobytes()


class Recorded:
    """Recordings of people, in one directory. A slow version is a recording of its own: NAME-slowly.wav."""

    def __init__(self, directory: Path | None) -> None:
        self._directory = directory

    def speak(self, source: PromptSource, rate: int) -> bytes:
        """See Engine."""
        name = file_name(source.text, ())
        if source.stretch != 1.0:
            name = name.replace(".wav", "-slowly.wav")
        if self._directory is None:
            raise SynthesisError(f"{source.text!r} is spoken by a person: say where with --recordings DIR ({name})")
        try:
            return read_wav(self._directory / name, rate)
        except DocumentError as error:
            raise SynthesisError(f"{source.text!r}: {error}") from None


def engines(recordings: Path | None = None) -> dict[str, Engine]:
    """All of them by name."""
    return {"flite": Flite(), "espeak-ng": EspeakNg(), "recorded": Recorded(recordings)}

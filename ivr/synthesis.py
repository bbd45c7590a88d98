"""Speech synthesis through flite's command line (Debian: ``apt install flite``), at build time only.

Calls play WAVs committed to the repository, so nothing here runs during a call and flite is no dependency of it.
"""

from __future__ import annotations

import functools
import re
import shutil
import subprocess
import tempfile
import wave
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from voice.errors import CallfloorError

RATE = 8000
"""Samples per second of everything rendered: the telephone's."""

PEAK = 10 ** (-3 / 20)
"""Peak of rendered speech, linear: -3 dBFS."""

_DECIMATOR_TAPS = 161


class SynthesisError(CallfloorError):
    """flite is not installed, or did not do what was asked."""


@dataclass(frozen=True, slots=True)
class SpokenWord:
    """A word and where it lies in its speech, in seconds."""

    text: str
    start_s: float
    end_s: float


@dataclass(frozen=True, slots=True)
class Speech:
    """Rendered speech: int16 mono at ``RATE``, peak -3 dBFS, and its words as the synthesiser timed them."""

    pcm: bytes
    words: tuple[SpokenWord, ...]

    @property
    def seconds(self) -> float:
        """Its length."""
        return len(self.pcm) / 2 / RATE


@dataclass(frozen=True, slots=True)
class _Segment:
    phone: str
    start_s: float
    end_s: float


def speak(text: str, voice: str = "slt", stretch: float = 1.0, wanted: int = RATE) -> Speech:
    """Render ``text`` at ``wanted`` Hz (8000 or 16000); ``stretch`` multiplies durations (1.2: slower). Raises
    SynthesisError.
    """
    with tempfile.TemporaryDirectory() as directory:
        file = Path(directory) / "speech.wav"
        stretching = ("--setf", f"duration_stretch={stretch}")
        printed = _flite("-voice", voice, *stretching, "-psdur", "-t", text, str(file))
        with wave.open(str(file), "rb") as wav:
            rate = wav.getframerate()
            samples = np.frombuffer(wav.readframes(wav.getnframes()), "<i2").astype(np.float64)
    return Speech(_finish(samples, rate, wanted), align_words(text, _segments(printed), voice))


def align_words(text: str, segments: tuple[_Segment, ...], voice: str) -> tuple[SpokenWord, ...]:
    """The words of ``text`` in time. flite prints the phones it spoke with their end times but not which word they
    belong to, so each word is also pronounced alone and the two phone sequences are aligned: they differ by a few
    vowels where words meet ("the apple"). Raises SynthesisError where a word finds no phone of its own.
    """
    words = re.findall(r"[a-z0-9']+", text.lower())
    phones = [(phone, index) for index, word in enumerate(words) for phone in _phones_of(word, voice)]
    spoken = [segment for segment in segments if segment.phone != "pau"]
    spans: dict[int, list[_Segment]] = {}
    for position, segment in _matches([phone for phone, _ in phones], [segment.phone for segment in spoken]):
        spans.setdefault(phones[position][1], []).append(spoken[segment])
    if missing := [word for index, word in enumerate(words) if index not in spans]:
        raise SynthesisError(f"cannot find {missing[0]!r} among the phones of {text!r}")
    return tuple(
        SpokenWord(word, round(spans[index][0].start_s, 3), round(spans[index][-1].end_s, 3))
        for index, word in enumerate(words)
    )


def _matches(expected: list[str], spoken: list[str]) -> list[tuple[int, int]]:
    """Index pairs of the cheapest alignment (edit distance; substitution counts as a match in place)."""
    cost = np.zeros((len(expected) + 1, len(spoken) + 1))
    cost[:, 0] = np.arange(len(expected) + 1)
    cost[0, :] = np.arange(len(spoken) + 1)
    for i, phone in enumerate(expected, start=1):
        for j, heard in enumerate(spoken, start=1):
            kept = cost[i - 1, j - 1] + (phone != heard)
            cost[i, j] = min(kept, cost[i - 1, j] + 1, cost[i, j - 1] + 1)
    pairs = []
    i, j = len(expected), len(spoken)
    while i and j:
        if cost[i, j] == cost[i - 1, j - 1] + (expected[i - 1] != spoken[j - 1]):
            i, j = i - 1, j - 1
            pairs.append((i, j))
        elif cost[i, j] == cost[i - 1, j] + 1:
            i -= 1
        else:
            j -= 1
    return pairs[::-1]


@functools.lru_cache(maxsize=1024)
def _phones_of(word: str, voice: str) -> tuple[str, ...]:
    printed = _flite("-voice", voice, "-psdur", "-t", f"{word} ", "none")
    return tuple(segment.phone for segment in _segments(printed) if segment.phone != "pau")


def _segments(printed: str) -> tuple[_Segment, ...]:
    """``-psdur`` prints ``phone:end`` for each segment, in seconds."""
    segments: list[_Segment] = []
    start = 0.0
    for phone, end in re.findall(r"(\S+):(\d+\.\d+)", printed):
        segments.append(_Segment(phone, start, float(end)))
        start = float(end)
    if not segments:
        raise SynthesisError("flite printed no segments; version 2.2 is needed")
    return tuple(segments)


def _flite(*arguments: str) -> str:
    program = shutil.which("flite")
    if program is None:
        raise SynthesisError("flite is not installed: apt install flite (needed only to render new prompts)")
    done = subprocess.run([program, *arguments], capture_output=True, text=True, check=False, timeout=60)  # noqa: S603
    if done.returncode != 0:
        raise SynthesisError(f"flite failed with status {done.returncode}: {done.stderr.strip()}")
    return done.stdout


def _finish(samples: npt.NDArray[np.float64], rate: int, wanted: int) -> bytes:
    if rate == 2 * wanted:
        samples = np.convolve(samples, _decimator(), mode="same")[::2]
    elif rate != wanted:
        raise SynthesisError(f"the voice speaks at {rate} Hz; {wanted} or {2 * wanted} is needed")
    loudest = float(np.max(np.abs(samples), initial=0.0))
    if loudest == 0.0:
        raise SynthesisError("flite rendered silence")
    return np.round(samples * (PEAK * 32767 / loudest)).astype("<i2").tobytes()


@functools.cache
def _decimator() -> npt.NDArray[np.float64]:
    """Low-pass for 16 → 8 kHz: windowed sinc, -6 dB at 3.7 kHz, below -80 dB from 4 kHz (Kaiser, beta 8)."""
    n = np.arange(_DECIMATOR_TAPS) - _DECIMATOR_TAPS // 2
    cutoff = 3700 / (2 * RATE)
    taps = 2 * cutoff * np.sinc(2 * cutoff * n) * np.kaiser(_DECIMATOR_TAPS, 8.0)
    return np.asarray(taps / taps.sum(), dtype=np.float64)

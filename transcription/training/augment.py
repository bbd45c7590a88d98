"""What telephones, rooms and people do to speech, drawn from a seeded generator; 8 kHz throughout.

``take`` changes time (speed, silence around), so it comes before alignment. ``line`` does not: one alignment serves a
take over any line. Everything linear is one curve on the spectrum of the whole sound.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from transcription.training.voices import RATE, resample

Signal = npt.NDArray[np.float64]
Sound = npt.NDArray[np.int16]


def take(sound: Sound, rng: np.random.Generator, spread: float = 0.15) -> Sound:
    """The sound at another speed (pitch and formants move along) between silences; one in eight begins at once."""
    rate = RATE * rng.uniform(1 - spread, 1 + spread)
    spoken = resample(sound, rate) if rng.random() < 0.8 else sound.astype(np.float64)
    around = rng.uniform(0.05, 0.6, size=2) * (rng.random(2) > 0.125)
    lead, trail = (np.zeros(int(seconds * RATE)) for seconds in around)
    return np.asarray(np.clip(np.concatenate([lead, spoken, trail]), -32768, 32767), np.int16)


def line(sound: Sound, rng: np.random.Generator, babble: Sound | None = None) -> Sound:
    """The sound as a telephone delivers it: of the same length.

    ``babble``: other people's speech for the background.
    """
    signal = _filtered(sound.astype(np.float64) / 32768, rng)
    signal = signal * (10 ** (rng.uniform(-32, -1) / 20) / max(1e-9, float(np.max(np.abs(signal)))))
    if rng.random() < 0.7:
        signal = signal + _noise(signal, rng, babble)
    if rng.random() < 0.1:
        hum = np.sin(2 * np.pi * rng.choice([50, 60, 100, 120]) * np.arange(len(signal)) / RATE)
        signal = signal + hum * float(np.max(np.abs(signal))) * 10 ** (rng.uniform(-40, -20) / 20)
    if rng.random() < 0.07:
        ceiling = float(np.max(np.abs(signal))) * rng.uniform(0.25, 0.7)
        signal = np.clip(signal, -ceiling, ceiling)
    return coded(signal, rng.choice(["mulaw", "alaw", "linear"], p=[0.4, 0.2, 0.4]))


def clean_line(sound: Sound, rng: np.random.Generator) -> Sound:
    """Only another loudness and mu-law."""
    return coded(sound.astype(np.float64) / 32768 * 10 ** (rng.uniform(-26, -2) / 20), "mulaw")


def noisy_line(sound: Sound, rng: np.random.Generator, snr_db: float = 15.0) -> Sound:
    """The band of an old telephone (300-3400 Hz), white noise at ``snr_db``, mu-law: the bad line of the tests."""
    signal = sound.astype(np.float64) / 32768 * 10 ** (rng.uniform(-26, -6) / 20)
    spectrum, frequencies = np.fft.rfft(signal), np.fft.rfftfreq(len(signal), 1 / RATE)
    signal = np.fft.irfft(spectrum * _band(frequencies, 300, 3400), len(signal))
    noise = rng.standard_normal(len(signal))
    return coded(signal + noise * _level(signal) * 10 ** (-snr_db / 20), "mulaw")


def coded(signal: Signal, codec: str) -> Sound:
    """Signal in -1..1 through ``mulaw`` or ``alaw`` (G.711's continuous curves, 8 bits) or 16 bits ``linear``."""
    signal = np.clip(signal, -1.0, 1.0)
    if codec == "mulaw":
        bent = np.sign(signal) * np.log1p(255 * np.abs(signal)) / np.log(256)
        bent = np.round(bent * 127) / 127
        signal = np.sign(bent) * (256 ** np.abs(bent) - 1) / 255
    elif codec == "alaw":
        a, size = 87.6, np.abs(signal)
        one = 1 + np.log(a)
        bent = np.where(size < 1 / a, a * size, 1 + np.log(np.maximum(a * size, 1))) / one
        bent = np.round(bent * 127) / 127
        signal = np.sign(signal) * np.where(bent < 1 / one, bent * one / a, np.exp(bent * one - 1) / a)
    return np.round(signal * 32767).astype(np.int16)


def _filtered(signal: Signal, rng: np.random.Generator) -> Signal:
    padded = np.concatenate([signal, np.zeros(RATE // 2)])
    frequencies = np.fft.rfftfreq(len(padded), 1 / RATE)
    curve = np.ones(len(frequencies), dtype=complex)
    if rng.random() < 0.5:
        curve = curve * 10 ** (rng.uniform(-9, 9) * np.log2(np.maximum(frequencies, 100) / 1000) / 3 / 20)
    for _ in range(rng.integers(0, 3)):
        centre, width = rng.uniform(200, 3400), rng.uniform(0.3, 1.2)
        octaves = np.log2(np.maximum(frequencies, 20) / centre)
        curve = curve * 10 ** (rng.uniform(-9, 9) * np.exp(-((octaves / width) ** 2)) / 20)
    if rng.random() < 0.4:
        curve = curve * _band(frequencies, rng.uniform(150, 400), rng.uniform(2800, 3700))
    if rng.random() < 0.35:
        curve = curve * np.fft.rfft(_room(rng), len(padded))
    return np.asarray(np.fft.irfft(np.fft.rfft(padded) * curve, len(padded))[: len(signal)])


def _band(frequencies: npt.NDArray[np.floating[Any]], low: float, high: float) -> Signal:
    return np.asarray(
        1 / np.sqrt(1 + (low / np.maximum(frequencies, 1)) ** 8) / np.sqrt(1 + (frequencies / high) ** 24)
    )


def _room(rng: np.random.Generator) -> Signal:
    """Direct sound and a decaying tail of 50 to 400 ms, 0 to 18 dB below it."""
    seconds = rng.uniform(0.05, 0.4)
    at = np.arange(int(seconds * RATE)) / RATE
    tail = rng.standard_normal(len(at)) * np.exp(-6.9 * at / seconds)
    tail[: int(0.002 * RATE)] = 0.0
    tail = tail / np.sqrt(np.sum(tail**2)) * 10 ** (rng.uniform(-18, 0) / 20)
    tail[0] = 1.0
    return np.asarray(tail)


def _noise(signal: Signal, rng: np.random.Generator, babble: Sound | None) -> Signal:
    kind = rng.choice(["white", "pink", "brown", "babble"], p=[0.25, 0.3, 0.15, 0.3])
    if kind == "babble" and babble is not None and len(babble):
        noise = np.resize(np.roll(babble, int(rng.integers(len(babble)))).astype(np.float64), len(signal))
    else:
        slope = {"white": 0.0, "pink": 0.5, "brown": 1.0, "babble": 0.5}[str(kind)]
        spectrum = np.fft.rfft(rng.standard_normal(len(signal)))
        noise = np.fft.irfft(spectrum / np.maximum(np.arange(len(spectrum)), 4) ** slope, len(signal))
    return noise / max(1e-9, _level(noise)) * _level(signal) * 10 ** (-rng.uniform(6, 38) / 20)


def _level(signal: Signal) -> float:
    """Root mean square of the loud half of the samples' 20 ms blocks, so that silence around speech does not count."""
    blocks = signal[: len(signal) // 160 * 160].reshape(-1, 160)
    if not len(blocks):
        return float(np.sqrt(np.mean(signal**2)))
    powers = np.sort(np.mean(blocks**2, axis=1))
    return float(np.sqrt(np.mean(powers[len(powers) // 2 :])))

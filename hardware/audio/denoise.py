"""Noise suppression for the microphone: a spectral gate that lets steady noise through 12 dB weaker.

Wiener gains of the short-time spectrum with the decision-directed a-priori estimate (Ephraim and Malah, 1984) over a
noise floor by minimum statistics (after Martin, 2001: the smallest smoothed power of the last 1.5 s). It helps against
fans and hiss, not against other people talking, and costs 10 ms of delay: off unless asked for.
"""

from __future__ import annotations

from collections import deque
from typing import Final

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]

HOP_S: Final = 0.01
"""Half a window, and the delay."""

FLOOR_DB: Final = -12.0
"""No part is made weaker than this: what is left keeps the noise sounding like noise."""

SMOOTHING: Final = 0.85
"""Of the power whose minimum is taken, per hop."""

SPAN_HOPS: Final = 25
SPANS: Final = 6
"""The minimum is that of so many spans of so many hops."""

BIAS: Final = 2.4
"""From the minimum of a noise's smoothed power to its mean, and a little more."""

TRUST: Final = 0.96
"""In the last hop's estimate of the speech, against this hop's."""


class NoiseSuppressor:
    """int16 mono in, as many samples out, HOP_S later. One thread."""

    def __init__(self, rate: int) -> None:
        """``rate`` in Hz."""
        self._hop = round(rate * HOP_S)
        self._window: Floats = np.sqrt(np.hanning(2 * self._hop + 1)[:-1]).astype(np.float32)
        self._waiting: Floats = np.zeros(0, np.float32)
        self._before: Floats = np.zeros(self._hop, np.float32)
        self._overlap: Floats = np.zeros(self._hop, np.float32)
        self._ready: Floats = np.zeros(0, np.float32)
        self._speech: Floats = np.zeros(self._hop + 1, np.float32)
        self._noise = _NoiseFloor()
        self._floor = 10 ** (FLOOR_DB / 20)

    def process(self, pcm: bytes) -> bytes:
        """The next samples, of any number; blocks that are no whole number of hops cost another hop of delay."""
        count = len(pcm) // 2
        self._waiting = np.concatenate((self._waiting, np.frombuffer(pcm, "<i2").astype(np.float32)))
        parts = [self._ready]
        while len(self._waiting) >= self._hop:
            parts.append(self._one(self._waiting[: self._hop]))
            self._waiting = self._waiting[self._hop :]
        ready = np.concatenate(parts)
        if len(ready) < count:  # once: from then on a hop more is ready
            ready = np.concatenate((np.zeros(self._hop, np.float32), ready))
        self._ready = ready[count:]
        return bytes(np.clip(np.rint(ready[:count]), -32768, 32767).astype("<i2"))

    def _one(self, samples: Floats) -> Floats:
        spectrum = np.fft.rfft(np.concatenate((self._before, samples)) * self._window)
        self._before = samples
        power = np.abs(spectrum).astype(np.float32) ** 2
        noise = self._noise.after(power)
        prior = TRUST * self._speech / noise + (1 - TRUST) * np.maximum(power / noise - 1, 0)
        gain = np.maximum(prior / (1 + prior), self._floor)
        self._speech = gain**2 * power
        frame = np.fft.irfft(spectrum * gain).astype(np.float32) * self._window
        out: Floats = self._overlap + frame[: self._hop]
        self._overlap = frame[self._hop :]
        return out


class _NoiseFloor:
    """The steady noise's power in each band."""

    def __init__(self) -> None:
        self._smooth: Floats | None = None
        self._lowest: Floats | None = None
        self._spans: deque[Floats] = deque(maxlen=SPANS)
        self._hops = 0

    def after(self, power: Floats) -> Floats:
        """What it is taken for once this hop's power was seen; never zero."""
        self._smooth = power if self._smooth is None else SMOOTHING * self._smooth + (1 - SMOOTHING) * power
        self._lowest = self._smooth if self._lowest is None else np.minimum(self._lowest, self._smooth)
        self._hops += 1
        if self._hops % SPAN_HOPS == 0:
            self._spans.append(self._lowest)
            self._lowest = self._smooth
        return np.asarray(BIAS * np.minimum.reduce([*self._spans, self._lowest]) + 1e-3, np.float32)

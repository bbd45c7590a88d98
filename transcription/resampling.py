"""Sound at another rate: a windowed sinc in numpy, whole or piece by piece."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from voice.errors import AudioFormatError

RATES = range(1000, 384001)
_TAPS = 32

Samples = npt.NDArray[np.int16]


def resampled(samples: Samples, rate: int, wanted: int) -> Samples:
    """All of ``samples``, of ``rate`` Hz, at ``wanted`` Hz, as long in seconds. Raises AudioFormatError."""
    resampler = Resampler(rate, wanted)
    pcm = samples.astype("<i2").tobytes()
    pieces = [resampler.feed(pcm[start : start + 2 * rate]) for start in range(0, len(pcm), 2 * rate)]
    sound = np.frombuffer(b"".join([*pieces, resampler.flush()]), "<i2").astype(np.int16)
    return sound[: len(samples) * wanted // rate]


class Resampler:
    """Sound of ``rate`` Hz at ``wanted`` Hz, piece by piece: a Hann-windowed sinc of 32 samples per phase.

    The output is not delayed: it ends 16 input samples before the input does. Raises AudioFormatError.
    """

    def __init__(self, rate: int, wanted: int) -> None:
        if rate not in RATES or wanted not in RATES:
            raise AudioFormatError(f"cannot bring {rate!r} Hz to {wanted!r} Hz")
        common = math.gcd(rate, wanted)
        self._up, self._down = wanted // common, rate // common
        cut = min(1.0, wanted / rate)
        # Towards a lower rate the filter grows by as much as it must cut.
        self._half = math.ceil(_TAPS / 2 / cut)
        self._cut = cut
        self._held: npt.NDArray[np.float32] = np.zeros(self._half - 1, np.float32)
        self._phase = 0

    def feed(self, pcm: bytes) -> bytes:
        """Int16 samples in, as many out as are known by now."""
        sound = np.concatenate([self._held, np.frombuffer(pcm, "<i2").astype(np.float32)])
        room = len(sound) - 2 * self._half + 1
        count = max(0, -(-(room * self._up - self._phase) // self._down))
        places = self._phase + self._down * np.arange(count)
        first, phase = places // self._up, places % self._up
        windows = sound[first[:, None] + np.arange(2 * self._half)]
        out = np.einsum("ij,ij->i", windows, self._filters(phase)) if count else np.zeros(0)
        upto = self._phase + self._down * count
        self._held, self._phase = sound[upto // self._up :], upto % self._up
        return np.clip(np.rint(out), -32768, 32767).astype("<i2").tobytes()

    def flush(self) -> bytes:
        """The sound has ended: what was still waiting for its next samples."""
        return self.feed(bytes(4 * self._half))

    def _filters(self, phase: npt.NDArray[np.int64]) -> npt.NDArray[np.float32]:
        distinct, place = np.unique(phase, return_inverse=True)
        apart = np.arange(2 * self._half) - (self._half - 1) - distinct[:, None] / self._up
        window = np.cos(np.pi * apart / (2 * self._half)) ** 2
        filters = (self._cut * np.sinc(self._cut * apart) * window).astype(np.float32)
        return np.asarray(filters[place], dtype=np.float32)

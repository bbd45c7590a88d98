"""Kaldi's MFCC in numpy, for 8 kHz int16 sound, with the options of ``MFCC_CONF``.

25 ms frames every 10 ms (snip-edges), DC removed, pre-emphasis 0.97, povey window, power spectrum of 256 points, 32 mel
bins 60-3800 Hz, 32 cepstra, liftering 22, no energy, no dither: what kaldi's compute-mfcc-feats gives within rounding.
"""

from __future__ import annotations

import functools

import numpy as np
import numpy.typing as npt

CEPSTRA = 32
HOP = 80
"""Samples between frames: 10 ms."""
WINDOW = 200
MFCC_CONF = """\
--sample-frequency=8000
--use-energy=false
--num-mel-bins=32
--num-ceps=32
--low-freq=60
--high-freq=3800
--dither=0
"""

_RATE = 8000.0
_FFT = 256
_BINS = 32
_LOW, _HIGH = 60.0, 3800.0
_LIFTER = 22.0

Floats = npt.NDArray[np.float32]


def frame_count(samples: int) -> int:
    """How many frames that many samples give."""
    return 0 if samples < WINDOW else 1 + (samples - WINDOW) // HOP


def mfcc(sound: npt.NDArray[np.int16], warp: float = 1.0) -> Floats:
    """(frames, 32) of int16 sound at 8 kHz.

    ``warp`` moves the filters' frequencies, as a longer or shorter vocal tract would (1.0: none).
    """
    count = frame_count(len(sound))
    if count == 0:
        return np.zeros((0, CEPSTRA), np.float32)
    frames = np.lib.stride_tricks.sliding_window_view(sound, WINDOW)[::HOP][:count].astype(np.float64)
    frames = frames - frames.mean(axis=1, keepdims=True)
    emphasised = frames - 0.97 * np.concatenate([frames[:, :1], frames[:, :-1]], axis=1)
    power = np.abs(np.fft.rfft(emphasised * _window(), _FFT, axis=1)) ** 2
    mel = power[:, : _FFT // 2] @ _filters(warp)
    logarithms = np.log(np.maximum(mel, np.finfo(np.float32).eps))
    return (logarithms @ cosines()).astype(np.float32)


@functools.cache
def _window() -> npt.NDArray[np.float64]:
    return np.asarray((0.5 - 0.5 * np.cos(2 * np.pi * np.arange(WINDOW) / (WINDOW - 1))) ** 0.85)


def _mel(hertz: npt.NDArray[np.float64] | float) -> npt.NDArray[np.float64]:
    return np.asarray(1127.0 * np.log(1.0 + np.asarray(hertz) / 700.0))


@functools.lru_cache(maxsize=64)
def _filters(warp: float) -> npt.NDArray[np.float64]:
    """(128, 32): triangles equally wide in mel, on the power spectrum below Nyquist."""
    low, high = float(_mel(_LOW)), float(_mel(_HIGH))
    edges = low + (high - low) / (_BINS + 1) * np.arange(_BINS + 2)
    at = _mel(np.arange(_FFT // 2) * _RATE / _FFT / warp)[:, None]
    left, centre, right = edges[:-2], edges[1:-1], edges[2:]
    rising, falling = (at - left) / (centre - left), (right - at) / (right - centre)
    return np.asarray(np.clip(np.minimum(rising, falling), 0.0, None))


def warped_bins(warp: float) -> npt.NDArray[np.float64]:
    """(32,) where each filter's centre lies, in filters, once frequencies are multiplied by ``warp``."""
    low, high = float(_mel(_LOW)), float(_mel(_HIGH))
    step = (high - low) / (_BINS + 1)
    hertz = 700.0 * (np.exp((low + step * np.arange(1, _BINS + 1)) / 1127.0) - 1.0)
    return np.asarray((_mel(hertz * warp) - low) / step - 1)


@functools.cache
def cosines() -> npt.NDArray[np.float64]:
    """(32, 32): orthonormal DCT, liftered; from log filter energies to cepstra, by multiplication from the right."""
    index = np.arange(CEPSTRA)
    table = np.sqrt(2.0 / _BINS) * np.cos(np.pi / _BINS * (np.arange(_BINS)[:, None] + 0.5) * index)
    table[:, 0] = np.sqrt(1.0 / _BINS)
    return np.asarray(table * (1.0 + 0.5 * _LIFTER * np.sin(np.pi * index / _LIFTER)))

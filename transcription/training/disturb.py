"""What voices and lines do to log filter energies, anew for every crop the network sees.

``augment`` disturbs sound, once and thoroughly (rooms, codecs, speed); this adds what is cheap to draw again each time:
another length of the vocal tract, another microphone, other noise, and pieces that are missing (SpecAugment, Park et
al. 2019). It works on the filters' energies, to which cepstra are turned back: the cosine transform loses nothing.
"""

from __future__ import annotations

import functools

import numpy as np
import torch

from transcription.training.features import CEPSTRA, cosines, warped_bins

_WARPS = np.round(np.arange(0.86, 1.17, 0.02), 2)
_NATS_PER_DB = float(np.log(10) / 10)
_CURVE = (1.0, 0.7, 0.5, 0.4, 0.35, 0.3)
"""Standard deviations, in nats, of a microphone's loudness, tilt and finer shapes."""


def disturb(cepstra: torch.Tensor, share: float, rng: np.random.Generator) -> torch.Tensor:
    """(crops, frames, 32) MFCC with each kind of disturbance on that share of the crops."""
    energies = cepstra @ _inverse()
    for kind in (_other_tract, _other_microphone, _with_noise, _with_gaps):
        chosen = torch.from_numpy(np.flatnonzero(rng.random(len(cepstra)) < share))
        if len(chosen):
            energies[chosen] = kind(energies[chosen], rng)
    return energies @ _cosines()


def _other_tract(energies: torch.Tensor, rng: np.random.Generator) -> torch.Tensor:
    return torch.bmm(energies, _tracts()[rng.integers(len(_WARPS), size=len(energies))])


def _other_microphone(energies: torch.Tensor, rng: np.random.Generator) -> torch.Tensor:
    return energies + _curves(len(energies), rng)


def _with_noise(energies: torch.Tensor, rng: np.random.Generator) -> torch.Tensor:
    """Steady noise of some colour for half of the crops, another crop's speech for the others; 5 to 35 dB down."""
    crops = len(energies)
    loudness = energies.mean(2, keepdim=True).amax(1, keepdim=True)
    down = torch.from_numpy(rng.uniform(5, 35, (crops, 1, 1)).astype(np.float32)) * _NATS_PER_DB
    flutter = torch.from_numpy(rng.standard_normal(energies.shape[1:], dtype=np.float32)) / 2
    steady = loudness + 2 * _curves(crops, rng) + flutter
    speech = energies.roll(1, 0) - loudness.roll(1, 0) + loudness
    noise = torch.where(torch.from_numpy(rng.random((crops, 1, 1)) < 0.5), steady, speech)
    return torch.logaddexp(energies, noise - down)


def _with_gaps(energies: torch.Tensor, rng: np.random.Generator) -> torch.Tensor:
    """Up to two bands of up to six filters and one stretch of up to 120 ms at their mean over the crop."""
    crops, frames, _ = energies.shape
    gone = _spans(CEPSTRA, 6, crops, rng) | _spans(CEPSTRA, 6, crops, rng)
    silent = _spans(frames, 12, crops, rng)
    away = torch.from_numpy(gone[:, None, :] | silent[:, :, None])
    return torch.where(away, energies.mean(1, keepdim=True), energies)


def _spans(size: int, most: int, crops: int, rng: np.random.Generator) -> np.ndarray:
    """(crops, size): true on a stretch of 0 to ``most`` each."""
    begin, length = rng.integers(0, size, (crops, 1)), rng.integers(0, most + 1, (crops, 1))
    at = np.arange(size)
    return np.asarray((at >= begin) & (at < begin + length))


def _curves(crops: int, rng: np.random.Generator) -> torch.Tensor:
    """(crops, 1, 32): a smooth curve each."""
    at = (np.arange(CEPSTRA) + 0.5) * np.pi / CEPSTRA
    shapes = np.cos(np.arange(len(_CURVE))[:, None] * at)
    return torch.from_numpy(rng.standard_normal((crops, 1, len(_CURVE))) * _CURVE @ shapes).float()


@functools.cache
def _cosines() -> torch.Tensor:
    return torch.from_numpy(cosines()).float()


@functools.cache
def _inverse() -> torch.Tensor:
    return torch.from_numpy(np.linalg.inv(cosines())).float()


@functools.cache
def _tracts() -> torch.Tensor:
    """(warps, 32, 32): energies by one matrix are those of a vocal tract shorter (or longer) by ``_WARPS``."""
    tables = []
    for warp in _WARPS:
        at = np.clip(warped_bins(float(warp)), 0, CEPSTRA - 1)
        below = np.minimum(at.astype(int), CEPSTRA - 2)
        table = np.zeros((CEPSTRA, CEPSTRA))
        table[below, np.arange(CEPSTRA)] = 1 - (at - below)
        table[below + 1, np.arange(CEPSTRA)] += at - below
        tables.append(table)
    return torch.from_numpy(np.array(tables)).float()

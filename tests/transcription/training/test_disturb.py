import numpy as np
import pytest
import torch

from transcription.training import features
from transcription.training.disturb import disturb


def tones(crops: int, frames: int = 90) -> torch.Tensor:
    """Cepstra of a different steady tone in each crop, over faint noise."""
    at = np.arange(frames * features.HOP + features.WINDOW - features.HOP)
    rng = np.random.default_rng(1)
    sounds = [
        np.round(8000 * np.sin(2 * np.pi * (400 + 150 * n) * at / 8000) + 20 * rng.standard_normal(len(at)))
        for n in range(crops)
    ]
    return torch.from_numpy(np.array([features.mfcc(sound.astype(np.int16)) for sound in sounds]))


def energies(cepstra: torch.Tensor) -> np.ndarray:
    return np.asarray(cepstra.numpy() @ np.linalg.inv(features.cosines()))


def test_no_share_is_no_change() -> None:
    cepstra = tones(3)
    assert disturb(cepstra, 0.0, np.random.default_rng(1)).numpy() == pytest.approx(cepstra.numpy(), abs=1e-2)


def test_the_same_seed_disturbs_alike_and_another_does_not() -> None:
    cepstra = tones(6)
    one, same, other = (disturb(cepstra, 1.0, np.random.default_rng(seed)) for seed in (3, 3, 4))
    assert torch.equal(one, same)
    assert not torch.allclose(one, other)


def test_about_the_share_asked_for_is_disturbed_and_the_input_is_not() -> None:
    cepstra = tones(4).repeat(25, 1, 1)
    before = cepstra.clone()
    found = disturb(cepstra, 0.1, np.random.default_rng(2))
    changed = int(((found - cepstra).abs().amax((1, 2)) > 0.1).sum())
    assert 15 < changed < 55  # each of four kinds on a tenth: 34 expected
    assert torch.equal(cepstra, before)


def test_a_tone_is_still_the_loudest_thing_and_all_is_finite() -> None:
    """Noise is at least 5 dB down, tracts move a tone by at most three filters; gaps may take the tone away."""
    cepstra = tones(8).repeat(8, 1, 1)
    found = disturb(cepstra, 0.5, np.random.default_rng(5))
    assert torch.isfinite(found).all()
    moved = np.abs(energies(found).mean(1).argmax(1) - energies(cepstra).mean(1).argmax(1))
    assert np.mean(moved <= 3) > 0.7


def test_filters_move_as_frequencies_do() -> None:
    assert features.warped_bins(1.0) == pytest.approx(np.arange(32))
    up, down = features.warped_bins(1.1), features.warped_bins(0.9)
    assert np.all(up > np.arange(32))
    assert np.all(down < np.arange(32))
    assert np.all(np.diff(up) > 0)

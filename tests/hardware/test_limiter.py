from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from hardware.audio.limiter import ShockLimiter

RATE = 8000
BLOCK = 160
Samples = NDArray[np.int16]
DELAY = RATE * 5 // 1000 - 1


def run(limiter: ShockLimiter, samples: Samples) -> Samples:
    blocks = [samples[at : at + BLOCK] for at in range(0, len(samples), BLOCK)]
    return np.frombuffer(b"".join(limiter.process(block.astype("<i2").tobytes()) for block in blocks), dtype="<i2")


def tone(amplitude: float, seconds: float, hz: int = 400) -> Samples:
    return (amplitude * np.sin(2 * np.pi * hz * np.arange(int(seconds * RATE)) / RATE)).astype(np.int16)


def test_below_the_ceiling_nothing_changes_but_the_delay() -> None:
    limiter = ShockLimiter(RATE)
    quiet = tone(11000, 0.5)
    out = run(limiter, quiet)
    assert np.array_equal(out[DELAY:], quiet[: len(quiet) - DELAY])
    assert limiter.limited_blocks == 0


def test_the_ceiling_is_minus_nine_decibels_of_full_scale() -> None:
    assert ShockLimiter(RATE).ceiling == 11626


def test_a_shock_is_held_under_the_ceiling_from_its_first_sample() -> None:
    limiter = ShockLimiter(RATE)
    out = run(limiter, np.concatenate((tone(1000, 0.2), tone(32000, 0.2), tone(1000, 1.0))))
    assert np.abs(out.astype(int)).max() <= limiter.ceiling
    assert limiter.limited_blocks > 0


def test_gain_falls_in_a_ramp_and_comes_back() -> None:
    limiter = ShockLimiter(RATE)
    level = np.full(RATE, 5000, dtype=np.int16)
    level[1600:1640] = 32000
    out = run(limiter, level).astype(int)
    before = out[1600 + DELAY - 39 : 1600 + DELAY]
    assert np.abs(np.diff(before)).max() < 250, "no click before the shock"
    assert out[-1] == 5000


def test_one_block_or_many_are_the_same() -> None:
    sound = np.concatenate((tone(32000, 0.1), tone(500, 0.1)))
    whole = np.frombuffer(ShockLimiter(RATE).process(sound.astype("<i2").tobytes()), dtype="<i2")
    assert np.array_equal(whole, run(ShockLimiter(RATE), sound))


@settings(max_examples=60, deadline=None)
@given(st.lists(st.integers(-32768, 32767), max_size=500), st.integers(1, 200))
def test_no_sample_ever_exceeds_the_ceiling(samples: list[int], block: int) -> None:
    limiter = ShockLimiter(RATE)
    data = np.array(samples, dtype="<i2")
    for at in range(0, len(data), block):
        part = data[at : at + block]
        out = np.frombuffer(limiter.process(part.tobytes()), dtype="<i2")
        assert len(out) == len(part)
        assert np.abs(out.astype(int)).max(initial=0) <= limiter.ceiling


def test_a_ceiling_above_full_scale_is_refused() -> None:
    with pytest.raises(ValueError, match="above full scale"):
        ShockLimiter(RATE, ceiling_dbfs=1.0)
    assert ShockLimiter(RATE).process(b"") == b""

from __future__ import annotations

import numpy as np
import pytest

from hardware.audio.meter import FALL_DB_PER_S, FLOOR_DBFS, HOLD_S, Level, LevelMeter

RATE, BLOCK = 8000, 160
SILENCE = bytes(2 * BLOCK)


def sine(height: float) -> bytes:
    return bytes(np.rint(height * np.sin(2 * np.pi * np.arange(BLOCK) / 16)).astype("<i2"))


def fed(meter: LevelMeter, pcm: bytes, seconds: float) -> Level:
    for _ in range(round(seconds * RATE / BLOCK)):
        meter.process(pcm)
    return meter.level


def test_a_tone_has_its_mean_and_its_peak() -> None:
    level = fed(LevelMeter(RATE), sine(3276.8), 3.0)
    assert level.peak_dbfs == pytest.approx(-20.0, abs=0.1)
    assert level.mean_dbfs == pytest.approx(-23.0, abs=0.1)
    assert level.clipped == 0


def test_silence_is_the_floor() -> None:
    assert fed(LevelMeter(RATE), SILENCE, 1.0) == Level(FLOOR_DBFS, FLOOR_DBFS, FLOOR_DBFS, 0)
    meter = LevelMeter(RATE)
    meter.process(b"")
    assert meter.level == Level()


def test_a_peak_is_held_and_then_falls() -> None:
    meter = LevelMeter(RATE)
    peak = fed(meter, sine(32767), 0.02).held_dbfs
    assert peak == pytest.approx(0.0, abs=0.1)
    assert fed(meter, SILENCE, HOLD_S - 0.02).held_dbfs == peak
    assert fed(meter, SILENCE, 1.0).held_dbfs == pytest.approx(peak - FALL_DB_PER_S, abs=0.5)
    assert fed(meter, SILENCE, 60.0).held_dbfs == FLOOR_DBFS
    assert fed(meter, sine(3276.8), 0.02).held_dbfs == pytest.approx(-20.0, abs=0.1)
    assert meter.loudest_dbfs == peak


def test_full_scale_is_counted_in_both_directions() -> None:
    meter = LevelMeter(RATE)
    meter.process(np.array([32767, -32768, 32000, 0], "<i2").tobytes())
    assert meter.level.clipped == 2
    assert meter.level.peak_dbfs == 0.0

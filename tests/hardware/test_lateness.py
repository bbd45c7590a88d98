from __future__ import annotations

import pytest

from hardware.audio.lateness import FORGET_S, PAUSE_S, Lateness

BLOCK_S = 0.02


def stream(lateness: Lateness, start: float, late: dict[int, float], blocks: int = 500, ppm: float = 0.0) -> float:
    """Blocks in time, but for those in ``late``; when the next one would come."""
    for number in range(blocks):
        lateness.block(start + number * BLOCK_S * (1 + ppm * 1e-6) + late.get(number, 0.0), BLOCK_S)
    return start + blocks * BLOCK_S


def test_blocks_in_time_are_not_late() -> None:
    lateness = Lateness()
    stream(lateness, 5.0, {})
    assert lateness.worst_s == pytest.approx(0.0, abs=1e-4)


def test_the_worst_block_counts() -> None:
    lateness = Lateness()
    stream(lateness, 5.0, {100: 0.012, 200: 0.031})
    assert lateness.worst_s == pytest.approx(0.031, rel=0.05)


@pytest.mark.parametrize("ppm", [500.0, -500.0])
def test_a_clock_that_differs_is_not_late(ppm: float) -> None:
    lateness = Lateness()
    stream(lateness, 5.0, {}, blocks=45_000, ppm=ppm)
    assert lateness.worst_s < 0.001


def test_blocks_that_come_two_by_two_are_late_by_one() -> None:
    lateness = Lateness()
    stream(lateness, 5.0, dict.fromkeys(range(0, 500, 2), BLOCK_S))
    assert lateness.worst_s == pytest.approx(BLOCK_S, rel=0.05)


def test_a_pause_is_no_lateness() -> None:
    lateness = Lateness()
    end = stream(lateness, 5.0, {})
    stream(lateness, end + PAUSE_S, {})
    assert lateness.worst_s == pytest.approx(0.0, abs=1e-4)


def test_a_machine_that_stood_still_is_no_reason_to_wait() -> None:
    lateness = Lateness()
    stream(lateness, 5.0, {100 + number: 0.15 - number * BLOCK_S for number in range(7)})
    assert lateness.worst_s <= BLOCK_S
    stream(lateness, 15.0, {100: 0.04})
    assert lateness.worst_s == pytest.approx(0.04, rel=0.05)


def test_a_stream_that_left_some_blocks_out_is_in_time_from_then_on() -> None:
    lateness = Lateness()
    for skip in range(5):
        end = stream(lateness, 5.0 + skip * (10.0 + 2 * BLOCK_S), {})
    assert lateness.worst_s < 0.001
    stream(lateness, end, {100: 0.03})
    assert lateness.worst_s == pytest.approx(0.03, rel=0.05)


def test_what_was_long_ago_is_forgotten() -> None:
    lateness = Lateness()
    end = stream(lateness, 5.0, {100: 0.03})
    stream(lateness, end, {}, blocks=round(FORGET_S / BLOCK_S))
    assert lateness.worst_s == pytest.approx(0.03 / 2.718, rel=0.1)

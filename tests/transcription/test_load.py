"""bench.load on a small scale: the figures it gives, and that a server's memory and descriptors stay as they are."""

from __future__ import annotations

import asyncio

import pytest

from bench.dialogue import call
from bench.load import load, soak, within


@pytest.mark.parametrize(
    ("p95", "refused", "good"), [(0.99, 0, True), (1.0, 0, False), (0.5, 1, False), (None, 0, False)]
)
def test_a_load_is_within_when_everybody_is_heard_in_time(p95: float | None, refused: int, good: bool) -> None:
    assert within({"final_p95_s": p95, "refused": refused}) is good


@pytest.mark.live
def test_calls_are_heard_and_measured() -> None:
    step = asyncio.run(load(2, 6.0, [call(6.0, (0.3, 0.3), seed) for seed in (1, 2)]))
    assert step["finals"] >= 2
    assert 0.3 < step["final_p50_s"] < 10
    assert step["refused"] == 0
    assert 0 < step["mib_per_stream"] < 20


@pytest.mark.live
def test_call_after_call_leaves_nothing_behind() -> None:
    found = asyncio.run(soak(4, 0.2, 6.0, speed=4))
    first, second, last = found["rss_mib"]
    assert found["calls"] >= 16
    assert found["descriptors"][1] <= found["descriptors"][0]
    assert last < 1.1 * second, (first, second, last)

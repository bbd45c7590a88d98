from __future__ import annotations

import numpy as np
import pytest

from hardware.audio.drift import HASTE_S, LEAST_S, LIMIT_S, MAX_DEVIATION, MOST_S, TARGET_S, DriftRing, Resampler
from hardware.audio.ring import SampleRing

RATE, BLOCK = 8000, 160
SILENCE = bytes(2 * BLOCK)


def tone(hz: float, samples: int, rate: float = RATE) -> bytes:
    return bytes(np.rint(10000 * np.sin(2 * np.pi * hz * np.arange(samples) / rate)).astype("<i2"))


class Now:
    """A Clock that stands where it is put."""

    def __init__(self) -> None:
        self.at = 1000.0

    def monotonic(self) -> float:
        return self.at

    def advance(self, seconds: float) -> None:
        self.at += seconds


class Bench:
    """A producer whose clock is ``ppm`` fast and a consumer whose clock is right."""

    def __init__(self, ppm: float = 0.0) -> None:
        self.clock = Now()
        self.ring = DriftRing(RATE, self.clock)
        self.ppm = ppm
        self._produced = 0

    def run(self, seconds: float, pcm: bytes = tone(440, BLOCK)) -> bytes:
        """One write and read after another, in the order of their times, without jitter."""
        heard = bytearray()
        end = self.clock.monotonic() + seconds
        start = self.clock.monotonic()
        reads = 0
        while (at := start + reads * 0.02 + 0.013) < end:
            while (written := start + self._produced * 0.02 / (1 + self.ppm * 1e-6)) < at:
                self._to(written)
                self.ring.write(pcm)
                self._produced += 1
            self._to(at)
            heard += self.ring.read(BLOCK)
            reads += 1
        return bytes(heard)

    def _to(self, at: float) -> None:
        self.clock.advance(max(0.0, at - self.clock.monotonic()))


@pytest.mark.parametrize("ppm", [300.0, -300.0, 1000.0])
def test_clocks_that_differ_never_run_the_ring_dry_or_over(ppm: float) -> None:
    bench = Bench(ppm)
    bench.run(300)
    statistics = bench.ring.statistics
    assert (statistics.underruns, statistics.overrun) == (0, 0)
    assert statistics.trimmed <= BLOCK, "only to begin at the right level"
    assert bench.ring.level / RATE == pytest.approx(LEAST_S - 0.02, abs=0.021)
    assert bench.ring.deviation == pytest.approx(ppm * 1e-6, abs=60e-6)


def test_a_plain_ring_would_run_dry() -> None:
    """What the controller is for."""
    ring = SampleRing(1600, 480)
    for number in range(30_000):
        if number % 3000:  # the producer is 333 ppm slow
            ring.write(SILENCE)
        ring.read(BLOCK)
    assert ring.statistics.underruns > 0


def test_sound_begins_at_the_target_and_not_before() -> None:
    bench = Bench()
    heard = np.frombuffer(bench.run(1.0), "<i2")
    first = int(np.flatnonzero(heard)[0]) / RATE
    assert TARGET_S - 0.02 <= first <= TARGET_S + 0.04


@pytest.mark.parametrize("step", [1.0, 1 + 300e-6, 1 - 2000e-6])
@pytest.mark.parametrize("hz", [300.0, 1000.0, 3000.0])
def test_a_tone_stays_a_tone(hz: float, step: float) -> None:
    """Noise and distortion at least 50 dB below the tone: better than PCMU's own."""
    resampler, out, at = Resampler(), bytearray(), 0
    source = tone(hz, 40 * BLOCK)
    for _ in range(30):
        needed = resampler.needed(BLOCK, step)
        out += resampler.process(source[2 * at : 2 * (at + needed)], BLOCK, step)
        at += needed
    heard = np.frombuffer(bytes(out), "<i2").astype(float)[BLOCK:]
    time = np.arange(len(heard)) * step / RATE
    basis = np.stack((np.sin(2 * np.pi * hz * time), np.cos(2 * np.pi * hz * time)), axis=1)
    fitted = basis @ np.linalg.lstsq(basis, heard, rcond=None)[0]
    noise = np.sqrt(np.mean((heard - fitted) ** 2)) / np.sqrt(np.mean(fitted**2))
    assert np.sqrt(np.mean(fitted**2)) == pytest.approx(10000 / np.sqrt(2), rel=0.01)
    assert 20 * np.log10(noise) < -50


def test_a_late_block_leaves_a_gap_and_no_delay() -> None:
    bench = Bench()
    bench.run(2.0)
    before = bench.ring.level
    for _ in range(3):  # nothing is written for 60 ms
        bench.clock.advance(0.02)
        bench.ring.read(BLOCK)
    for _ in range(3):  # then it all comes at once
        bench.ring.write(tone(440, BLOCK))
    bench.ring.read(0)
    assert bench.ring.statistics.underruns == 1
    assert bench.ring.level == pytest.approx(before, abs=20)


def test_a_producer_that_stopped_is_waited_for_anew() -> None:
    bench = Bench()
    bench.run(1.0)
    for _ in range(20):
        bench.clock.advance(0.02)
        last = bench.ring.read(BLOCK)
    assert last == SILENCE
    assert bench.ring.statistics.underruns == 1
    bench.ring.write(tone(440, BLOCK))
    assert bench.ring.read(BLOCK) == SILENCE, "one block is not the target yet"


def test_a_machine_that_slept_is_not_late_afterwards() -> None:
    bench = Bench()
    bench.run(1.0)
    for _ in range(12):
        bench.ring.write(tone(440, BLOCK))
    assert bench.ring.level > LIMIT_S * RATE
    bench.ring.read(BLOCK)
    assert bench.ring.level / RATE == pytest.approx(TARGET_S - 0.02, abs=0.005)


def test_discarding_makes_all_that_waits_stale() -> None:
    bench = Bench()
    bench.run(1.0)
    bench.ring.discard()
    assert bench.ring.read(BLOCK) == SILENCE
    assert bench.ring.level == 0


def test_the_pitch_is_never_bent_audibly() -> None:
    bench = Bench(5000.0)
    bench.run(60)
    assert bench.ring.deviation <= MAX_DEVIATION
    assert bench.ring.statistics.trimmed > 0


def test_a_stream_whose_blocks_come_late_is_read_later_and_then_without_gaps() -> None:
    bench = Bench()
    bench.run(2.0)
    quiet = bench.ring.level
    late = Late(bench)
    late.run(60)
    settling = bench.ring.statistics.underruns
    late.run(120)
    assert bench.ring.statistics.underruns == settling, "the lateness is known by now"
    assert settling <= 4
    assert bench.ring.level > quiet
    assert bench.ring.level / RATE <= MOST_S


def test_where_blocks_come_and_are_read_in_time_less_of_it_waits_in_the_end() -> None:
    young, proved = Bench(), Bench()
    young.run(HASTE_S / 2)
    proved.run(2 * HASTE_S)
    assert (young.ring.level - proved.ring.level) / RATE == pytest.approx(TARGET_S - LEAST_S, abs=0.004)
    assert proved.ring.statistics.underruns == 0


def test_a_reader_who_is_late_at_times_keeps_the_ring_as_full_as_a_late_writer() -> None:
    bench = Bench()
    bench.run(2.0)
    Late(bench, reader=True).run(2 * HASTE_S)
    assert bench.ring.level / RATE > TARGET_S - 0.02
    assert bench.ring.statistics.underruns == 0


class Late:
    """Every 50th block comes 30 ms late, and the one after it with it; or is ``reader`` so late, and blocks are not."""

    def __init__(self, bench: Bench, *, reader: bool = False) -> None:
        self._bench = bench
        self._reader = reader

    def run(self, seconds: float) -> None:
        bench, start = self._bench, self._bench.clock.monotonic()
        blocks = round(seconds / 0.02)
        exact = [number * 0.02 for number in range(blocks)]
        late = [at + (0.03 if number % 50 == 0 else 0.01 if number % 50 == 1 else 0) for number, at in enumerate(exact)]
        writes = [(at, True) for at in (exact if self._reader else late)]
        reads = [(at + 0.013, False) for at in (late if self._reader else exact)]
        for at, is_write in sorted(writes + reads):
            bench._to(start + at)
            if is_write:
                bench.ring.write(SILENCE)
            else:
                bench.ring.read(BLOCK)

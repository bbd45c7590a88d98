"""A ring between two clocks that are never quite the same: a sound card's and the SIP stack's.

A plain ring over- or underruns every minute or two at 300 ppm. This one plays a little faster or slower, so that its
level stays where it belongs: a PI controller sets the step of a fractional resampler. numpy only; at steps within
2000 ppm of 1 no anti-alias filter is needed. Where that is follows from how late blocks come and are fetched: at
first TARGET_S, then LEAST_S on a quiet machine, on a busy one as much more as its latest blocks need, up to MOST_S.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from hardware.audio.lateness import Lateness
from hardware.audio.ring import SAMPLE_BYTES, RingStatistics, SampleRing
from hardware.clock import Clock

TARGET_S: Final = 0.06
"""From a sample's place in its block to its being read, while little is known of how late blocks come and are read."""

LEAST_S: Final = 0.045
"""The same once the clocks' difference is learned and the machine has proved quiet."""

MOST_S: Final = 0.076
"""The same where blocks come very late: a sample then waits 57 ms in the ring, of the 60 that may be added each way."""

BLOCKS_S: Final = 0.04
"""A block that is being gathered and one that is read at once: what lateness cannot eat up."""

MARGIN: Final = 1.25
"""What is to come is later than what was seen."""

SLEW: Final = 1e-3
"""How fast the target moves, seconds per second: a tenth of a percent of pitch, which nobody hears."""

LIMIT_S: Final = 0.16
"""Above this the oldest sound is dropped at once: a machine that slept must not make a call late for a minute."""

KP: Final = 0.02  # per second of error
KI: Final = 1e-4  # per second of error, per second
HASTE: Final = 5.0
"""The first HASTE_S learn the clocks' difference with gains so much higher (KI by its square: as damped as later)."""

HASTE_S: Final = 60.0
MAX_DEVIATION: Final = 2000e-6  # nobody hears 0.2 % of pitch
_LATE_S: Final = 0.04  # no more than two blocks are assumed to be on their way


class DriftRing:
    """Single producer, single consumer, int16 mono; neither side ever waits or raises. Takes a SampleRing's place.

    Reading starts when TARGET_S waits. A block that comes too late leaves a gap of its own length and is dropped; a
    producer that stays away for TARGET_S has stopped, and reading starts anew. The producer owns ``_written_at``, the
    consumer the rest.
    """

    def __init__(self, rate: int, clock: Clock) -> None:
        """``rate`` in Hz."""
        self._rate = rate
        self._clock = clock
        self._late_written, self._late_read = Lateness(), Lateness()
        self._target = TARGET_S
        self._ring = SampleRing(round(2 * LIMIT_S * rate), 1)
        self._resampler = Resampler()
        self._written_at = clock.monotonic()
        self._learned = 0.0  # the clocks' difference, as a fraction
        self._controlled_s = 0.0
        self._flowing = False
        self._stale = False
        self._owed = 0  # samples that were late and replaced by silence
        self._underruns = self._trimmed = 0
        self.deviation = 0.0
        """How much faster than nominal sound is being read now, as a fraction."""

    def write(self, pcm: bytes | memoryview) -> int:
        """Take int16 samples (native order); how many fitted. Producer's thread."""
        taken = self._ring.write(pcm)
        self._written_at = now = self._clock.monotonic()
        self._late_written.block(now, len(pcm) / SAMPLE_BYTES / self._rate)
        return taken

    def discard(self) -> None:
        """Make everything written so far stale. Any thread."""
        self._ring.discard()
        self._stale = True

    @property
    def level(self) -> int:
        """Samples waiting."""
        return self._ring.level

    @property
    def statistics(self) -> RingStatistics:
        """Counters since the ring was made. Any thread; not one consistent instant."""
        return replace(self._ring.statistics, underruns=self._underruns, trimmed=self._trimmed)

    def read(self, samples: int) -> bytes:
        """Exactly ``samples`` int16 samples, silence where there are none. Consumer's thread."""
        if self._stale:
            self._stale = False
            self._ring.read(0)  # drops it
            self._stop()
        self._settle()
        waiting = self._waiting_s()
        if not self._flowing and waiting < self._target:
            return bytes(samples * SAMPLE_BYTES)
        if not self._flowing or waiting > LIMIT_S:  # begin where the level belongs, or the controller would swing
            self._flowing = True
            excess = min(round((waiting - self._target) * self._rate), self._ring.level)
            self._ring.read(max(0, excess))
            self._trimmed += max(0, excess)
            waiting = self._waiting_s()
        elapsed = max(samples, 1) / self._rate
        self._late_read.block(self._clock.monotonic(), elapsed)
        slewed = self._move_target(elapsed)
        step = 1.0 + self._control(waiting - self._target, elapsed) - slewed / elapsed
        needed = self._resampler.needed(samples, step)
        missing = max(0, needed - max(0, self._ring.level))
        if missing:
            self._underruns += not self._owed
            self._owed += missing
        pcm = self._ring.read(needed - missing) + bytes(missing * SAMPLE_BYTES)
        out = self._resampler.process(pcm, samples, step)
        if self._owed > self._target * self._rate:
            self._stop()
        return out

    def _settle(self) -> None:
        """What comes late has been replaced by silence: it is dropped, so that a short gap adds no delay."""
        late = min(self._owed, self._ring.level)
        if late:
            self._ring.read(late)
            self._owed -= late

    def _waiting_s(self) -> float:
        """The level as if sound came in continuously: without what is on its way, the controller would swing."""
        on_its_way = min(max(0.0, self._clock.monotonic() - self._written_at), _LATE_S)
        return (self._ring.level - self._owed) / self._rate + on_its_way

    def _move_target(self, elapsed_s: float) -> float:
        """Towards what the lateness of the last minutes needs; by how many seconds it moved."""
        least = TARGET_S if self._controlled_s < HASTE_S else LEAST_S
        late_s = self._late_written.worst_s + self._late_read.worst_s
        wanted = min(max(BLOCKS_S + MARGIN * late_s, least), MOST_S)
        moved = min(max(wanted - self._target, -SLEW * elapsed_s), SLEW * elapsed_s)
        self._target += moved
        return moved

    def _control(self, error_s: float, elapsed_s: float) -> float:
        haste = HASTE if self._controlled_s < HASTE_S else 1.0
        self._controlled_s += elapsed_s
        wanted = haste * KP * error_s + self._learned
        self.deviation = min(max(wanted, -MAX_DEVIATION), MAX_DEVIATION)
        if wanted == self.deviation:  # else it would wind up
            self._learned += haste**2 * KI * error_s * elapsed_s
        return self.deviation

    def _stop(self) -> None:
        """What the clocks' difference is stays known."""
        self._flowing = False
        self._owed = 0
        self._resampler = Resampler()


class Resampler:
    """Reads a stream of int16 at a step near 1: windowed sinc, 16 taps, phases interpolated."""

    TAPS: Final = 16
    PHASES: Final = 256

    def __init__(self) -> None:
        self._history: NDArray[np.float32] = np.zeros(self.TAPS - 1, np.float32)
        self._at = 0.0  # of the next output sample, in input samples after the oldest of the history

    def needed(self, samples: int, step: float) -> int:
        """How many input samples ``process`` must be given to make ``samples`` at that step."""
        last = int(self._at + (samples - 1) * step)
        return max(0, last + self.TAPS - len(self._history))

    def process(self, pcm: bytes, samples: int, step: float) -> bytes:
        """``samples`` samples out of ``needed`` new ones and those before."""
        data = np.concatenate((self._history, np.frombuffer(pcm, "<i2").astype(np.float32)))
        positions = self._at + np.arange(samples) * step
        whole = positions.astype(np.intp)
        phase = (positions - whole) * self.PHASES
        row = phase.astype(np.intp)
        part = (phase - row)[:, np.newaxis].astype(np.float32)
        weights = _KERNEL[row] * (1 - part) + _KERNEL[row + 1] * part
        windows = np.lib.stride_tricks.sliding_window_view(data, self.TAPS)[whole]
        out = np.einsum("ij,ij->i", windows, weights)
        end = self._at + samples * step
        begin = min(int(end), len(data))
        self._history, self._at = data[begin:], end - begin
        return bytes(np.clip(np.rint(out), -32768, 32767).astype("<i2"))


def _kernel() -> NDArray[np.float32]:
    """Row p: the weights of TAPS neighbours for a sample p / PHASES after the middle one."""
    offsets = np.arange(Resampler.TAPS) - (Resampler.TAPS // 2 - 1)
    distance = offsets[np.newaxis, :] - (np.arange(Resampler.PHASES + 1) / Resampler.PHASES)[:, np.newaxis]
    window = np.kaiser(2001, 7.0)[np.rint((distance / Resampler.TAPS + 0.5) * 2000).astype(np.intp).clip(0, 2000)]
    rows = np.sinc(distance) * window
    return np.asarray(rows / rows.sum(axis=1, keepdims=True), np.float32)


_KERNEL: Final = _kernel()

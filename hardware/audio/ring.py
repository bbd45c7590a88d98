"""A bounded ring of samples between two audio callbacks, each on its own thread and its own clock."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Protocol

SAMPLE_BYTES: Final = 2


class AudioRing(Protocol):
    """What both rings are, this one and ``hardware.audio.drift.DriftRing``."""

    def write(self, pcm: bytes | memoryview) -> int:
        """Take int16 samples; how many fitted. Producer's thread."""

    def read(self, samples: int) -> bytes:
        """Exactly that many int16 samples, silence where there are none. Consumer's thread."""


@dataclass(frozen=True, slots=True)
class RingStatistics:
    """What a ring did so far, in samples, but ``underruns``: how often sound that flowed ran dry."""

    level: int
    written: int
    read: int
    overrun: int
    trimmed: int
    discarded: int
    underruns: int


class SampleRing:
    """Single producer, single consumer, int16 mono; neither side ever waits or raises.

    The producer owns ``_head``, the consumer ``_tail``: both only grow and a store of an int is atomic, so no lock is
    needed. Reading starts once ``prime`` samples wait, and again after an underrun; until then it gives silence.
    Overflow policy: a full ring refuses the newest samples (``overrun``); a ring found with more than ``limit`` drops
    its oldest down to ``prime`` (``trimmed``), which bounds the delay at ``limit``.
    """

    def __init__(self, capacity: int, prime: int, limit: int | None = None) -> None:
        """``capacity`` ≥ ``limit`` ≥ ``prime`` ≥ 1, in samples; ``limit`` defaults to ``capacity``. Raises
        ValueError.
        """
        self._limit = capacity if limit is None else limit
        if not 1 <= prime <= self._limit <= capacity:
            raise ValueError(f"a ring of {capacity} samples cannot have prime {prime} and limit {self._limit}")
        self._capacity = capacity
        self._prime = prime
        self._data = memoryview(bytearray(capacity * SAMPLE_BYTES))
        self._head = 0
        self._tail = 0
        self._discard_to = 0
        self._flowing = False
        self._overrun = self._trimmed = self._discarded = self._underruns = self._read = 0

    def write(self, pcm: bytes | memoryview) -> int:
        """Take int16 samples (native order); how many fitted. Producer's thread."""
        samples = len(pcm) // SAMPLE_BYTES
        taken = min(samples, self._capacity - (self._head - self._tail))
        at = self._head % self._capacity
        first = min(taken, self._capacity - at)
        self._data[at * SAMPLE_BYTES : (at + first) * SAMPLE_BYTES] = pcm[: first * SAMPLE_BYTES]
        self._data[: (taken - first) * SAMPLE_BYTES] = pcm[first * SAMPLE_BYTES : taken * SAMPLE_BYTES]
        self._head += taken
        self._overrun += samples - taken
        return taken

    def read(self, samples: int) -> bytes:
        """Exactly ``samples`` int16 samples, silence where there are none. Consumer's thread."""
        taken = self._available(samples)
        at = self._tail % self._capacity
        first = min(taken, self._capacity - at)
        pcm = b"".join(
            (
                self._data[at * SAMPLE_BYTES : (at + first) * SAMPLE_BYTES],
                self._data[: (taken - first) * SAMPLE_BYTES],
                bytes((samples - taken) * SAMPLE_BYTES),
            )
        )
        self._tail += taken
        self._read += taken
        return pcm

    def discard(self) -> None:
        """Make everything written so far stale: the next read drops it and waits for ``prime`` new samples. Any
        thread.
        """
        self._discard_to = self._head

    @property
    def level(self) -> int:
        """Samples waiting."""
        return self._head - self._tail

    @property
    def statistics(self) -> RingStatistics:
        """Counters since the ring was made. Any thread; not one consistent instant."""
        return RingStatistics(
            level=self.level,
            written=self._head,
            read=self._read,
            overrun=self._overrun,
            trimmed=self._trimmed,
            discarded=self._discarded,
            underruns=self._underruns,
        )

    def _available(self, samples: int) -> int:
        head = self._head  # read once: the producer goes on meanwhile
        if self._tail < self._discard_to:
            self._discarded += self._discard_to - self._tail
            self._tail = self._discard_to
            self._flowing = False
        level = head - self._tail
        if level > self._limit:
            self._trimmed += level - self._prime
            self._tail = head - self._prime
            level = self._prime
        if not self._flowing and level < self._prime:
            return 0
        self._flowing = level >= samples
        if not self._flowing:
            self._underruns += 1
        return min(level, samples)

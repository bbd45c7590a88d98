"""The recorder's memory: samples of each channel until their redaction is known. Pure; contact clock in samples."""

from __future__ import annotations

import bisect
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

Samples = npt.NDArray[np.int16]
UNDECIDED = "undecided"


@dataclass(frozen=True, slots=True)
class Silenced:
    """Samples ``start`` to ``end`` of a channel became silence because of ``reason``."""

    channel: int
    start: int
    end: int
    reason: str


@dataclass
class _Track:
    """``decided``: everything before it may be written; ``open``: taps that may still bring older samples."""

    waiting: list[tuple[int, Samples]] = field(default_factory=list)
    redactions: list[tuple[int, int, str]] = field(default_factory=list)
    decided: int = 0
    live: int = 0
    open: int = 0


class Tracks:
    """Channels interleaved to one stream as far as all of them are decided.

    ``longest``: samples a channel may wait; what waits longer is written as silence, and reported. ``start``: the first
    sample of the stream.
    """

    def __init__(self, channels: int, longest: int, start: int = 0) -> None:
        self._tracks = [_Track() for _ in range(channels)]
        self._longest = longest
        self._edge = start

    @property
    def edge(self) -> int:
        """Everything before this sample has been handed out."""
        return self._edge

    def open(self, channel: int) -> None:
        """A tap of the channel began: what it will bring is not decided."""
        self._tracks[channel].open += 1

    def close(self, channel: int) -> None:
        """A tap of the channel ended; what is decided stays as it is."""
        self._tracks[channel].open -= 1

    def add(self, channel: int, start: int, pcm: bytes) -> None:
        """Samples from ``start`` on; what lies before what was handed out already is dropped."""
        samples = np.frombuffer(pcm, dtype="<i2").astype(np.int16)
        skip = max(0, self._edge - start)
        track = self._tracks[channel]
        if skip < len(samples):
            bisect.insort(track.waiting, (start + skip, samples[skip:]), key=lambda item: item[0])
        track.live = max(track.live, start + len(samples))

    def redact(self, channel: int, start: int, end: int, reason: str) -> None:
        """Silence this stretch of the channel."""
        self._tracks[channel].redactions.append((start, end, reason))

    def decide(self, channel: int, until: int) -> None:
        """No further redaction of the channel reaches before ``until``."""
        track = self._tracks[channel]
        track.decided = max(track.decided, until)

    def known(self) -> tuple[tuple[int, ...], tuple[tuple[int, int, int, str], ...]]:
        """Up to where each channel is decided, and what is to be silenced of it yet: (channel, start, end, reason)."""
        waiting = ((number, *each) for number, track in enumerate(self._tracks) for each in track.redactions)
        return tuple(track.decided for track in self._tracks), tuple(waiting)

    def take(self, *, all_of_it: bool = False) -> tuple[Samples, list[Silenced]]:
        """Interleaved samples (shape: samples, channels) that may be written now, and what was silenced in them.

        ``all_of_it``: the contact is over; what is not decided becomes silence.
        """
        live = max(track.live for track in self._tracks)
        until = max(live if all_of_it else self._written_edge(live), self._edge)
        frames = np.zeros((until - self._edge, len(self._tracks)), dtype=np.int16)
        silenced: list[Silenced] = []
        for channel, track in enumerate(self._tracks):
            self._fill(channel, track, until, frames[:, channel], silenced)
        self._edge = until
        return frames, silenced

    def _written_edge(self, live: int) -> int:
        edges = [track.decided for track in self._tracks if track.open or track.waiting]
        return max(min(edges, default=live), live - self._longest)

    def _fill(self, channel: int, track: _Track, until: int, out: Samples, silenced: list[Silenced]) -> None:
        start = self._edge
        rest: list[tuple[int, Samples]] = []
        for offset, samples in track.waiting:
            fits = samples[: max(0, until - offset)]
            out[offset - start : offset - start + len(fits)] = fits
            if len(fits) < len(samples):
                rest.append((offset + len(fits), samples[len(fits) :]))
        if track.decided < until and any(offset < until for offset, _ in track.waiting):
            self._silence(channel, max(track.decided, start), min(until, track.live), UNDECIDED, out, silenced)
        for first, last, reason in track.redactions:
            self._silence(channel, max(first, start), min(last, until), reason, out, silenced)
        track.waiting = rest
        track.redactions = [redaction for redaction in track.redactions if redaction[1] > until]

    def _silence(
        self, channel: int, first: int, last: int, reason: str, out: Samples, silenced: list[Silenced]
    ) -> None:
        if last > first:
            out[first - self._edge : last - self._edge] = 0
            silenced.append(Silenced(channel, first, last, reason))

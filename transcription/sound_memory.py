"""Undecided sound that outlives the process which heard it: in shared memory without a name (memfd_create(2)).

A recorder writes here what it keeps in its own memory, and hands the memory to the keeper (``transcription.keeper``).
It is never on a disk, nobody can open it, and it is gone when the last of the two is.

Layout, native order: head (magic, channels, samples a channel keeps), the last sample of each channel, two slots of
notes (generation, length, CRC 32, JSON), of which the newest whole one counts, then each channel's samples, sample n of
the contact at n modulo what is kept.
"""

from __future__ import annotations

import json
import mmap
import os
import struct
import zlib
from dataclasses import dataclass
from typing import Final

from voice.errors import CallfloorError

KEPT_S: Final = 35.0
"""More than a recorder waits for a decision."""

_HEAD: Final = struct.Struct("8sII")
_LIVE: Final = struct.Struct("q")
_NOTE: Final = struct.Struct("III")
_MAGIC: Final = b"CFSOUND1"
_NOTE_BYTES: Final = 16 * 1024
_SLOTS: Final = 2


class SoundMemoryError(CallfloorError):
    """Not such a memory."""


@dataclass(frozen=True, slots=True)
class Notes:
    """What was known of the sound: before ``decided[channel]`` nothing more is to be silenced than ``redactions``:
    (channel, first sample, last sample, reason), those that were not written out yet.
    """

    decided: tuple[int, ...]
    redactions: tuple[tuple[int, int, int, str], ...] = ()


class SoundMemory:
    """One contact's. Samples are numbered on the contact's clock; int16 mono, native order. One process writes."""

    def __init__(self, fd: int) -> None:
        """Of a memory made by ``create``; ``fd`` is closed with it. Raises SoundMemoryError, OSError."""
        self.fd = fd
        self._generation = 0
        self._map = mmap.mmap(fd, 0)
        if len(self._map) >= _HEAD.size:
            magic, self.channels, self._capacity = _HEAD.unpack_from(self._map)
            if magic == _MAGIC and len(self._map) == _size(self.channels, self._capacity):
                return
        self._map.close()
        raise SoundMemoryError("not a memory of undecided sound")

    @classmethod
    def create(cls, channels: int, rate: int, start: int = 0) -> SoundMemory:
        """An empty one for KEPT_S at ``rate`` Hz, whose first sample is ``start``. Raises OSError."""
        fd, kept = os.memfd_create("callfloor-sound"), int(KEPT_S * rate)
        try:
            os.ftruncate(fd, _size(channels, kept))
            os.pwrite(fd, _HEAD.pack(_MAGIC, channels, kept) + channels * _LIVE.pack(start), 0)
            made = cls(fd)
        except BaseException:
            os.close(fd)
            raise
        made.note(Notes((start,) * channels))
        return made

    def close(self) -> None:
        """Let go of it."""
        self._map.close()
        os.close(self.fd)

    def add(self, channel: int, start: int, pcm: bytes) -> None:
        """Samples from ``start`` on; a hole before them is silence. On the media thread: it only copies."""
        live = self.live(channel)
        if start > live:
            self._put(channel, max(live, start - self._capacity), bytes(2 * min(start - live, self._capacity)))
        end = start + len(pcm) // 2
        kept = pcm[-2 * self._capacity :]
        self._put(channel, end - len(kept) // 2, kept)
        if end > live:
            _LIVE.pack_into(self._map, _HEAD.size + channel * _LIVE.size, end)

    def live(self, channel: int) -> int:
        """The sample after the channel's last."""
        return int(_LIVE.unpack_from(self._map, _HEAD.size + channel * _LIVE.size)[0])

    def samples(self, channel: int, first: int) -> tuple[int, bytes]:
        """From ``first`` on, or from the oldest kept: which sample that is, and all up to the last."""
        live = self.live(channel)
        first = max(first, live - self._capacity)
        if first >= live:
            return live, b""
        begin, end = first % self._capacity, live % self._capacity
        at = self._at(channel)
        if begin < end:
            return first, bytes(self._map[at + 2 * begin : at + 2 * end])
        return first, self._map[at + 2 * begin : at + 2 * self._capacity] + self._map[at : at + 2 * end]

    def note(self, notes: Notes) -> None:
        """Remember these instead of the last. Too many redactions to remember: the last stay, and decide less."""
        body = json.dumps([notes.decided, notes.redactions], separators=(",", ":")).encode()
        if len(body) > _NOTE_BYTES - _NOTE.size:
            return
        self._generation += 1
        at = self._slot(self._generation)
        _NOTE.pack_into(self._map, at, 0, 0, 0)
        self._map[at + _NOTE.size : at + _NOTE.size + len(body)] = body
        _NOTE.pack_into(self._map, at, self._generation, len(body), zlib.crc32(body))

    def notes(self) -> Notes:
        """The last that were written whole. Raises SoundMemoryError where there are none."""
        newest, found = 0, b""
        for slot in range(_SLOTS):
            at = self._slot(slot)
            generation, length, check = _NOTE.unpack_from(self._map, at)
            body = self._map[at + _NOTE.size : at + _NOTE.size + min(length, _NOTE_BYTES)]
            if generation > newest and zlib.crc32(body) == check:
                newest, found = generation, body
        if not found:
            raise SoundMemoryError("nothing is noted of the sound")
        decided, redactions = json.loads(found)
        return Notes(tuple(decided), tuple((channel, first, last, why) for channel, first, last, why in redactions))

    def _put(self, channel: int, start: int, pcm: bytes) -> None:
        at, begin = self._at(channel), start % self._capacity
        first = min(len(pcm), 2 * (self._capacity - begin))
        self._map[at + 2 * begin : at + 2 * begin + first] = pcm[:first]
        self._map[at : at + len(pcm) - first] = pcm[first:]

    def _at(self, channel: int) -> int:
        if not 0 <= channel < self.channels:
            raise IndexError(channel)
        return int(_notes_at(self.channels) + _SLOTS * _NOTE_BYTES + 2 * channel * self._capacity)

    def _slot(self, generation: int) -> int:
        return _notes_at(self.channels) + generation % _SLOTS * _NOTE_BYTES


def _notes_at(channels: int) -> int:
    return int(_HEAD.size + channels * _LIVE.size)


def _size(channels: int, kept: int) -> int:
    return int(_notes_at(channels) + _SLOTS * _NOTE_BYTES + 2 * channels * kept)

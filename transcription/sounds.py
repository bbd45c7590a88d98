"""Sound files of people: WAV of any rate, width and number of channels, as int16 channels.

RIFF/WAVE as Microsoft and IBM described it (1991), with WAVE_FORMAT_EXTENSIBLE: PCM of 8, 16, 24 and 32 bits, float of
32 and 64 bits, A-law and mu-law.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import numpy.typing as npt

from transcription import g711
from transcription.resampling import RATES, resampled
from voice.errors import DocumentError

PCM, FLOAT, A_LAW, MU_LAW, EXTENSIBLE = 1, 3, 6, 7, 0xFFFE
CHANNELS_MAX = 16
_STREAMED = 0x7FFF0000
"""Programs that write to a pipe leave a size this large, since they could not know it."""
_CONVERT = "convert it, for instance: sox IN -b 16 OUT.wav"

Samples = npt.NDArray[np.int16]


@dataclass(frozen=True, slots=True)
class Sound:
    """``rate`` Hz; ``channels``: each channel's samples, all of one length; ``comment``: what its file says of it."""

    rate: int
    channels: tuple[Samples, ...]
    comment: str = ""

    @property
    def seconds(self) -> float:
        """Its length."""
        return len(self.channels[0]) / self.rate

    def mono(self) -> Sound:
        """All channels as one, at half their volume where there are two, and so on: nothing is clipped."""
        if len(self.channels) == 1:
            return self
        return Sound(self.rate, (np.mean(self.channels, axis=0).astype(np.int16),))

    def at(self, rate: int) -> Sound:
        """The same sound at ``rate`` Hz."""
        if rate == self.rate:
            return self
        return Sound(rate, tuple(resampled(channel, self.rate, rate) for channel in self.channels))


@dataclass(frozen=True, slots=True)
class _Format:
    tag: int
    channels: int
    rate: int
    bits: int


def read_sound(file: Path) -> Sound:
    """The sound of a WAV file. Raises DocumentError saying in one line what is wrong with it."""
    try:
        data = file.read_bytes()
    except OSError as error:
        raise DocumentError(file, None, f"cannot be read ({error.strerror})", "check the path") from None
    if data[:4] != b"RIFF" or data[8:12] != b"WAVE":
        raise DocumentError(file, None, "not a WAV file (it does not begin with RIFF and WAVE)", _CONVERT)
    found = sound = None
    comment = ""
    for name, start, size in _chunks(data):
        if name == b"fmt ":
            found = _format(file, data[start : start + size])
        elif name == b"data" and sound is None:
            if found is None:
                raise DocumentError(file, None, "the WAV's sound comes before its format", _CONVERT)
            sound = _decode(file, found, _body(file, data, start, size))
        elif name == b"LIST":
            comment = _comment(data[start : start + size]) or comment
    if sound is None:
        raise DocumentError(file, None, "the WAV file holds no sound", "record it again")
    return replace(sound, comment=comment)


def _chunks(data: bytes, at: int = 12) -> Iterator[tuple[bytes, int, int]]:
    """Name, first byte and claimed size of each chunk from ``at`` on; they lie on even places."""
    while at + 8 <= len(data):
        name, size = struct.unpack_from("<4sI", data, at)
        yield name, at + 8, size
        at += 8 + size + size % 2


def _comment(listed: bytes) -> str:
    """The ``ICMT`` of an INFO list; empty where it has none."""
    if listed[:4] != b"INFO":
        return ""
    found = (listed[start : start + size] for name, start, size in _chunks(listed, 4) if name == b"ICMT")
    return next(found, b"").rstrip(b"\0").decode("ascii", errors="replace")


def _format(file: Path, chunk: bytes) -> _Format:
    if len(chunk) < 16:
        raise DocumentError(file, None, "the WAV's format is cut short", "record it again")
    tag, channels, rate, _, _, bits = struct.unpack_from("<HHIIHH", chunk)
    if tag == EXTENSIBLE and len(chunk) >= 26:
        (tag,) = struct.unpack_from("<H", chunk, 24)
    if not 1 <= channels <= CHANNELS_MAX:
        raise DocumentError(file, None, f"the WAV claims {channels} channels", f"give one of 1 to {CHANNELS_MAX}")
    if rate not in RATES:
        raise DocumentError(file, None, f"the WAV claims a rate of {rate} Hz", "record it again")
    return _Format(tag, channels, rate, bits)


def _body(file: Path, data: bytes, start: int, size: int) -> bytes:
    there = len(data) - start
    if size <= there or size >= _STREAMED:
        return data[start : start + min(size, there)]
    what = f"the WAV is cut short: {size} bytes of sound are announced, {there} are there"
    raise DocumentError(file, None, what, "take what there is: sox --ignore-length IN OUT.wav")


def _decode(file: Path, found: _Format, body: bytes) -> Sound:
    width = found.bits // 8 * found.channels
    if width and len(body) % width:
        raise DocumentError(file, None, "the WAV ends within a sample", "record it again")
    match (found.tag, found.bits):
        case (1, 8):
            samples = (np.frombuffer(body, np.uint8).astype(np.int16) - 128) << 8
        case (1, 16):
            samples = np.frombuffer(body, "<i2").astype(np.int16)
        case (1, 24):
            # The two upper bytes of each sample; the lowest is below what a telephone carries.
            samples = np.frombuffer(body, np.uint8).reshape(-1, 3)[:, 1:].copy().view("<i2").ravel().astype(np.int16)
        case (1, 32):
            samples = (np.frombuffer(body, "<i4") >> 16).astype(np.int16)
        case (3, 32 | 64):
            samples = _from_float(file, np.frombuffer(body, f"<f{found.bits // 8}"))
        case (6 | 7, 8):
            table = g711.MU_LAW if found.tag == MU_LAW else g711.A_LAW
            samples = np.frombuffer(g711.decode(body, table), "<i2").astype(np.int16)
        case _:
            what = f"the WAV is of format {found.tag} with {found.bits} bits"
            raise DocumentError(file, None, f"{what}; PCM, float, A-law and mu-law are read", _CONVERT)
    return Sound(found.rate, tuple(samples[channel :: found.channels] for channel in range(found.channels)))


def _from_float(file: Path, values: npt.NDArray[np.floating]) -> Samples:
    if not np.isfinite(values).all():
        raise DocumentError(file, None, "the WAV holds samples that are no numbers", "record it again")
    samples: Samples = (np.clip(values, -1, 1) * 32767).astype(np.int16)
    return samples

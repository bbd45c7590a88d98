"""Audio between packages: 16-bit mono PCM in small frames, pushed into sinks that never block.

Media time is counted in samples since a leg's audio began, never by the wall clock.
"""

from __future__ import annotations

import io
import struct
import wave
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from voice.errors import AudioFormatError, DocumentError


@dataclass(frozen=True, slots=True)
class AudioFrame:
    """A run of samples. ``pcm`` is little-endian int16 mono; ``offset`` is the first sample's index in its stream;
    ``rate`` is samples per second; ``captured_at`` is Clock.monotonic() when the last sample arrived.
    """

    pcm: bytes
    offset: int
    rate: int
    captured_at: float

    def __post_init__(self) -> None:
        if len(self.pcm) % 2:
            raise AudioFormatError(f"{len(self.pcm)} bytes are not whole 16-bit samples")

    @property
    def samples(self) -> int:
        """Number of samples."""
        return len(self.pcm) // 2


class AudioSink(Protocol):
    """Takes frames; must return at once (bounded queue inside, drops counted there)."""

    def write(self, frame: AudioFrame) -> None:
        """Take one frame."""


def read_wav(file: Path, rate: int) -> bytes:
    """The samples of a mono 16-bit WAV of exactly ``rate`` Hz. Raises DocumentError saying what is wrong."""
    try:
        with wave.open(str(file), "rb") as wav:
            found = (wav.getnchannels(), wav.getsampwidth() * 8, wav.getframerate())
            pcm = wav.readframes(wav.getnframes())
    except FileNotFoundError:
        raise DocumentError(file, None, "no such WAV file", "check the path") from None
    except (wave.Error, EOFError, OSError) as error:
        raise DocumentError(
            file, None, f"not a PCM WAV file ({error or 'truncated'})", "export it again as 16-bit PCM"
        ) from None
    if found != (1, 16, rate):
        channels, bits, hertz = found
        what = f"WAV is {hertz} Hz, {bits} bit, {channels} channel(s); {rate} Hz, 16 bit, mono is needed"
        raise DocumentError(file, None, what, f"sox IN -r {rate} -b 16 -c 1 OUT")
    if len(pcm) % 2:
        raise DocumentError(file, None, "WAV data ends within a sample", "export the file again")
    return pcm


def write_wav(file: Path, pcm: bytes, rate: int) -> None:
    """Write mono 16-bit PCM as a WAV file."""
    file.write_bytes(wav_bytes(pcm, rate))


def wav_bytes(pcm: bytes, rate: int, channels: int = 1, comment: str = "") -> bytes:
    """16-bit PCM, interleaved where there are several channels, as a WAV; ``comment`` is ASCII and stands in it as
    RIFF's INFO has it (``ICMT``), for whoever asks what the sound is.
    """
    made = io.BytesIO()
    with wave.open(made, "wb") as wav:
        wav.setnchannels(channels)
        wav.setsampwidth(2)
        wav.setframerate(rate)
        wav.writeframes(pcm)
    sound = made.getvalue()
    if not comment:
        return sound
    text = comment.encode("ascii") + b"\0"
    text += b"\0" * (len(text) % 2)  # chunks lie on even places
    noted = sound + b"LIST" + struct.pack("<I", 12 + len(text)) + b"INFOICMT" + struct.pack("<I", len(text)) + text
    return noted[:4] + struct.pack("<I", len(noted) - 8) + noted[8:]

"""WAV files as programs write them, and as they should not."""

from __future__ import annotations

import struct


def wav(
    body: bytes,
    *,
    tag: int = 1,
    channels: int = 1,
    rate: int = 8000,
    bits: int = 16,
    size: int | None = None,
    before: bytes = b"",
    extensible: bool = False,
) -> bytes:
    """``size``: what the header claims of the body; ``before``: chunks between format and sound."""
    width = channels * bits // 8
    first = struct.pack("<HHIIHH", 0xFFFE if extensible else tag, channels, rate, rate * width, width, bits)
    if extensible:
        first += struct.pack("<HHI", 22, bits, 0) + struct.pack("<H", tag) + bytes(14)
    chunks = chunk(b"fmt ", first) + before + struct.pack("<4sI", b"data", len(body) if size is None else size) + body
    return struct.pack("<4sI4s", b"RIFF", 4 + len(chunks), b"WAVE") + chunks


def chunk(name: bytes, body: bytes) -> bytes:
    return struct.pack("<4sI", name, len(body)) + body + bytes(len(body) % 2)

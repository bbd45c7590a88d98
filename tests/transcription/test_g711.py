"""Known vectors: the values of ITU-T G.711, tables 1a to 2b, scaled to 16 bits as every decoder does."""

from __future__ import annotations

import itertools
import struct

import pytest

from transcription import g711, wire


@pytest.mark.parametrize(
    ("code", "value"),
    [
        (0xFF, 0), (0x7F, 0), (0xFE, 8), (0x7E, -8), (0xF0, 120), (0xEF, 132), (0xEE, 148),
        (0xD5, 716), (0xBF, 1980), (0x8F, 16764), (0x80, 32124), (0x00, -32124),
    ],
)  # fmt: skip
def test_mu_law(code: int, value: int) -> None:
    assert struct.unpack("<h", g711.decode(bytes([code]), g711.MU_LAW)) == (value,)


@pytest.mark.parametrize(
    ("code", "value"),
    [
        (0xD5, 8), (0x55, -8), (0xD4, 24), (0xDA, 248), (0xC5, 264), (0xCA, 504), (0xF5, 528),
        (0x85, 4224), (0xAA, 32256), (0x2A, -32256),
    ],
)  # fmt: skip
def test_a_law(code: int, value: int) -> None:
    assert struct.unpack("<h", g711.decode(bytes([code]), g711.A_LAW)) == (value,)


@pytest.mark.parametrize("table", [g711.MU_LAW, g711.A_LAW], ids=["mu", "a"])
def test_a_table_is_odd_and_grows_with_the_level(table: g711.Table) -> None:
    values = sorted(int(value) for value in table)
    assert [-value for value in reversed(values)] == values
    positive = [value for value in values if value > 0]
    steps = [after - before for before, after in itertools.pairwise(positive)]
    assert steps == sorted(steps)


def test_a_channels_codec_says_what_its_bytes_are() -> None:
    assert wire.to_pcm("pcm16", b"\1\0\2\0") == b"\1\0\2\0"
    assert wire.to_pcm("pcmu", b"\xff\x80\x00") == struct.pack("<3h", 0, 32124, -32124)
    assert wire.to_pcm("pcma", b"\xd5\xaa") == struct.pack("<2h", 8, 32256)
    with pytest.raises(wire.WireError, match="within a sample"):
        wire.to_pcm("pcm16", b"123")

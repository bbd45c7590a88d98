from __future__ import annotations

import struct
from pathlib import Path

import numpy as np
import pytest

from tests.transcription.wav import chunk, wav
from transcription.sounds import Sound, read_sound
from voice.audio import wav_bytes
from voice.errors import DocumentError

HALF = 16384


def written(directory: Path, data: bytes) -> Path:
    file = directory / "call.wav"
    file.write_bytes(data)
    return file


@pytest.mark.parametrize(
    ("tag", "bits", "body", "tolerance"),
    [
        (1, 8, bytes([192, 128, 64]), 256),
        (1, 16, struct.pack("<3h", HALF, 0, -HALF), 0),
        (1, 24, struct.pack("<i", HALF << 8)[:3] + bytes(3) + struct.pack("<i", -HALF << 8)[:3], 0),
        (1, 32, struct.pack("<3i", HALF << 16, 0, -HALF << 16), 0),
        (3, 32, struct.pack("<3f", 0.5, 0.0, -0.5), 2),
        (3, 64, struct.pack("<3d", 0.5, 0.0, -0.5), 2),
        (6, 8, bytes([0xBA, 0x55, 0x3A]), 300),
        (7, 8, bytes([0x8F, 0xFF, 0x0F]), 600),
    ],
)
def test_every_width_is_read(tmp_path: Path, tag: int, bits: int, body: bytes, tolerance: int) -> None:
    for extensible in (False, True):
        sound = read_sound(written(tmp_path, wav(body, tag=tag, bits=bits, extensible=extensible)))
        high, zero, low = (int(sample) for sample in sound.channels[0])
        assert abs(zero) <= 8
        assert high == pytest.approx(HALF, abs=tolerance)
        assert low == pytest.approx(-HALF, abs=tolerance)
        assert sound.channels[0].dtype == np.int16


def test_channels_are_taken_apart_and_mixed_without_clipping(tmp_path: Path) -> None:
    body = struct.pack("<6h", 30000, 30000, 100, -100, 10, 20)
    sound = read_sound(written(tmp_path, wav(body, channels=2, rate=44100, before=chunk(b"LIST", b"odd"))))
    assert [list(channel) for channel in sound.channels] == [[30000, 100, 10], [30000, -100, 20]]
    assert list(sound.mono().channels[0]) == [30000, 0, 15]
    assert sound.seconds == 3 / 44100


@pytest.mark.parametrize("size", [0xFFFFFFFF, 0x7FFFF000])
def test_a_header_written_to_a_pipe_is_no_fault(tmp_path: Path, size: int) -> None:
    assert list(read_sound(written(tmp_path, wav(b"\1\0\2\0", size=size))).channels[0]) == [1, 2]


GOOD = wav(bytes(8))


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "not a WAV file"),
        (b"ID3 an MP3 file", "not a WAV file"),
        (GOOD[:36], "holds no sound"),
        (b"RIFF\0\0\0\0WAVE" + chunk(b"fmt ", b"short") + chunk(b"data", b""), "format is cut short"),
        (b"RIFF\0\0\0\0WAVE" + chunk(b"data", b"12"), "before its format"),
        (wav(bytes(8), size=800), "800 bytes of sound are announced, 8 are there"),
        (wav(bytes(7)), "ends within a sample"),
        (wav(bytes(6), channels=2), "ends within a sample"),
        (wav(bytes(8), channels=0), "claims 0 channels"),
        (wav(bytes(800), channels=100), "claims 100 channels"),
        (wav(bytes(8), rate=0), "a rate of 0 Hz"),
        (wav(bytes(8), tag=85), "of format 85 with 16 bits"),
        (wav(bytes(8), bits=12), "of format 1 with 12 bits"),
        (wav(bytes(8), bits=0), "of format 1 with 0 bits"),
        (wav(struct.pack("<f", float("nan")), tag=3, bits=32), "are no numbers"),
    ],
)
def test_a_bad_file_is_one_line_that_says_what_is_wrong(tmp_path: Path, data: bytes, message: str) -> None:
    with pytest.raises(DocumentError, match=message) as error:
        read_sound(written(tmp_path, data))
    assert "\n" not in str(error.value)
    assert "call.wav" in str(error.value)


def test_no_file_and_a_directory(tmp_path: Path) -> None:
    for place in (tmp_path / "nothing.wav", tmp_path):
        with pytest.raises(DocumentError, match="cannot be read"):
            read_sound(place)


def test_another_rate_keeps_length_and_channels() -> None:
    sound = Sound(48000, (np.zeros(48000, np.int16), np.ones(48000, np.int16)))
    moved = sound.at(8000)
    assert (moved.rate, [len(channel) for channel in moved.channels]) == (8000, [8000, 8000])
    assert sound.at(48000) is sound


@pytest.mark.parametrize("comment", ["", "odd", "even"])
def test_what_a_wav_says_of_itself(tmp_path: Path, comment: str) -> None:
    sound = read_sound(written(tmp_path, wav_bytes(struct.pack("<4h", 1, 2, 3, 4), 8000, 2, comment)))
    assert [channel.tolist() for channel in sound.channels] == [[1, 3], [2, 4]]
    assert (sound.rate, sound.comment) == (8000, comment)

from __future__ import annotations

import os

import pytest

from transcription.recording_format import (
    Recording,
    RecordingError,
    RecordingHeader,
    RecordingWriter,
    SilencedSpan,
    parse,
)

KEY = bytes(range(32))
HEADER = RecordingHeader("c1", 8000, ("agent", "caller"), "ab" * 16, 3.5)
SPAN = SilencedSpan("caller", 1.0, 2.0, "card")


def chunks(key: bytes = KEY, header: RecordingHeader = HEADER) -> list[bytes]:
    writer = RecordingWriter(header, key)
    return [writer.header, writer.audio(b"abcd"), writer.silenced(SPAN), writer.audio(b"efgh"), writer.end()]


def test_what_was_written_is_read() -> None:
    found = parse(b"".join(chunks()), KEY)
    assert found == Recording(HEADER, b"abcdefgh", (SPAN,), True)
    assert found.seconds == 2 / 8000


def test_sound_is_not_on_the_disk() -> None:
    writer = RecordingWriter(HEADER, KEY)
    assert b"secret sound" not in writer.audio(b"secret sound")


@pytest.mark.parametrize("cut", [1, 5, 20])
def test_a_file_cut_short_is_read_up_to_its_last_whole_chunk(cut: int) -> None:
    data = b"".join(chunks())[:-cut]
    found = parse(data, KEY)
    assert (found.pcm, found.complete) == (b"abcdefgh", False)


def test_a_file_without_its_end_is_incomplete() -> None:
    assert parse(b"".join(chunks()[:2]), KEY).complete is False


@pytest.mark.parametrize("order", [(0, 2, 1, 3, 4), (0, 1, 3, 4), (0, 1, 1, 2, 3, 4), (0, 4, 1, 2, 3)])
def test_moved_missing_and_repeated_chunks_are_found(order: tuple[int, ...]) -> None:
    whole = chunks()
    with pytest.raises(RecordingError, match="does not decrypt"):
        parse(b"".join(whole[index] for index in order), KEY)


def test_chunks_of_another_recording_are_found() -> None:
    other = chunks(header=RecordingHeader("c1", 8000, ("agent", "caller"), "cd" * 16))
    with pytest.raises(RecordingError, match="chunk 0 does not decrypt"):
        parse(chunks()[0] + other[1], KEY)


def test_every_flipped_byte_is_found() -> None:
    data = b"".join(chunks())
    for index in range(len(data)):
        altered = data[:index] + bytes([data[index] ^ 1]) + data[index + 1 :]
        try:
            found = parse(altered, KEY)
        except RecordingError:
            continue
        # Only a length may make the file look cut short.
        assert not found.complete


def test_another_key_and_other_files() -> None:
    with pytest.raises(RecordingError, match="another key"):
        parse(b"".join(chunks()), bytes(32))
    with pytest.raises(RecordingError, match="not a callfloor recording"):
        parse(b"RIFF" + bytes(100), KEY)
    with pytest.raises(RecordingError, match="32 bytes, not 5"):
        parse(b"".join(chunks()), b"short")
    with pytest.raises(RecordingError, match="appended"):
        parse(b"".join(chunks()) + b"x", KEY)


def test_each_recording_has_a_key_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two that draw the same nonce, as some do of billions, betray nothing of each other."""
    monkeypatch.setattr(os, "urandom", lambda size: b"n" * size)
    chunks = []
    for recording_id in ("aa" * 8, "bb" * 8):
        writer = RecordingWriter(RecordingHeader("c1", 8000, ("agent", "caller"), recording_id), KEY)
        chunks.append(writer.audio(b"\x01\x00\x02\x00" * 100))
    first, second = chunks
    assert first[:16] == second[:16], "length and nonce"
    assert sum(one == other for one, other in zip(first[16:], second[16:], strict=True)) < 50, "of 417: chance"

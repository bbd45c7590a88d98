from __future__ import annotations

import array

from voice.station_sounds import ZIP_LEVEL, Loop, Once, zip_tone


def test_the_zip_tone_is_a_quarter_of_a_second_at_minus_twenty_dbfs() -> None:
    tone = array.array("h", zip_tone(8000))
    assert len(tone) == 2000
    assert 0.95 * ZIP_LEVEL < max(map(abs, tone)) <= ZIP_LEVEL
    assert abs(tone[0]) < 50 and abs(tone[-1]) < 300  # noqa: PT018 - both ends are faded


def test_once_plays_once_and_pads_its_end() -> None:
    ends: list[None] = []
    source = Once(lambda: ends.append(None))
    assert source.read(2) is None
    source.play(b"\x01\x00" * 3)
    assert source.read(2) == b"\x01\x00" * 2
    assert ends == []
    assert source.read(2) == b"\x01\x00\x00\x00"
    assert source.read(2) is None
    assert ends == [None]


def test_a_loop_has_no_seam_and_nothing_to_play_is_silence() -> None:
    source = Loop(b"\x01\x00\x02\x00\x03\x00")
    assert source.read(2) == b"\x01\x00\x02\x00"
    assert source.read(2) == b"\x03\x00\x01\x00"
    assert source.read(5) == b"\x02\x00\x03\x00\x01\x00\x02\x00\x03\x00"
    assert Loop(b"").read(2) is None

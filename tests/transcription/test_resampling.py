from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest

from transcription.resampling import Resampler, resampled
from voice.errors import AudioFormatError


def tone(hertz: float, rate: int, seconds: float = 0.5) -> npt.NDArray[np.int16]:
    return (10000 * np.sin(2 * np.pi * hertz * np.arange(int(seconds * rate)) / rate)).astype(np.int16)


@pytest.mark.parametrize(
    ("rate", "wanted"), [(8000, 16000), (16000, 8000), (44100, 16000), (11025, 8000), (96000, 8000)]
)
def test_a_tone_stays_where_and_what_it_was(rate: int, wanted: int) -> None:
    found, expected = resampled(tone(440, rate), rate, wanted), tone(440, wanted)
    assert len(found) == pytest.approx(len(expected), abs=1)
    middle = slice(wanted // 20, -wanted // 20)
    size = min(len(found), len(expected))
    error = found[:size].astype(float)[middle] - expected[:size].astype(float)[middle]
    assert np.sqrt(np.mean(error**2)) < 100, "1 % of the tone"


def test_what_the_lower_rate_cannot_hold_is_gone_instead_of_folded() -> None:
    folded = resampled(tone(5500, 16000), 16000, 8000)
    assert np.abs(folded[200:-200].astype(float)).max() < 300


@pytest.mark.parametrize("piece", [1, 7, 160, 1000])
def test_pieces_give_what_the_whole_gives(piece: int) -> None:
    sound = tone(700, 8000, 0.25).tobytes()
    whole, parts = Resampler(8000, 16000), Resampler(8000, 16000)
    pieces = [parts.feed(sound[start : start + 2 * piece]) for start in range(0, len(sound), 2 * piece)]
    assert b"".join([*pieces, parts.flush()]) == whole.feed(sound) + whole.flush()


def test_nothing_and_extremes() -> None:
    assert Resampler(8000, 16000).feed(b"") == b""
    loud = np.full(800, 32767, np.int16)
    assert resampled(loud, 8000, 16000)[100:-100].min() > 32000


@pytest.mark.parametrize("rate", [0, -8000, 999, 400000])
def test_a_rate_that_is_none_is_refused(rate: int) -> None:
    with pytest.raises(AudioFormatError, match="cannot bring"):
        Resampler(rate, 16000)

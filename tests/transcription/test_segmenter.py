from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.transcription.speech import FRAME, RATE, golden, loud, quiet, sounds
from transcription.segmenter import Effect, SegmentAudio, SegmentEnded, Segmenter, SegmentStarted, VoiceRun
from transcription.vad import FRAME_MS, webrtc_detector
from voice.errors import AudioFormatError

MS = RATE // 1000


def bounds(effects: list[Effect]) -> list[tuple[str, int]]:
    """Starts and ends in milliseconds."""
    found = []
    for effect in effects:
        if isinstance(effect, SegmentStarted):
            found.append(("start", effect.at // MS))
        elif isinstance(effect, SegmentEnded):
            found.append(("forced" if effect.forced else "end", effect.at // MS))
    return found


def audio(effects: list[Effect]) -> bytes:
    return b"".join(effect.pcm for effect in effects if isinstance(effect, SegmentAudio))


def test_speech_opens_with_its_pre_roll_and_ends_after_the_hang_over() -> None:
    segmenter = Segmenter(RATE, sounds)
    effects = segmenter.push(0, quiet(1) + loud(1) + quiet(1))
    assert bounds(effects) == [("start", 1060 - 300), ("end", 2000 + 360)]
    assert audio(effects) == (quiet(1) + loud(1) + quiet(1))[760 * 2 * MS : 2300 * 2 * MS]


def test_of_a_pause_all_is_handed_out_once_speech_goes_on() -> None:
    segmenter = Segmenter(RATE, sounds)
    pcm = quiet(1) + loud(1) + quiet(0.34) + loud(1) + quiet(1)
    effects = segmenter.push(0, pcm)
    assert bounds(effects) == [("start", 760), ("end", 3700)]
    assert audio(effects) == pcm[760 * 2 * MS : 3640 * 2 * MS]


def test_two_voiced_frames_in_five_are_not_speech() -> None:
    segmenter = Segmenter(RATE, sounds)
    effects = segmenter.push(0, (loud(0.04) + quiet(0.06)) * 10)
    assert bounds(effects) == []
    assert len([effect for effect in effects if isinstance(effect, VoiceRun)]) == 10


def test_three_voiced_frames_in_five_are_speech() -> None:
    segmenter = Segmenter(RATE, sounds)
    assert bounds(segmenter.push(0, quiet(1) + loud(0.02) + quiet(0.02) + loud(0.04))) == [("start", 1080 - 300)]


def test_a_pause_shorter_than_the_hang_over_does_not_end_it() -> None:
    segmenter = Segmenter(RATE, sounds)
    effects = segmenter.push(0, loud(1) + quiet(0.34) + loud(1))
    assert [kind for kind, _ in bounds(effects)] == ["start"]


def test_long_speech_is_cut_at_a_dip_after_nine_seconds() -> None:
    segmenter = Segmenter(RATE, sounds)
    effects = segmenter.push(0, loud(4) + quiet(0.2) + loud(6) + quiet(0.1) + loud(4))
    assert bounds(effects) == [("start", 0), ("forced", 10240), ("start", 10240)]


def test_endless_sound_is_cut_at_twelve_seconds_without_losing_a_sample() -> None:
    segmenter = Segmenter(RATE, sounds)
    pcm = loud(30)
    effects = segmenter.push(0, pcm) + segmenter.finish()
    assert bounds(effects)[1:3] == [("forced", 12000), ("start", 12000)]
    assert audio(effects) == pcm


def test_a_hole_ends_the_segment_and_time_goes_on() -> None:
    segmenter = Segmenter(RATE, sounds)
    effects = segmenter.push(0, loud(1)) + segmenter.push(5 * RATE, loud(1))
    assert bounds(effects) == [("start", 0), ("end", 1000), ("start", 5000)]
    assert segmenter.position == 6 * RATE


def test_what_overlaps_the_past_is_dropped() -> None:
    segmenter = Segmenter(RATE, sounds)
    effects = segmenter.push(0, loud(1)) + segmenter.push(RATE // 2, loud(1)) + segmenter.push(0, loud(0.2))
    assert segmenter.position == RATE * 3 // 2
    assert len(audio(effects)) == 2 * RATE * 3 // 2


def test_an_interrupted_segment_starts_where_it_had_started() -> None:
    whole = Segmenter(RATE, sounds)
    start = bounds(whole.push(0, quiet(1) + loud(1)))[0][1] * MS
    resumed = Segmenter(RATE, sounds, position=start - 13 * FRAME, speaking_from=start)
    effects = resumed.push(start - 13 * FRAME, quiet(0.26) + quiet(0.24) + loud(1))
    assert bounds(effects) == [("start", start // MS)]


def test_settled_never_passes_what_may_still_become_speech() -> None:
    segmenter = Segmenter(RATE, sounds)
    segmenter.push(0, quiet(2))
    settled = segmenter.settled
    assert settled == 2 * RATE - 15 * FRAME
    (start, *_) = bounds(segmenter.push(2 * RATE, loud(0.1)))
    assert start[1] * MS >= settled


def test_raw_voice_runs_have_neither_pre_roll_nor_hang_over() -> None:
    segmenter = Segmenter(RATE, sounds)
    effects = segmenter.push(0, quiet(1) + loud(1) + quiet(1) + loud(0.1))
    assert [effect for effect in effects if isinstance(effect, VoiceRun)] == [
        VoiceRun(RATE, 2 * RATE), VoiceRun(3 * RATE, 3 * RATE + 5 * FRAME)
    ]  # fmt: skip


@settings(max_examples=40, deadline=None)
@given(
    pieces=st.lists(st.tuples(st.booleans(), st.integers(1, 150)), min_size=1, max_size=12),
    cuts=st.lists(st.integers(1, 3000), min_size=1, max_size=20),
)
def test_how_the_audio_is_cut_into_messages_makes_no_difference(
    pieces: list[tuple[bool, int]], cuts: list[int]
) -> None:
    pcm = b"".join((loud if is_loud else quiet)(0.02 * frames) for is_loud, frames in pieces)
    at_once = Segmenter(RATE, sounds)
    reference = at_once.push(0, pcm) + at_once.finish()
    piecewise = Segmenter(RATE, sounds)
    effects: list[Effect] = []
    position = 0
    for index in range(len(pcm)):
        size = cuts[index % len(cuts)]
        effects += piecewise.push(position, pcm[2 * position : 2 * (position + size)])
        position += size
        if 2 * position >= len(pcm):
            break
    effects += piecewise.finish()
    assert bounds(effects) == bounds(reference)
    assert audio(effects) == audio(reference)


def test_golden_speech_is_one_segment_that_holds_it_all() -> None:
    segmenter = Segmenter(RATE, webrtc_detector(RATE))
    pcm, _ = golden("refund")
    effects = segmenter.push(0, quiet(1) + pcm + quiet(2))
    (_, start), (_, end) = bounds(effects)
    assert 700 <= start <= 1300
    assert 2500 <= end <= 1000 + 2220 + 700


@pytest.mark.parametrize("rate", [0, -8000, 7999])
def test_the_detector_refuses_rates_that_lose_speech(rate: int) -> None:
    with pytest.raises(AudioFormatError, match="at least 8000"):
        webrtc_detector(rate)


@pytest.mark.parametrize("rate", [11025, 22050, 44100])
def test_the_detector_brings_other_rates_to_one_it_knows(rate: int) -> None:
    pcm, _ = golden("refund")
    sound = np.frombuffer(pcm, "<i2").astype(float)
    resampled = np.interp(np.arange(0, len(sound), 8000 / rate), np.arange(len(sound)), sound).astype("<i2").tobytes()
    voiced = {8000: 0, rate: 0}
    for at, data in ((8000, pcm), (rate, resampled)):
        detector, size = webrtc_detector(at), 2 * (at * FRAME_MS // 1000)
        voiced[at] = sum(detector(data[i : i + size]) for i in range(0, len(data) - size, size))
    assert voiced[rate] == pytest.approx(voiced[8000], rel=0.1)

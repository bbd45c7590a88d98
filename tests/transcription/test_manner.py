from __future__ import annotations

import numpy as np
import pytest

from tests.fakes.recogniser import ScriptedEngine, ScriptedRecogniser
from tests.transcription.speech import FRAME, RATE, golden, quiet, sounds
from transcription.decoder import ChannelDecoder, FinalHeard
from transcription.manner import Loudness, pace
from transcription.segmenter import Effect, SegmentEnded, Segmenter
from transcription.sounds import Sound
from transcription.transcribe import listen
from transcription.utterances import UtteranceFinal, Word


def tone(seconds: float, amplitude: float) -> bytes:
    """A sine of 400 Hz, ``amplitude`` 0..1 of full scale; no sample of it is zero, for ``sounds``."""
    phase = 2 * np.pi * 400 / RATE * (np.arange(round(seconds * RATE)) + 0.5)
    samples: bytes = np.round(amplitude * 32767 * np.sin(phase)).astype("<i2").tobytes()
    return samples


def level(*frames: bytes) -> float | None:
    loudness = Loudness()
    for frame in frames:
        loudness.add(frame)
    return loudness.level_db


def levels(effects: list[Effect]) -> list[float | None]:
    return [effect.level_db for effect in effects if isinstance(effect, SegmentEnded)]


def test_levels_are_of_full_scale() -> None:
    assert level(b"\x00\x80" * FRAME) == 0.0, "a square wave of -32768"
    assert level(tone(0.02, 1.0)) == -3.0
    assert level(tone(0.02, 0.1)) == -23.0
    assert level(tone(0.02, 1.0), quiet(0.02)) == -6.0, "power is averaged, not decibels"


def test_no_frame_and_no_sound_have_no_level() -> None:
    assert level() is None
    assert level(quiet(0.02)) is None


def test_pauses_pre_roll_and_hang_over_do_not_make_it_softer() -> None:
    segmenter = Segmenter(RATE, sounds)
    said = quiet(1) + tone(1, 0.1) + quiet(0.3) + tone(1, 0.1) + quiet(1)
    assert levels(segmenter.push(0, said)) == [-23.0]


def test_noise_before_the_frames_that_opened_it_is_not_speech() -> None:
    segmenter = Segmenter(RATE, sounds)
    said = quiet(1) + tone(0.02, 1.0) + quiet(0.1) + tone(1, 0.1) + quiet(1)
    assert levels(segmenter.push(0, said)) == [-23.0]


def test_each_part_of_long_speech_has_its_own_level() -> None:
    segmenter = Segmenter(RATE, sounds)
    effects = segmenter.push(0, tone(9, 0.1) + quiet(0.04) + tone(1, 0.4))
    assert levels(effects + segmenter.finish()) == [-23.0, -11.0]


def test_the_level_is_the_same_in_whatever_pieces_the_sound_came() -> None:
    noise = np.random.default_rng(7).normal(0.0, 3000.0, 5 * RATE).astype("<i2").tobytes() + quiet(1)
    whole, pieces = Segmenter(RATE, sounds), Segmenter(RATE, sounds)
    at_once = levels(whole.push(0, noise))
    apart = [each for at in range(0, len(noise), 74) for each in pieces.push(at // 2, noise[at : at + 74])]
    assert levels(apart) == at_once
    assert at_once == [pytest.approx(20 * np.log10(3000 / 32768), abs=0.2)]


def test_the_decoder_says_how_loud_its_words_were() -> None:
    decoder = ChannelDecoder(Segmenter(RATE, sounds), ScriptedRecogniser(RATE, ["hello"]))
    heard = decoder.feed(0, quiet(0.5) + tone(1, 0.1) + quiet(1) + tone(1, 0.2))
    heard += decoder.finish()
    assert [each.level_db for each in heard if isinstance(each, FinalHeard)] == [-23.0, -17.0]


def test_real_speech_at_four_times_the_amplitude_is_twelve_decibels_louder() -> None:
    said = np.frombuffer(golden("refund")[0], "<i2").astype(np.int16) // 4
    pause = np.zeros(RATE, np.int16)
    caller = np.concatenate([pause, said, pause, said * 4, pause])
    heard = listen("c", Sound(RATE, (np.zeros_like(caller), caller)), ("agent", "caller"), ScriptedEngine())
    soft, strong = [each.level_db for _, each in heard.events if isinstance(each, UtteranceFinal)]
    assert soft is not None
    assert strong is not None
    assert -50.0 < soft < -20.0
    assert strong - soft == pytest.approx(12.0, abs=1.0)


def spoken(count: int, each_s: float, pause_s: float = 0.0) -> list[Word]:
    starts = [n * (each_s + pause_s) for n in range(count)]
    return [Word("word", start, start + each_s, 1.0) for start in starts]


def test_pace_leaves_pauses_out() -> None:
    assert pace(spoken(8, 0.25)) == 4.0
    assert pace(spoken(8, 0.25, pause_s=1.0)) == 4.0
    assert pace(spoken(8, 0.4)) == 2.5


@pytest.mark.parametrize("words", [[], spoken(3, 0.5), spoken(4, 0.2)], ids=["none", "three words", "0.8 s"])
def test_too_little_has_no_pace(words: list[Word]) -> None:
    assert pace(words) is None

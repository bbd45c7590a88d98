from __future__ import annotations

import numpy as np
import pytest

from hardware.audio.denoise import FLOOR_DB, HOP_S, NoiseSuppressor
from tests.transcription.speech import golden

RATE, BLOCK = 8000, 160
DELAY = round(HOP_S * RATE)
RNG = np.random.default_rng(7)
Signal = np.ndarray[tuple[int], np.dtype[np.float64]]


def through(signal: Signal, block: int = BLOCK) -> Signal:
    suppressor = NoiseSuppressor(RATE)
    pcm = np.clip(np.rint(signal), -32768, 32767).astype("<i2").tobytes()
    out = b"".join(suppressor.process(pcm[at : at + 2 * block]) for at in range(0, len(pcm), 2 * block))
    assert len(out) == len(pcm)
    return np.frombuffer(out, "<i2").astype(np.float64)


def db(part: Signal, whole: Signal) -> float:
    return 20 * float(np.log10(np.std(part) / np.std(whole)))


def speech() -> Signal:
    return np.frombuffer(golden("refund")[0], "<i2").astype(np.float64)


def test_steady_noise_becomes_weaker_but_not_silent() -> None:
    noise = RNG.normal(0, 500, 5 * RATE)
    quieter = db(through(noise)[2 * RATE :], noise[2 * RATE :])
    assert FLOOR_DB <= quieter < -6


def test_noise_under_speech_is_weaker_where_nobody_speaks_and_the_speech_is_not() -> None:
    clean = np.concatenate((np.zeros(2 * RATE), speech(), np.zeros(RATE)))
    noisy = clean + RNG.normal(0, 300, len(clean))
    out = through(noisy)
    assert db(out[RATE : 2 * RATE], noisy[RATE : 2 * RATE]) < -6
    loud = np.flatnonzero(np.abs(clean) > 3000)
    loud = loud[loud + DELAY < len(out)]
    assert float(np.sum(out[loud + DELAY] * clean[loud]) / np.sum(clean[loud] ** 2)) > 0.9


@pytest.mark.parametrize("block", [160, 80, 100, 37, 441])
def test_speech_without_noise_comes_as_it_is_after_the_promised_delay(block: int) -> None:
    clean = speech()
    delay = DELAY if block % DELAY == 0 else 2 * DELAY
    out = through(clean, block)[delay:]
    assert np.abs(out - clean[: len(out)]).max() <= 1


def test_silence_stays_silence() -> None:
    assert not through(np.zeros(RATE)).any()

"""Synthesis without the synthesiser: what flite prints and renders is replayed, the arithmetic is ours."""

from __future__ import annotations

import subprocess
import wave
from pathlib import Path

import numpy as np
import pytest

from ivr import synthesis
from ivr.synthesis import SpokenWord, SynthesisError, speak

PRINTED = {
    "The apple is red.": "pau:0.200 dh:0.250 iy:0.320 ae:0.450 p:0.520 ax:0.560 l:0.640 ih:0.700 z:0.780 r:0.860 "
    "eh:0.980 d:1.050 pau:1.200 \n",
    "the ": "pau:0.2 dh:0.25 ax:0.3 pau:0.5 \n",
    "apple ": "pau:0.2 ae:0.3 p:0.4 ax:0.45 l:0.5 pau:0.7 \n",
    "is ": "pau:0.2 ih:0.3 z:0.4 pau:0.6 \n",
    "red ": "pau:0.2 r:0.3 eh:0.4 d:0.5 pau:0.7 \n",
}


class Flite:
    """Answers as flite 2.2 does; renders a tone at ``rate``."""

    def __init__(self, rate: int = 16000, hertz: float = 1000.0) -> None:
        self.rate, self.hertz = rate, hertz
        self.status = 0

    def __call__(self, command: list[str], **_: object) -> subprocess.CompletedProcess[str]:
        text, target = command[-2], command[-1]
        if target != "none":
            tone = 8000 * np.sin(2 * np.pi * self.hertz * np.arange(int(1.2 * self.rate)) / self.rate)
            with wave.open(target, "wb") as wav:
                wav.setnchannels(1)
                wav.setsampwidth(2)
                wav.setframerate(self.rate)
                wav.writeframes(np.round(tone).astype("<i2").tobytes())
        return subprocess.CompletedProcess(command, self.status, PRINTED.get(text, ""), "no such voice")


@pytest.fixture
def flite(monkeypatch: pytest.MonkeyPatch) -> Flite:
    fake = Flite()
    monkeypatch.setattr("ivr.synthesis.subprocess.run", fake)
    monkeypatch.setattr("ivr.synthesis.shutil.which", lambda _: str(Path("/usr/bin/flite")))
    synthesis._phones_of.cache_clear()
    return fake


def level(pcm: bytes) -> float:
    return float(np.max(np.abs(np.frombuffer(pcm, "<i2")[400:-400].astype(float))))


def test_words_are_timed_although_phones_change_between_them(flite: Flite) -> None:
    assert speak("The apple is red.").words == (
        SpokenWord("the", 0.2, 0.32),  # spoken "dhee" before a vowel
        SpokenWord("apple", 0.32, 0.64),
        SpokenWord("is", 0.64, 0.78),
        SpokenWord("red", 0.78, 1.05),
    )


def test_speech_is_halved_to_8_khz_and_peaks_at_minus_3_dbfs(flite: Flite) -> None:
    speech = speak("The apple is red.")
    assert speech.seconds == pytest.approx(1.2, abs=0.001)
    assert level(speech.pcm) == pytest.approx(32767 * 10 ** (-3 / 20), rel=0.02)


def test_what_8_khz_cannot_hold_is_filtered_away_before_halving() -> None:
    def through(hertz: float) -> float:
        tone = np.sin(2 * np.pi * hertz * np.arange(16000) / 16000)
        return float(np.max(np.abs(np.convolve(tone, synthesis._decimator(), mode="same")[400:-400])))

    assert through(3300) == pytest.approx(1.0, abs=0.01)
    assert through(4100) < 1e-3, "would fold back to 3.9 kHz"
    assert through(6000) < 1e-3


def test_an_8_khz_voice_is_left_as_it_is_and_others_are_refused(flite: Flite) -> None:
    flite.rate = 8000
    assert speak("The apple is red.").seconds == pytest.approx(1.2, abs=0.001)
    flite.rate = 22050
    with pytest.raises(SynthesisError, match="22050 Hz"):
        speak("The apple is red.")


def test_failures_are_named(flite: Flite, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(SynthesisError, match="no segments"):
        speak("Unheard of.")
    flite.status = 1
    with pytest.raises(SynthesisError, match="status 1: no such voice"):
        speak("The apple is red.")
    flite.status, flite.hertz = 0, 0.0
    with pytest.raises(SynthesisError, match="silence"):
        speak("The apple is red.")
    monkeypatch.setattr("ivr.synthesis.shutil.which", lambda _: None)
    with pytest.raises(SynthesisError, match="apt install flite"):
        speak("The apple is red.")

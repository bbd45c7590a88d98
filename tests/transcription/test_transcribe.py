from __future__ import annotations

import numpy as np
import pytest

from tests.fakes.recogniser import ScriptedEngine
from tests.transcription.speech import RATE, golden, quiet
from transcription.engines.vosk import VoskEngine
from transcription.models import find_model
from transcription.sounds import Sound
from transcription.transcribe import party_names, transcribe


def samples(*parts: bytes) -> np.ndarray[tuple[int], np.dtype[np.int16]]:
    return np.frombuffer(b"".join(parts), "<i2").astype(np.int16)


@pytest.fixture(scope="module")
def engine() -> VoskEngine:
    return VoskEngine(find_model("demo-en-8k"))


def call() -> Sound:
    """The agent left, the customer right, one after the other."""
    agent, caller, card = (golden(name)[0] for name in ("supervisor", "refund", "card"))
    right = samples(quiet(0.5), caller, quiet(1), card, quiet(0.3))
    left = np.zeros_like(right)
    start = int(1.5 * RATE) + (len(caller) + len(card)) // 2
    left = np.concatenate([left, samples(quiet(0.5), agent, quiet(1))])
    assert start < len(left)
    return Sound(RATE, (left, np.concatenate([right, np.zeros(len(left) - len(right), np.int16)])))


def test_both_sides_of_a_call_are_heard_in_order_and_redacted(engine: VoskEngine) -> None:
    steps: list[float] = []
    sound = call()
    found = transcribe("call.wav", sound, engine, progress=steps.append)
    assert [(said.party, said.text) for said in found.utterances] == [
        ("caller", "i want a refund please"),
        ("caller", "my card number is [card]"),
        ("agent", "i want to speak to your supervisor"),
    ]
    assert found.utterances[1].redactions
    assert (found.parties, found.model) == (("agent", "caller"), "demo-en-8k")
    assert steps == sorted(steps)
    assert steps[-1] == found.seconds == sound.seconds


def test_what_the_policy_allows_is_shown(engine: VoskEngine) -> None:
    found = transcribe("call.wav", call(), engine, redact=())
    assert found.utterances[1].text.startswith("my card number is four one one")


def test_another_rate_is_heard_as_well(engine: VoskEngine) -> None:
    sound = Sound(RATE, (samples(quiet(0.4), golden("refund")[0], quiet(0.4)),))
    for rate in (6000, 16000, 96000):
        found = transcribe("call.wav", sound.at(rate), engine)
        assert [said.text for said in found.utterances] == ["i want a refund please"], rate
        assert found.utterances[0].words[0].start_s == pytest.approx(0.7, abs=0.2)


def test_an_empty_file_and_silence_hold_no_words() -> None:
    for seconds in (0, 2):
        found = transcribe("nothing.wav", Sound(RATE, (samples(quiet(seconds)),)), ScriptedEngine())
        assert found.utterances == ()


def test_parties() -> None:
    assert party_names(1) == ("speaker",)
    assert party_names(2) == ("agent", "caller")
    assert party_names(3) == ("speaker 1", "speaker 2", "speaker 3")


def test_recognisers_are_closed_however_it_ends() -> None:
    class Engine(ScriptedEngine):
        def open(self, *arguments: object, **named: object):  # type: ignore[no-untyped-def]
            opened.append(super().open(RATE))
            return opened[-1]

    opened: list[object] = []

    def broken(seconds: float) -> None:
        raise RuntimeError("stop")

    sound = Sound(RATE, (samples(quiet(1)),) * 2)
    with pytest.raises(RuntimeError, match="stop"):
        transcribe("call.wav", sound, Engine(), progress=broken)
    assert [recogniser.closed for recogniser in opened] == [True, True]  # type: ignore[attr-defined]

from __future__ import annotations

import pytest

from tests.contracts.recogniser import RecogniserContract
from tests.fakes.recogniser import ScriptedEngine
from tests.transcription.speech import golden, loud
from transcription.engines.vosk import VoskEngine
from transcription.models import find_model
from transcription.recogniser import Engine


class TestVosk(RecogniserContract):
    @pytest.fixture(scope="class")
    @classmethod
    def engine(cls) -> Engine:
        return VoskEngine(find_model("demo-en-8k"))

    @pytest.fixture(scope="class")
    @classmethod
    def speech(cls) -> bytes:
        return golden("refund")[0]

    def test_hears_the_words_said(self, engine: Engine) -> None:
        recogniser = engine.open(8000)
        for name in ("refund", "supervisor", "card"):
            pcm, text = golden(name)
            recogniser.accept(pcm)
            assert " ".join(word.text for word in recogniser.final()) == text

    def test_a_pause_inside_a_segment_does_not_split_the_words(self, engine: Engine) -> None:
        """libvosk's own end-pointer fires in the pause; the words before it must stay."""
        pcm, text = golden("refund")
        recogniser = engine.open(8000)
        for _ in range(2):
            for start in range(0, len(pcm), 1600):
                recogniser.accept(pcm[start : start + 1600])
            for _ in range(20):
                recogniser.accept(bytes(1600))
        partial = recogniser.partial()
        words = recogniser.final()
        assert [word.text for word in words] == text.split() * 2 == partial.split()
        assert words[5].start_s - words[0].start_s == pytest.approx(len(pcm) / 16000 + 2.0, abs=0.1)

    def test_phrases_with_unknown_words_are_left_out(self, engine: Engine) -> None:
        assert engine.open(8000, ["refund", "xylophone"])

    def test_a_grammar_of_unknown_words_is_refused(self, engine: Engine) -> None:
        with pytest.raises(Exception, match="knows the words of no phrase"):
            engine.open(8000, ["xylophone", "[unk]"])


class TestScripted(RecogniserContract):
    @pytest.fixture(scope="class")
    @classmethod
    def engine(cls) -> Engine:
        return ScriptedEngine()

    @pytest.fixture(scope="class")
    @classmethod
    def speech(cls) -> bytes:
        return loud(1.5)

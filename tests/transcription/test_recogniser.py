from __future__ import annotations

import os
import signal
import time

import psutil
import pytest

from bench.dialogue import call
from tests.contracts.recogniser import RecogniserContract
from tests.fakes.recogniser import ScriptedEngine
from tests.transcription.speech import golden, loud
from transcription.engines.pocketsphinx import PocketsphinxEngine
from transcription.engines.vosk import VoskEngine
from transcription.models import find_model
from transcription.recogniser import Engine, RecogniserError
from voice.errors import DocumentError

DOMAIN = ("I want a refund please", "i want to speak to your supervisor", "a new bill please", "i do not want it")


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

    def test_what_no_phrase_fits_costs_no_more_than_speech(self, engine: Engine) -> None:
        """Lattices of ``[unk]`` under other people's babble once took libvosk longer than the call."""
        leg, _ = call(6, (0.3, 0.3), 1, babble=True)
        recogniser = engine.open(8000, ["billing", "technical support", "sales", "my order", "[unk]"])
        began = time.thread_time()
        recogniser.accept(leg.pcm)
        heard = {word.text for word in recogniser.final()}
        assert time.thread_time() - began < 3
        assert "[unk]" in heard

    def test_a_grammar_of_unknown_words_is_refused(self, engine: Engine) -> None:
        with pytest.raises(Exception, match="knows the words of no phrase"):
            engine.open(8000, ["xylophone", "[unk]"])


class TestPocketsphinx(RecogniserContract):
    @pytest.fixture(scope="class")
    @classmethod
    def engine(cls) -> Engine:
        return PocketsphinxEngine(DOMAIN)

    @pytest.fixture(scope="class")
    @classmethod
    def speech(cls) -> bytes:
        return golden("refund")[0]

    def test_its_process_says_what_it_cost(self, engine: PocketsphinxEngine, speech: bytes) -> None:
        recogniser = engine.open(8000)
        before = psutil.Process(recogniser.pid).cpu_times()
        recogniser.accept(speech)
        recogniser.final()
        after = psutil.Process(recogniser.pid).cpu_times()
        spent = recogniser.cpu_elsewhere_s()
        assert spent > 0
        assert spent <= after.user + after.system - before.user - before.system + 0.1
        recogniser.close()

    def test_a_domain_knows_no_other_words(self, engine: Engine) -> None:
        recogniser = engine.open(8000)
        recogniser.accept(golden("refund")[0])
        assert " ".join(word.text for word in recogniser.final()) == "i want a refund please"
        recogniser.accept(golden("card")[0])
        heard = {word.text for word in recogniser.final()}
        assert heard
        assert heard <= {word for sentence in DOMAIN for word in sentence.lower().split()}
        recogniser.close()

    def test_without_a_domain_it_knows_all_english(self) -> None:
        recogniser = PocketsphinxEngine().open(8000)
        recogniser.accept(golden("supervisor")[0])
        words = [word.text for word in recogniser.final()]
        assert words[:3] == ["i", "want", "to"]
        assert len(words) > 4
        recogniser.close()
        recogniser.close()

    def test_a_grammar_has_its_words_and_rejects_what_is_unsure(self, engine: Engine) -> None:
        recogniser = engine.open(8000, ["supervisor", "qzzx"])
        recogniser.accept(golden("supervisor")[0])
        assert "supervisor" in [word.text for word in recogniser.final()]
        with pytest.raises(RecogniserError, match="knows the words of no phrase"):
            engine.open(8000, ["qzzx", "[unk]"])

    def test_a_process_that_dies_is_an_error_not_a_hang(self, engine: PocketsphinxEngine) -> None:
        recogniser = engine.open(8000)
        recogniser.accept(bytes(1600))
        os.kill(recogniser.pid, signal.SIGKILL)
        with pytest.raises(RecogniserError, match="process is gone"):
            all(recogniser.accept(bytes(1600)) for _ in range(100))
        with pytest.raises(RecogniserError, match="process is gone"):
            recogniser.final()
        recogniser.close()

    def test_closed_or_forgotten_its_process_ends(self, engine: PocketsphinxEngine) -> None:
        closed, forgotten = engine.open(8000), engine.open(8000)
        pids = (closed.pid, forgotten.pid)
        closed.close()
        del forgotten
        assert not any(psutil.pid_exists(pid) for pid in pids)

    def test_a_domain_without_known_words_is_refused(self) -> None:
        with pytest.raises(DocumentError, match="no sentence consists of known words"):
            PocketsphinxEngine(["qzzx yxx"])


class TestScripted(RecogniserContract):
    @pytest.fixture(scope="class")
    @classmethod
    def engine(cls) -> Engine:
        return ScriptedEngine()

    @pytest.fixture(scope="class")
    @classmethod
    def speech(cls) -> bytes:
        return loud(1.5)

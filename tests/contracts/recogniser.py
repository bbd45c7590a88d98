"""What every engine must do. Subclasses give ``engine`` and ``speech`` (8 kHz samples in which words are heard)."""

from __future__ import annotations

from typing import Any

import pytest

from transcription.recogniser import Engine, Recogniser, RecogniserError

CHUNK = 1600


def feed(recogniser: Recogniser, pcm: bytes) -> list[str]:
    """The partials after each chunk in which the decoder advanced."""
    partials = []
    for start in range(0, len(pcm), CHUNK):
        if recogniser.accept(pcm[start : start + CHUNK]):
            partials.append(recogniser.partial())
    return partials


class RecogniserContract:
    @pytest.fixture(scope="class")
    @classmethod
    def engine(cls) -> Engine:
        raise NotImplementedError

    @pytest.fixture(scope="class")
    @classmethod
    def speech(cls) -> bytes:
        raise NotImplementedError

    def test_names_itself_and_its_model(self, engine: Engine) -> None:
        assert engine.info.name
        assert engine.info.version
        assert engine.info.model.name

    def test_words_grow_in_partials_and_settle_in_the_final(self, engine: Engine, speech: bytes) -> None:
        recogniser = engine.open(8000)
        partials = [text for text in feed(recogniser, speech) if text]
        words = recogniser.final()
        assert len(partials) >= 2
        assert len(partials[0].split()) < len(words)
        times = [time for word in words for time in (word.start_s, word.end_s)]
        assert times == sorted(times)
        assert times[0] >= 0
        assert times[-1] <= len(speech) / 2 / 8000
        assert all(0 <= word.confidence <= 1 for word in words)

    def test_each_segment_begins_at_zero(self, engine: Engine, speech: bytes) -> None:
        recogniser = engine.open(8000)
        feed(recogniser, speech)
        first = recogniser.final()
        feed(recogniser, speech)
        second = recogniser.final()
        assert [word.text for word in first] == [word.text for word in second]
        assert second[0].start_s == pytest.approx(first[0].start_s, abs=0.05)

    def test_reset_forgets_the_open_segment(self, engine: Engine, speech: bytes) -> None:
        recogniser = engine.open(8000)
        feed(recogniser, speech)
        recogniser.reset()
        assert recogniser.final() == ()
        feed(recogniser, speech)
        assert recogniser.final()[0].start_s < 1.5

    def test_what_it_costs_elsewhere_is_told_once(self, engine: Engine, speech: bytes) -> None:
        recogniser = engine.open(8000)
        feed(recogniser, speech)
        assert recogniser.cpu_elsewhere_s() >= 0
        assert recogniser.cpu_elsewhere_s() == 0

    def test_no_audio_means_no_words(self, engine: Engine) -> None:
        recogniser = engine.open(8000)
        assert recogniser.final() == ()
        assert recogniser.accept(b"") is False
        assert recogniser.partial() == ""
        assert recogniser.final() == ()

    @pytest.mark.parametrize("rate", [0, -8000, 7999, 48001, float("nan"), float("inf"), 8000.0, "8000", None, True])
    def test_refuses_rates_that_hang_or_abort_libvosk(self, engine: Engine, rate: Any) -> None:
        with pytest.raises(RecogniserError, match="rate must be"):
            engine.open(rate)

    @pytest.mark.parametrize("grammar", [[], "", "billing", b"x", [""], ["  "], [1], {"a": 1}, [["a"]], [None], 7])
    def test_refuses_grammars_that_crash_libvosk(self, engine: Engine, grammar: Any) -> None:
        with pytest.raises(RecogniserError, match=r"grammar"):
            engine.open(8000, grammar)

    @pytest.mark.parametrize("count", [-1, 101, 1.5, "3", None, True])
    def test_refuses_counts_of_alternatives_that_make_no_sense(self, engine: Engine, count: Any) -> None:
        with pytest.raises(RecogniserError, match="alternatives must be"):
            engine.open(8000, None, count)

    def test_alternatives_are_given_best_first_where_asked_for(self, engine: Engine, speech: bytes) -> None:
        plain, ranked = engine.open(8000), engine.open(8000, None, 3)
        for recogniser in (plain, ranked):
            feed(recogniser, speech)
        words = ranked.final()
        readings = ranked.alternatives()
        assert [word.text for word in readings[0].words] == [word.text for word in words]
        assert [word.text for word in words] == [word.text for word in plain.final()]
        assert 1 < len(readings) <= 3
        assert [reading.score for reading in readings] == sorted((r.score for r in readings), reverse=True)
        assert plain.alternatives() == ()

    def test_says_which_words_a_grammar_may_hold(self, engine: Engine) -> None:
        assert {"refund", "billing"} <= engine.grammar_words()
        assert "xqzzyx" not in engine.grammar_words()

    @pytest.mark.parametrize("pcm", [b"1", b"123", bytearray(4), memoryview(b"1234"), "text", None])
    def test_refuses_what_is_not_bytes_of_whole_samples(self, engine: Engine, pcm: Any) -> None:
        with pytest.raises(RecogniserError, match=r"whole 16-bit samples|must be bytes"):
            engine.open(8000).accept(pcm)

    def test_a_grammar_bounds_what_is_heard(self, engine: Engine, speech: bytes) -> None:
        recogniser = engine.open(8000, ["refund", "billing", "[unk]"])
        feed(recogniser, speech)
        heard = {word.text for word in recogniser.final()}
        assert heard
        assert heard <= {"refund", "billing", "[unk]"}

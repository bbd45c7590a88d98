from __future__ import annotations

import pytest

from transcription.evaluate import normalise, word_error_rate, word_errors


def test_case_and_punctuation_do_not_count() -> None:
    assert normalise("  It's LATE, isn’t it?  ") == "it's late isn't it"
    assert word_errors(["It's late!"], ["it's late"]).rate == 0


def test_errors_are_summed_over_sentences() -> None:
    errors = word_errors(["one two three", "four", ""], ["one too three", "", "five"])
    assert (errors.words, errors.substitutions, errors.deletions, errors.insertions) == (4, 1, 1, 1)
    assert errors.rate == pytest.approx(0.75)
    assert word_error_rate("One, two!", "one three") == 0.5


def test_pairs_must_match() -> None:
    with pytest.raises(ValueError, match="1 references, but 2"):
        word_errors(["a"], ["a", "b"])


def test_nothing_said() -> None:
    assert word_errors([], []).rate == 0

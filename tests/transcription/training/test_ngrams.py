import math

import pytest

from transcription.training import ngrams
from transcription.training.openfst import EPSILON, Fst

SENTENCES = ["press one", "press two", "press one", "one", "my bill"]
WORDS = ["press", "one", "two", "my", "bill", "never"]


def total(model: ngrams.BackOff, context: ngrams.Context) -> float:
    return sum(math.exp(model.log_probability(word, context)) for word in [*WORDS, ngrams.END])


@pytest.mark.parametrize("worth", [(0.0,), (0.0, 0.0), (0.0, 1.0), (0.0, 0.0, 0.0), (0.0, 0.0, 1.0), (0.0, 0.5, 0.5)])
def test_probabilities_sum_to_one_after_every_context(worth: tuple[float, ...]) -> None:
    model = ngrams.estimate(SENTENCES, WORDS, worth)
    for context in [(), ("press",), ("one",), ("never",), ("my", "bill"), (ngrams.BEGIN, "press")]:
        assert total(model, context) == pytest.approx(1.0, abs=1e-6)


def test_what_was_seen_is_likelier_and_nothing_is_impossible() -> None:
    model = ngrams.estimate(SENTENCES, WORDS)
    assert model.log_probability("one", ("press",)) > model.log_probability("two", ("press",))
    assert model.log_probability("two", ("press",)) > model.log_probability("bill", ("press",))
    assert model.log_probability("never", ("press",)) > -20


@pytest.mark.parametrize("share", [0.0, 0.3, 1.0])
def test_a_mixture_is_between_its_parts_and_sums_to_one(share: float) -> None:
    one = ngrams.estimate(SENTENCES, WORDS, (0.0, 0.0, 0.0))
    other = ngrams.estimate(["press my bill", "never my bill"], WORDS, (0.0, 0.0, 0.0))
    model = ngrams.mixed(one, other, share)
    for context in [(), ("press",), ("my",), ("never", "my"), (ngrams.BEGIN, "press")]:
        assert total(model, context) == pytest.approx(1.0, abs=1e-6)
    for context, words in model.probabilities.items():
        for word in words:
            parts = [math.exp(part.log_probability(word, context)) for part in (one, other)]
            found = math.exp(model.log_probability(word, context))
            assert found == pytest.approx((1 - share) * parts[0] + share * parts[1], abs=1e-9)


def test_words_outside_the_vocabulary_are_an_error() -> None:
    with pytest.raises(ValueError, match="not in the vocabulary: bill, my"):
        ngrams.estimate(SENTENCES, ["press", "one", "two"])


@pytest.mark.parametrize("worth", [(0.0, 0.0), (0.0, 0.0, 0.0), (0.0, 0.0, 0.5)])
def test_the_acceptor_gives_sentences_the_models_probability(worth: tuple[float, ...]) -> None:
    model = ngrams.estimate(SENTENCES, WORDS, worth)
    ids = {word: number for number, word in enumerate(WORDS, start=1)}
    fst = ngrams.acceptor(model, ids)
    for sentence in ["press one", "my two press", "never"]:
        words = sentence.split()
        history: list[str] = [ngrams.BEGIN]
        expected = 0.0
        for word in [*words, ngrams.END]:
            expected += model.log_probability(word, tuple(history[-(len(worth) - 1) :]))
            history.append(word)
        assert cost(fst, [ids[word] for word in words]) == pytest.approx(-expected, abs=1e-6)


def cost(fst: Fst, labels: list[int]) -> float:
    """Of reading labels with each back-off taken only where the label is not seen."""
    state, spent = 0, 0.0
    for label in labels:
        while (arc := next((arc for arc in fst.arcs[state] if arc[0] == label), None)) is None:
            back = next(arc for arc in fst.arcs[state] if arc[0] == EPSILON)
            state, spent = back[3], spent + back[2]
        state, spent = arc[3], spent + arc[2]
    while state not in fst.finals:
        back = next(arc for arc in fst.arcs[state] if arc[0] == EPSILON)
        state, spent = back[3], spent + back[2]
    return spent + fst.finals[state]


def test_what_is_worth_little_is_forgotten_first() -> None:
    sentences = ["press one now"] * 50 + ["press two now"] * 50 + ["my bill one now", "my bill two now"]
    words = ["press", "one", "two", "now", "my", "bill"]
    full = ngrams.estimate(sentences, words, (0.0, 0.0, 0.0))
    pruned = ngrams.estimate(sentences, words, (0.0, 0.0, 3.0))
    assert ("press", "one") in full.probabilities
    assert ("press", "one") not in pruned.probabilities, "'now' follows 'one' whatever was before"
    assert (ngrams.BEGIN, "press") in full.probabilities
    kept = sum(map(len, pruned.probabilities.values()))
    assert kept < sum(map(len, full.probabilities.values()))
    assert pruned.log_probability("now", ("press", "one")) == pytest.approx(
        full.log_probability("now", ("press", "one")), abs=0.05
    )

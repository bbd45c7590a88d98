"""A back-off language model from sentences: interpolated absolute discounting with Kneser-Ney's counts for lower
orders.

References: Kneser & Ney 1995; Chen & Goodman 1999. The result is an acceptor over words: what both graphs are made
from.
"""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from transcription.training.openfst import EPSILON, Fst

BEGIN, END = "<s>", "</s>"
_DISCOUNT = 0.75
_FLOOR = 0.5
"""Count added to every word of the vocabulary, so that one the sentences happen not to use can still be heard."""

Context = tuple[str, ...]


@dataclass(frozen=True)
class BackOff:
    """Natural-log probabilities by context, and what leaving a context for its shorter one costs (natural log, ≤ about
    0).
    """

    probabilities: dict[Context, dict[str, float]]
    back_off: dict[Context, float]

    def log_probability(self, word: str, context: Context) -> float:
        """Of a word after a context."""
        spent = 0.0
        while word not in self.probabilities.get(context, ()):
            spent += self.back_off.get(context, 0.0)
            context = context[1:]
        return spent + self.probabilities[context][word]


def estimate(sentences: Iterable[str], vocabulary: Iterable[str], worth: Sequence[float] = (0.0, 0.0)) -> BackOff:
    """A model of order ``len(worth)``: absolute discounting, interpolated.

    ``worth[n - 1]``: an n-gram is kept where without it the sentences would be at least that many nats less likely
    (Seymore and Rosenfeld, 1996); words are always kept. Words not in ``vocabulary`` are an error.
    """
    order = len(worth)
    words = set(vocabulary)
    counts: list[Counter[Context]] = [Counter() for _ in range(order)]
    for sentence in sentences:
        tokens = [BEGIN, *sentence.split(), END]
        for end in range(1, len(tokens)):
            for n in range(min(order, end + 1)):
                counts[n][tuple(tokens[end - n : end + 1])] += 1
    if unknown := {gram[0] for gram in counts[0]} - words - {END}:
        raise ValueError(f"not in the vocabulary: {', '.join(sorted(unknown))}")
    model = BackOff({(): _unigrams(counts[0], words)}, {})
    for n in range(1, order):
        _add_order(model, counts[n], worth[n])
    return model


def mixed(one: BackOff, other: BackOff, share: float) -> BackOff:
    """``share`` of ``other`` and the rest of ``one``, word by word; both of the same vocabulary.

    Told are the n-grams that either tells, what is left goes by the mixture's shorter context.
    """
    model = BackOff({}, {})
    for context in sorted({*one.probabilities, *other.probabilities}, key=lambda each: (len(each), each)):
        words = sorted({*one.probabilities.get(context, ()), *other.probabilities.get(context, ())})
        found = {
            word: (1 - share) * math.exp(one.log_probability(word, context))
            + share * math.exp(other.log_probability(word, context))
            for word in words
        }
        if context:
            lower = sum(math.exp(model.log_probability(word, context[1:])) for word in words)
            left = max(1e-6, 1 - sum(found.values())) / max(1e-6, 1 - lower)
            model.back_off[context] = math.log(left)
        model.probabilities[context] = {word: math.log(probability) for word, probability in found.items()}
    return model


def acceptor(model: BackOff, ids: Mapping[str, int]) -> Fst:
    """The model as an acceptor of word numbers; state 0 is the sentence's start; back-off by epsilon."""
    start: Context = (BEGIN,) if (BEGIN,) in model.probabilities else ()
    states = {start: 0}
    fst = Fst()
    for context in model.probabilities:
        if context != start:
            states[context] = fst.add_state()
    for context, probabilities in model.probabilities.items():
        state = states[context]
        if context:
            shorter = _known(context[1:], states)
            fst.add(state, EPSILON, EPSILON, -model.back_off[context], states[shorter])
        for word, probability in probabilities.items():
            if word == END:
                fst.finals[state] = -probability
            else:
                target = states[_known((*context, word), states)]
                fst.add(state, ids[word], ids[word], -probability, target)
    return fst.connected()


def _known(context: Context, states: Mapping[Context, int]) -> Context:
    while context not in states:
        context = context[1:]
    return context


def _unigrams(counts: Counter[Context], words: set[str]) -> dict[str, float]:
    total = sum(counts.values()) + _FLOOR * len(words)
    unigrams = {word: math.log((counts[(word,)] + _FLOOR) / total) for word in sorted(words)}
    return {**unigrams, END: math.log(max(counts[(END,)], 1) / total)}


def _add_order(model: BackOff, counts: Counter[Context], worth: float) -> None:
    after: dict[Context, dict[str, int]] = defaultdict(dict)
    for gram, count in counts.items():
        after[gram[:-1]][gram[-1]] = count
    for context in sorted(after):
        if len(context) > 1 and context[-1] not in model.probabilities.get(context[:-1], ()):
            continue  # without the n-gram before it, no way leads to this context
        followers = after[context]
        total = sum(followers.values())
        share = _DISCOUNT * len(followers) / total
        lower = {word: math.exp(model.log_probability(word, context[1:])) for word in sorted(followers)}
        found = {word: (followers[word] - _DISCOUNT) / total + share * lower[word] for word in lower}
        kept = {
            word: math.log(probability)
            for word, probability in found.items()
            if followers[word] * math.log(probability / lower[word]) >= worth
        }
        if not kept:
            continue
        left = max(1e-6, 1 - sum(found[word] for word in kept)) / max(1e-6, 1 - sum(lower[word] for word in kept))
        model.probabilities[context] = kept
        model.back_off[context] = math.log(left)

"""What a model reads in an utterance: its words, pairs of them, and pieces of them.

A *feature* is a name and the words it was found in, so that whatever a model makes of it can be shown to the agent as
words. Pieces of words (three to five letters) survive a recogniser that heard ``modern`` for ``modem``.
"""

from __future__ import annotations

import functools
from collections.abc import Iterator
from dataclasses import dataclass

from assist.spotting import fluent, stem, tokenise

START = "^"
_PIECES = (3, 4, 5)
_SHORTEST_PIECED = 4


@dataclass(frozen=True, slots=True)
class Feature:
    """``name``: kind and text (``w=charge``); ``words``: indices of the written words it came from."""

    name: str
    words: tuple[int, ...]


KINDS = {"w": 1.0, "b": 0.6, "s": 0.5, "c": 0.3, "e": 0.5}
"""What a feature counts: word, two in a row, two with one between, piece of a word; a word said earlier."""
EARLIER = 6
"""Utterances that earlier words are taken from."""
FADE = 0.6
"""What an earlier word counts against one of the utterance after it."""


def earlier_words(text: str) -> frozenset[str]:
    """The names of what is left of ``text`` when the same speaker goes on."""
    return frozenset(f"e={stem(token.text)}" for token in fluent(tokenise(text)))


def features(text: str) -> Iterator[Feature]:
    """The features of ``text``; one that stands there twice comes twice."""
    tokens = fluent(tokenise(text))
    stems = [stem(token.text) for token in tokens]
    at = [token.word for token in tokens]
    for index, stemmed in enumerate(stems):
        yield Feature(f"w={stemmed}", (at[index],))
        before = stems[index - 1] if index else START
        yield Feature(f"b={before} {stemmed}", (at[max(0, index - 1)], at[index]))
        if index > 1:
            yield Feature(f"s={stems[index - 2]} {stemmed}", (at[index - 2], at[index]))
        for piece in _pieces(tokens[index].text):
            yield Feature(piece, (at[index],))


@functools.lru_cache(maxsize=8192)
def _pieces(word: str) -> tuple[str, ...]:
    if len(word) < _SHORTEST_PIECED:
        return ()
    bounded = f"<{word}>"
    return tuple(f"c={bounded[start : start + size]}" for size in _PIECES for start in range(len(bounded) - size + 1))

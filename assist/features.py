"""What a model reads in an utterance: its words, pairs of them, pieces of them, and the concepts they stand for.

A *feature* is a name and the words it was found in, so that whatever a model makes of it can be shown to the agent as
words. Pieces of words (three to five letters) survive a recogniser that heard ``modern`` for ``modem``; concepts
(``parcel`` for ``shipment``) carry an example over to words nobody wrote.
"""

from __future__ import annotations

import functools
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from assist.spotting import fluent, stem, tokenise

START = "^"
_PIECES = (3, 4, 5)
_SHORTEST_PIECED = 4
_CONCEPT_SPAN = 5
"""Words between which two concepts make a pair, at most."""


@dataclass(frozen=True, slots=True)
class Feature:
    """``name``: kind and text (``w=charge``); ``words``: indices of the written words it came from."""

    name: str
    words: tuple[int, ...]


KINDS = {"w": 1.0, "b": 0.6, "s": 0.5, "c": 0.3, "k": 1.3, "p": 0.6}
"""What a feature counts: word, two in a row, two with one between, piece of a word, concept, two concepts."""


@dataclass(frozen=True)
class Concepts:
    """Words that stand for one another. ``words``: concept → its words; any form of a word is found."""

    words: Mapping[str, tuple[str, ...]]
    _of: Mapping[str, tuple[str, ...]] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        found: dict[str, tuple[str, ...]] = {}
        for concept, words in self.words.items():
            for word in words:
                found[stem(word)] = tuple(dict.fromkeys((*found.get(stem(word), ()), concept)))
        object.__setattr__(self, "_of", found)

    def of(self, stemmed: str) -> tuple[str, ...]:
        """The concepts that a stemmed word stands for."""
        return self._of.get(stemmed, ())


def features(text: str, concepts: Concepts) -> Iterator[Feature]:
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
    yield from _concepts(stems, at, concepts)


def _concepts(stems: list[str], at: list[int], concepts: Concepts) -> Iterator[Feature]:
    found = [(index, concept) for index, stemmed in enumerate(stems) for concept in concepts.of(stemmed)]
    pairs: dict[str, tuple[int, int]] = {}
    for place, (index, concept) in enumerate(found):
        yield Feature(f"k={concept}", (at[index],))
        for other_index, other in found[place + 1 :]:
            if other != concept and 0 < other_index - index <= _CONCEPT_SPAN:
                first, second = sorted((concept, other))
                pairs.setdefault(f"p={first} {second}", (at[index], at[other_index]))
    for name, words in pairs.items():
        yield Feature(name, words)


@functools.lru_cache(maxsize=8192)
def _pieces(word: str) -> tuple[str, ...]:
    if len(word) < _SHORTEST_PIECED:
        return ()
    bounded = f"<{word}>"
    return tuple(f"c={bounded[start : start + size]}" for size in _PIECES for start in range(len(bounded) - size + 1))

"""Phrase spotting: which phrases stand in what was said, on every partial, within microseconds.

Phrases are compiled into a trie of words, so a match begins and ends at a word boundary by construction. Each word is
tried as it is, then by its stem (``charged`` finds ``charge``). In a phrase ``*`` stands for up to two words of any
kind (``charged * twice`` finds ``charged me twice``), ``...`` for up to six, and ``a|b`` for either word; an empty
alternative leaves the word out (``cancel my|the| contract``). What people say while they think (``uh``, a word said
twice) is skipped.
"""

from __future__ import annotations

import functools
from collections.abc import Hashable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import product
from typing import Generic, TypeVar

Key = TypeVar("Key", bound=Hashable)

GAP = "*"
WIDE_GAP = "..."
GAPS = {GAP: 2, WIDE_GAP: 6}
"""Words a gap may stand for, at most."""
OR = "|"
WORDS_REMEMBERED = 8192
"""Words taken apart and stemmed before; a language uses the same few thousand all the time."""
_FILLERS = frozenset({"uh", "um", "uhm", "er", "erm", "ah", "eh", "mm", "hm", "hmm"})

_NEGATED = {"can't": "can not", "cannot": "can not", "won't": "will not", "shan't": "shall not"}
_SUFFIXES = (("n't", "not"), ("'m", "am"), ("'re", "are"), ("'ll", "will"), ("'ve", "have"), ("'d", "would"))
_WITH_IS = frozenset({"it", "that", "this", "what", "who", "where", "here", "there", "he", "she"})


@dataclass(frozen=True, slots=True)
class Token:
    """One normalised word and the index of the written word it came from (``don't`` gives two tokens)."""

    text: str
    word: int


@dataclass(frozen=True, slots=True)
class Hit(Generic[Key]):
    """A phrase found: ``start``..``end`` are written-word indices, end exclusive; ``exact`` when no stem was needed;
    ``last`` when nothing stands after it; ``weight``: how many words begin or end a match of the key, however often.
    """

    key: Key
    start: int
    end: int
    exact: bool
    last: bool
    weight: int = 2


def tokenise(text: str) -> tuple[Token, ...]:
    """Lower-case words without punctuation, contractions written out; a redaction (``▪▪▪▪``) stays a word."""
    return tuple(Token(part, index) for index, word in enumerate(text.split()) for part in _parts(word))


@functools.lru_cache(maxsize=WORDS_REMEMBERED)
def _parts(word: str) -> tuple[str, ...]:
    plain = word.lower().replace("’", "'").strip(".,;:!?\"()[]…'")
    if not plain:
        return ()
    if plain in _NEGATED:
        return tuple(_NEGATED[plain].split())
    for suffix, spoken in _SUFFIXES:
        if plain.endswith(suffix) and len(plain) > len(suffix):
            return (plain[: -len(suffix)], spoken)
    if plain.endswith("'s"):
        stem = plain[:-2]
        return (stem, "is") if stem in _WITH_IS else (stem,)
    return (plain,)


@functools.lru_cache(maxsize=WORDS_REMEMBERED)
def stem(word: str) -> str:
    """The word without its inflection: plural, -ed, -ing (a small part of Porter's step 1), never shorter than 3."""
    if len(word) <= 3 or word.endswith("ss"):
        return word
    for ending, replacement in (("ies", "y"), ("ied", "y"), ("ing", ""), ("ed", ""), ("es", ""), ("s", "")):
        if word.endswith(ending) and len(word) - len(ending) >= 3:
            base = word[: -len(ending)] + replacement
            return _undouble(base) if ending in ("ing", "ed") else base.removesuffix("e")
    return word.removesuffix("e")


def _undouble(base: str) -> str:
    doubled = len(base) > 3 and base[-1] == base[-2] and base[-1] not in "lsz"
    return base[:-1] if doubled else base.removesuffix("e")


@dataclass(slots=True)
class _Node(Generic[Key]):
    exact: dict[str, _Node[Key]] = field(default_factory=dict)
    stems: dict[str, list[tuple[str, _Node[Key]]]] = field(default_factory=dict)
    gaps: dict[str, _Node[Key]] = field(default_factory=dict)
    keys: list[Key] = field(default_factory=list)


class Spotter(Generic[Key]):
    """Finds phrases of a fixed set in texts. Building is linear in the words of all phrases."""

    def __init__(self, phrases: Iterable[tuple[str, Key]]) -> None:
        self._root: _Node[Key] = _Node()
        for phrase, key in phrases:
            for spelled in spelled_out(phrase):
                self._add(spelled, key)

    def find(self, text: str) -> tuple[Hit[Key], ...]:
        """Every phrase that stands in ``text``, once per key: the exact one before the stemmed, the earlier first."""
        return self.find_in(tokenise(text))

    def find_in(self, tokens: tuple[Token, ...]) -> tuple[Hit[Key], ...]:
        """As ``find``, for a text already tokenised."""
        tokens = fluent(tokens)
        words = [(token.text, stem(token.text)) for token in tokens]
        best: dict[Key, tuple[int, int, bool]] = {}
        touched: dict[Key, set[int]] = {}
        for start, (_, stemmed) in enumerate(words):
            if stemmed not in self._root.stems:
                continue  # no phrase begins with it
            for key, end, exact in self._walk(words, start):
                touched.setdefault(key, set()).update((start, end - 1))
                found = best.get(key)
                if found is None or (exact and not found[2]):
                    best[key] = (start, end, exact)
        return tuple(
            Hit(key, tokens[start].word, tokens[end - 1].word + 1, exact, end == len(tokens), len(touched[key]))
            for key, (start, end, exact) in best.items()
        )

    def _walk(self, words: Sequence[tuple[str, str]], start: int) -> Iterator[tuple[Key, int, bool]]:
        """Every phrase that begins at ``start``: its key, where it ends, whether no stem was needed. ``words``: each
        with its stem.
        """
        states: list[tuple[_Node[Key], int, bool]] = [(self._root, start, True)]
        while states:
            node, at, exact = states.pop()
            for key in node.keys:
                yield key, at, exact
            for gap, beyond in node.gaps.items():
                for later in range(at, min(at + GAPS[gap] + 1, len(words))):
                    if beyond.gaps or words[later][1] in beyond.stems:
                        states.append((beyond, later, exact))
            if at < len(words):
                word, stemmed = words[at]
                for written, child in node.stems.get(stemmed, ()):
                    if written != word:
                        states.append((child, at + 1, False))
                if (same := node.exact.get(word)) is not None:
                    states.append((same, at + 1, exact))

    def _add(self, phrase: str, key: Key) -> None:
        node = self._root
        for word in phrase_words(phrase):
            if word in GAPS:
                node = node.gaps.setdefault(word, _Node())
                continue
            if word not in node.exact:
                child: _Node[Key] = _Node()
                node.exact[word] = child
                node.stems.setdefault(stem(word), []).append((word, child))
            node = node.exact[word]
        node.keys.append(key)


def fluent(tokens: tuple[Token, ...]) -> tuple[Token, ...]:
    """Without fillers and without words said twice in a row."""
    kept: list[Token] = []
    for token in tokens:
        if token.text not in _FILLERS and not (kept and kept[-1].text == token.text):
            kept.append(token)
    return tuple(kept)


def spelled_out(phrase: str) -> tuple[str, ...]:
    """The phrases that one with alternatives stands for; itself where it has none."""
    if OR not in phrase:
        return (phrase,)
    chosen = product(*(part.split(OR) for part in phrase.split()))
    return tuple(dict.fromkeys(" ".join(word for word in words if word) for words in chosen))


def phrase_words(phrase: str) -> tuple[str, ...]:
    """The words of a phrase without alternatives, gaps among them. Empty for a phrase that could not match or matches
    anything.
    """
    words: list[str] = []
    for part in phrase.split():
        spoken = (part,) if part in GAPS else _spoken(part)
        words += [word for word in spoken if word in GAPS or not words or word != words[-1]]
    return tuple(words) if words and words[0] not in GAPS and words[-1] not in GAPS else ()


@functools.lru_cache(maxsize=WORDS_REMEMBERED)
def _spoken(part: str) -> tuple[str, ...]:
    """A content directory says the same word thousands of times."""
    return tuple(token.text for token in fluent(tokenise(part)))

"""Phrase spotting: which phrases stand in what was said, on every partial, within microseconds.

Phrases are compiled into a trie of words, so a match begins and ends at a word boundary by construction. Each word is
tried as it is, then by its stem (``charged`` finds ``charge``). In a phrase ``*`` stands for up to two words of any
kind (``charged * twice`` finds ``charged me twice``).
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Generic, TypeVar

Key = TypeVar("Key", bound=Hashable)

GAP = "*"
GAP_WORDS = 2

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
    ``last`` when nothing stands after it.
    """

    key: Key
    start: int
    end: int
    exact: bool
    last: bool


def tokenise(text: str) -> tuple[Token, ...]:
    """Lower-case words without punctuation, contractions written out; a redaction (``▪▪▪▪``) stays a word."""
    return tuple(Token(part, index) for index, word in enumerate(text.split()) for part in _parts(word))


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
    stems: dict[str, list[_Node[Key]]] = field(default_factory=dict)
    gap: _Node[Key] | None = None
    keys: list[Key] = field(default_factory=list)


class Spotter(Generic[Key]):
    """Finds phrases of a fixed set in texts. Building is linear in the words of all phrases."""

    def __init__(self, phrases: Iterable[tuple[str, Key]]) -> None:
        self._root: _Node[Key] = _Node()
        for phrase, key in phrases:
            self._add(phrase, key)

    def find(self, text: str) -> tuple[Hit[Key], ...]:
        """Every phrase that stands in ``text``, once per key: the exact one before the stemmed, the earlier first."""
        return self.find_in(tokenise(text))

    def find_in(self, tokens: tuple[Token, ...]) -> tuple[Hit[Key], ...]:
        """As ``find``, for a text already tokenised."""
        best: dict[Key, Hit[Key]] = {}
        for start in range(len(tokens)):
            for key, end, exact in self._walk(tokens, start):
                found = best.get(key)
                if found is None or (exact and not found.exact):
                    last = end == len(tokens)
                    best[key] = Hit(key, tokens[start].word, tokens[end - 1].word + 1, exact, last)
        return tuple(best.values())

    def _walk(self, tokens: tuple[Token, ...], start: int) -> Iterator[tuple[Key, int, bool]]:
        states: list[tuple[_Node[Key], int, bool]] = [(self._root, start, True)]
        while states:
            node, at, exact = states.pop()
            for key in node.keys:
                yield key, at, exact
            if node.gap is not None:
                states.extend((node.gap, at + skipped, exact) for skipped in range(GAP_WORDS + 1))
            if at < len(tokens):
                states.extend(_steps(node, tokens[at].text, at + 1, exact))

    def _add(self, phrase: str, key: Key) -> None:
        node = self._root
        for word in phrase_words(phrase):
            if word == GAP:
                node.gap = node.gap or _Node()
                node = node.gap
                continue
            if word not in node.exact:
                child: _Node[Key] = _Node()
                node.exact[word] = child
                node.stems.setdefault(stem(word), []).append(child)
            node = node.exact[word]
        node.keys.append(key)


def _steps(node: _Node[Key], word: str, at: int, exact: bool) -> Iterator[tuple[_Node[Key], int, bool]]:
    same = node.exact.get(word)
    for child in node.stems.get(stem(word), ()):
        if child is not same:
            yield child, at, False
    if same is not None:
        yield same, at, exact


def phrase_words(phrase: str) -> tuple[str, ...]:
    """The words of a written phrase, ``*`` among them. Empty for a phrase that could not match or matches anything."""
    words = tuple(GAP if part == GAP else token.text for part in phrase.split() for token in _word_tokens(part))
    return words if words and words[0] != GAP and words[-1] != GAP else ()


def _word_tokens(part: str) -> tuple[Token, ...]:
    return (Token(GAP, 0),) if part == GAP else tokenise(part)

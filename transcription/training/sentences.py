"""Sentences drawn from a small grammar (``texts/*.yaml``).

``<name>`` takes one alternative of a slot, ``[words]`` may be left out, ``{one|other}`` takes one; they nest. ``text @
3`` is drawn three times as often as ``text``.
"""

from __future__ import annotations

import random
import re
from dataclasses import dataclass
from pathlib import Path

import yaml

from voice.errors import DocumentError

TEXTS = Path(__file__).parent / "texts"
_TOKEN = re.compile(r"<(\w+)>|([\[\]{}|])|([^\s\[\]{}|<>]+)|\s+|(.)")
_CLOSING = {"[": "]", "{": "}"}


@dataclass(frozen=True, slots=True)
class Slot:
    """One alternative of the named slot."""

    name: str


@dataclass(frozen=True, slots=True)
class Choice:
    """One of its parts."""

    parts: tuple[Sequence, ...]


Sequence = tuple["str | Slot | Choice", ...]


@dataclass(frozen=True, slots=True)
class Grammar:
    """Slots by name, and sentences with how often each is drawn."""

    slots: dict[str, Choice]
    sentences: tuple[Sequence, ...]
    weights: tuple[int, ...]

    def draw(self, rng: random.Random) -> str:
        """One sentence: lower-case words separated by single spaces."""
        sentence = rng.choices(self.sentences, self.weights)[0]
        return " ".join(self._expand(sentence, rng))

    def _expand(self, sequence: Sequence, rng: random.Random) -> list[str]:
        words: list[str] = []
        for part in sequence:
            if isinstance(part, str):
                words.append(part)
            else:
                choice = self.slots[part.name] if isinstance(part, Slot) else part
                words += self._expand(rng.choice(choice.parts), rng)
        return words

    def vocabulary(self) -> frozenset[str]:
        """Every word that can be drawn or stands in a slot."""
        words: set[str] = set()
        pending = [*self.sentences, *(part for slot in self.slots.values() for part in slot.parts)]
        while pending:
            for part in pending.pop():
                if isinstance(part, str):
                    words.add(part)
                elif isinstance(part, Choice):
                    pending += part.parts
        return frozenset(words)


def read_grammar(file: Path) -> Grammar:
    """The grammar in that YAML file. Raises DocumentError."""
    try:
        document = yaml.load(file.read_text(encoding="utf-8"), yaml.BaseLoader)  # noqa: S506 - strings only: "no" is a word
    except yaml.YAMLError as error:
        raise DocumentError(file, None, f"not YAML: {error}", "correct it") from None
    if not isinstance(document, dict) or not document.get("sentences"):
        raise DocumentError(file, None, "no sentences", "give a list under 'sentences:'")
    slots = {
        name: Choice(tuple(_parse(file, str(one)) for one in parts))
        for name, parts in document.get("slots", {}).items()
    }
    sentences, weights = [], []
    for line in document["sentences"]:
        text, _, weight = str(line).partition("@")
        sentences.append(_parse(file, text))
        weights.append(int(weight or 1))
    grammar = Grammar(slots, tuple(sentences), tuple(weights))
    _check_slots(file, grammar)
    return grammar


def draw_distinct(grammar: Grammar, count: int, seed: int, exclude: frozenset[str] = frozenset()) -> list[str]:
    """``count`` different sentences, none of ``exclude``; the same for the same seed.

    Fewer where the grammar has no more.
    """
    rng = random.Random(seed)  # noqa: S311 - reproducible, not secret
    found: dict[str, None] = {}
    for _ in range(50 * count):
        if len(found) == count:
            break
        sentence = grammar.draw(rng)
        if sentence not in exclude:
            found[sentence] = None
    return list(found)


def _parse(file: Path, text: str) -> Sequence:
    tokens = [match for match in _TOKEN.finditer(text) if not match.group().isspace()]
    sequence, rest = _sequence(file, text, tokens)
    if rest:
        raise DocumentError(file, None, f"{rest[0].group()!r} is not expected in {text!r}", "close what was opened")
    return sequence


def _sequence(file: Path, text: str, tokens: list[re.Match[str]]) -> tuple[Sequence, list[re.Match[str]]]:
    sequence: list[str | Slot | Choice] = []
    while tokens:
        slot, mark, word, stray = tokens[0].groups()
        if stray:
            raise DocumentError(
                file, None, f"{stray!r} is not expected in {text!r}", "write words, <slot>, [..] or {..}"
            )
        if slot:
            sequence.append(Slot(slot))
        elif word:
            sequence.append(word)
        elif mark in _CLOSING:
            choice, tokens = _choice(file, text, mark, tokens[1:])
            sequence.append(choice)
            continue
        else:
            break
        tokens = tokens[1:]
    return tuple(sequence), tokens


def _choice(file: Path, text: str, opened: str, tokens: list[re.Match[str]]) -> tuple[Choice, list[re.Match[str]]]:
    parts: list[Sequence] = []
    while True:
        part, tokens = _sequence(file, text, tokens)
        parts.append(part)
        if not tokens or tokens[0].group() not in ("|", _CLOSING[opened]):
            raise DocumentError(file, None, f"{opened!r} is not closed in {text!r}", f"add {_CLOSING[opened]!r}")
        if tokens[0].group() == _CLOSING[opened]:
            break
        tokens = tokens[1:]
    if opened == "[":
        parts.append(())
    return Choice(tuple(parts)), tokens[1:]


def _check_slots(file: Path, grammar: Grammar) -> None:
    pending = [*grammar.sentences, *(part for slot in grammar.slots.values() for part in slot.parts)]
    while pending:
        for part in pending.pop():
            if isinstance(part, Slot) and part.name not in grammar.slots:
                raise DocumentError(file, None, f"no slot <{part.name}>", f"known: {', '.join(sorted(grammar.slots))}")
            if isinstance(part, Choice):
                pending += part.parts

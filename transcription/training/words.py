"""New words for a model made here: only its graphs are rebuilt. No training, no further package; seconds.

A new word needs a pronunciation: given, or CMUdict's where the pocketsphinx wheel is installed. It is expected where a
known word (``like``) is, half as often; without one, anywhere, as rarely as the middle word of the vocabulary.
"""

from __future__ import annotations

import math
import re
import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from transcription.models import InstalledModel, find_model
from transcription.training.assembly import graph_files, write_regraphed
from transcription.training.errors import TrainingError
from transcription.training.graph import UNKNOWN
from transcription.training.lexicon import (
    Lexicon,
    Pronunciation,
    dictionary_file,
    parse_pronunciation,
    read_dictionary,
    read_lexicon,
)
from transcription.training.openfst import EPSILON, Fst, read_const

_WORD = re.compile(r"[a-z][a-z'-]*")
_ADDED = "Words were added after these figures were measured: "


@dataclass(frozen=True, slots=True)
class NewWord:
    """A word, how it is said (none: the dictionary's way), and a known word that stands where it will stand."""

    text: str
    pronunciations: tuple[Pronunciation, ...] = ()
    like: str | None = None


def parse_word(text: str, like: str | None = None) -> NewWord:
    """``"zenbook"`` or ``"zenbook = Z EH N B UH K"``. Raises TrainingError."""
    word, _, spoken = (part.strip() for part in text.partition("="))
    if not _WORD.fullmatch(word.lower()):
        raise TrainingError(f"{word!r} is no word: letters, apostrophes and hyphens, one word at a time")
    return NewWord(word.lower(), (parse_pronunciation(spoken),) if spoken else (), like)


def add_words(model: Path | str, words: Sequence[NewWord], out: Path) -> Path:
    """Write ``model`` with those words into ``out``; its new directory. Raises TrainingError, DocumentError."""
    source = find_model(model)
    if not source.takes_grammars:
        raise TrainingError(
            f"{source.path} has no look-ahead graph: only models made by this project can be given words"
        )
    target = out / source.path.resolve().name
    if target.exists():
        raise TrainingError(f"{target} exists: name another directory")
    lexicon = {**read_lexicon(source.path / "graph" / "lexicon.txt"), **_spoken(words)}
    language, numbers = _language(source)
    for word in words:
        _expect(language, numbers, word)
    graph = graph_files(language, {n: word for word, n in numbers.items()}, lexicon)
    added = _ADDED + ", ".join(word.text for word in words) + "."
    write_regraphed(source, target, lexicon, graph, added, name=target.name)
    return target


def _spoken(words: Sequence[NewWord]) -> Lexicon:
    unknown = [word.text for word in words if not word.pronunciations]
    dictionary = read_dictionary(dictionary_file()) if unknown else {}
    if missing := [text for text in unknown if text not in dictionary]:
        raise TrainingError(f"no pronunciation for {missing[0]!r}: give one, as in '{missing[0]} = Z EH N B UH K'")
    return {word.text: word.pronunciations or dictionary[word.text] for word in words}


def _language(model: InstalledModel) -> tuple[Fst, dict[str, int]]:
    """The language model as Gr.fst keeps it, and the numbers of its words."""
    graph = model.path / "graph"
    lines = (line.split() for line in (graph / "words.txt").read_text(encoding="utf-8").splitlines())
    numbers = {word: int(number) for word, number in lines if not word.startswith(("<", "#")) and word != UNKNOWN}
    try:
        return read_const((graph / "Gr.fst").read_bytes()), numbers
    except ValueError as error:
        raise TrainingError(
            f"{graph / 'Gr.fst'}: {error}: only models made by this project can be given words"
        ) from None


def _expect(language: Fst, numbers: dict[str, int], word: NewWord) -> None:
    if word.text in numbers:
        raise TrainingError(f"{word.text!r} is known already")
    if word.like is not None and word.like not in numbers:
        raise TrainingError(f"{word.like!r} is not known, so {word.text!r} cannot stand where it stands")
    number = max(numbers.values()) + 1
    numbers[word.text] = number
    if word.like is not None:
        wanted = numbers[word.like]
        for arcs in language.arcs:
            arcs += [(number, number, cost + math.log(2), state) for label, _, cost, state in arcs if label == wanted]
        return
    anywhere = next(state for state, arcs in enumerate(language.arcs) if all(arc[0] != EPSILON for arc in arcs))
    cost = statistics.median(arc[2] for arc in language.arcs[anywhere])
    language.add(anywhere, number, number, cost, anywhere)

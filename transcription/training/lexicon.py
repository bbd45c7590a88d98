"""Pronunciations.

CMUdict as the pocketsphinx wheel carries it (``WORD PHONE PHONE ...``, further ones as ``WORD(2)``).
"""

from __future__ import annotations

import importlib.util
import re
from collections.abc import Iterable
from pathlib import Path

from transcription.training.errors import TrainingError
from transcription.training.phones import PHONES

Pronunciation = tuple[str, ...]
Lexicon = dict[str, tuple[Pronunciation, ...]]

EXTRA = Path(__file__).parent / "texts" / "pronunciations.txt"
"""Words of the shipped texts that the dictionary lacks."""


_HISSED = frozenset({"S", "Z", "SH", "ZH", "CH", "JH"})
_VOICELESS = frozenset({"P", "T", "K", "F", "TH"})


def dictionary_file() -> Path:
    """CMUdict of the installed pocketsphinx wheel. Raises TrainingError."""
    spec = importlib.util.find_spec("pocketsphinx")
    if spec is not None and spec.origin is not None:
        file = Path(spec.origin).parent / "model" / "en-us" / "cmudict-en-us.dict"
        if file.is_file():
            return file
    raise TrainingError("no pronouncing dictionary: pip install 'callfloor[training]'")


def read_dictionary(file: Path) -> Lexicon:
    """Every word of a dictionary file with its pronunciations, in the file's order, and its possessive.

    Lines with other phones are left out.
    """
    found: dict[str, list[Pronunciation]] = {}
    for line in file.read_text(encoding="utf-8").splitlines():
        head, *phones = line.split()
        if phones and all(phone in PHONES for phone in phones):
            found.setdefault(re.sub(r"\(\d+\)$", "", head).lower(), []).append(tuple(phones))
    words = {**{word: tuple(spoken) for word, spoken in found.items()}, **parse_lexicon(EXTRA.read_text())}
    own = {f"{word}'s": tuple(map(_possessive, spoken)) for word, spoken in words.items()}
    return {**own, **words}


def _possessive(spoken: Pronunciation) -> Pronunciation:
    if spoken[-1] in _HISSED:
        return (*spoken, "IH", "Z")
    return (*spoken, "S" if spoken[-1] in _VOICELESS else "Z")


def parse_pronunciation(text: str) -> Pronunciation:
    """``"K AH N EH K T"`` as phones; stress digits are dropped. Raises TrainingError naming the phone that is none."""
    phones = tuple(re.sub(r"\d$", "", phone) for phone in text.upper().split())
    if wrong := [phone for phone in phones if phone not in PHONES]:
        raise TrainingError(f"{wrong[0]!r} is no phone; known: {' '.join(PHONES)}")
    if not phones:
        raise TrainingError("an empty pronunciation")
    return phones


def read_lexicon(file: Path) -> Lexicon:
    """``graph/lexicon.txt`` of a model made here. Raises TrainingError where there is none."""
    if not file.is_file():
        raise TrainingError(f"{file} is missing: only models made by this project carry their pronunciations")
    return parse_lexicon(file.read_text(encoding="utf-8"))


def parse_lexicon(text: str) -> Lexicon:
    """One pronunciation a line: the word, then its phones."""
    found: dict[str, list[Pronunciation]] = {}
    for line in text.splitlines():
        word, *spoken = line.split()
        found.setdefault(word, []).append(tuple(spoken))
    return {word: tuple(spoken) for word, spoken in found.items()}


def pronounceable(text: str, dictionary: Lexicon) -> bool:
    """Whether the dictionary has every word of a text."""
    return all(word in dictionary for word in text.split())


def pronounce(words: Iterable[str], dictionary: Lexicon, most: int = 3) -> Lexicon:
    """At most ``most`` pronunciations of each word. Raises TrainingError naming every word that has none."""
    wanted = sorted(set(words))
    if missing := [word for word in wanted if word not in dictionary]:
        raise TrainingError(f"no pronunciation for: {', '.join(missing)}")
    return {word: tuple(dict.fromkeys(dictionary[word]))[:most] for word in wanted}

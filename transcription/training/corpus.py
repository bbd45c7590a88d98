"""What is said by whom: texts and voices of the three splits, decided before anything is rendered.

``train`` is trained on; decoding parameters are chosen on ``tune``; ``test`` is what is reported. No text of one split
is in another, and no voice. General English for the acoustic model comes from documents every Python installation
carries.
"""

from __future__ import annotations

import inspect
import pkgutil
import random
import re
import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from transcription.training.lexicon import Lexicon, pronounceable
from transcription.training.profiles import Profile
from transcription.training.sentences import Grammar, draw_distinct
from transcription.training.voices import Manner, Split, draw_manner

DIGITS = ("zero", "oh", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")
_LONGEST = 20
"""Words of what people say that is trained with."""
_FIRST = {"train": 1, "tune": 2, "test": 3}


@dataclass(frozen=True, slots=True)
class Utterance:
    """One thing said once. ``kind``: domain, digits or other."""

    text: str
    kind: str
    split: Split
    manner: Manner

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        return asdict(self)

    @classmethod
    def from_dict(cls, stored: dict[str, Any]) -> Utterance:
        """What ``as_dict`` gave."""
        return cls(stored["text"], stored["kind"], stored["split"], Manner(**stored["manner"]))


@dataclass(frozen=True, slots=True)
class Texts:
    """The texts of each split by kind, what people say to train with as well, and the sentences (no held-out one) that
    the language model is made from.
    """

    splits: dict[Split, list[tuple[str, str]]]
    talk: list[str]
    language: list[str]


def choose_texts(
    profile: Profile, grammar: Grammar, dictionary: Lexicon, general: Sequence[str] = (), talk: Sequence[str] = ()
) -> Texts:
    """All texts, disjoint between splits. ``general``: chunks of English, ``talk``: what people say, of which the
    pronounceable are used.
    """
    rng = random.Random(profile.seed)  # noqa: S311 - reproducible, not secret
    held: dict[Split, list[tuple[str, str]]] = {}
    taken: set[str] = set()
    splits: tuple[Split, ...] = ("tune", "test")
    for split in splits:
        sentences = draw_distinct(grammar, profile.held_out, profile.seed + _FIRST[split], frozenset(taken))
        sentences = [sentence for sentence in sentences if len(sentence.split()) > 1]
        digits = _digit_strings(profile.held_out // 2, 3, 8, rng, taken)
        taken |= {*sentences, *digits}
        held[split] = [(text, "domain") for text in sentences] + [(text, "digits") for text in digits]
    words = sorted(grammar.vocabulary())
    chunks = [chunk for chunk in general if pronounceable(chunk, dictionary)]
    train = [(text, "domain") for text in draw_distinct(grammar, profile.sentences, profile.seed, frozenset(taken))]
    train += [(" ".join(rng.choices(words, k=rng.randint(3, 7))), "other") for _ in range(profile.strings)]
    train += [(text, "other") for text in rng.sample(chunks, min(profile.chunks, len(chunks)))]
    train += [(text, "digits") for text in _digit_strings(profile.numbers, 2, 9, rng, taken)]
    train += [(text, "other") for text in _singles(profile.singles, words, rng)]
    language = [_draw(grammar, rng, taken) for _ in range(profile.lm_sentences)]
    language += _digit_strings(profile.lm_sentences // 20, 2, 9, rng, taken)
    said = [text for text in talk if len(text.split()) <= _LONGEST and pronounceable(text, dictionary)]
    said = random.Random(profile.seed).sample(said, min(profile.talk, len(said)))  # noqa: S311 - reproducible
    return Texts({"train": train, **held}, said, language)


def cast(texts: Texts, engines: dict[str, bool], seed: int) -> list[Utterance]:
    """Who says each text, by voices of its split."""
    rng = random.Random(seed)  # noqa: S311 - reproducible, not secret
    found = [
        Utterance(text, kind, split, draw_manner(split, rng, engines))
        for split, lines in texts.splits.items()
        for text, kind in lines
    ]
    return [*found, *(Utterance(text, "other", "train", draw_manner("train", rng, engines)) for text in texts.talk)]


def general_english(limit: int = 20000) -> list[str]:
    """Chunks of 4 to 12 words of the standard library's own documentation, lower case."""
    chunks: dict[str, None] = {}
    for module in pkgutil.iter_modules():
        if module.name not in sys.stdlib_module_names or module.name in ("antigravity", "this"):
            continue
        source = _source(module)
        for text in re.findall(r'"""(.*?)"""', source, re.DOTALL):
            for sentence in re.split(r"[.:;()\n]\s*\n?", re.sub(r"\n\s+", " ", text)):
                words = sentence.replace(",", " ").lower().split()
                if re.fullmatch(r"[A-Za-z' ,]+", sentence) and 4 <= len(words) <= 12:
                    chunks[" ".join(words)] = None
        if len(chunks) >= limit:
            break
    return list(chunks)


def _source(module: pkgutil.ModuleInfo) -> str:
    finder = module.module_finder
    spec = finder.find_spec(module.name) if hasattr(finder, "path") else None  # type: ignore[call-arg]
    origin = spec.origin if spec is not None else None
    if origin is None or not origin.endswith(".py") or "site-packages" in origin:
        return ""
    with open(origin, encoding="utf-8", errors="replace") as file:
        return inspect.cleandoc(file.read())


def _draw(grammar: Grammar, rng: random.Random, taken: set[str]) -> str:
    while True:
        sentence = grammar.draw(rng)
        if sentence not in taken:
            return sentence


def _digit_strings(count: int, least: int, most: int, rng: random.Random, taken: set[str]) -> list[str]:
    found: dict[str, None] = {}
    while len(found) < count:
        text = " ".join(rng.choices(DIGITS, k=rng.randint(least, most)))
        if text not in taken:
            found[text] = None
    return list(found)


def _singles(count: int, words: list[str], rng: random.Random) -> list[str]:
    """Isolated words, half of them digits: what a menu hears. They are no held-out text: every vocabulary has them."""
    return [rng.choice(DIGITS) if rng.random() < 0.5 else rng.choice(words) for _ in range(count)]

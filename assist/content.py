"""The content directory: playbooks and the lexicon, validated as a whole and compiled once for all contacts.

::

    DIR/lexicon.yaml              how callers' words feel
    DIR/playbooks/<id>.yaml       one playbook each

``version`` is a short hash over every file, and stands on every card: whoever edits a phrase can tell which cards it
made.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from assist.lexicon import HardTriggerSpec, LexiconSpec
from assist.playbook import PlaybookSpec
from assist.sentiment import Scorer, SentimentSettings, VaderScorer
from assist.sightings import CompiledRules, Rule
from assist.spotting import phrase_words
from assist.wording import MAX_TITLE_WORDS, title_words, unknown_placeholders
from voice.documents import Document, Key, load_yaml, validate
from voice.errors import DocumentError

BUILT_IN = Path(__file__).parent / "content"
MAX_PHRASE_WORDS = 12
RESERVED = frozenset({"history", "sentiment"})
"""Rules of the built-in cards; card ids are made of rules, so a playbook may not be called like one."""


@dataclass(frozen=True, slots=True)
class PlaybookTriggered:
    """Somebody said what starts a playbook."""

    playbook_id: str


@dataclass(frozen=True, slots=True)
class StepSaid:
    """The agent said what does a step."""

    playbook_id: str
    step_id: str


@dataclass(frozen=True, slots=True)
class HardTriggered:
    """The caller said something that counts without smoothing."""

    trigger_id: str


RuleKey = PlaybookTriggered | StepSaid | HardTriggered


@dataclass(frozen=True)
class Content:
    """Everything the assist engine knows, ready to use. Immutable: share it between contacts."""

    version: str
    playbooks: Mapping[str, PlaybookSpec]
    lexicon: LexiconSpec
    hard: Mapping[str, HardTriggerSpec]
    rules: CompiledRules[RuleKey]
    scorer: Scorer
    sentiment: SentimentSettings


def load_content(directory: Path = BUILT_IN, scorer: Scorer | None = None) -> Content:
    """Read and compile a content directory; ``scorer`` replaces the one made from its lexicon.

    Raises DocumentError for the first thing wrong in any file; nothing is half-loaded.
    """
    lexicon_file = directory / "lexicon.yaml"
    files = [lexicon_file, *_playbook_files(directory / "playbooks")]
    lexicon = _lexicon(load_yaml(lexicon_file))
    playbooks: dict[str, PlaybookSpec] = {}
    for file in files[1:]:
        playbook = _playbook(load_yaml(file))
        playbooks[playbook.id] = playbook
    return Content(
        version=_version(directory, files),
        playbooks=playbooks,
        lexicon=lexicon,
        hard={trigger.id: trigger for trigger in lexicon.hard},
        rules=CompiledRules(_rules(playbooks, lexicon)),
        scorer=scorer or VaderScorer(lexicon.words, lexicon.phrases),
        sentiment=SentimentSettings(lexicon.alpha, lexicon.turn),
    )


def _rules(playbooks: dict[str, PlaybookSpec], lexicon: LexiconSpec) -> Iterator[Rule[RuleKey]]:
    for hard in lexicon.hard:
        yield Rule(HardTriggered(hard.id), "caller", hard.phrases, hard.unless)
    for playbook in playbooks.values():
        trigger = playbook.trigger
        yield Rule(PlaybookTriggered(playbook.id), trigger.speaker, trigger.phrases, trigger.unless)
        for step in playbook.steps:
            yield Rule(StepSaid(playbook.id, step.id), "agent", step.done_when, step.unless)


def _playbook_files(directory: Path) -> list[Path]:
    if not directory.is_dir():
        raise DocumentError(directory, None, "no such directory", "create it and put a playbook in")
    files = sorted(file for file in directory.iterdir() if not file.name.startswith("."))
    for file in files:
        if file.suffix != ".yaml":
            raise DocumentError(file, None, "not a playbook", "name it <id>.yaml or move it elsewhere")
    return files


def _version(directory: Path, files: list[Path]) -> str:
    digest = hashlib.sha256()
    for file in files:
        content = file.read_bytes()
        digest.update(f"{file.relative_to(directory).as_posix()}\0{len(content)}\0".encode())
        digest.update(content)
    return digest.hexdigest()[:8]


def _playbook(document: Document) -> PlaybookSpec:
    playbook = validate(document, PlaybookSpec)
    if playbook.id != document.file.stem:
        fix = f"rename the file to {playbook.id}.yaml or the id to {document.file.stem}"
        raise document.error(("id",), f"id {playbook.id!r} is not the name of the file", fix)
    if playbook.id in RESERVED:
        raise document.error(("id",), f"id {playbook.id!r} is the name of a built-in card", "choose another")
    _check_phrases(document, ("trigger", "phrases"), playbook.trigger.phrases)
    _check_phrases(document, ("trigger", "unless"), playbook.trigger.unless)
    _check_text(document, ("why",), playbook.why)
    _check_title(document, ("closing",), playbook.closing)
    seen: set[str] = set()
    for index, step in enumerate(playbook.steps):
        at: Key = ("steps", index)
        if step.id in seen:
            raise document.error((*at, "id"), f"step {step.id!r} stands here twice", "give every step its own id")
        seen.add(step.id)
        _check_title(document, (*at, "text"), step.text)
        _check_text(document, (*at, "say"), step.say)
        _check_phrases(document, (*at, "done_when"), step.done_when)
        _check_phrases(document, (*at, "unless"), step.unless)
    return playbook


def _lexicon(document: Document) -> LexiconSpec:
    _check_quoted(document)
    lexicon = validate(document, LexiconSpec)
    for name in ("falling", "rising", "settled"):
        _check_title(document, ("titles", name), getattr(lexicon.titles, name))
    seen: set[str] = set()
    for index, hard in enumerate(lexicon.hard):
        at: Key = ("hard", index)
        if hard.id in seen:
            raise document.error((*at, "id"), f"hard trigger {hard.id!r} stands here twice", "give each its own id")
        seen.add(hard.id)
        _check_title(document, (*at, "title"), hard.title)
        _check_phrases(document, (*at, "phrases"), hard.phrases)
        _check_phrases(document, (*at, "unless"), hard.unless)
    for word in lexicon.words:
        if len(phrase_words(word)) != 1:
            raise document.error(("words", word), f"{word!r} is not one word", "move it to phrases")
    for phrase in lexicon.phrases:
        _check_phrase(document, ("phrases", phrase), phrase)
    return lexicon


def _check_quoted(document: Document) -> None:
    """YAML reads a bare ``yes``, ``no``, ``on``, ``off`` or ``true`` as a truth value, not as the word."""
    words = document.data.get("words") if isinstance(document.data, dict) else None
    for word in words if isinstance(words, dict) else ():
        if not isinstance(word, str):
            line_key: Key = ("words", word)
            raise document.error(line_key, f"words: YAML reads this key as {word!r}, not as a word", "put it in quotes")


def _check_phrases(document: Document, key: Key, phrases: tuple[str, ...]) -> None:
    seen: set[tuple[str, ...]] = set()
    for index, phrase in enumerate(phrases):
        words = _check_phrase(document, (*key, index), phrase)
        if words in seen:
            raise document.error((*key, index), f"phrase {phrase!r} stands here twice", "keep one of them")
        seen.add(words)


def _check_phrase(document: Document, key: Key, phrase: str) -> tuple[str, ...]:
    words = phrase_words(phrase)
    if not words:
        raise document.error(key, f"phrase {phrase!r} has no words to begin and end with", "write words around the *")
    if len(words) > MAX_PHRASE_WORDS:
        raise document.error(
            key, f"phrase of {len(words)} words", f"use at most {MAX_PHRASE_WORDS}, short ones match best"
        )
    return words


def _check_title(document: Document, key: Key, title: str) -> None:
    _check_text(document, key, title)
    count = title_words(title)
    if not 0 < count <= MAX_TITLE_WORDS:
        raise document.error(key, f"a title of {count} words", f"say it in 1 to {MAX_TITLE_WORDS} words")


def _check_text(document: Document, key: Key, text: str) -> None:
    for placeholder in unknown_placeholders(text):
        raise document.error(key, f"unknown placeholder {placeholder}", "only {name} is filled in")

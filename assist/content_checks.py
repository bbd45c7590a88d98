"""What every text of a content directory is checked for. Each raises DocumentError: file, line, fix."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from assist.spotting import phrase_words, spelled_out
from assist.steps import StepSpec
from assist.wording import MAX_TITLE_WORDS, title_words, unknown_placeholders
from voice.documents import Document, Key

MAX_PHRASE_WORDS = 12
MAX_ALTERNATIVES = 2000


def check_phrases(document: Document, key: Key, phrases: tuple[str, ...]) -> None:
    """Every phrase can match, and none stands there twice."""
    seen: set[tuple[tuple[str, ...], ...]] = set()
    for index, phrase in enumerate(phrases):
        words = check_phrase(document, (*key, index), phrase)
        if words in seen:
            raise document.error((*key, index), f"phrase {phrase!r} stands here twice", "keep one of them")
        seen.add(words)


def check_phrase(document: Document, key: Key, phrase: str) -> tuple[tuple[str, ...], ...]:
    """The words of every phrase it stands for, each of which can match."""
    spelled = spelled_out(phrase)
    if len(spelled) > MAX_ALTERNATIVES:
        fix = f"at most {MAX_ALTERNATIVES}: make two of it"
        raise document.error(key, f"phrase {phrase!r} stands for {len(spelled)}", fix)
    found = tuple(map(phrase_words, spelled))
    for words in found:
        if not words:
            what = f"phrase {phrase!r} has no words to begin and end with"
            raise document.error(key, what, "write words around the *")
        if len(words) > MAX_PHRASE_WORDS:
            what = f"phrase of {len(words)} words"
            raise document.error(key, what, f"use at most {MAX_PHRASE_WORDS}, short ones match best")
    return found


def check_steps(document: Document, key: Key, steps: Sequence[StepSpec], taken: Collection[str] = ()) -> None:
    """Each step has its own id, not ``taken`` elsewhere, and words that fit and match."""
    seen = set(taken)
    for index, step in enumerate(steps):
        at: Key = (*key, index)
        if step.id in seen:
            raise document.error((*at, "id"), f"step {step.id!r} stands here twice", "give every step its own id")
        seen.add(step.id)
        check_title(document, (*at, "text"), step.text)
        check_text(document, (*at, "say"), step.say)
        check_phrases(document, (*at, "done_when"), step.done_when)
        check_phrases(document, (*at, "unless"), step.unless)


def check_title(document: Document, key: Key, title: str) -> None:
    """A title fits a glance."""
    check_text(document, key, title)
    count = title_words(title)
    if not 0 < count <= MAX_TITLE_WORDS:
        raise document.error(key, f"a title of {count} words", f"say it in 1 to {MAX_TITLE_WORDS} words")


def check_text(document: Document, key: Key, text: str) -> None:
    """No placeholder would reach the screen as it is."""
    for placeholder in unknown_placeholders(text):
        raise document.error(key, f"unknown placeholder {placeholder}", "only {name} is filled in")

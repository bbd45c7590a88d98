"""How customers and agents really put things: the sentences of a content pack's files, as words that can be spoken.

A grammar says what it says in few ways. The pack that the cards are made of holds thousands of sentences that people
wrote, and a recogniser that does not know their words cannot find what the cards look for. Read are the lists
(``*.txt``, a sentence a line, in written calls after a mark of who says it), the articles (``*.md``: aliases and text)
and what agents are to say (``say:`` of ``*.yaml``), as plain text: this package knows nothing of what they mean.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from transcription.training.errors import TrainingError

_SAY = re.compile(r"^\s*(?:- )?say: (.+)$", re.MULTILINE)
_ALIAS = re.compile(r"^  - (.+)$", re.MULTILINE)
_SPEAKER = re.compile(r"^[AC][-+=]?(?: [\[{][^\]}]*[\]}])*: ")
"""What stands before the words of a line in a written call."""
_ENDS = re.compile(r"[.:;!?\n]+")
_FIGURES = re.compile(r"\d|\{|\.\.\.")
_WORD = re.compile(r"[a-z]+(?:'[a-z]+)*")


def read_talk(directory: Path) -> list[str]:
    """Every sentence once: lower-case words separated by single spaces. Raises TrainingError where there is none.

    Sentences with figures or gaps to fill are left out: nobody knows how they are said.
    """
    found: dict[str, None] = {}
    for file in sorted(directory.rglob("*")):
        if file.suffix in (".txt", ".md", ".yaml"):
            found |= dict.fromkeys(_sentences(file))
    if not found:
        raise TrainingError(f"{directory} holds no sentences: name a content directory")
    return list(found)


def spoken_words(text: str) -> str:
    """Lower-case words separated by single spaces: how a sentence stands in the language model."""
    return " ".join(_WORD.findall(text.lower().replace("\u2019", "'")))


def _sentences(file: Path) -> Iterator[str]:
    text = file.read_text(encoding="utf-8")
    if file.suffix == ".txt":
        parts = [_SPEAKER.sub("", line) for line in text.splitlines() if not line.startswith("#")]
    elif file.suffix == ".md":
        _, head, body = text.split("---", 2)
        parts = [*_ALIAS.findall(head), *_ENDS.split(body)]
    else:
        parts = [part for said in _SAY.findall(text) for part in _ENDS.split(said)]
    for part in parts:
        if (words := spoken_words(part)) and not _FIGURES.search(part):
            yield words

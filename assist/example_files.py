"""Examples of a content directory: ``examples/<playbook id>.txt``, ``examples/none.txt`` and ``concepts.yaml``.

An example is one utterance on a line of its own; a line that begins with ``#`` is a note.
"""

from __future__ import annotations

import functools
from collections.abc import Collection
from pathlib import Path

from pydantic import ConfigDict, RootModel

from assist.features import Concepts
from assist.spotting import phrase_words, tokenise
from assist.subjects import NONE, SubjectReader
from voice.documents import load_yaml, read_text, validate
from voice.errors import DocumentError

Examples = tuple[tuple[str, tuple[str, ...]], ...]


class ConceptsSpec(RootModel[dict[str, str]]):
    """Concept → words that stand for one another, with spaces between them."""

    model_config = ConfigDict(frozen=True)


def load_concepts(file: Path) -> Concepts:
    """The concepts of a content directory; none where there is no such file. Raises DocumentError."""
    if not file.exists():
        return Concepts({})
    document = load_yaml(file)
    spec = validate(document, ConceptsSpec)
    concepts: dict[str, tuple[str, ...]] = {}
    for name, words in spec.root.items():
        concepts[name] = tuple(words.split())
        for word in concepts[name]:
            if len(phrase_words(word)) != 1:
                raise document.error((name,), f"{word!r} is not one word", "write single words with spaces between")
    return Concepts(concepts)


def load_subjects(files: list[Path], concepts: Concepts, playbooks: Collection[str]) -> SubjectReader | None:
    """The model of the examples in ``files``, None without any. Raises DocumentError."""
    if not files:
        return None
    seen: dict[tuple[str, ...], str] = {}
    examples = tuple((file.stem, _utterances(file, playbooks, seen)) for file in files)
    if NONE not in dict(examples):
        what = f"no {NONE}.txt"
        raise DocumentError(files[0].parent, None, what, "write down what callers say that starts no playbook")
    return _reader(examples, tuple(concepts.words.items()))


@functools.lru_cache(maxsize=4)
def _reader(examples: Examples, concepts: tuple[tuple[str, tuple[str, ...]], ...]) -> SubjectReader:
    """A second of work: not done again when another file of the directory changes."""
    return SubjectReader(dict(examples), Concepts(dict(concepts)))


def _utterances(file: Path, playbooks: Collection[str], seen: dict[tuple[str, ...], str]) -> tuple[str, ...]:
    if file.stem != NONE and file.stem not in playbooks:
        raise DocumentError(file, None, f"no playbook {file.stem!r}", f"name it after a playbook, or {NONE}.txt")
    found: list[str] = []
    for number, line in enumerate(read_text(file).splitlines(), start=1):
        words = tuple(token.text for token in tokenise(line))
        if line.startswith("#") or not words:
            continue
        if words in seen:
            raise DocumentError(file, number, f"stands in {seen[words]} already", "an utterance is an example of one")
        seen[words] = file.name
        found.append(line.strip())
    if not found:
        raise DocumentError(file, None, "no examples", "write one utterance a line, or remove the file")
    return tuple(found)

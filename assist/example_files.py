"""Examples of a content directory: ``examples/<playbook id>.txt``, ``examples/none.txt``, ``feelings/bad.txt``,
``neutral.txt`` and ``good.txt``, and ``concepts.yaml``.

An example is one utterance on a line of its own; a line that begins with ``#`` is a note.
"""

from __future__ import annotations

import functools
from collections.abc import Collection
from pathlib import Path

from pydantic import ConfigDict, RootModel

from assist.features import Concepts
from assist.sentiment import Scorer
from assist.spotting import phrase_words, tokenise
from assist.subjects import NONE, SubjectReader
from assist.valence import VALENCES, LearnedScorer
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
    for file in files:
        if file.stem != NONE and file.stem not in playbooks:
            raise DocumentError(file, None, f"no playbook {file.stem!r}", f"name it after a playbook, or {NONE}.txt")
    examples = _examples(files)
    if NONE not in dict(examples):
        what = f"no {NONE}.txt"
        raise DocumentError(files[0].parent, None, what, "write down what callers say that starts no playbook")
    return _reader(examples, tuple(concepts.words.items()))


def load_scorer(files: list[Path], concepts: Concepts, lexicon: Scorer) -> Scorer:
    """``lexicon`` corrected by the examples in ``files``; itself without any. Raises DocumentError."""
    if not files:
        return lexicon
    names = ", ".join(f"{name}.txt" for name in VALENCES)
    for file in files:
        if file.stem not in VALENCES:
            raise DocumentError(file, None, f"no feeling {file.stem!r}", f"the files are {names}")
    if len(files) < len(VALENCES):
        raise DocumentError(files[0].parent, None, "a feeling is missing", f"the files are {names}")
    return LearnedScorer(lexicon, dict(_examples(files)), concepts)


@functools.lru_cache(maxsize=4)
def _reader(examples: Examples, concepts: tuple[tuple[str, tuple[str, ...]], ...]) -> SubjectReader:
    """A second of work: not done again when another file of the directory changes."""
    return SubjectReader(dict(examples), Concepts(dict(concepts)))


def _examples(files: list[Path]) -> Examples:
    seen: dict[tuple[str, ...], str] = {}
    return tuple((file.stem, _utterances(file, seen)) for file in files)


def _utterances(file: Path, seen: dict[tuple[str, ...], str]) -> tuple[str, ...]:
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

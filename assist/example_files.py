"""Examples of a content directory, and the models made of them: ``examples/<playbook id>.txt``, ``examples/none.txt``,
``feelings/bad.txt``, ``neutral.txt`` and ``good.txt``, and ``concepts.yaml``.

An example is one utterance on a line of its own; a line that begins with ``#`` is a note. Below ``examples/heard/`` the
same files hold examples as a recogniser heard them. ``build`` writes the models down (``assist.model_file``); where
that was not done, they are fitted when the directory is loaded.
"""

from __future__ import annotations

import functools
import hashlib
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from pydantic import ConfigDict, RootModel

from assist import features, linear
from assist.features import Concepts
from assist.linear import LinearModel
from assist.model_file import FILE, read_models, write_models
from assist.spotting import phrase_words, tokenise
from assist.subjects import NONE, SubjectReader, fit_subjects, subject_names
from assist.valence import VALENCES, fit_feelings
from voice.documents import load_yaml, read_text, validate
from voice.errors import DocumentError

Texts = tuple[tuple[str, tuple[str, ...]], ...]
_HEARD = "heard"
_SUBJECTS, _FEELINGS = "subjects", "feelings"
_FITTERS = {_SUBJECTS: fit_subjects, _FEELINGS: fit_feelings}


@dataclass(frozen=True)
class Examples:
    """All examples of a directory, empty where it has none. ``files``: what they were read from."""

    files: tuple[Path, ...]
    subjects: Texts
    feelings: Texts
    concepts: Texts

    @property
    def source(self) -> str:
        """A name for these examples and the code that reads them."""
        code = (sorted(features.KINDS.items()), linear.RIDGE, linear.RARE, linear.VERSION)
        return hashlib.sha256(repr((code, self.subjects, self.feelings, self.concepts)).encode()).hexdigest()[:16]

    def groups(self) -> dict[str, Texts]:
        """By model."""
        return {name: texts for name, texts in ((_SUBJECTS, self.subjects), (_FEELINGS, self.feelings)) if texts}


class ConceptsSpec(RootModel[dict[str, str]]):
    """Concept → words that stand for one another, with spaces between them."""

    model_config = ConfigDict(frozen=True)


def read_examples(directory: Path, playbooks: Collection[str]) -> Examples:
    """The examples of a content directory. Raises DocumentError."""
    said, heard = _listed(directory / "examples"), _listed(directory / "examples" / _HEARD)
    felt, concepts = _listed(directory / "feelings"), directory / "concepts.yaml"
    for file in (*said, *heard):
        if file.stem != NONE and file.stem not in playbooks:
            raise DocumentError(file, None, f"no playbook {file.stem!r}", f"name it after a playbook, or {NONE}.txt")
    if said and NONE not in {file.stem for file in said}:
        what = f"no {NONE}.txt"
        raise DocumentError(directory / "examples", None, what, "write down what callers say that starts no playbook")
    _check_feelings(felt)
    files = (*said, *heard, *felt, *((concepts,) if concepts.exists() else ()))
    return Examples(files, _merged(_texts(said), _texts(heard)), _texts(felt), _concepts(concepts))


def load_models(directory: Path, examples: Examples) -> tuple[SubjectReader | None, LinearModel | None]:
    """What the examples teach of subjects and of feelings; None where there are none of a kind."""
    models = _models(directory / FILE, examples)
    subjects = models.get(_SUBJECTS)
    names = subject_names(name for name, _ in examples.subjects)
    return (SubjectReader(names, subjects) if subjects is not None else None), models.get(_FEELINGS)


@functools.lru_cache(maxsize=4)
def _models(file: Path, examples: Examples) -> Mapping[str, LinearModel]:
    """Not done again when another file of the directory changes."""
    return read_models(file, examples.source, Concepts(dict(examples.concepts))) or _fitted(examples)


def build(directory: Path, examples: Examples) -> Path:
    """Fit the models and write them down; where."""
    write_models(directory / FILE, examples.source, _fitted(examples))
    return directory / FILE


def _fitted(examples: Examples) -> Mapping[str, LinearModel]:
    concepts = Concepts(dict(examples.concepts))
    return {name: _FITTERS[name](dict(texts), concepts) for name, texts in examples.groups().items()}


def _listed(directory: Path) -> list[Path]:
    if not directory.is_dir():
        return []
    files = sorted(file for file in directory.iterdir() if not file.name.startswith(".") and file.name != _HEARD)
    for file in files:
        if file.suffix != ".txt":
            raise DocumentError(file, None, "not a list of examples", "name it <id>.txt or move it elsewhere")
    return files


def _check_feelings(files: list[Path]) -> None:
    names = ", ".join(f"{name}.txt" for name in VALENCES)
    for file in files:
        if file.stem not in VALENCES:
            raise DocumentError(file, None, f"no feeling {file.stem!r}", f"the files are {names}")
    if files and len(files) < len(VALENCES):
        raise DocumentError(files[0].parent, None, "a feeling is missing", f"the files are {names}")


def _concepts(file: Path) -> Texts:
    if not file.exists():
        return ()
    document = load_yaml(file)
    concepts = {name: tuple(words.split()) for name, words in validate(document, ConceptsSpec).root.items()}
    for name, words in concepts.items():
        for word in words:
            if len(phrase_words(word)) != 1:
                raise document.error((name,), f"{word!r} is not one word", "write single words with spaces between")
    return tuple(concepts.items())


def _texts(files: Iterable[Path]) -> Texts:
    seen: dict[tuple[str, ...], str] = {}
    return tuple((file.stem, _utterances(file, seen)) for file in files)


def _merged(said: Texts, heard: Texts) -> Texts:
    more = dict(heard)
    return tuple((name, (*texts, *more.get(name, ()))) for name, texts in said)


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

"""Examples of a content directory, and the models made of them: ``examples/<playbook id>.txt`` and ``none.txt``,
``feelings/bad.txt``, ``neutral.txt`` and ``good.txt``, and ``calls/*.txt`` (``assist.example_calls``).

An example is one utterance on a line of its own; a line that begins with ``#`` is a note. Each line of a caller in a
whole call is an example of what it is marked with. ``build`` writes the models down (``assist.model_file``); where that
was not done, they are fitted when the directory is loaded.
"""

from __future__ import annotations

import functools
import hashlib
import itertools
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from assist import features, linear
from assist.example_calls import ExampleCall, SaidLine, read_calls
from assist.linear import LinearModel
from assist.model_file import FILE, read_models, write_models
from assist.spotting import tokenise
from assist.subjects import NONE, Spoken, SubjectReader, fit_subjects, subject_names
from assist.valence import VALENCES, fit_feelings
from voice.documents import read_text
from voice.errors import DocumentError

Texts = tuple[tuple[str, tuple[str, ...]], ...]
Said = tuple[tuple[str, tuple[Spoken, ...]], ...]
Words = tuple[str, ...]
_SUBJECTS, _FEELINGS = "subjects", "feelings"


@dataclass(frozen=True)
class Examples:
    """All examples of a directory, empty where it has none. ``files``: what they were read from."""

    files: tuple[Path, ...]
    subjects: Said
    feelings: Texts

    @property
    def source(self) -> str:
        """A name for these examples and the code that reads them."""
        code = (
            sorted(features.KINDS.items()), features.EARLIER, features.FADE, linear.RIDGE, linear.RARE, linear.VERSION,
        )  # fmt: skip
        return hashlib.sha256(repr((code, self.subjects, self.feelings)).encode()).hexdigest()[:16]


def read_examples(directory: Path, playbooks: Collection[str]) -> Examples:
    """The examples of a content directory. Raises DocumentError."""
    said, felt, called = (_listed(directory / name) for name in ("examples", "feelings", "calls"))
    for file in said:
        if file.stem != NONE and file.stem not in playbooks:
            raise DocumentError(file, None, f"no playbook {file.stem!r}", f"name it after a playbook, or {NONE}.txt")
    if said and NONE not in {file.stem for file in said}:
        what = f"no {NONE}.txt"
        raise DocumentError(directory / "examples", None, what, "write down what callers say that starts no playbook")
    _check_feelings(felt)
    calls = [_callers_lines(call) for file in called for call in read_calls(file, playbooks)]
    return Examples((*said, *felt, *called), _subjects(said, calls), _feelings(felt, calls))


def load_models(directory: Path, examples: Examples) -> tuple[SubjectReader | None, LinearModel | None]:
    """What the examples teach of subjects and of feelings; None where there are none of a kind, and where no example
    names a playbook.
    """
    models = _models(directory / FILE, examples)
    subjects = models.get(_SUBJECTS)
    names = subject_names(name for name, _ in examples.subjects)
    reader = SubjectReader(names, subjects) if subjects is not None and names != (NONE,) else None
    return reader, models.get(_FEELINGS)


@functools.lru_cache(maxsize=4)
def _models(file: Path, examples: Examples) -> Mapping[str, LinearModel]:
    """Not done again when another file of the directory changes."""
    return read_models(file, examples.source) or _fitted(examples)


def build(directory: Path, examples: Examples) -> Path:
    """Fit the models and write them down; where."""
    write_models(directory / FILE, examples.source, _fitted(examples))
    return directory / FILE


def _fitted(examples: Examples) -> Mapping[str, LinearModel]:
    models = {_SUBJECTS: fit_subjects(dict(examples.subjects))} if examples.subjects else {}
    return models | ({_FEELINGS: fit_feelings(dict(examples.feelings))} if examples.feelings else {})


def _listed(directory: Path) -> list[Path]:
    if not directory.is_dir():
        return []
    files = sorted(file for file in directory.iterdir() if not file.name.startswith("."))
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


def _callers_lines(call: ExampleCall) -> list[SaidLine]:
    return [line for line in call.lines if line.caller and _words(line.text)]


def _subjects(files: Iterable[Path], calls: Iterable[Sequence[SaidLine]]) -> Said:
    """The lists, and every line of the calls after what was said before it."""
    found = {name: [Spoken(text) for text in texts] for name, texts in _lists(files, {}).items()}
    for lines in calls:
        for at, line in enumerate(lines):
            earlier = tuple(before.text for before in reversed(lines[max(0, at - features.EARLIER) : at]))
            found.setdefault(line.playbook or NONE, []).append(Spoken(line.text, earlier))
    return tuple((name, tuple(listed)) for name, listed in found.items())


def _feelings(files: Iterable[Path], calls: Iterable[Sequence[SaidLine]]) -> Texts:
    """The lists, and the lines of the calls but for what was read already."""
    seen: dict[Words, str] = {}
    found = _lists(files, seen)
    for line in itertools.chain.from_iterable(calls):
        words = _words(line.text)
        if words not in seen:
            seen[words] = line.text
            found.setdefault(line.feeling or "", []).append(line.text)
    return tuple((name, tuple(listed)) for name, listed in found.items())


def _lists(files: Iterable[Path], seen: dict[Words, str]) -> dict[str, list[str]]:
    return {file.stem: list(_utterances(file, seen)) for file in files}


def _utterances(file: Path, seen: dict[Words, str]) -> tuple[str, ...]:
    found: list[str] = []
    for number, line in enumerate(read_text(file).splitlines(), start=1):
        words = _words(line)
        if line.startswith("#") or not words:
            continue
        if words in seen:
            raise DocumentError(file, number, f"stands in {seen[words]} already", "an utterance is an example of one")
        seen[words] = file.name
        found.append(line.strip())
    if not found:
        raise DocumentError(file, None, "no examples", "write one utterance a line, or remove the file")
    return tuple(found)


def _words(text: str) -> Words:
    return tuple(token.text for token in tokenise(text))

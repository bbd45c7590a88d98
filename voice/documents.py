"""Files people write (TOML settings, YAML flows and playbooks): read once; errors name file, line and fix."""

from __future__ import annotations

import difflib
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar, get_args

import yaml
from pydantic import BaseModel, ValidationError

from voice.errors import DocumentError

Key = tuple[str | int, ...]
Model = TypeVar("Model", bound=BaseModel)

MOST_VALUES = 300_000
"""Values of one document: a few lines of aliases can stand for billions."""
_FIXES = {
    "missing": "add the key",
    "extra_forbidden": "remove the key",
    "literal_error": "use one of the values named",
    "union_tag_invalid": "use one of the names listed",
}


@dataclass(frozen=True)
class Document:
    """A parsed file: ``data`` as plain Python values, ``lines`` giving the 1-based line of each key path."""

    file: Path
    data: Any
    lines: Mapping[Key, int]

    def line(self, key: Key) -> int | None:
        """The line of ``key``, or of the nearest enclosing key that has one."""
        for length in range(len(key), -1, -1):
            if key[:length] in self.lines:
                return self.lines[key[:length]]
        return None

    def error(self, key: Key, what: str, fix: str) -> DocumentError:
        """An error pointing at ``key``."""
        return DocumentError(self.file, self.line(key), what, fix)


def read_text(file: Path) -> str:
    """The text of a file people write. Raises DocumentError."""
    try:
        return file.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        raise DocumentError(file, None, "no such file", "check the path") from None
    except UnicodeDecodeError as error:
        raise DocumentError(file, None, f"not UTF-8 text ({error.reason})", "save the file as UTF-8") from None
    except OSError as error:
        raise DocumentError(file, None, f"cannot be read ({error.strerror})", "check its permissions") from None


def load_yaml(file: Path) -> Document:
    """Parse a YAML file with plain values only. Raises DocumentError (unreadable, bad syntax, a key twice)."""
    return _yaml(file, read_text(file))


def load_front_matter(file: Path) -> tuple[Document, str]:
    """A Markdown file's YAML between two lines of ``---`` at its top, and the text below. Raises DocumentError."""
    text = read_text(file)
    lines = text.splitlines(keepends=True)
    marks = [index for index, line in enumerate(lines) if line.rstrip() == "---"][:2]
    if len(marks) < 2 or marks[0] != 0:
        raise DocumentError(file, 1, "no front matter", "begin with ---, the keys, and --- again")
    return _yaml(file, "".join(lines[: marks[1]])), "".join(lines[marks[1] + 1 :]).strip()


def _yaml(file: Path, text: str) -> Document:
    lines: dict[Key, int] = {}
    try:
        root = yaml.compose(text, Loader=yaml.SafeLoader)
        if root is None:
            raise DocumentError(file, 1, "the file is empty", "write the document")
        return Document(file, _construct(file, root, (), lines), lines)
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else None
        raise DocumentError(file, line, f"not YAML: {error.problem}", "check indentation and quotes") from None
    except yaml.reader.ReaderError as error:
        line = text.count("\n", 0, error.position) + 1
        raise DocumentError(file, line, f"not YAML: {error.reason}", "check for control characters") from None
    except RecursionError:  # of the parser, or of an alias that stands within what it names
        raise DocumentError(file, None, "not YAML: nested too deeply", "look for an alias within itself") from None


def _construct(file: Path, node: yaml.Node, key: Key, lines: dict[Key, int]) -> Any:
    lines[key] = node.start_mark.line + 1
    if len(lines) > MOST_VALUES:
        raise DocumentError(file, lines[key], f"more than {MOST_VALUES} values", "look for aliases of aliases")
    if isinstance(node, yaml.SequenceNode):
        return [_construct(file, child, (*key, index), lines) for index, child in enumerate(node.value)]
    if not isinstance(node, yaml.MappingNode):
        return _scalar(file, node)
    result: dict[Any, Any] = {}
    for key_node, value_node in node.value:
        line = key_node.start_mark.line + 1
        name = _scalar(file, key_node)
        if not isinstance(name, str | int):
            raise DocumentError(file, line, f"key {name!r} is not a name", "quote the key")
        if name in result:
            raise DocumentError(file, line, f"key {name!r} stands here twice", "keep one of them")
        result[name] = _construct(file, value_node, (*key, name), lines)
        lines[(*key, name)] = line
    return result


def _scalar(file: Path, node: yaml.Node) -> Any:
    try:
        value = yaml.SafeLoader("").construct_object(node)
        if isinstance(value, str):
            value.encode()  # half of a surrogate pair could be written to no log and sent to no page
    except (ValueError, KeyError, AttributeError) as error:  # PyYAML's for !!bool x, !!timestamp x
        problem = f"{error}" if isinstance(error, ValueError) else f"is not of the kind {node.tag!r}"
        what, fix = f"{node.value!r}: {problem}", "correct it, or put it in quotes"
        raise DocumentError(file, node.start_mark.line + 1, what, fix) from None
    return value


def load_toml(file: Path) -> Document:
    """Parse a TOML file. Raises DocumentError (unreadable, bad syntax)."""
    text = read_text(file)
    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        found = re.search(r"at line (\d+)", str(error))
        line = int(found.group(1)) if found else None
        raise DocumentError(file, line, f"not TOML: {error}", "check quotes and brackets") from None
    return Document(file, data, _toml_lines(text))


def _toml_lines(text: str) -> dict[Key, int]:
    """Lines of tables and of keys at the start of a line; enough to point a person at the right place."""
    lines: dict[Key, int] = {}
    section: Key = ()
    counts: dict[str, int] = {}
    for number, line in enumerate(text.splitlines(), start=1):
        if array := re.match(r"\s*\[\[\s*([\w.-]+)\s*\]\]", line):
            name = array.group(1)
            counts[name] = counts.get(name, -1) + 1
            section = (*name.split("."), counts[name])
            lines.setdefault(section, number)
        elif table := re.match(r"\s*\[\s*([\w.-]+)\s*\]", line):
            section = tuple(table.group(1).split("."))
            lines.setdefault(section, number)
        elif assignment := re.match(r"\s*([\w.-]+)\s*=", line):
            lines.setdefault((*section, *assignment.group(1).split(".")), number)
    return lines


def validate(document: Document, model: type[Model], *, at: Key = ()) -> Model:
    """Turn the part of a document at ``at`` into ``model``. Raises DocumentError for the first thing wrong."""
    data = document.data
    for step in at:
        data = data.get(step, {}) if isinstance(data, dict) else data[step]
    try:
        return model.model_validate(data)
    except ValidationError as errors:
        error = errors.errors()[0]
        inside = tuple(step for step in error["loc"] if _is_key(step, data))
        name = ".".join(str(step) for step in (*at, *inside)) or "the document"
        what = f"{name}: {error['msg'][0].lower()}{error['msg'][1:]}"
        raise document.error((*at, *inside), what, _fix(error["type"], error["loc"], model)) from None


def _is_key(step: str | int, data: Any) -> bool:
    """Pydantic adds the tag of a discriminated union to the location; only real keys help a person."""
    return isinstance(step, int) or isinstance(data, dict) or data is None


def _fix(kind: str, location: tuple[str | int, ...], model: type[BaseModel]) -> str:
    if kind == "extra_forbidden" and location:
        near = difflib.get_close_matches(str(location[-1]), sorted(_field_names(model)), n=1)
        return f"did you mean {near[0]!r}?" if near else "remove the key"
    return _FIXES.get(kind, "give a value of that kind")


def _field_names(model: type[BaseModel]) -> set[str]:
    names: set[str] = set()
    for name, field in model.model_fields.items():
        names.add(field.alias or name)
        for part in (field.annotation, *get_args(field.annotation)):
            if isinstance(part, type) and issubclass(part, BaseModel) and part is not model:
                names |= _field_names(part)
    return names

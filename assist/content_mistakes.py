"""All that is wrong with a content directory, a line a file: whoever writes forty articles mends them in one go."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path

from assist.content import Content, load_content, read_lexicon, read_playbook
from assist.knowledge import load_articles
from assist.quality.forms import load_forms
from assist.quality.spec import load_scorecard
from assist.rule_files import check_rules
from assist.rules import RulePack
from voice.documents import load_yaml, validate
from voice.errors import DocumentError


def mistakes(directory: Path) -> tuple[DocumentError, ...]:
    """The first thing wrong in each file; where each is good by itself, the first that is wrong with them together."""
    found = [error for file, read in _readers(directory) if (error := _tried(read, file)) is not None]
    if not found and (error := _tried(_whole, directory)) is not None:
        found.append(error)
    return tuple(found)


def stale(content: Content, today: date) -> tuple[str, ...]:
    """Articles that should have been reviewed, the longest due first, each with its day and owner."""
    late = sorted(
        (each for each in content.library.articles.values() if each.stale(today)), key=lambda x: x.spec.review
    )
    return tuple(f"{each.id}: to be reviewed by {each.spec.review} by {each.spec.owner}" for each in late)


def _readers(directory: Path) -> Iterator[tuple[Path, Callable[[Path], object]]]:
    yield directory / "lexicon.yaml", lambda file: read_lexicon(load_yaml(file))
    kinds: tuple[tuple[str, Callable[[Path], object]], ...] = (
        ("playbooks/*.yaml", lambda file: read_playbook(load_yaml(file))),
        ("rules/*.yaml", _rules),
        ("knowledge/*.md", lambda file: load_articles([file])),
    )
    for pattern, read in kinds:
        for file in sorted(directory.glob(pattern)):
            if not file.name.startswith("."):  # an editor's
                yield file, read


def _rules(file: Path) -> None:
    document = load_yaml(file)
    check_rules(document, validate(document, RulePack), ())


def _whole(directory: Path) -> None:
    content = load_content(directory)
    load_scorecard(content, directory)
    load_forms(directory)


def _tried(read: Callable[[Path], object], file: Path) -> DocumentError | None:
    try:
        read(file)
    except DocumentError as error:
        return error
    return None

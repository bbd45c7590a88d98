"""Whole calls of a content directory, written down with what a colleague would make of each line: ``calls/*.txt``.

One utterance a line, spoken as people speak::

    ## two lots of the same month
    A: Brightwire, Tom speaking, how can I help?
    C= [billing_dispute~]: i sat down with my statements on sunday like i do every month
    C- [billing_dispute]: and there are two lots of thirty nine pounds for july
    A [billing_dispute]: So you've been charged twice, let me look at that.
    C+ {rising}: oh brilliant thank you

``C`` is the caller, ``A`` the agent. A caller's line says how it feels: ``-`` bad, ``+`` good, ``=`` neither.
``[id]``: with this line a colleague knows that the playbook is wanted, once in a call; ``[id~]``: another line that is
about it. An agent's ``[id]`` takes the matter up. ``{falling}``, ``{rising}``, ``{flat}``: where the caller's feeling
has been going in the last half minute. A line that begins with ``#`` and a space is a note.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from pathlib import Path

from assist.direction import Direction
from voice.documents import read_text
from voice.errors import DocumentError

_LINE = re.compile(
    r"(?:(?P<caller>C)(?P<feeling>[-+=])|A)"
    r"(?: \[(?P<playbook>[a-z][a-z0-9_]*)(?P<about>~?)\])?"
    r"(?: \{(?P<direction>falling|rising|flat)\})?: +(?P<text>\S.*)"
)
_TITLE = "## "
_FORM = "write `C=: words`, `C- [playbook]: words`, `C+ {rising}: words` or `A: words`"
FEELINGS = {"-": "bad", "=": "neutral", "+": "good"}


@dataclass(frozen=True, slots=True)
class SaidLine:
    """``playbook``: what it is about; ``telling``: whether the caller makes it known with this line; ``feeling``: a
    name of ``assist.valence.VALENCES``, None of an agent's.
    """

    caller: bool
    text: str
    playbook: str | None = None
    telling: bool = False
    feeling: str | None = None
    direction: Direction | None = None


@dataclass(frozen=True, slots=True)
class ExampleCall:
    """One call. ``title`` is for people."""

    title: str
    lines: tuple[SaidLine, ...]


def read_calls(file: Path, playbooks: Collection[str]) -> tuple[ExampleCall, ...]:
    """The calls of a file, in order. Raises DocumentError."""
    return tuple(_calls(file, playbooks))


def _calls(file: Path, playbooks: Collection[str]) -> Iterator[ExampleCall]:
    title, lines, told = "", list[SaidLine](), set[str]()
    for number, written in enumerate(read_text(file).splitlines(), start=1):
        if written.startswith(_TITLE):
            if lines:
                yield ExampleCall(title, tuple(lines))
            title, lines, told = written.removeprefix(_TITLE).strip(), [], set()
        elif written.strip() and not written.startswith("# "):
            if not title:
                raise DocumentError(file, number, "a line before the first call", "begin a call with `## title`")
            line = _line(file, number, written, playbooks)
            if line.telling and line.playbook in told:
                what = f"{line.playbook} has been made known in this call already"
                raise DocumentError(file, number, what, f"write [{line.playbook}~] where more is said of it")
            told |= {line.playbook} if line.telling and line.playbook else set()
            lines.append(line)
    if lines:
        yield ExampleCall(title, tuple(lines))


def _line(file: Path, number: int, written: str, playbooks: Collection[str]) -> SaidLine:
    found = _LINE.fullmatch(written.strip())
    if found is None:
        raise DocumentError(file, number, f"not a line of a call: {written.strip()[:40]!r}", _FORM)
    caller, playbook, direction = bool(found["caller"]), found["playbook"], found["direction"]
    if playbook is not None and playbook not in playbooks:
        raise DocumentError(file, number, f"no playbook {playbook!r}", f"known are {', '.join(sorted(playbooks))}")
    return SaidLine(
        caller,
        found["text"],
        playbook,
        caller and playbook is not None and not found["about"],
        FEELINGS[found["feeling"]] if caller else None,
        Direction(direction) if direction else None,
    )

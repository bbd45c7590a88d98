"""docs/events.md from the types themselves: ``python -m assist.event_catalogue [--check] docs/events.md``.

``--check`` writes nothing: it exits with status 1 and one line where the file is not what the types say.
"""

from __future__ import annotations

import argparse
import dataclasses
import inspect
import sys
import typing
from collections.abc import Iterable, Iterator
from enum import Enum
from pathlib import Path
from typing import Any

from assist.desk_events import DESK_EVENTS, FEED_EVENTS
from assist.vocabulary import EVENTS
from ivr.contact_commands import CONTACT_COMMANDS
from ivr.supervision import SUPERVISION_COMMANDS
from voice.commands import Command
from voice.events import Event

COMMANDS = (*CONTACT_COMMANDS, *SUPERVISION_COMMANDS)
HEAD = """\
# Events and commands

Made by `python -m assist.event_catalogue docs/events.md`; do not edit.

On the bus an event is `data` in an envelope (`voice.events.Envelope`), one JSON object; `seq` rises by one for each
publishing process, and `cause_id` is the id of what led to it:

```json
{"id": "9f...", "at": 1700000000.0, "source": "floor-412", "seq": 7, "type": "contact.ended",
 "data": {"reason": "completed", "...": "..."}, "contact_id": "c1", "cause_id": null}
```

*Durable* events are delivered at least once to the floor and are in its log; *live* events at most once. Events marked
*page* also go to the agent's page, over its websocket (`assist/feed.py`). Times are Unix seconds (`*_at`, `at`,
`since`) or media seconds of the contact (`*_s`).
"""


def catalogue() -> str:
    """The document, as Markdown."""
    desk_only = [kind for kind in DESK_EVENTS if kind not in EVENTS.types]
    kinds = [*EVENTS.types, *desk_only]
    parts = [HEAD]
    for package in ("voice", "transcription", "ivr", "assist"):
        parts.append(f"## Events of `{package}`\n")
        parts += [_event(kind, bus=kind not in desk_only) for kind in kinds if _package(kind) == package]
    parts.append("## Commands\n\nTo `contact.<id>`, answered by a reply: `ok`, and a `reason` where not.\n")
    parts += [_entry(command, _package(command)) for command in COMMANDS]
    parts.append("## Types they are made of\n")
    parts += [_type(kind) for kind in _used_by((*kinds, *COMMANDS))]
    return "\n".join(parts).rstrip() + "\n"


def _event(kind: type[Event], *, bus: bool) -> str:
    places = [("durable" if kind.durable else "live") if bus else "page only"]
    if bus and kind in FEED_EVENTS:
        places.append("page")
    return _entry(kind, ", ".join(places))


def _entry(kind: type[Event | Command], remark: str) -> str:
    return f"### `{kind.type}` ({remark})\n\n`{kind.__module__}.{kind.__name__}`: {_summary(kind)}\n\n{_fields(kind)}\n"


def _type(kind: type[Any]) -> str:
    head = f"### `{kind.__name__}`\n\n{_summary(kind)}\n\n"
    if issubclass(kind, Enum):
        return head + ", ".join(f"`{member.value}`" for member in kind) + "\n"
    return f"{head}{_fields(kind)}\n"


def _fields(kind: type[Any]) -> str:
    rows = [f"| `{field.name}` | `{_written(field.type)}` | {_default(field)} |" for field in dataclasses.fields(kind)]
    return "\n".join(["| Field | Type | Default |", "|---|---|---|", *rows]) if rows else "No fields."


def _written(hint: Any) -> str:
    """A type as its module writes it; a bar would end the table's cell."""
    return str(hint).replace("|", "\\|")


def _default(field: dataclasses.Field[Any]) -> str:
    return "" if field.default is dataclasses.MISSING else f"`{field.default!r}`"


def _summary(kind: type[Any]) -> str:
    """The docstring, each paragraph on one line."""
    return "\n\n".join(" ".join(part.split()) for part in inspect.cleandoc(kind.__doc__ or "").split("\n\n"))


def _package(kind: type[Any]) -> str:
    return kind.__module__.partition(".")[0]


def _used_by(kinds: Iterable[type[Any]]) -> list[type[Any]]:
    """The classes of ours that the fields of ``kinds`` are made of, and theirs, by name."""
    found: dict[str, type[Any]] = {}
    pending = list(kinds)
    while pending:
        for hint in typing.get_type_hints(pending.pop()).values():
            for part in _parts(hint):
                if part.__module__.partition(".")[0] in ("voice", "transcription", "ivr", "assist"):
                    if part.__name__ not in found and dataclasses.is_dataclass(part):
                        pending.append(part)
                    found[part.__name__] = part
    return [found[name] for name in sorted(found)]


def _parts(hint: Any) -> Iterator[type[Any]]:
    if isinstance(hint, type) and not typing.get_args(hint):
        yield hint
    for argument in typing.get_args(hint):
        yield from _parts(argument)


def main(arguments: list[str] | None = None) -> int:
    """Write or check the file."""
    parser = argparse.ArgumentParser(prog="python -m assist.event_catalogue", description=__doc__)
    parser.add_argument("--check", action="store_true")
    parser.add_argument("file", type=Path)
    given = parser.parse_args(arguments)
    text = catalogue()
    if not given.check:
        given.file.write_text(text, encoding="utf-8")
        return 0
    if given.file.exists() and given.file.read_text(encoding="utf-8") == text:
        return 0
    sys.stderr.write(f"{given.file} is not what the types say. Fix: python -m assist.event_catalogue {given.file}\n")
    return 1


if __name__ == "__main__":
    sys.exit(main())

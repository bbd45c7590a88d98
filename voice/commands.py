"""Commands: a request to one process, with an id, a deadline and a reply. Handlers are idempotent by id."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar


@dataclass(frozen=True, slots=True)
class Command:
    """Base of all commands; ``type`` is the dotted name on the wire. Sent to an address such as ``contact.<id>``."""

    type: ClassVar[str] = ""


@dataclass(frozen=True, slots=True)
class Reply:
    """The answer to a command: carried out (``ok``), or refused for ``reason``, a line fit for a person."""

    ok: bool
    reason: str = ""

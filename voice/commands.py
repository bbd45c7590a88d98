"""Commands: a request to one process, with an id, a deadline and a reply. Handlers are idempotent by id."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, ClassVar

from pydantic import TypeAdapter, ValidationError

from voice.events import MalformedError, UnknownTypeError


@dataclass(frozen=True, slots=True)
class Command:
    """Base of all commands; ``type`` is the dotted name on the wire. Sent to an address such as ``contact.<id>``."""

    type: ClassVar[str] = ""


@dataclass(frozen=True, slots=True)
class Reply:
    """The answer to a command: carried out (``ok``), or refused for ``reason``, a line fit for a person."""

    ok: bool
    reason: str = ""


class CommandCodec:
    """Command ↔ (type, JSON object), for a closed set of command types chosen at composition."""

    def __init__(self, types: Iterable[type[Command]]) -> None:
        self._adapters: dict[str, TypeAdapter[Any]] = {cls.type: TypeAdapter(cls) for cls in types}

    def encode(self, command: Command) -> dict[str, Any]:
        """``{"type": ..., "data": {...}}``. Raises UnknownTypeError for a type that was not registered."""
        return {"type": command.type, "data": self._adapter(command.type).dump_python(command, mode="json")}

    def decode(self, name: str, data: object) -> Command:
        """The command. Raises UnknownTypeError or MalformedError."""
        try:
            command: Command = self._adapter(name).validate_python(data)
        except ValidationError as error:
            raise MalformedError(f"not a {name} command: {error.errors()[0]['msg']}") from None
        return command

    def _adapter(self, name: str) -> TypeAdapter[Any]:
        try:
            return self._adapters[name]
        except KeyError:
            raise UnknownTypeError(f"command type {name!r} is not registered here") from None

"""The registrar's bindings on disk, so that a front that was killed and started again can still ring every station.

Without it nobody could be reached until the stations register again by themselves, minutes later. Only bindings over
UDP are kept: a TCP connection ends with the front, its station notices and registers at once.
"""

from __future__ import annotations

import logging
import os
from pathlib import Path

from pydantic import TypeAdapter, ValidationError

from voice.front.registrar import Binding, Registrar

log = logging.getLogger(__name__)

_BINDINGS = TypeAdapter(dict[str, tuple[Binding, ...]])


class Ledger:
    """Keeps ``file`` as ``registrar`` is. Moments are CLOCK_MONOTONIC, which the next front shares."""

    def __init__(self, file: Path, registrar: Registrar) -> None:
        self._file = file
        self._registrar = registrar
        self._written = registrar.changes

    def read(self, now: float) -> None:
        """Take over what the front before this one knew. What cannot be read is reported and left out."""
        try:
            self._registrar.restore(_BINDINGS.validate_json(self._file.read_bytes()), now)
        except FileNotFoundError:
            return
        except (OSError, ValidationError) as error:
            log.warning("registrations from before are not known: %s", error)

    def write(self) -> None:
        """Write, whole or not at all, if anything changed. A disk that refuses is reported; calls go on."""
        if self._written == self._registrar.changes:
            return
        self._written = self._registrar.changes
        draft = self._file.with_name(f".{self._file.name}.draft")
        try:
            descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
            with os.fdopen(descriptor, "wb") as out:
                out.write(_BINDINGS.dump_json(self._registrar.bindings))
            draft.replace(self._file)
        except OSError as error:
            log.warning("registrations would not survive a restart now: %s", error)

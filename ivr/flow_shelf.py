"""The flow that contacts begin with: the file as it is now, or the last good one where somebody broke it meanwhile.

Running contacts keep the version they began with. A broken file is said in the log, once a process, by file, line and
fix; the copy of the last good one outlives every process that has read it.
"""

from __future__ import annotations

import logging
import os
from pathlib import Path

from ivr.prompts import MANIFEST, PromptStore, directory_of
from ivr.schema import Flow, load_with_prompts
from voice.errors import DocumentError

log = logging.getLogger(__name__)

Stamp = tuple[tuple[int, int, int] | None, ...]


class FlowShelf:
    """``file`` and its prompts under ``root``; ``kept`` is where the last good flow is copied to."""

    def __init__(self, file: Path, root: Path, kept: Path) -> None:
        self._file = file
        self._root = root
        self._kept = kept
        self._seen: Stamp = ()
        self._current: tuple[Flow, PromptStore] | None = None

    def take(self) -> tuple[Flow, PromptStore]:
        """What a contact that begins now goes through; reads only what has changed. Raises DocumentError where there
        has never been a good one.
        """
        if self._current is None or self._stamp(self._current[0]) != self._seen:
            self._current = self._load()
            self._seen = self._stamp(self._current[0])
        return self._current

    def _load(self) -> tuple[Flow, PromptStore]:
        try:
            text = self._file.read_bytes()
        except OSError:
            text = b""
        try:
            found = load_with_prompts(self._file, self._root)
        except DocumentError as error:
            good = self._current or self._last_good(error)
            log.error("%s. Callers go through version %s of before", error, good[0].version)
            return good
        self._keep(text)
        return found

    def _last_good(self, error: DocumentError) -> tuple[Flow, PromptStore]:
        if not self._kept.is_file():
            raise error
        return load_with_prompts(self._kept, self._root)

    def _keep(self, text: bytes) -> None:
        try:
            if self._kept.is_file() and self._kept.read_bytes() == text:
                return
            self._kept.parent.mkdir(parents=True, exist_ok=True)
            draft = self._kept.with_name(f".{self._kept.name}.{os.getpid()}")
            draft.write_bytes(text)
            draft.replace(self._kept)
        except OSError as error:
            log.error("%s is not kept for bad days: %s", self._file, error.strerror)

    def _stamp(self, flow: Flow) -> Stamp:
        return tuple(_stamp(file) for file in (self._file, directory_of(self._root, flow.language) / MANIFEST))


def _stamp(file: Path) -> tuple[int, int, int] | None:
    try:
        found = file.stat()
    except OSError:
        return None
    return (found.st_ino, found.st_mtime_ns, found.st_size)

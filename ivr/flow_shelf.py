"""The flow that contacts begin with: the file as it is now, or the last good one where somebody broke it meanwhile.

Running contacts keep the version they began with. A broken file is said in the log, once a process, by file, line and
fix, and to the floor with every contact that begins; the copy of the last good one outlives every process that has
read it.
"""

from __future__ import annotations

import logging
import os
from pathlib import Path

from ivr.prompts import MANIFEST, RATE, WIDE, PromptStore
from ivr.schema import Flow, load_with_prompts
from voice.errors import DocumentError

log = logging.getLogger(__name__)

Stamp = tuple[tuple[int, int, int] | None, ...]


class FlowShelf:
    """``file`` and its prompts under ``root``, at ``rate`` Hz; ``kept`` is where the last good flow is copied to."""

    def __init__(self, file: Path, root: Path, kept: Path, rate: int = RATE) -> None:
        self._rate = rate
        self._file = file
        self._root = root
        self._kept = kept
        self._seen: Stamp = ()
        self._current: tuple[Flow, PromptStore] | None = None
        self.problem = ""
        """What is wrong with the file, while the last good one is taken instead."""

    def take(self) -> tuple[Flow, PromptStore]:
        """What a contact that begins now goes through; reads only what has changed. Raises DocumentError where there
        has never been a good one.
        """
        stamp = self._stamp()  # before it is read: what changes while it is read is seen the next time
        if self._current is None or stamp != self._seen:
            self._current = self._load()
            self._seen = stamp
        return self._current

    def _load(self) -> tuple[Flow, PromptStore]:
        try:
            text = self._file.read_bytes()
        except OSError:
            text = b""
        try:
            found = load_with_prompts(self._file, self._root, rate=self._rate)
        except DocumentError as error:
            good, self.problem = self._last_good(error), str(error)
            log.error("%s. Callers go through version %s of before", error, good[0].version)
            return good
        self._keep(text)
        self.problem = ""
        return found

    def _last_good(self, error: DocumentError) -> tuple[Flow, PromptStore]:
        """The copy comes before what this process has seen itself: another may have read a newer one."""
        try:
            return load_with_prompts(self._kept, self._root, rate=self._rate)
        except DocumentError:
            if self._current is None:
                raise error from None
            return self._current

    def _keep(self, text: bytes) -> None:
        try:
            if self._file.read_bytes() != text or (self._kept.is_file() and self._kept.read_bytes() == text):
                return  # newer already, or kept already
            self._kept.parent.mkdir(parents=True, exist_ok=True)
            draft = self._kept.with_name(f".{self._kept.name}.{os.getpid()}")
            draft.write_bytes(text)
            draft.replace(self._kept)
        except OSError as error:
            log.error("%s is not kept for bad days: %s", self._file, error.strerror)

    def _stamp(self) -> Stamp:
        """Of the flow and of every language's prompts: which it takes is not known before it is read."""
        manifests = sorted((*self._root.glob(f"*/{MANIFEST}"), *self._root.glob(f"*/{WIDE}")))
        return tuple(_stamp(file) for file in (self._file, self._root / MANIFEST, self._root / WIDE, *manifests))


def _stamp(file: Path) -> tuple[int, int, int] | None:
    try:
        found = file.stat()
    except OSError:
        return None
    return (found.st_ino, found.st_mtime_ns, found.st_size)

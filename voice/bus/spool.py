"""A bounded file of messages that are not settled yet: written before they are sent, forgotten once acknowledged."""

from __future__ import annotations

import fcntl
import json
import logging
import os
from collections import OrderedDict
from collections.abc import Callable
from pathlib import Path
from typing import Any

log = logging.getLogger(__name__)

SLACK = 1000
"""Settled lines the file may hold beyond the live ones before it is rewritten."""


class Spool:
    """Messages by id, in order, on disk (JSON lines) and in memory.

    The file is locked while its owner lives, so that another process can tell an orphan (see ``take_orphans``).
    At ``limit`` messages the oldest is dropped, logged and counted in ``dropped``. A full disk is survived: the
    message stays in memory and ``unwritten`` counts it.
    """

    def __init__(self, file: Path, limit: int = 100_000) -> None:
        self.file = file
        self.dropped = 0
        self.unwritten = 0
        self._limit = limit
        self._lines_in_file = 0
        file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._descriptor = _open_locked(file)
        self._messages: OrderedDict[str, dict[str, Any]] = OrderedDict()
        for message in _read(file):
            self._messages[message["id"]] = message
            self._lines_in_file += 1

    def __len__(self) -> int:
        return len(self._messages)

    def messages(self) -> list[dict[str, Any]]:
        """What is not settled, oldest first."""
        return list(self._messages.values())

    def add(self, message: dict[str, Any]) -> bool:
        """Keep a message (it has an ``id``); False if that id is kept already."""
        if message["id"] in self._messages:
            return False
        if len(self._messages) >= self._limit:
            identifier, _ = self._messages.popitem(last=False)
            self.dropped += 1
            log.error("spool %s is full: message %s dropped (%d so far)", self.file, identifier, self.dropped)
        self._messages[message["id"]] = message
        self._write(json.dumps(message, separators=(",", ":")) + "\n")
        return True

    def settle(self, identifier: str) -> None:
        """Forget a message; unknown ids are fine."""
        if self._messages.pop(identifier, None) is None:
            return
        if not self._messages or self._lines_in_file > 2 * len(self._messages) + SLACK:
            self._rewrite()

    def close(self) -> None:
        """Release the file; removes it when nothing is left in it."""
        if self._descriptor < 0:
            return
        if not self._messages:
            self.file.unlink(missing_ok=True)
        os.close(self._descriptor)
        self._descriptor = -1

    def _write(self, text: str) -> None:
        try:
            os.write(self._descriptor, text.encode())
            self._lines_in_file += 1
        except OSError as error:
            self.unwritten += 1
            log.error("spool %s: %s; the message is kept in memory only", self.file, error.strerror)

    def _rewrite(self) -> None:
        # Truncate in place: the lock belongs to this open file, and a crash here costs at worst a repeat upstream.
        os.ftruncate(self._descriptor, 0)
        self._lines_in_file = 0
        for message in self._messages.values():
            self._write(json.dumps(message, separators=(",", ":")) + "\n")


def _open_locked(file: Path) -> int:
    """Open and lock. Between the two an adopter may have taken the (still empty) file away: then make it again."""
    while True:
        descriptor = os.open(file, os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        if _is(file, descriptor):
            return descriptor
        os.close(descriptor)


def _is(file: Path, descriptor: int) -> bool:
    try:
        return os.path.samestat(file.stat(), os.fstat(descriptor))
    except FileNotFoundError:
        return False


def _read(file: Path) -> list[dict[str, Any]]:
    """Whole lines only: the last one may be torn by the death of its writer."""
    messages = []
    for line in file.read_bytes().split(b"\n"):
        try:
            message = json.loads(line)
        except ValueError:
            continue
        if isinstance(message, dict) and isinstance(message.get("id"), str):
            messages.append(message)
    return messages


def take_orphans(directory: Path, deliver: Callable[[dict[str, Any]], None]) -> int:
    """Deliver the messages of spool files whose owner has ended, and remove the files; returns how many messages."""
    count = 0
    for file in sorted(directory.glob("*.jsonl")):
        descriptor = os.open(file, os.O_RDONLY | os.O_CLOEXEC)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            messages = _read(file)
            for message in messages:
                deliver(message)
            count += len(messages)
            file.unlink()
        except BlockingIOError:
            continue
        finally:
            os.close(descriptor)
    return count

"""The contact workers the front may use: a table (pure), kept true by the zygote's reports (JSON lines, Unix socket).

zygote → front: ``{"type":"workers","workers":[{"id","port","state":"idle|busy"}]}`` on every connect,
``{"type":"ready","id","pid","port"}``, ``{"type":"ended","id","reason"}``.  front → zygote: ``{"type":"assign","id"}``
(and ``"order"``, where the worker is to begin a call itself).
"""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from voice.clock import Clock

log = logging.getLogger(__name__)

MAX_LINE = 256 * 1024  # bytes; the list of a thousand workers fits several times
_ID = r"^[A-Za-z0-9]{1,64}$"
_RETRY_S = (0.05, 0.1, 0.2, 0.5, 1.0)


class _Report(BaseModel):
    model_config = ConfigDict(frozen=True)


class WorkerEntry(_Report):
    """One worker in the list."""

    id: str = Field(pattern=_ID)
    port: int = Field(ge=1, le=65535)
    state: Literal["idle", "busy"]


class WorkersListed(_Report):
    """All workers that are ready, sent first on every connection."""

    type: Literal["workers"]
    workers: tuple[WorkerEntry, ...]


class WorkerReady(_Report):
    """A worker can take a contact; ``port`` is its SIP port on 127.0.0.1."""

    type: Literal["ready"]
    id: str = Field(pattern=_ID)
    pid: int
    port: int = Field(ge=1, le=65535)


class WorkerEnded(_Report):
    """A worker process was reaped."""

    type: Literal["ended"]
    id: str
    reason: str


Report = WorkersListed | WorkerReady | WorkerEnded
_REPORT: TypeAdapter[Report] = TypeAdapter(Annotated[Report, Field(discriminator="type")])


@dataclass
class Worker:
    """A ready worker; ``busy`` from the moment it is given a contact until it ends."""

    id: str
    port: int
    busy: bool = False


class Pool:
    """Who is idle. ``max_contacts`` is the cap on busy workers."""

    def __init__(self, max_contacts: int) -> None:
        self._max = max_contacts
        self._workers: dict[str, Worker] = {}

    @property
    def full(self) -> bool:
        """Whether the cap is reached: waiting for another worker is pointless."""
        return sum(worker.busy for worker in self._workers.values()) >= self._max

    @property
    def workers(self) -> frozenset[str]:
        """The ids of all ready workers, idle and busy."""
        return frozenset(self._workers)

    def take(self) -> Worker | None:
        """The idle worker that is ready longest, busy from now on; None where there is none or the cap is reached."""
        idle = next((worker for worker in self._workers.values() if not worker.busy), None)
        if idle is None or self.full:
            return None
        idle.busy = True
        return idle

    def at(self, port: int) -> Worker | None:
        """The worker whose SIP port this is."""
        return next((worker for worker in self._workers.values() if worker.port == port), None)

    def get(self, worker_id: str) -> Worker | None:
        """The worker of that id."""
        return self._workers.get(worker_id)

    def ready(self, worker_id: str, port: int) -> None:
        """A worker reported for duty."""
        self._workers.setdefault(worker_id, Worker(worker_id, port))

    def expect(self, worker_id: str, port: int) -> None:
        """A worker that had a contact when the front before this one ended; the zygote will say if it lives."""
        self._workers.setdefault(worker_id, Worker(worker_id, port, busy=True))

    def ended(self, worker_id: str) -> bool:
        """A worker is gone; whether it was known."""
        return self._workers.pop(worker_id, None) is not None

    def listed(self, entries: tuple[WorkerEntry, ...]) -> tuple[list[str], list[str]]:
        """Take over the zygote's list. Returns (workers that are gone, workers it must be told again are busy)."""
        present = {entry.id for entry in entries}
        gone = [worker_id for worker_id in self._workers if worker_id not in present]
        for worker_id in gone:
            del self._workers[worker_id]
        for entry in entries:
            worker = self._workers.setdefault(entry.id, Worker(entry.id, entry.port))
            worker.busy = worker.busy or entry.state == "busy"
        untold = [entry.id for entry in entries if entry.state == "idle" and self._workers[entry.id].busy]
        return gone, untold


class ZygoteClient:
    """Keeps one connection to the zygote and hands its reports to ``on_report``.

    When the zygote is gone (nobody listens on its socket) its workers are gone too, since they die with it: that is
    reported as an empty list. ``assign`` while disconnected is dropped; the pool notices at the next list.
    """

    def __init__(self, socket_path: Path, clock: Clock, on_report: Callable[[Report], None]) -> None:
        self._path = socket_path
        self._clock = clock
        self._on_report = on_report
        self._writer: asyncio.StreamWriter | None = None

    def assign(self, worker_id: str, order: str = "") -> None:
        """Tell the zygote that this worker has its contact. A few bytes: never blocks, never waits."""
        if self._writer is not None:
            said = {"type": "assign", "id": worker_id} | ({"order": order} if order else {})
            self._writer.write(json.dumps(said).encode() + b"\n")

    async def run(self) -> None:
        """Connect, and connect again, until cancelled."""
        failures = 0
        while True:
            try:
                reader, writer = await asyncio.open_unix_connection(str(self._path), limit=MAX_LINE)
            except OSError as error:
                if isinstance(error, FileNotFoundError | ConnectionRefusedError):
                    self._on_report(WorkersListed(type="workers", workers=()))
                await self._clock.sleep(_RETRY_S[min(failures, len(_RETRY_S) - 1)])
                failures += 1
                continue
            failures = 0
            try:
                self._writer = writer
                await self._read(reader)
            finally:
                self._writer = None
                writer.close()

    async def _read(self, reader: asyncio.StreamReader) -> None:
        try:
            while line := await reader.readline():
                self._on_report(_REPORT.validate_json(line))
        except (ConnectionError, ValueError) as error:  # ValidationError and an overlong line are ValueErrors
            detail = error.errors()[0]["msg"] if isinstance(error, ValidationError) else str(error)
            log.warning("zygote connection dropped: %s", detail)
            await self._clock.sleep(_RETRY_S[-1])

"""Calls of a foreign PBX heard at the station itself: to the transcription server, and into encrypted recordings.

The contact worker's own ears, one pair a contact. A contact that came through a worker never gets here: the worker
hears it. The words reach the floor from the transcription server; what a floor must know besides, the station's state
tells it.
"""

from __future__ import annotations

import asyncio
import logging
import ssl
from collections.abc import Mapping
from pathlib import Path

from ivr.ears import Ears
from voice.audio import AudioSink
from voice.bus.memory import MemoryBus, MemoryHub
from voice.calls import Role
from voice.clock import Clock
from voice.rundir import RunDirectory
from voice.station_state import CallLine

log = logging.getLogger(__name__)


class StationCapture:
    """See the module docstring, and ``voice.station_taps.CallCapture``. ``close`` waits for the last words."""

    def __init__(self, url: str, state: Path, clock: Clock, tls: ssl.SSLContext | None = None) -> None:
        """``url`` of the transcription server; ``state``: where its token is and the recordings go."""
        self._url = url
        self._where = RunDirectory(state.expanduser().absolute())
        self._clock = clock
        self._tls = tls
        self._bus = MemoryBus(MemoryHub(), "station", clock)
        self._ears: dict[str, Ears] = {}
        self._closing: set[asyncio.Task[None]] = set()
        self._where.create()

    def begun(self, line: CallLine) -> Mapping[str, AudioSink]:
        """See CallCapture."""
        ears = Ears(line.contact_id, self._url, self._where, self._bus, self._clock, self._tls)
        self._ears[line.contact_id] = ears
        ears.open(0.0)
        return {"caller": ears.sink(Role.CALLER), "agent": ears.sink(Role.AGENT)}

    def ended(self, line: CallLine) -> None:
        """See CallCapture."""
        task = asyncio.create_task(self._close(line.contact_id), name=f"capture of {line.contact_id}")
        self._closing.add(task)
        task.add_done_callback(self._closing.discard)

    async def close(self) -> None:
        """Wait for what has ended to be finished."""
        await asyncio.gather(*self._closing)

    async def _close(self, contact_id: str) -> None:
        recorded = await self._ears.pop(contact_id).close()
        log.info("contact %s: %.1f s recorded in %s", contact_id, recorded.seconds, recorded.path or "nothing")

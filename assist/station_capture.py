"""Calls of a foreign PBX heard at the station itself: to the transcription server, and into encrypted recordings.

The contact worker's own ears, one pair a contact. A contact that came through a worker never gets here: the worker
hears it. The words reach the floor from the transcription server; what a floor must know besides, the station's state
tells it.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import ssl
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from ivr.ears import Ears
from voice.audio import AudioSink
from voice.bus.memory import MemoryBus, MemoryHub
from voice.calls import Role
from voice.clock import Clock
from voice.rundir import RunDirectory
from voice.station_contacts import Kept
from voice.station_state import CallLine
from voice.station_taps import OnKept

log = logging.getLogger(__name__)


KEEPER_ENDS_S: Final = 10.0


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
        self._keeper: asyncio.subprocess.Process | None = None
        self._where.create()

    async def start(self, ca: Path | None = None) -> None:
        """Start who finishes our recordings if we are killed (``transcription.keeper``); ``ca``: whom it trusts. Where
        it cannot be started, calls are captured all the same.
        """
        trusted = ("--ca", str(ca)) if ca is not None else ()
        try:
            self._keeper = await asyncio.create_subprocess_exec(
                *(sys.executable, "-m", "transcription.keeper", "--until-stdin-ends"),
                *("--state", str(self._where.state), "--url", self._url, *trusted),
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                start_new_session=True,  # what ends us must not end it
            )
        except OSError as error:
            log.error("nobody finishes our recordings if we are killed: %s", error.strerror)
            return
        assert self._keeper.stdout is not None
        await self._keeper.stdout.readline()  # it is ready, or has said why not

    def begun(self, line: CallLine) -> Mapping[str, AudioSink]:
        """See CallCapture."""
        ears = Ears(line.contact_id, self._url, self._where, self._bus, self._clock, self._tls)
        self._ears[line.contact_id] = ears
        ears.open(0.0)
        return {"caller": ears.sink(Role.CALLER), "agent": ears.sink(Role.AGENT)}

    def ended(self, line: CallLine, kept: OnKept) -> None:
        """See CallCapture."""
        task = asyncio.create_task(self._close(line.contact_id, kept), name=f"capture of {line.contact_id}")
        self._closing.add(task)
        task.add_done_callback(self._closing.discard)

    async def close(self) -> None:
        """Wait for what has ended to be finished."""
        await asyncio.gather(*self._closing)
        keeper, self._keeper = self._keeper, None
        if keeper is None:
            return
        assert keeper.stdin is not None
        keeper.stdin.close()
        with contextlib.suppress(TimeoutError):  # then it is finishing something, and ends by itself
            async with asyncio.timeout(KEEPER_ENDS_S):
                await keeper.wait()

    async def _close(self, contact_id: str, kept: OnKept) -> None:
        recorded = await self._ears.pop(contact_id).close()
        log.info("contact %s: %.1f s recorded in %s", contact_id, recorded.seconds, recorded.path or "nothing")
        kept(Kept(recorded.path, round(recorded.seconds, 2), round(recorded.silenced_s, 2)))

"""A headset through PulseAudio or PipeWire, on its devices and no others.

When a device goes, PulseAudio moves its streams to another one, with what they hold already, and PortAudio says
nothing: the customer's voice would come out of the loudspeakers. So the streams are made immovable (DONT_MOVE): the
server ends them with their device, in the same moment, and nothing can reach another one; not even for the 20 ms a
watcher would need. Both devices are remembered by name, never by index, and only they are opened again.
"""

from __future__ import annotations

import asyncio
import contextlib
from typing import Final

from hardware.audio.engine import CaptureCallback, PlaybackCallback, StoppedCallback
from hardware.audio.pulse_connection import Connection, PulseEnd
from hardware.errors import SoundError

RETRY_S: Final = 2.0
"""While the sound server itself is away there is no event to wait for."""


def pulse_is_here() -> bool:
    """Whether libpulse is installed and a sound server answers it. Blocks for some milliseconds."""
    try:
        Connection(lambda: None).close()
    except SoundError:
        return False
    return True


def pulse_ends() -> list[PulseEnd]:
    """Ears and microphones the sound server has, without its monitors. Blocks for some ms. Raises SoundError."""
    connection = Connection(lambda: None)
    try:
        return connection.ends()
    finally:
        connection.close()


class PulseDevice:
    """A SoundDevice. ``None`` names the server's default device at the first ``start``; from then on it is that one."""

    def __init__(self, rate: int = 8000, microphone: str | None = None, ear: str | None = None) -> None:
        """``rate`` in Hz, which the server converts from and to the device's own."""
        self._rate = rate
        self.microphone = microphone
        self.ear = ear
        self._connection: Connection | None = None
        self._news = asyncio.Event()
        self._loop: asyncio.AbstractEventLoop | None = None

    @property
    def rate(self) -> int:
        """Samples per second of both streams."""
        return self._rate

    async def start(self, capture: CaptureCallback, playback: PlaybackCallback, on_stopped: StoppedCallback) -> None:
        """Open both streams, in a thread. Raises SoundError."""
        self._loop = asyncio.get_running_loop()
        self._news.clear()
        await asyncio.to_thread(self._start, capture, playback, on_stopped)

    async def stop(self) -> None:
        """End both streams."""
        connection, self._connection = self._connection, None
        if connection is not None:
            await asyncio.to_thread(connection.close)

    async def returned(self) -> None:
        """Wait until it is worth trying ``start`` again: the server has got a new device, or may be back itself."""
        if self._connection is None or not self._connection.watching:
            await asyncio.sleep(RETRY_S)
            return
        await self._news.wait()
        self._news.clear()

    def _start(self, capture: CaptureCallback, playback: PlaybackCallback, on_stopped: StoppedCallback) -> None:
        if self._connection is not None and not self._connection.watching:
            self._connection.close()
            self._connection = None
        if self._connection is None:
            self._connection = Connection(self._new_device)
        self.ear, self.microphone = self._connection.open(
            self._rate, self.ear, self.microphone, capture, playback, on_stopped
        )

    def _new_device(self) -> None:
        """On libpulse's thread."""
        if self._loop is not None:
            with contextlib.suppress(RuntimeError):  # the loop is closed: nobody waits any more
                self._loop.call_soon_threadsafe(self._news.set)

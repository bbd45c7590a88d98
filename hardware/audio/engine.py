"""Sound devices: two streams of 20 ms blocks, one from the microphone and one to the ear.

The callbacks run on the device's own threads; they copy into or out of a ``SampleRing`` and return.
"""

from __future__ import annotations

import asyncio
import threading
import time
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future
from typing import Any, Final, Protocol, runtime_checkable

from hardware.audio.ring import SAMPLE_BYTES
from hardware.errors import SoundError, SoundFailure

BLOCK_MS: Final = 20
RETRY_S: Final = 2.0

CaptureCallback = Callable[[bytes], None]
"""Takes one block of the microphone: int16 mono, native order."""

PlaybackCallback = Callable[[int], bytes]
"""Gives exactly that many int16 samples for the ear."""

StoppedCallback = Callable[[SoundError], None]
"""Told once, on any thread, that the device stopped by itself."""


class SoundDevice(Protocol):
    """A microphone and an ear."""

    @property
    def rate(self) -> int:
        """Samples per second."""

    async def start(self, capture: CaptureCallback, playback: PlaybackCallback, on_stopped: StoppedCallback) -> None:
        """Open both streams. Raises SoundError."""

    async def stop(self) -> None:
        """Close both streams; no callback comes after it returned. No error where they are closed already."""

    async def returned(self) -> None:
        """After the device stopped by itself: wait until it is worth trying ``start`` again."""


@runtime_checkable
class NamedEnds(Protocol):
    """A SoundDevice that knows what it is on, once it was started."""

    ear: str | None
    microphone: str | None


class PortAudioDevice:
    """A sound card through PortAudio (``sounddevice``, imported at ``start``): two streams, as measured best.

    A duplex stream spins on virtual devices, and 10 ms blocks underflow. ``None`` names the system's default device at
    the first ``start``; from then on it is that one, by PortAudio's name for it (where that name is ALSA's ``default``,
    what stands behind it is ALSA's affair: a sound server is the better way).
    """

    def __init__(self, rate: int = 8000, microphone: str | None = None, ear: str | None = None) -> None:
        self._rate = rate
        self._microphone = microphone
        self._ear = ear
        self._streams: list[Any] = []
        self._stopping = False
        self._started_before = False

    @property
    def rate(self) -> int:
        """Samples per second asked of PortAudio; the card's own rate may differ."""
        return self._rate

    async def start(self, capture: CaptureCallback, playback: PlaybackCallback, on_stopped: StoppedCallback) -> None:
        """Open both streams (some tens of ms, in a thread). Raises SoundError."""
        self._stopping = False
        await asyncio.to_thread(self._start, capture, playback, on_stopped)

    async def returned(self) -> None:
        """PortAudio tells of nothing, so this is only a while."""
        await asyncio.sleep(RETRY_S)
        await self.stop()

    async def stop(self) -> None:
        """Abort both streams."""
        self._stopping = True
        await asyncio.to_thread(self._stop)

    def _start(self, capture: CaptureCallback, playback: PlaybackCallback, on_stopped: StoppedCallback) -> None:
        try:
            import sounddevice
        except (ImportError, OSError) as error:  # OSError: the PortAudio library is missing
            raise SoundError(SoundFailure.NOT_INSTALLED, str(error)) from None

        def captured(block: Any, _frames: int, _time: object, _status: object) -> None:
            capture(bytes(block))

        def wanted(block: Any, frames: int, _time: object, _status: object) -> None:
            block[:] = playback(frames)

        def finished() -> None:
            if not self._stopping:  # the first of the two streams speaks for both
                self._stopping = True
                on_stopped(SoundError(SoundFailure.GONE))

        if self._started_before:  # PortAudio's list of devices is as of its start, and nothing of it is open now
            sounddevice._terminate()
            sounddevice._initialize()
        common = {
            "samplerate": self._rate,
            "blocksize": self._rate * BLOCK_MS // 1000,
            "channels": 1,
            "dtype": "int16",
            "latency": "low",
            "finished_callback": finished,
        }
        try:
            # the ear first: once the microphone runs, nothing else can fail
            for kind, device, callback in (
                (sounddevice.RawOutputStream, self._ear, wanted),
                (sounddevice.RawInputStream, self._microphone, captured),
            ):
                stream = kind(device=device, callback=callback, **common)
                self._streams.append(stream)
                stream.start()
            self._ear, self._microphone = (_name_of(sounddevice, stream.device) for stream in self._streams)
            self._started_before = True
        except (sounddevice.PortAudioError, ValueError) as error:
            self._stopping = True
            self._stop()
            raise SoundError(SoundFailure.NOT_FOUND, str(error)) from None

    def _stop(self) -> None:
        while self._streams:
            stream = self._streams.pop()
            stream.abort()
            stream.close()


def _name_of(sounddevice: Any, index: int) -> str:
    """A name that means this device alone, also after PortAudio numbered its devices anew."""
    device = sounddevice.query_devices(index)
    return f"{device['name']}, {sounddevice.query_hostapis(device['hostapi'])['name']}"


class SimulatedSoundCard:
    """A sound card without hardware: a thread paced by the monotonic clock calls the very same callbacks.

    ``speak`` puts sound before the microphone; the listener hears what the ear is given, on the card's thread.
    """

    def __init__(self, rate: int = 8000, listener: CaptureCallback | None = None) -> None:
        self._rate = rate
        self._listener = listener
        self._mouth: deque[tuple[memoryview, Future[float]]] = deque()
        self._lock = threading.Lock()  # guards _mouth; held for microseconds
        self._stop_asked = threading.Event()
        self._thread: threading.Thread | None = None
        self.late_blocks = 0
        self._on_stopped: StoppedCallback | None = None
        self._plugged = asyncio.Event()
        self._plugged.set()

    @property
    def rate(self) -> int:
        """Samples per second."""
        return self._rate

    def listen(self, listener: CaptureCallback | None) -> None:
        """Hand each block the ear is given to ``listener``, on the card's thread."""
        self._listener = listener

    def speak(self, pcm: bytes) -> Future[float]:
        """Say ``pcm`` (int16 mono) after what is being said; the future gives time.monotonic() of its last block.

        It is cancelled by ``hush`` and ``stop``. Await it with ``asyncio.wrap_future``.
        """
        spoken: Future[float] = Future()
        with self._lock:
            self._mouth.append((memoryview(pcm), spoken))
        return spoken

    def hush(self) -> None:
        """Stop speaking; what was not said is dropped."""
        with self._lock:
            dropped = list(self._mouth)
            self._mouth.clear()
        for _, spoken in dropped:
            spoken.cancel()

    async def start(self, capture: CaptureCallback, playback: PlaybackCallback, on_stopped: StoppedCallback) -> None:
        """Run the card's thread."""
        if self._thread is not None:
            raise SoundError(SoundFailure.NOT_FOUND, "the simulated card is in use")
        if not self._plugged.is_set():
            raise SoundError(SoundFailure.NOT_FOUND, "the simulated card is unplugged")
        self._on_stopped = on_stopped
        self._stop_asked.clear()
        self._thread = threading.Thread(target=self._run, args=(capture, playback), name="sound card", daemon=True)
        self._thread.start()

    async def unplug(self) -> None:
        """Stop by itself, as a card that was pulled."""
        on_stopped, self._on_stopped = self._on_stopped, None
        self._plugged.clear()
        await self.stop()
        if on_stopped is not None:
            on_stopped(SoundError(SoundFailure.GONE))

    def plug(self) -> None:
        """Be there again."""
        self._plugged.set()

    async def returned(self) -> None:
        """Wait for ``plug``."""
        await self._plugged.wait()

    async def stop(self) -> None:
        """End the card's thread, within one block."""
        thread, self._thread = self._thread, None
        self._stop_asked.set()
        if thread is not None:
            await asyncio.to_thread(thread.join)
        self.hush()

    def _run(self, capture: CaptureCallback, playback: PlaybackCallback) -> None:
        block_s = BLOCK_MS / 1000
        samples = self._rate * BLOCK_MS // 1000
        due = time.monotonic() + block_s
        while not self._stop_asked.wait(max(0.0, due - time.monotonic())):
            block, spoken = self._next_block(samples * SAMPLE_BYTES)
            capture(block)
            for future in spoken:
                if not future.cancelled():
                    future.set_result(time.monotonic())
            heard = playback(samples)
            if self._listener is not None:
                self._listener(heard)
            due += block_s
            if time.monotonic() - due > 10 * block_s:  # the machine slept: go on from here, as a card would
                self.late_blocks += 1
                due = time.monotonic() + block_s

    def _next_block(self, size: int) -> tuple[bytes, list[Future[float]]]:
        block = bytearray()
        spoken = []
        with self._lock:
            while self._mouth and len(block) < size:
                pcm, future = self._mouth.popleft()
                part, rest = pcm[: size - len(block)], pcm[size - len(block) :]
                block += part
                if rest:
                    self._mouth.appendleft((rest, future))
                else:
                    spoken.append(future)
        return bytes(block) + bytes(size - len(block)), spoken

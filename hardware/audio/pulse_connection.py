"""One connection to a sound server with at most two streams: libpulse's calls in the order they want to be made."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Final

from hardware.audio import libpulse
from hardware.audio.engine import BLOCK_MS, CaptureCallback, PlaybackCallback, StoppedCallback
from hardware.audio.ring import SAMPLE_BYTES
from hardware.errors import SoundError, SoundFailure

TARGET_BLOCKS: Final = 2
"""The server's buffer for the ear."""


@dataclass(frozen=True, slots=True)
class PulseEnd:
    """A sink or a source of the sound server. ``name`` is what stays the same and what PulseDevice takes."""

    name: str
    description: str
    microphone: bool
    default: bool


class Connection:
    """One context with at most two streams. Its methods block; its callbacks run on libpulse's thread."""

    def __init__(self, on_new_device: Callable[[], None]) -> None:
        """Connect. Raises SoundError."""
        try:
            self._lib = libpulse.load()
        except OSError as error:
            raise SoundError(SoundFailure.NOT_INSTALLED, str(error)) from None
        self._on_new_device = on_new_device
        self._streams: list[Any] = []
        self._kept: list[Any] = []  # ctypes callbacks of the streams: C holds them, so must we
        self._closed = False
        self._answers = 0
        self._loop = self._lib.threaded_mainloop_new()
        self._context = self._lib.context_new(self._lib.threaded_mainloop_get_api(self._loop), b"callfloor")
        self._state_changed = libpulse.Notify(lambda _of, _data: self._lib.threaded_mainloop_signal(self._loop, 0))
        self._subscribed = libpulse.Subscribed(self._hear_of)
        self._lib.context_set_state_callback(self._context, self._state_changed, None)
        self._lib.context_set_subscribe_callback(self._context, self._subscribed, None)
        self._lib.threaded_mainloop_start(self._loop)
        try:
            with self._locked():
                self._connect()
        except SoundError:
            self.close()
            raise

    @property
    def watching(self) -> bool:
        """Whether the server is there and will tell of new devices."""
        with self._locked():
            return bool(self._lib.context_get_state(self._context) == libpulse.CONTEXT_READY)

    def open(
        self,
        rate: int,
        ear: str | None,
        microphone: str | None,
        capture: CaptureCallback,
        playback: PlaybackCallback,
        on_stopped: StoppedCallback,
    ) -> tuple[str, str]:
        """Both streams, ear first; the names of the devices they are on. Raises SoundError, with none left open."""
        with self._locked():
            self._close_streams()
            stopped = _Once(on_stopped)

            def wanted(stream: Any, size: int, _data: object) -> None:
                pcm = bytes(size) if stopped.done else playback(size // SAMPLE_BYTES)
                self._lib.stream_write(stream, pcm, len(pcm), None, 0, 0)

            def captured(stream: Any, _size: int, _data: object) -> None:
                while pcm := self._lib.read(stream):
                    if not stopped.done:
                        capture(pcm)

            try:
                heard = self._open_one("ear", ear, rate, stopped, libpulse.Request(wanted))
                spoken = self._open_one("microphone", microphone, rate, stopped, libpulse.Request(captured))
            except SoundError:
                self._close_streams()
                raise
            return heard, spoken

    def ends(self) -> list[PulseEnd]:
        """What the server has. Raises SoundError where it goes meanwhile."""
        lib = self._lib
        defaults: set[bytes] = set()
        ends: list[PulseEnd] = []

        def about_server(_context: Any, info: Any, _data: object) -> None:
            if info:
                defaults.update((info.contents.sink or b"", info.contents.source or b""))
            self._answers += 1
            lib.threaded_mainloop_signal(self._loop, 0)

        def about(microphone: bool, info: Any, eol: int) -> None:
            if eol:
                self._answers += 1
                lib.threaded_mainloop_signal(self._loop, 0)
            elif not (name := info.contents.name).endswith(b".monitor"):
                words = (info.contents.description or b"").decode(errors="replace")
                ends.append(PulseEnd(name.decode(), words, microphone, name in defaults))

        asked = (
            (lib.context_get_server_info, libpulse.ServerInfo(about_server)),
            (lib.context_get_source_info_list, libpulse.DeviceInfo(lambda _c, info, eol, _d: about(True, info, eol))),
            (lib.context_get_sink_info_list, libpulse.DeviceInfo(lambda _c, info, eol, _d: about(False, info, eol))),
        )
        with self._locked():
            self._answers = 0
            for ask, tell in asked:
                lib.operation_unref(ask(self._context, tell, None))
            while self._answers < len(asked):
                if lib.context_get_state(self._context) != libpulse.CONTEXT_READY:
                    raise SoundError(SoundFailure.GONE, "the sound server")
                lib.threaded_mainloop_wait(self._loop)
        return ends

    def close(self) -> None:
        """End everything; no callback comes after it returned. A second call does nothing."""
        if self._closed:
            return
        self._closed = True
        with self._locked():
            self._close_streams()
            self._lib.context_disconnect(self._context)
            self._lib.context_unref(self._context)
        self._lib.threaded_mainloop_stop(self._loop)
        self._lib.threaded_mainloop_free(self._loop)

    def _connect(self) -> None:
        self._lib.context_connect(self._context, None, libpulse.CONTEXT_NOAUTOSPAWN, None)
        while (state := self._lib.context_get_state(self._context)) != libpulse.CONTEXT_READY:
            if state >= libpulse.CONTEXT_FAILED:
                raise SoundError(SoundFailure.NOT_FOUND, f"no sound server: {self._lib.error_of(self._context)}")
            self._lib.threaded_mainloop_wait(self._loop)
        mask = libpulse.SUBSCRIPTION_SINKS_AND_SOURCES
        self._lib.operation_unref(self._lib.context_subscribe(self._context, mask, None, None))

    def _open_one(self, kind: str, device: str | None, rate: int, stopped: _Once, request: Any) -> str:
        lib = self._lib
        block = rate * BLOCK_MS // 1000 * SAMPLE_BYTES
        spec = libpulse.SampleSpec(libpulse.SAMPLE_S16LE, rate, 1)
        whole = libpulse.SERVER_CHOOSES
        attributes = libpulse.BufferAttributes(whole, TARGET_BLOCKS * block, whole, block, block)
        flags = libpulse.STREAM_DONT_MOVE | libpulse.STREAM_ADJUST_LATENCY
        name = None if device is None else device.encode()
        stream = lib.stream_new(self._context, f"callfloor {kind}".encode(), spec, None)
        self._streams.append(stream)
        changed = libpulse.Notify(lambda of, _data: self._stream_changed(of, stopped, kind))
        self._kept += [changed, request]
        lib.stream_set_state_callback(stream, changed, None)
        if kind == "ear":
            lib.stream_set_write_callback(stream, request, None)
            refused = lib.stream_connect_playback(stream, name, attributes, flags, None, None) < 0
        else:
            lib.stream_set_read_callback(stream, request, None)
            refused = lib.stream_connect_record(stream, name, attributes, flags) < 0
        while not refused and (state := lib.stream_get_state(stream)) != libpulse.STREAM_READY:
            refused = state >= libpulse.STREAM_FAILED
            if not refused:
                lib.threaded_mainloop_wait(self._loop)
        if refused:
            stopped.done = True
            raise SoundError(SoundFailure.NOT_FOUND, f"{device or 'default'} ({kind}): {lib.error_of(self._context)}")
        return str(lib.stream_get_device_name(stream).decode())

    def _stream_changed(self, stream: Any, stopped: _Once, kind: str) -> None:
        """On libpulse's thread. A stream that ends by itself speaks for both: the other one carries silence now."""
        if self._lib.stream_get_state(stream) >= libpulse.STREAM_FAILED and stream in self._streams:
            stopped(SoundError(SoundFailure.GONE, f"its {kind} was taken away"))
        self._lib.threaded_mainloop_signal(self._loop, 0)

    def _close_streams(self) -> None:
        streams, self._streams = self._streams, []
        for stream in streams:
            self._lib.stream_disconnect(stream)
            for forget, kind in (
                (self._lib.stream_set_state_callback, libpulse.Notify),
                (self._lib.stream_set_write_callback, libpulse.Request),
                (self._lib.stream_set_read_callback, libpulse.Request),
            ):
                forget(stream, kind(), None)
            self._lib.stream_unref(stream)
        self._kept.clear()

    def _hear_of(self, _context: Any, event: int, _index: int, _data: object) -> None:
        """On libpulse's thread."""
        if event & libpulse.EVENT_TYPE_MASK == libpulse.EVENT_NEW:
            self._on_new_device()

    @contextlib.contextmanager
    def _locked(self) -> Iterator[None]:
        self._lib.threaded_mainloop_lock(self._loop)
        try:
            yield
        finally:
            self._lib.threaded_mainloop_unlock(self._loop)


class _Once:
    """Tells ``callback`` the first time; with ``done`` set, never. On libpulse's thread or under its lock."""

    def __init__(self, callback: StoppedCallback) -> None:
        self._callback = callback
        self.done = False

    def __call__(self, error: SoundError) -> None:
        if not self.done:
            self.done = True
            self._callback(error)

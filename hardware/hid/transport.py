"""How reports travel: the protocol of a HID device, and the real one through hidapi.

``hidraw`` is hidapi's build on the Linux kernel driver; it is imported when a device is opened. The native calls
block, so one thread reads and one writes; both cross into the event loop in ``_cross`` and nowhere else.
"""

from __future__ import annotations

import asyncio
import contextlib
import queue
import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final, Protocol

from hardware.errors import HidError, HidFailure
from hardware.hid.usages import TELEPHONY_APPLICATIONS, Usage

ReportCallback = Callable[[bytes], None]
"""Takes one input report, id byte included where the device numbers its reports. Called on the event loop."""

ClosedCallback = Callable[[HidError], None]
"""Told once, on the event loop, that the device is gone."""

OpenDevice = Callable[[bytes], Any]
"""Opens a hidapi device by path. Raises HidError."""

REPORT_BYTES: Final = 1024
WAITING_REPORTS: Final = 32


@dataclass(frozen=True, slots=True)
class DeviceIdentity:
    """Who a device is. Paths like ``/dev/hidraw3`` are given anew at each plugging in, so they identify nothing."""

    vendor: int
    product: int
    serial: str = ""
    interface: int = -1
    name: str = ""

    def __str__(self) -> str:
        return f"{self.name or 'headset'} ({self.vendor:04x}:{self.product:04x})"


class HidTransport(Protocol):
    """One HID device."""

    @property
    def identity(self) -> DeviceIdentity:
        """Who it is."""

    async def open(self, on_report: ReportCallback, on_closed: ClosedCallback) -> bytes:
        """Open it and begin to read; gives the report descriptor. Raises HidError."""

    def write(self, report: bytes) -> None:
        """Send one whole output report, id byte first (0 where unnumbered). Never blocks. Raises HidError."""

    async def close(self) -> None:
        """Send what waits, then close. No callback comes after it returned."""


class HidapiTransport:
    """A device through hidapi. ``path`` is where it is now (from ``enumerate``), ``identity`` who it is."""

    def __init__(
        self, path: bytes, identity: DeviceIdentity, open_device: Callable[[bytes], Any] | None = None
    ) -> None:
        self._path = path
        self._identity = identity
        self._open_device = open_device or open_hidraw
        self._device: Any = None
        self._threads: list[threading.Thread] = []
        self._outgoing: queue.Queue[bytes | None] = queue.Queue(WAITING_REPORTS)
        self._stopping = threading.Event()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._on_closed: ClosedCallback | None = None

    @property
    def identity(self) -> DeviceIdentity:
        """Who it is."""
        return self._identity

    async def open(self, on_report: ReportCallback, on_closed: ClosedCallback) -> bytes:
        """Open it and begin to read; gives the report descriptor. Raises HidError."""
        self._loop = asyncio.get_running_loop()
        self._on_closed = on_closed
        self._device = await asyncio.to_thread(self._open_device, self._path)
        try:
            descriptor = bytes(await asyncio.to_thread(self._device.get_report_descriptor))
        except OSError as error:
            self._device.close()
            raise HidError(HidFailure.GONE, str(error)) from None
        self._stopping.clear()
        self._threads = [
            threading.Thread(target=self._read, args=(on_report,), name="hid read", daemon=True),
            threading.Thread(target=self._write, name="hid write", daemon=True),
        ]
        for thread in self._threads:
            thread.start()
        return descriptor

    def write(self, report: bytes) -> None:
        """Send one whole output report. Raises HidError where the device falls behind."""
        if self._device is None:
            raise HidError(HidFailure.GONE, str(self._identity))
        try:
            self._outgoing.put_nowait(report)
        except queue.Full:
            raise HidError(HidFailure.TOO_SLOW, str(self._identity)) from None

    async def close(self) -> None:
        """Send what waits, then close."""
        device, self._device = self._device, None
        if device is None:
            return
        self._on_closed = None
        await asyncio.to_thread(self._finish, device)

    def _finish(self, device: Any) -> None:
        with contextlib.suppress(queue.Full):
            self._outgoing.put(None, timeout=1.0)
        self._threads[1].join(timeout=5.0)
        self._stopping.set()
        self._threads[0].join(timeout=5.0)
        device.close()

    def _read(self, on_report: ReportCallback) -> None:
        device = self._device
        while not self._stopping.is_set():
            try:
                # Not polling: the read returns with the report. The limit is for stopping, since closing a device
                # under a blocked hidapi read is undefined.
                report = device.read(REPORT_BYTES, 200)
            except OSError as error:
                self._lost(HidError(HidFailure.GONE, str(error)))
                return
            if report:
                self._cross(on_report, bytes(report))

    def _write(self) -> None:
        device = self._device
        while (report := self._outgoing.get()) is not None:
            try:
                refused = device.write(report) < 0
            except OSError:
                refused = True
            if refused:
                self._lost(HidError(HidFailure.WRITE_REFUSED, report.hex()))
                return

    def _lost(self, error: HidError) -> None:
        if not self._stopping.is_set():
            self._cross(self._tell_closed, error)

    def _tell_closed(self, error: HidError) -> None:
        told, self._on_closed = self._on_closed, None
        if told is not None:
            told(error)

    def _cross(self, callback: Callable[[Any], None], value: object) -> None:
        """The only way from a HID thread into the event loop."""
        with contextlib.suppress(RuntimeError):  # the loop is closed: nobody listens any more
            if self._loop is not None:
                self._loop.call_soon_threadsafe(callback, value)


def open_hidraw(path: bytes) -> Any:
    """Open a hidapi device by path. Raises HidError."""
    hidraw = _hidraw()
    device = hidraw.device()
    try:
        device.open_path(path)
    except OSError as error:
        raise HidError(HidFailure.NO_PERMISSION, f"{path.decode(errors='replace')}: {error}") from None
    return device


def list_headsets() -> list[tuple[bytes, DeviceIdentity]]:
    """Path and identity of the HID devices with a telephony collection, in hidapi's order. Raises HidError.

    hidapi lists one entry per top-level collection, so a device may come several times under one path: it is given
    once.
    """
    found: dict[bytes, DeviceIdentity] = {}
    for entry in _hidraw().enumerate():
        if Usage(entry["usage_page"], entry["usage"]) not in TELEPHONY_APPLICATIONS:
            continue
        found.setdefault(
            entry["path"],
            DeviceIdentity(
                entry["vendor_id"],
                entry["product_id"],
                entry["serial_number"] or "",
                entry["interface_number"],
                entry["product_string"] or "",
            ),
        )
    return list(found.items())


def _hidraw() -> Any:
    try:
        import hidraw
    except ImportError:
        raise HidError(HidFailure.NOT_INSTALLED) from None
    return hidraw

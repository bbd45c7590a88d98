"""How reports travel: the protocol of a HID device, and the real one through hidapi.

``hidraw`` is hidapi's build on the Linux kernel driver; it is imported when a device is opened. The native calls
block, so one thread reads and one writes; both cross into the event loop in ``_cross`` and nowhere else.
"""

from __future__ import annotations

import asyncio
import contextlib
import queue
import re
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

Listing = Callable[[], "list[tuple[bytes, DeviceIdentity]]"]
"""The headsets there are: path and identity. Raises HidError."""

REPORT_BYTES: Final = 1024
WAITING_REPORTS: Final = 32
LOOK_S: Final = 2.0


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

    @classmethod
    def parse(cls, text: str) -> DeviceIdentity:
        """``VENDOR:PRODUCT`` in hex, with ``:SERIAL`` where one of several like it is meant. Raises ValueError."""
        vendor, product, serial = [*text.split(":", 2), "", ""][:3]
        if not all(re.fullmatch("[0-9a-fA-F]{4}", part) for part in (vendor, product)):
            raise ValueError(f"{text!r} is not VENDOR:PRODUCT[:SERIAL] as in 0b0e:0307")
        return cls(int(vendor, 16), int(product, 16), serial)

    @property
    def key(self) -> str:
        """What ``parse`` reads."""
        return f"{self.vendor:04x}:{self.product:04x}" + (f":{self.serial}" if self.serial else "")

    def matches(self, other: DeviceIdentity) -> bool:
        """Whether ``other`` is the device meant: where this one names no serial number or interface, any will do."""
        return (
            (self.vendor, self.product) == (other.vendor, other.product)
            and self.serial in ("", other.serial)
            and self.interface in (-1, other.interface)
        )


class HidTransport(Protocol):
    """One HID device."""

    @property
    def identity(self) -> DeviceIdentity:
        """Who it is."""

    async def open(self, on_report: ReportCallback, on_closed: ClosedCallback) -> bytes:
        """Open it and begin to read; gives the report descriptor. Raises HidError."""

    def write(self, report: bytes) -> None:
        """Send one whole output report, id byte first (0 where unnumbered). Never blocks. Raises HidError."""

    async def returned(self) -> None:
        """Once it is gone or could not be opened: wait until ``open`` is worth trying. Raises HidError where it never
        will be.
        """

    async def close(self) -> None:
        """Send what waits, then close. No callback comes after it returned. It may be opened again."""


class HidapiTransport:
    """A device through hidapi. ``wanted`` None is the first headset there is at the first ``open``; from then on it is
    that one, wherever it is plugged in.
    """

    def __init__(
        self,
        wanted: DeviceIdentity | None = None,
        listing: Listing | None = None,
        open_device: OpenDevice | None = None,
    ) -> None:
        self._wanted = wanted
        self._listing = listing or list_headsets
        self._open_device = open_device or open_hidraw
        self._opened: _Opened | None = None

    @property
    def identity(self) -> DeviceIdentity:
        """Who it is, or shall be; all zeros before any headset was found."""
        return self._wanted or DeviceIdentity(0, 0)

    async def open(self, on_report: ReportCallback, on_closed: ClosedCallback) -> bytes:
        """Find it, open it and begin to read; gives the report descriptor. Raises HidError."""
        device, descriptor = await asyncio.to_thread(self._open)
        self._opened = _Opened(device, asyncio.get_running_loop(), on_report, on_closed)
        return descriptor

    async def returned(self) -> None:
        """hidapi tells of no plugging in, so this looks every LOOK_S; while a headset is there, it costs nothing."""
        while True:
            await asyncio.sleep(LOOK_S)
            if await asyncio.to_thread(self._find) is not None:
                return

    def write(self, report: bytes) -> None:
        """Send one whole output report. Raises HidError where the device falls behind."""
        if self._opened is None:
            raise HidError(HidFailure.GONE, str(self.identity))
        if not self._opened.write(report):
            raise HidError(HidFailure.TOO_SLOW, str(self.identity))

    async def close(self) -> None:
        """Send what waits, then close."""
        opened, self._opened = self._opened, None
        if opened is not None:
            opened.silence()
            await asyncio.to_thread(opened.finish)

    def _find(self) -> tuple[bytes, DeviceIdentity] | None:
        for path, identity in self._listing():
            if self._wanted is None or self._wanted.matches(identity):
                return path, identity
        return None

    def _open(self) -> tuple[Any, bytes]:
        found = self._find()
        if found is None:
            if self._wanted is None:
                raise HidError(HidFailure.NONE_PLUGGED)
            raise HidError(HidFailure.NOT_FOUND, str(self._wanted))
        path, identity = found
        device = self._open_device(path)
        try:
            descriptor = bytes(device.get_report_descriptor())
        except OSError as error:
            device.close()
            raise HidError(HidFailure.GONE, str(error)) from None
        self._wanted = identity
        return device, descriptor


class _Opened:
    """A device from its opening to its end: one thread reads, one writes."""

    def __init__(
        self, device: Any, loop: asyncio.AbstractEventLoop, on_report: ReportCallback, on_closed: ClosedCallback
    ) -> None:
        self._device = device
        self._loop = loop
        self._on_report = on_report
        self._on_closed: ClosedCallback | None = on_closed
        self._outgoing: queue.Queue[bytes | None] = queue.Queue(WAITING_REPORTS)
        self._stopping = threading.Event()
        self._reader = threading.Thread(target=self._read, name="hid read", daemon=True)
        self._writer = threading.Thread(target=self._write, name="hid write", daemon=True)
        self._reader.start()
        self._writer.start()

    def write(self, report: bytes) -> bool:
        """Whether it may wait to be written; not where WAITING_REPORTS do already."""
        try:
            self._outgoing.put_nowait(report)
        except queue.Full:
            return False
        return True

    def silence(self) -> None:
        """Nobody is told of its end any more. On the event loop."""
        self._on_closed = None

    def finish(self) -> None:
        """Write what waits, end both threads, close. Blocks."""
        with contextlib.suppress(queue.Full):
            self._outgoing.put(None, timeout=1.0)
        self._writer.join(timeout=5.0)
        self._stopping.set()
        self._reader.join(timeout=5.0)
        self._device.close()

    def _read(self) -> None:
        while not self._stopping.is_set():
            try:
                # Not polling: the read returns with the report. The limit is for stopping, since closing a device
                # under a blocked hidapi read is undefined.
                report = self._device.read(REPORT_BYTES, 200)
            except OSError as error:
                self._lost(HidError(HidFailure.GONE, str(error)))
                return
            if report:
                self._cross(self._on_report, bytes(report))

    def _write(self) -> None:
        while (report := self._outgoing.get()) is not None:
            try:
                refused = self._device.write(report) < 0
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

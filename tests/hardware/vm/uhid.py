"""A HID device made through the kernel's /dev/uhid (Documentation/hid/uhid.rst, include/uapi/linux/uhid.h)."""

from __future__ import annotations

import asyncio
import os
import struct
from collections.abc import Callable
from types import TracebackType

CREATE2, DESTROY, OUTPUT, GET_REPORT, GET_REPORT_REPLY = 11, 1, 6, 9, 10
INPUT2, SET_REPORT, SET_REPORT_REPLY = 12, 13, 14
BUS_USB = 3
EVENT_BYTES = 4376
DATA_MAX = 4096
EIO = 5


class UhidDevice:
    """There from entering to leaving it. What the host writes is given to ``on_output``, on the event loop."""

    def __init__(
        self, descriptor: bytes, vendor: int, product: int, serial: str, on_output: Callable[[bytes], None]
    ) -> None:
        self._file = os.open("/dev/uhid", os.O_RDWR | os.O_NONBLOCK | os.O_CLOEXEC)
        self._on_output = on_output
        name = f"virtual {vendor:04x}:{product:04x}".encode()
        head = struct.pack("<I128s64s64s", CREATE2, name, b"uhid", serial.encode())
        who = struct.pack("<HHIIII", len(descriptor), BUS_USB, vendor, product, 0x0100, 0)
        self._write(head + who + descriptor)

    def __enter__(self) -> UhidDevice:
        asyncio.get_running_loop().add_reader(self._file, self._read)
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        asyncio.get_running_loop().remove_reader(self._file)
        os.close(self._file)  # which destroys the device

    def say(self, report: bytes) -> None:
        """An input report, id first where reports are numbered."""
        self._write(struct.pack("<IH", INPUT2, len(report)) + report)

    def _write(self, event: bytes) -> None:
        os.write(self._file, event.ljust(EVENT_BYTES, b"\0"))

    def _read(self) -> None:
        event = os.read(self._file, EVENT_BYTES)
        (kind,) = struct.unpack_from("<I", event)
        if kind == OUTPUT:
            (size,) = struct.unpack_from("<H", event, 4 + DATA_MAX)
            self._on_output(event[4 : 4 + size])
        elif kind in (GET_REPORT, SET_REPORT):  # a device that has neither, as most headsets
            (number,) = struct.unpack_from("<I", event, 4)
            reply = GET_REPORT_REPLY if kind == GET_REPORT else SET_REPORT_REPLY
            self._write(struct.pack("<IIH", reply, number, EIO))

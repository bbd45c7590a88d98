from __future__ import annotations

import asyncio
import queue
import sys
import types
from collections.abc import Callable
from typing import Any

import pytest

from hardware.errors import HidError, HidFailure
from hardware.hid.transport import WAITING_REPORTS, DeviceIdentity, HidapiTransport, list_headsets

LINK = DeviceIdentity(0x0B0E, 0x0307, "S1", 3, "EVOLVE LINK")


class FakeDevice:
    """What HidapiTransport uses of a hidapi device."""

    def __init__(self) -> None:
        self.incoming: queue.Queue[bytes | OSError] = queue.Queue()
        self.written: list[bytes] = []
        self.closed = False
        self.refuse = False
        self.stuck = queue.Queue[None]()
        self.stick = False

    def get_report_descriptor(self) -> list[int]:
        return [5, 11]

    def read(self, size: int, timeout_ms: int) -> list[int]:
        try:
            report = self.incoming.get(timeout=timeout_ms / 1000)
        except queue.Empty:
            return []
        if isinstance(report, OSError):
            raise report
        return list(report)

    def write(self, report: bytes) -> int:
        if self.stick:
            self.stuck.get()
        self.written.append(report)
        return -1 if self.refuse else len(report)

    def close(self) -> None:
        self.closed = True


def ignore(_: object) -> None:
    pass


def only(*identities: DeviceIdentity) -> Callable[[], list[tuple[bytes, DeviceIdentity]]]:
    return lambda: [(b"/dev/hidraw%d" % number, identity) for number, identity in enumerate(identities)]


def test_reports_come_in_on_the_loop_and_go_out_in_order() -> None:
    async def main() -> None:
        device = FakeDevice()
        transport = HidapiTransport(None, only(LINK), lambda path: device)
        reports: asyncio.Queue[bytes] = asyncio.Queue()
        assert await transport.open(reports.put_nowait, ignore) == b"\x05\x0b"
        device.incoming.put(b"\x02\x01\x00")
        async with asyncio.timeout(10):
            assert await reports.get() == b"\x02\x01\x00"
        transport.write(b"\x02\x01\x00")
        transport.write(b"\x02\x00\x00")
        await transport.close()
        assert device.written == [b"\x02\x01\x00", b"\x02\x00\x00"], "what waits is sent before closing"
        assert device.closed
        with pytest.raises(HidError) as caught:
            transport.write(b"\x02\x00\x00")
        assert caught.value.failure is HidFailure.GONE
        await transport.close()

    asyncio.run(main())


@pytest.mark.parametrize("how", ["read", "write"])
def test_an_unplugged_device_is_told_once(how: str) -> None:
    async def main() -> None:
        device = FakeDevice()
        device.refuse = how == "write"
        transport = HidapiTransport(None, only(LINK), lambda path: device)
        gone: asyncio.Queue[HidError] = asyncio.Queue()
        await transport.open(ignore, gone.put_nowait)
        if how == "read":
            device.incoming.put(OSError("read error"))
        else:
            transport.write(b"\x02\x01\x00")
        async with asyncio.timeout(10):
            error = await gone.get()
        assert error.failure is (HidFailure.GONE if how == "read" else HidFailure.WRITE_REFUSED)
        await transport.close()
        assert gone.empty()

    asyncio.run(main())


def test_a_device_that_takes_no_reports_is_named() -> None:
    async def main() -> None:
        device = FakeDevice()
        device.stick = True
        transport = HidapiTransport(None, only(LINK), lambda path: device)
        await transport.open(ignore, ignore)

        def flood() -> None:
            for _ in range(WAITING_REPORTS + 2):
                transport.write(b"\x02\x01\x00")

        with pytest.raises(HidError, match="EVOLVE LINK") as caught:
            flood()
        assert caught.value.failure is HidFailure.TOO_SLOW
        device.stick = False
        device.stuck.put(None)
        await transport.close()

    asyncio.run(main())


def entry(page: int, usage: int, path: bytes, **more: Any) -> dict[str, Any]:
    return {
        "path": path,
        "usage_page": page,
        "usage": usage,
        "vendor_id": 0x0B0E,
        "product_id": 0x0307,
        "serial_number": more.get("serial", "S1"),
        "interface_number": 3,
        "product_string": more.get("name", "EVOLVE LINK"),
    }


def hidraw(monkeypatch: pytest.MonkeyPatch, entries: list[dict[str, Any]], openable: bool = True) -> None:
    class Device(FakeDevice):
        def open_path(self, path: bytes) -> None:
            if not openable:
                raise OSError("open failed")

    module: Any = types.ModuleType("hidraw")
    module.enumerate, module.device = lambda: entries, Device
    monkeypatch.setitem(sys.modules, "hidraw", module)


def test_headsets_are_found_by_their_telephony_collection_once_per_path(monkeypatch: pytest.MonkeyPatch) -> None:
    jabra, keyboard, plain = b"/dev/hidraw1", b"/dev/hidraw0", b"/dev/hidraw2"
    entries = [
        entry(0x01, 0x06, keyboard),
        entry(0x0C, 0x01, jabra),
        entry(0x0B, 0x05, jabra),
        entry(0x0B, 0x05, jabra),
        entry(0x0B, 0x01, plain, serial=None, name=None),
    ]
    hidraw(monkeypatch, entries)
    assert list_headsets() == [(jabra, LINK), (plain, DeviceIdentity(0x0B0E, 0x0307, "", 3, ""))]


def test_a_device_one_may_not_open_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    hidraw(monkeypatch, [], openable=False)
    with pytest.raises(HidError, match="no permission") as caught:
        asyncio.run(HidapiTransport(None, only(LINK)).open(ignore, ignore))
    assert caught.value.failure is HidFailure.NO_PERMISSION


def test_without_hidapi_the_error_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "hidraw", None)
    with pytest.raises(HidError, match=r"pip install 'callfloor\[station\]'"):
        list_headsets()


OTHER = DeviceIdentity(0x047F, 0xC056, "P9", 0, "Blackwire 3220")


def test_the_first_headset_is_taken_and_from_then_on_no_other(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("hardware.hid.transport.LOOK_S", 0.0)

    async def main() -> None:
        paths: list[bytes] = []
        plugged = [(b"/dev/hidraw1", LINK), (b"/dev/hidraw2", OTHER)]

        def open_device(path: bytes) -> FakeDevice:
            paths.append(path)
            return FakeDevice()

        transport = HidapiTransport(None, lambda: plugged, open_device)
        await transport.open(ignore, ignore)
        assert transport.identity == LINK
        await transport.close()
        plugged[:] = [(b"/dev/hidraw1", OTHER)]
        with pytest.raises(HidError, match="EVOLVE LINK") as caught:
            await transport.open(ignore, ignore)
        assert caught.value.failure is HidFailure.NOT_FOUND
        returned = asyncio.create_task(transport.returned())
        await asyncio.sleep(0)
        plugged.append((b"/dev/hidraw7", LINK))
        async with asyncio.timeout(10):
            await returned
        await transport.open(ignore, ignore)
        await transport.close()
        assert paths == [b"/dev/hidraw1", b"/dev/hidraw7"]

    asyncio.run(main())


def test_where_there_is_no_headset_at_all_that_is_the_reason() -> None:
    with pytest.raises(HidError) as caught:
        asyncio.run(HidapiTransport(None, only()).open(ignore, ignore))
    assert caught.value.failure is HidFailure.NONE_PLUGGED


@pytest.mark.parametrize(
    ("wanted", "there", "same"),
    [
        ("0b0e:0307", LINK, True),
        ("0B0E:0307:S1", LINK, True),
        ("0b0e:0307:S2", LINK, False),
        ("047f:0307", LINK, False),
    ],
)
def test_who_a_device_is(wanted: str, there: DeviceIdentity, same: bool) -> None:
    assert DeviceIdentity.parse(wanted).matches(there) is same


@pytest.mark.parametrize("text", ["", "0b0e", "0b0e:", "b0e:0307", "0b0e:+307", "hidraw0"])
def test_what_is_no_identity(text: str) -> None:
    with pytest.raises(ValueError, match="VENDOR:PRODUCT"):
        DeviceIdentity.parse(text)


def test_an_identity_is_read_as_it_is_written() -> None:
    for identity in (LINK, DeviceIdentity(1, 2), DeviceIdentity(1, 2, "a:b")):
        assert DeviceIdentity.parse(identity.key).matches(identity)

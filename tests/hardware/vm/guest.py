"""Inside the virtual machine: each headset as a kernel device, used through hidapi as a station does, all at once. One
JSON line a device: ``python -m tests.hardware.vm.guest [DIRECTORY OF DESCRIPTORS]``.
"""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from hardware.buttons import Buttons
from hardware.discovery import find_headsets
from hardware.errors import HidError
from hardware.hid.descriptor import ReportKind, parse
from hardware.hid.intents import IDLE, CallPhase, CallState, Intent
from hardware.hid.telephony import telephony_layout
from hardware.hid.transport import DeviceIdentity, HidapiTransport
from hardware.simulator import EVOLVE_LINK
from tests.hardware.vm.uhid import UhidDevice
from voice.clock import SystemClock

RINGING, IN_CALL = CallState(CallPhase.RINGING), CallState(CallPhase.IN_CALL)
PATIENCE_S = 60


class Told:
    """What came, and a wait for more of it."""

    def __init__(self) -> None:
        self.all: list[Any] = []
        self._came = asyncio.Event()

    def __call__(self, what: Any) -> None:
        self.all.append(what)
        self._came.set()

    async def until(self, condition: Callable[[list[Any]], bool]) -> None:
        async with asyncio.timeout(PATIENCE_S):
            while not condition(self.all):
                self._came.clear()
                await self._came.wait()


class Bench:
    """One headset, first plugged in, then pulled and plugged in again."""

    def __init__(self, stem: str, descriptor: bytes) -> None:
        vendor, product = (int(part, 16) for part in stem.split("-"))
        self.who = DeviceIdentity(vendor, product, f"serial-{stem}")
        self.descriptor = descriptor
        parsed = parse(descriptor)
        self.layout = telephony_layout(parsed)
        self.input_bits = {each: bits for (kind, each), bits in parsed.report_bits.items() if kind is ReportKind.INPUT}
        self.outputs, self.intents, self.troubles, self.back = Told(), Told(), Told(), Told()

    def report(self, *on: str) -> bytes:
        """The input report that holds ``hook``, with these controls on; whole, for the kernel drops shorter ones."""
        ((report_id, controls),) = [entry for entry in self.layout.inputs.items() if "hook" in entry[1]]
        value = sum(1 << controls[name].bit for name in on)
        return bytes([report_id]) + value.to_bytes((self.input_bits[report_id] + 7) // 8, "little")

    def plug(self) -> UhidDevice:
        return UhidDevice(self.descriptor, self.who.vendor, self.who.product, self.who.serial, self.outputs)

    async def lit(self, *lights: str) -> list[str]:
        """Wait until the device has been told to show just these."""
        wanted = self.layout.encode(lights, frozenset({"off_hook", "ring", "mute", "hold", "ringer"}))

        def shown(outputs: list[bytes]) -> bool:
            last = {report[0]: report for report in outputs}
            return all(last.get(report_id) == data for report_id, data in wanted.items())

        await self.outputs.until(shown)
        return [data.hex() for data in wanted.values()]


async def driven(serial: str) -> None:
    """Wait until the kernel's driver has taken the device, which it does in its own time."""
    devices = Path("/sys/class/hidraw")
    async with asyncio.timeout(PATIENCE_S):
        while not any(serial in file.read_text() for file in devices.glob("*/device/uevent")):  # noqa: ASYNC110
            await asyncio.sleep(0.05)  # sysfs tells of nothing


async def try_out(stem: str, descriptor: bytes) -> dict[str, Any]:
    bench = Bench(stem, descriptor)
    result: dict[str, Any] = {"device": stem}
    buttons = Buttons(HidapiTransport(bench.who), SystemClock(), bench.intents, bench.troubles)
    buttons.on_back = lambda: bench.back(True)
    with bench.plug() as device:
        await driven(bench.who.serial)
        listed = [found for found in find_headsets() if bench.who.matches(found.identity)]
        result["listed"] = [found.table for found in listed]
        if not listed:
            return result
        await buttons.open()
        assert not bench.troubles.all, bench.troubles.all
        device.say(bench.report())  # how it stands: the baseline
        buttons.set_state(RINGING)
        result["ringing"] = await bench.lit("ring", "ringer")
        await asyncio.sleep(0.6)  # past the baseline, on the kernel's own time
        device.say(bench.report("hook"))
        await bench.intents.until(lambda intents: len(intents) == 1)
        buttons.set_state(IN_CALL)
        result["in_call"] = await bench.lit("off_hook")
        device.say(bench.report("hook", "mute"))
        device.say(bench.report("hook"))
        await bench.intents.until(lambda intents: len(intents) == 2)
        buttons.set_state(CallState(CallPhase.IN_CALL, muted=True))
        result["muted"] = await bench.lit("off_hook", "mute")
    await bench.troubles.until(bool)
    bench.outputs.all.clear()
    with bench.plug() as device:
        await bench.back.until(bool)
        result["shown again"] = await bench.lit("off_hook", "mute")
        device.say(bench.report("hook"))  # the baseline of its second life
        device.say(bench.report())
        await bench.intents.until(lambda intents: len(intents) == 3)
        buttons.set_state(IDLE)
        result["idle"] = await bench.lit()
        await buttons.close()
    result["intents"] = [plain(intent) for intent in bench.intents.all]
    result["troubles"] = [error.failure.name for error in bench.troubles.all if isinstance(error, HidError)]
    return result


def plain(intent: Intent) -> str:
    return type(intent).__name__


async def main(directory: Path | None) -> None:
    descriptors = {"0b0e-0307": EVOLVE_LINK}
    if directory is not None:
        descriptors |= {file.stem: file.read_bytes() for file in sorted(directory.glob("*.bin"))}
    for done in asyncio.as_completed([try_out(stem, descriptor) for stem, descriptor in descriptors.items()]):
        print(json.dumps(await done), flush=True)


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1]) if len(sys.argv) > 1 else None))

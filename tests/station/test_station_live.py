"""The station on real SIP and RTP: its headset is simulated, nothing else is."""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import Callable
from typing import Any

import pytest

from tests.sip.ends import AUDIBLE, TONES, RemoteEnd
from tests.station.agent import SPEAKS
from voice.phone import LegConnected, LegDisconnected, LegProgressed, PhoneConfig

pytestmark = pytest.mark.live

CALLER, AGENT = "127.0.0.2", "127.0.0.4"
CALLER_TONE = TONES[0]


class StationProcess:
    """``tests.station.agent`` at the end of two pipes."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process

    @classmethod
    async def open(cls) -> StationProcess:
        command = [sys.executable, "-W", "error", "-m", "tests.station.agent", AGENT]
        pipe = asyncio.subprocess.PIPE
        return cls(await asyncio.create_subprocess_exec(*command, stdin=pipe, stdout=pipe))

    async def until(self, what: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
        """The next line that is ``what``. AssertionError after 20 s, or where the process ended."""
        assert self._process.stdout is not None
        seen: list[str] = []
        try:
            async with asyncio.timeout(20):
                async for line in self._process.stdout:
                    seen.append(line.decode())
                    message: dict[str, Any] = json.loads(line)
                    if what(message):
                        return message
        except TimeoutError:
            raise AssertionError(f"the station never said that; it said {seen}") from None
        raise AssertionError(f"the station ended after {seen}")

    def press(self, line: str) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(line.encode() + b"\n")

    async def shut(self) -> int:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.close()
        try:
            async with asyncio.timeout(15):
                await self._process.stdout.read()
                return await self._process.wait()
        except TimeoutError:
            self._process.kill()
            return await self._process.wait()


def phase(name: str, lights: list[str]) -> Callable[[dict[str, Any]], bool]:
    return lambda message: message.get("state", {}).get("phase") == name and message["lights"] == lights


def hears(hz: int) -> Callable[[dict[str, Any]], bool]:
    expected = [tone == hz for tone in TONES]
    return lambda message: [level > AUDIBLE for level in message.get("heard", [])] == expected


async def a_call(station: StationProcess, caller: RemoteEnd) -> None:
    where = await station.until(lambda message: "sip" in message)
    await caller.do("start")
    await caller.do("add_tone", "tone", CALLER_TONE)
    await caller.do("add_ear", "ear")
    await caller.do("dial", "a", where["sip"], {"X-Callfloor-Contact": "c-42"})
    ringing = await station.until(phase("ringing", ["ring", "ringer"]))
    assert ringing["state"]["contact_id"] == "c-42"
    assert (await caller.expect(LegProgressed)).code == 180

    station.press("hook")
    await caller.expect(LegConnected)
    await station.until(phase("in_call", ["off_hook"]))

    await caller.do("set_paths", [("tone", "leg:a", 1.0), ("leg:a", "ear", 1.0)])
    await station.until(hears(CALLER_TONE))
    station.press("speak")
    await caller.do("until_hears", "ear", [SPEAKS])

    station.press("mute")
    await station.until(phase("in_call", ["mute", "off_hook"]))
    station.press("speak")
    await caller.do("until_hears", "ear", [])
    await station.until(hears(CALLER_TONE))

    station.press("hook")
    assert (await caller.expect(LegDisconnected)).code == 200
    await station.until(phase("idle", []))


def test_ring_light_hook_key_and_sound_both_ways() -> None:
    async def main() -> None:
        station, caller = await StationProcess.open(), RemoteEnd(PhoneConfig(host=CALLER, rtp_host=CALLER))
        await caller.open()
        try:
            await a_call(station, caller)
        finally:
            statuses = await station.shut(), await caller.shut()
        assert statuses == (0, 0)

    asyncio.run(main())

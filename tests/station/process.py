"""``tests.station.agent`` from the outside, and what to wait for."""

from __future__ import annotations

import asyncio
import json
import os
import sys
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

from tests.sip.ends import AUDIBLE, TONES


class StationProcess:
    """``tests.station.agent`` at the end of two pipes."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process

    @classmethod
    async def open(cls, *arguments: str, environment: Mapping[str, str] = MappingProxyType({})) -> StationProcess:
        command = [sys.executable, "-W", "error", "-m", "tests.station.agent", *arguments]
        pipe = asyncio.subprocess.PIPE
        return cls(
            await asyncio.create_subprocess_exec(*command, stdin=pipe, stdout=pipe, env=os.environ | dict(environment))
        )

    @property
    def pid(self) -> int:
        return self._process.pid

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

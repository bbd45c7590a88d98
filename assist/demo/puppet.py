"""A process the demo's director moves: JSON lines in on stdin, JSON lines out on stdout. End of input is the end."""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import Awaitable, Callable
from typing import Any

STOP_S = 5.0

Order = dict[str, Any]


def report(event: str, **fields: object) -> None:
    """Tell the director; one line, at once."""
    sys.stdout.write(json.dumps({"event": event, **fields}) + "\n")
    sys.stdout.flush()


async def obey(carry_out: Callable[[Order], Awaitable[None]]) -> None:
    """Carry out the director's orders one after the other until stdin ends."""
    loop = asyncio.get_running_loop()
    reader = asyncio.StreamReader()
    transport, _ = await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    try:
        while line := await reader.readline():
            await carry_out(json.loads(line))
    finally:
        transport.close()


class Puppet:
    """The director's end of one such process."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self.process = process

    @classmethod
    async def start(cls, module: str, *arguments: str) -> Puppet:
        """Run ``python -m module arguments``."""
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            module,
            *arguments,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            limit=1 << 20,
            process_group=0,  # the terminal's Ctrl-C is for the director, who puts it away
        )
        return cls(process)

    def order(self, do: str, **fields: object) -> None:
        """Give an order."""
        assert self.process.stdin is not None
        if not self.process.stdin.is_closing():
            self.process.stdin.write(json.dumps({"do": do, **fields}).encode() + b"\n")

    async def listen(self, hear: Callable[[Order], None]) -> None:
        """Pass on what the process reports until it ends."""
        assert self.process.stdout is not None
        async for line in self.process.stdout:
            hear(json.loads(line))

    async def stop(self) -> None:
        """Close its stdin and wait; kill it after STOP_S."""
        assert self.process.stdin is not None
        self.process.stdin.close()
        try:
            async with asyncio.timeout(STOP_S):
                await self.process.wait()
        except TimeoutError:
            self.process.kill()
            await self.process.wait()

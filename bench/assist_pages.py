"""The agents' pages of ``bench.assist``: a process each for a share of them, one websocket a page."""

from __future__ import annotations

import asyncio
import contextlib
import json
import sys
import time
from collections.abc import AsyncIterator, Sequence

import websockets

PAGE_PROCESSES = 2
CARDS = ("card.shown", "card.updated", "card.retracted")


async def pages(url: str, tokens: Sequence[str]) -> None:
    """Connect one page per token; say so; on end of input print the cards each received, one JSON object."""
    received: dict[str, list[tuple[str, str, float]]] = {}

    async def page(token: str, ready: asyncio.Event) -> None:
        async with websockets.connect(url, origin=None, compression=None) as feed:
            await feed.send(json.dumps({"type": "hello", "token": token, "schema": 1}))
            async for text in feed:
                now = time.monotonic()
                message = json.loads(text)
                if message["type"] == "snapshot":
                    ready.set()
                elif message["type"] in CARDS:
                    data = message["data"]
                    card_id = data["card_id"] if message["type"] == "card.retracted" else data["card"]["id"]
                    received.setdefault(data["agent"], []).append((message["contact_id"], card_id, now))

    loop = asyncio.get_running_loop()
    events = [asyncio.Event() for _ in tokens]
    tasks = [loop.create_task(page(token, ready)) for token, ready in zip(tokens, events, strict=True)]
    await asyncio.gather(*(ready.wait() for ready in events))
    print("ready", flush=True)
    await loop.run_in_executor(None, sys.stdin.read)
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    print(json.dumps(received), flush=True)


@contextlib.asynccontextmanager
async def watching(url: str, tokens: Sequence[str]) -> AsyncIterator[list[asyncio.subprocess.Process]]:
    """The page processes, all connected."""
    pipe = asyncio.subprocess.PIPE
    running = []
    try:
        for number in range(PAGE_PROCESSES):
            process = await asyncio.create_subprocess_exec(
                sys.executable, "-m", "bench.assist_pages", url, stdin=pipe, stdout=pipe, limit=1 << 26
            )
            running.append(process)
            assert process.stdin is not None
            process.stdin.write(json.dumps(tokens[number::PAGE_PROCESSES]).encode() + b"\n")
        for process in running:
            await read_line(process)
        yield running
    finally:
        for process in running:
            if process.returncode is None:
                process.kill()
            await process.wait()


async def read_line(process: asyncio.subprocess.Process) -> str:
    """What it says next. Raises SystemExit where it has ended, TimeoutError after a minute."""
    assert process.stdout is not None
    async with asyncio.timeout(60):
        line = await process.stdout.readline()
    if not line:
        raise SystemExit("a process ended before it should")
    return line.decode().strip()


if __name__ == "__main__":
    asyncio.run(pages(sys.argv[1], json.loads(sys.stdin.readline())))

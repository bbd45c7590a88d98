"""The demo's websocket client: what an agent's page receives, stamped with CLOCK_MONOTONIC on arrival.

Its one order is ``command`` (``name``, ``data``): what a click on the page would send.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import sys
import time

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake

from assist.demo.puppet import Order, obey, report
from voice.events import new_identifier
from voice.station_link import FloorUnreachableError, login

RETRY_S = 0.2


class Watcher:
    """One agent's page. When the floor goes away it comes back and resumes where the feed was."""

    def __init__(self, url: str, agent: str, secret: str) -> None:
        """``url``: the floor's base, ``http://HOST:PORT``."""
        self._url = url.replace("http", "ws", 1) + "/api/feed"
        self._token = login(url, agent, secret)
        self._feed: ClientConnection | None = None
        self._last: int | None = None

    async def run(self) -> None:
        """Report every message of the desk until cancelled."""
        while True:
            try:
                async with connect(self._url, proxy=None) as self._feed:
                    await self._watch(self._feed)
            except (OSError, TimeoutError, InvalidHandshake, ConnectionClosed, FloorUnreachableError) as error:
                sys.stderr.write(f"watcher: {error}\n")
            finally:
                self._feed = None
            await asyncio.sleep(RETRY_S)

    async def carry_out(self, order: Order) -> None:
        """One order; lost while the floor is away, as a click would be."""
        if self._feed is not None:
            command = {"type": "command", "id": new_identifier(), "command": order["name"], "data": order["data"]}
            with contextlib.suppress(ConnectionClosed):
                await self._feed.send(json.dumps(command))

    async def _watch(self, feed: ClientConnection) -> None:
        hello = {"type": "hello", "token": await self._token(), "schema": 1, "resume_from": self._last}
        await feed.send(json.dumps(hello))
        async for text in feed:
            message = json.loads(text)
            if "seq" in message:  # welcome, beats and replies are about the connection, not the desk
                self._last = message["seq"]
                report("feed", at=time.monotonic(), message=message)


async def _main() -> None:
    parser = argparse.ArgumentParser(prog="python -m assist.demo.watcher", description=__doc__)
    parser.add_argument("--url", required=True, help="http://HOST:PORT of the floor")
    parser.add_argument("--agent", required=True)
    parser.add_argument("--secret", required=True)
    arguments = parser.parse_args()
    watcher = Watcher(arguments.url, arguments.agent, arguments.secret)
    async with asyncio.TaskGroup() as tasks:
        watching = tasks.create_task(watcher.run())
        await obey(watcher.carry_out)
        watching.cancel()


if __name__ == "__main__":
    asyncio.run(_main())

"""The demo's websocket client: what an agent's page receives, stamped with CLOCK_MONOTONIC on arrival."""

from __future__ import annotations

import argparse
import asyncio
import http.client
import json
import sys
import time
import urllib.request
from typing import Any

import websockets

from assist.demo.puppet import Order, obey, report

RETRY_S = 0.2


async def _main() -> None:
    parser = argparse.ArgumentParser(prog="python -m assist.demo.watcher", description=__doc__)
    parser.add_argument("--url", required=True, help="http://HOST:PORT of the floor")
    parser.add_argument("--agent", required=True)
    parser.add_argument("--secret", required=True)
    arguments = parser.parse_args()
    watching = asyncio.create_task(watch(arguments.url, arguments.agent, arguments.secret))
    try:
        await obey(_ignore)
    finally:
        watching.cancel()


async def _ignore(order: Order) -> None:
    """It only watches; the end of its orders is its end."""


async def watch(url: str, agent: str, secret: str) -> None:
    """Report each message; when the floor goes away, come back and resume where the feed was, until cancelled."""
    last: int | None = None
    while True:
        try:
            token = await asyncio.to_thread(log_in, url, agent, secret)
            async with websockets.connect(url.replace("http", "ws", 1) + "/api/feed", origin=None) as feed:
                await feed.send(json.dumps({"type": "hello", "token": token, "schema": 1, "resume_from": last}))
                async for text in feed:
                    last = _pass_on(json.loads(text), last)
        except (OSError, TimeoutError, http.client.HTTPException, websockets.WebSocketException) as error:
            sys.stderr.write(f"watcher: {error}\n")
        await asyncio.sleep(RETRY_S)


def _pass_on(message: dict[str, Any], last: int | None) -> int | None:
    """Report a message of the desk; welcome and beats are about the connection. Returns the newest ``seq``."""
    if "seq" not in message:
        return last
    report("feed", at=time.monotonic(), message=message)
    seq: int = message["seq"]
    return seq


def log_in(url: str, agent: str, secret: str) -> str:
    """A token for the agent. Raises urllib.error.URLError."""
    body = json.dumps({"user": agent, "secret": secret}).encode()
    request = urllib.request.Request(  # noqa: S310 - the address is the floor's own
        f"{url}/api/login", body, {"Content-Type": "application/json"}
    )
    with urllib.request.urlopen(request, timeout=10) as answer:  # noqa: S310
        token: str = json.load(answer)["token"]
    return token


if __name__ == "__main__":
    asyncio.run(_main())

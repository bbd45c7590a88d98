"""The demo's websocket client: what an agent's page receives, stamped with CLOCK_MONOTONIC on arrival."""

from __future__ import annotations

import argparse
import asyncio
import json

import websockets

from assist.demo.puppet import report


async def _main() -> None:
    parser = argparse.ArgumentParser(prog="python -m assist.demo.watcher", description=__doc__)
    parser.add_argument("--url", required=True, help="http://HOST:PORT of the floor")
    parser.add_argument("--agent", required=True)
    parser.add_argument("--secret", required=True)
    arguments = parser.parse_args()
    await watch(arguments.url, arguments.agent, arguments.secret)


async def watch(url: str, agent: str, secret: str) -> None:
    """Log in, connect, report each message until the floor goes away."""
    loop = asyncio.get_running_loop()
    token = await asyncio.to_thread(log_in, url, agent, secret)
    async with websockets.connect(url.replace("http", "ws", 1) + "/api/feed", origin=None) as feed:
        await feed.send(json.dumps({"type": "hello", "token": token, "schema": 1}))
        async for text in feed:
            message = json.loads(text)
            if "seq" in message:  # welcome and beats are about the connection, not the desk
                report("feed", at=loop.time(), message=message)


def log_in(url: str, agent: str, secret: str) -> str:
    """A token for the agent. Raises urllib.error.URLError."""
    import urllib.request

    body = json.dumps({"user": agent, "secret": secret}).encode()
    request = urllib.request.Request(  # noqa: S310 - the address is the floor's own
        f"{url}/api/login", body, {"Content-Type": "application/json"}
    )
    with urllib.request.urlopen(request, timeout=10) as answer:  # noqa: S310
        token: str = json.load(answer)["token"]
    return token


if __name__ == "__main__":
    asyncio.run(_main())

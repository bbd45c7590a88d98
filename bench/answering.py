"""A pool of workers that only answers, for ``bench.front``: 200 to INVITE and BYE, as cheap as Python allows.

It speaks the zygote's lines to a front (``--zygote``), one socket and one call per worker; or, without, it is one
telephone that takes every call, to stand behind another proxy. Prints ``ready PORT`` when it is there.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import re
from pathlib import Path
from typing import cast

_KEPT = re.compile(rb"^(?:Via|Record-Route|From|Call-ID|CSeq):.*\r\n", re.MULTILINE | re.IGNORECASE)
_TO = re.compile(rb"^To:([^\r\n]*)\r\n", re.MULTILINE | re.IGNORECASE)
_SDP = b"v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio 40000 RTP/AVP 0\r\n"


class Answering(asyncio.DatagramProtocol):
    """One worker's socket; ``ended`` is called after its BYE."""

    def __init__(self, pool: Pool | None) -> None:
        self._pool = pool
        self.port = 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """``port`` is known from now on."""
        self._transport = cast(asyncio.DatagramTransport, transport)
        self.port = transport.get_extra_info("sockname")[1]

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        """200 to all but ACK."""
        if data.startswith((b"ACK ", b"SIP/2.0 ")):
            return
        to = _TO.search(data)
        assert to is not None
        tagged = to[1] if b";tag=" in to[1] else to[1] + b";tag=stub"
        head = b"SIP/2.0 200 OK\r\n" + b"".join(_KEPT.findall(data)) + b"To:" + tagged + b"\r\n"
        if data.startswith(b"INVITE "):
            head += b"Contact: <sip:stub@127.0.0.1:%d>\r\nContent-Type: application/sdp\r\n" % self.port
            self._transport.sendto(head + b"Content-Length: %d\r\n\r\n" % len(_SDP) + _SDP, addr)
            return
        self._transport.sendto(head + b"Content-Length: 0\r\n\r\n", addr)
        if data.startswith(b"BYE ") and self._pool is not None:
            self._pool.ended(self)


class Pool:
    """Workers with made-up ids: after its call one ends, and another is ready on its port."""

    def __init__(self) -> None:
        self._ids: dict[Answering, int] = {}
        self._next = 1
        self._writer: asyncio.StreamWriter | None = None

    async def front(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """A front connects: tell it who is there; its assignments need no answer."""
        self._writer = writer
        listed = [{"id": f"w{number}", "port": each.port, "state": "idle"} for each, number in self._ids.items()]
        self._say({"type": "workers", "workers": listed})
        while await reader.read(65536):
            pass

    def joins(self, worker: Answering) -> None:
        """One more, under a new id."""
        self._ids[worker] = self._next
        self._next += 1

    def ended(self, worker: Answering) -> None:
        """Its call is over."""
        self._say({"type": "ended", "id": f"w{self._ids[worker]}", "reason": "exit 0"})
        self.joins(worker)
        self._say({"type": "ready", "id": f"w{self._ids[worker]}", "pid": 1, "port": worker.port})

    def _say(self, message: dict[str, object]) -> None:
        if self._writer is not None:
            self._writer.write(json.dumps(message).encode() + b"\n")


async def _main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.answering", description=__doc__)
    parser.add_argument("--zygote", type=Path, metavar="PATH", help="the Unix socket to speak the zygote's lines on")
    parser.add_argument("--workers", type=int, default=1)
    given = parser.parse_args()
    loop = asyncio.get_running_loop()
    pool = Pool() if given.zygote else None
    last: Answering | None = None
    for _ in range(given.workers):
        _, last = await loop.create_datagram_endpoint(lambda: Answering(pool), local_addr=("127.0.0.1", 0))
        if pool is not None:
            pool.joins(last)
    if pool is not None:
        await asyncio.start_unix_server(pool.front, given.zygote)
    print("ready", last.port if last else 0, flush=True)
    await loop.create_future()


if __name__ == "__main__":
    asyncio.run(_main())

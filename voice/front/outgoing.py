"""A call came over a TCP connection that is gone, and something is still to be said in it (asyncio).

Carriers close idle connections, and a front that starts again has none: the far end of a trunk is then called itself,
at the next hop of the request (RFC 3261 12.2.1.1, 18.1.1). A station is not: it may stand behind NAT, and comes back.
"""

from __future__ import annotations

import asyncio
import ipaddress
import logging
from collections.abc import Callable

from voice.front.connections import Connection
from voice.front.grammar import SipParseError, parse_name_addr, parse_uri
from voice.front.message import Request

log = logging.getLogger(__name__)

CONNECT_S = 4.0
MOST_WAITING = 64  # requests for one address
Address = tuple[str, int]


def next_hop(request: Request) -> Address | None:
    """Where ``request`` goes: its first Route, else its Request-URI. None for a name: nothing waits for DNS."""
    routes = request.headers.all("Route")
    try:
        uri = parse_uri(parse_name_addr(routes[0]).uri if routes else request.uri)
        host = str(ipaddress.ip_address(uri.host.strip("[]")))
    except (SipParseError, ValueError):
        return None
    return host, uri.port or 5060


class Outgoing:
    """Connections from ``host`` (an address of ours); each becomes a ``protocol()``. ``opened(call_id, connection)`` is
    told which calls go on over one, ``lost(count)`` how many requests found none.
    """

    def __init__(
        self,
        host: str,
        protocol: Callable[[], Connection],
        opened: Callable[[str, Connection], None],
        lost: Callable[[int], None],
    ) -> None:
        self._host = host
        self._protocol = protocol
        self._opened = opened
        self._lost = lost
        self._waiting: dict[Address, list[Request]] = {}
        self._made: dict[Address, Connection] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    def send(self, request: Request, address: Address) -> None:
        """Over a connection that was made, is being made, or is made now."""
        made = self._made.get(address)
        if made is not None and made.open:
            self._say(request, made)
            return
        waiting = self._waiting.setdefault(address, [])
        if len(waiting) >= MOST_WAITING:
            self._lost(1)
            return
        waiting.append(request)
        if len(waiting) == 1:
            task = asyncio.get_running_loop().create_task(self._connect(address), name="outgoing connection")
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def close(self) -> None:
        """What still waits is not sent."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _connect(self, address: Address) -> None:
        loop = asyncio.get_running_loop()
        try:
            async with asyncio.timeout(CONNECT_S):
                _, connection = await loop.create_connection(self._protocol, *address, local_addr=(self._host, 0))
        except OSError as error:  # TimeoutError is one
            log.warning("no connection to the trunk at %s port %d: %s", *address, error)
            self._lost(len(self._waiting.pop(address)))
            return
        waiting = self._waiting.pop(address)
        if not connection.open:  # there was no room for it
            self._lost(len(waiting))
            return
        self._made = {there: made for there, made in self._made.items() if made.open} | {address: connection}
        for request in waiting:
            self._say(request, connection)

    def _say(self, request: Request, connection: Connection) -> None:
        self._opened(request.call_id, connection)
        connection.write(request.to_bytes())

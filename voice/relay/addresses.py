"""Which of this machine's addresses reaches a server, and when that changes (Linux: rtnetlink(7); elsewhere never)."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import socket
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from typing import Final, Protocol

log = logging.getLogger(__name__)

_GROUPS: Final = 0x10 | 0x40 | 0x100 | 0x400
"""RTMGRP_IPV4_IFADDR, IPV4_ROUTE, IPV6_IFADDR and IPV6_ROUTE."""

_NEWS: Final = 65536  # bytes; what the kernel says is not read, only that it says something


class Addresses(Protocol):
    """Our own address, as a server sees it."""

    async def current(self) -> str:
        """The address that packets to the server leave from. Raises OSError where there is no way to it."""

    def changes(self, last: str) -> AsyncIterator[str]:
        """Each address that follows ``last``, as it changes."""


def source_address(host: str, port: int) -> str:
    """The address of ours that packets to ``host`` leave from; nothing is sent. May ask the DNS. Raises OSError."""
    family, _, _, _, there = socket.getaddrinfo(host, port, type=socket.SOCK_DGRAM)[0]
    with socket.socket(family, socket.SOCK_DGRAM) as probe:
        probe.connect(there)
        return str(probe.getsockname()[0])


def kernel_news() -> socket.socket | None:
    """A socket that can be read when the kernel has changed an address or a route; None where there is none."""
    if not hasattr(socket, "AF_NETLINK"):
        return None
    news = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 0)
    news.setblocking(False)
    news.bind((0, _GROUPS))
    return news


class RoutedAddresses:
    """By the kernel's routes to ``host``. ``look`` and ``news`` stand in for the kernel in tests."""

    def __init__(
        self,
        host: str,
        port: int,
        look: Callable[[str, int], str] = source_address,
        news: Callable[[], socket.socket | None] = kernel_news,
    ) -> None:
        self._there = (host, port)
        self._look = look
        self._news = news

    async def current(self) -> str:
        """See Addresses."""
        return await asyncio.to_thread(self._look, *self._there)

    async def changes(self, last: str) -> AsyncGenerator[str, None]:
        """See Addresses. While there is no way to the server the last one stays."""
        news = self._news()
        if news is None:
            return
        with news:
            while True:
                with contextlib.suppress(OSError):
                    found = await self.current()
                    if found != last:
                        log.warning("our address towards %s changed from %s to %s", self._there[0], last, found)
                        last = found
                        yield found
                with contextlib.suppress(OSError):  # ENOBUFS: there was more news than the socket could hold
                    await asyncio.get_running_loop().sock_recv(news, _NEWS)

"""Our own address: found by the kernel's routes, looked at again when the kernel has news."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import Iterator

import pytest

from voice.relay.addresses import RoutedAddresses, kernel_news, source_address


class Kernel:
    """Says ``here`` (None: no way to the server), and has news when told to."""

    def __init__(self) -> None:
        self.here: str | None = "192.0.2.10"
        self.ours, self.theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.theirs.setblocking(False)

    def look(self, host: str, port: int) -> str:
        assert (host, port) == ("pbx.test", 5061)
        if self.here is None:
            raise OSError("network is unreachable")
        return self.here

    def news(self) -> socket.socket:
        return self.theirs

    def change(self, here: str | None) -> None:
        self.here = here
        self.ours.send(b"something happened")


@pytest.fixture
def kernel() -> Iterator[Kernel]:
    made = Kernel()
    yield made
    made.ours.close()
    made.theirs.close()


def test_each_new_address_is_told_once_and_none_while_there_is_no_way(kernel: Kernel) -> None:
    async def main() -> None:
        addresses = RoutedAddresses("pbx.test", 5061, kernel.look, kernel.news)
        last = await addresses.current()
        async with asyncio.timeout(10), contextlib.aclosing(addresses.changes(last)) as changes:
            kernel.change("192.0.2.10")
            kernel.change(None)
            kernel.change("198.51.100.4")
            assert await anext(changes) == "198.51.100.4"
            kernel.change("198.51.100.4")
            kernel.change("192.0.2.10")
            assert await anext(changes) == "192.0.2.10"

    asyncio.run(main())


def test_a_change_before_anybody_listened_is_not_missed(kernel: Kernel) -> None:
    async def main() -> None:
        addresses = RoutedAddresses("pbx.test", 5061, kernel.look, kernel.news)
        kernel.here = "198.51.100.4"
        async with asyncio.timeout(10), contextlib.aclosing(addresses.changes("192.0.2.10")) as changes:
            assert await anext(changes) == "198.51.100.4"

    asyncio.run(main())


def test_without_news_of_the_kernel_there_are_no_changes(kernel: Kernel) -> None:
    async def main() -> None:
        addresses = RoutedAddresses("pbx.test", 5061, kernel.look, lambda: None)
        assert [address async for address in addresses.changes("192.0.2.1")] == []

    asyncio.run(main())


def test_the_real_kernel_is_asked() -> None:
    assert source_address("127.0.0.9", 5060).startswith("127.0.0.")
    news = kernel_news()
    assert news is not None
    news.close()

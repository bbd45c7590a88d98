"""Kamailio before two fronts on two addresses: the stage's house, and as much of another worker host as one machine
can be. Customers and stations of the stage talk to Kamailio.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from pathlib import Path

from assist.demo.stage import CUSTOMER_HOST, FRONT_HOST
from assist.serve import House
from tests.fakes.kamailio import kamailio, own_address
from tests.front.house import running
from voice.front.kamailio import KamailioSettings
from voice.settings import AgentSettings, FrontSettings, read_settings

SECOND_HOST = "127.0.0.6"


class BehindKamailio:
    """The stage's gate. ``second`` is the other worker host: close it, and it is gone. ``gateway`` (HOST:PORT) is sent
    what workers dial; "": nobody.
    """

    def __init__(self) -> None:
        self._host = own_address()
        self.gateway = ""
        self.second = contextlib.AsyncExitStack()

    @property
    def address(self) -> str:
        """HOST:PORT of Kamailio."""
        return f"{self._host}:5060"

    @contextlib.asynccontextmanager
    async def opened(self, house: House, settings: Path) -> AsyncIterator[None]:
        """See Gate."""
        agents = tuple(read_settings(settings, {}).many("agent", AgentSettings))
        async with contextlib.AsyncExitStack() as stack:
            await stack.enter_async_context(self.second)
            other = await self.second.enter_async_context(second_front(house, _elsewhere(settings)))
            fronts = tuple("{}:{}".format(*front) for front in (house.addresses.sip, other))
            trunks = (f"{CUSTOMER_HOST}/32",)
            before = KamailioSettings(host=self._host, fronts=fronts, trunks=trunks, gateway=self.gateway, children=2)
            await stack.enter_async_context(kamailio(before, FrontSettings(), agents))
            yield


def way_out(gate: BehindKamailio | None, gateway: str) -> str:
    """What the fronts have as the gateway of a trunk that ends at ``gateway``: Kamailio, which hands on to it."""
    if gate is None:
        return gateway
    gate.gateway = gateway
    return gate.address


def _elsewhere(settings: Path) -> Path:
    """The same settings for SECOND_HOST."""
    file = settings.with_name("second.toml")
    file.write_text(settings.read_text().replace(f'"{FRONT_HOST}"', f'"{SECOND_HOST}"'))
    return file


@contextlib.asynccontextmanager
async def second_front(house: House, settings: Path) -> AsyncIterator[tuple[str, int]]:
    """Front, zygote and address of its own; the floor and the state directory are the house's. Yields its address."""
    zygote_at = settings.parent / "second.sock"
    place = ("--settings", str(settings), "--zygote", str(zygote_at), "--bus", str(house.where.hub))
    front = ("-m", "voice.front", *place)
    async with running(*front, stdout=asyncio.subprocess.PIPE) as process:
        assert process.stdout is not None
        async with asyncio.timeout(60):
            said = (await process.stdout.readline()).decode().split()
        zygote = (
            *("-m", "voice.zygote", "--listen", str(zygote_at), "--worker", "ivr.contact_process:run"),
            *("--preload", "voice.sip", "--settings", str(settings), "--run-dir", str(house.where.run)),
            *("--front-inner", said[4], "--warm", "1", "--max", "4"),
        )
        words_at = {"CALLFLOOR_TRANSCRIPTION_PORT": str(house.addresses.transcription[1])}
        async with running(*zygote, more=words_at):
            host, _, port = said[2].rpartition(":")
            yield host, int(port)

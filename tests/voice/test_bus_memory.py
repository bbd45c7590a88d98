from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from tests.contracts.bus import BusContract, MakeBus
from voice.bus.base import Bus
from voice.bus.memory import MemoryBus, MemoryHub
from voice.clock import SystemClock


class TestMemoryBus(BusContract):
    @asynccontextmanager
    async def house(self) -> AsyncIterator[MakeBus]:
        hub = MemoryHub(durable=("floor",))

        @asynccontextmanager
        async def make(source: str) -> AsyncIterator[Bus]:
            bus = MemoryBus(hub, source, SystemClock())
            await bus.start()
            try:
                yield bus
            finally:
                await bus.close()

        yield make

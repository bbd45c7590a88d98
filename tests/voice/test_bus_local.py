from __future__ import annotations

import asyncio
import json
import os
import socket
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from tests.contracts.bus import (
    DEADLINE,
    TEST_COMMANDS,
    TEST_EVENTS,
    BusContract,
    LevelMeasured,
    MakeBus,
    Ring,
    lost,
    take,
)
from voice.bus.base import Bus
from voice.bus.hub import Hub
from voice.bus.local import EARLY, LocalBus
from voice.bus.spool import Spool, take_orphans
from voice.clock import SystemClock
from voice.commands import Command, CommandCodec, Reply
from voice.events import EventCodec


def make_bus(directory: Path, source: str) -> LocalBus:
    return LocalBus(
        directory / "hub.sock",
        source,
        SystemClock(),
        EventCodec(TEST_EVENTS),
        CommandCodec(TEST_COMMANDS),
        directory / "spool",
    )


@asynccontextmanager
async def running_hub(directory: Path) -> AsyncIterator[Hub]:
    (directory / "spool").mkdir(exist_ok=True)
    (directory / "hub.sock").unlink(missing_ok=True)
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(str(directory / "hub.sock"))
    hub = Hub(directory / "spool")
    await hub.start(listener)
    try:
        yield hub
    finally:
        await hub.close()


class TestLocalBus(BusContract):
    @asynccontextmanager
    async def house(self) -> AsyncIterator[MakeBus]:
        with tempfile.TemporaryDirectory() as name:
            directory = Path(name)
            async with running_hub(directory):

                @asynccontextmanager
                async def make(source: str) -> AsyncIterator[Bus]:
                    bus = make_bus(directory, source)
                    await bus.start()
                    await bus.connected()
                    try:
                        yield bus
                    finally:
                        await bus.close()

                yield make


def test_the_last_live_events_before_the_first_connection_wait_for_it_in_their_place(tmp_path: Path) -> None:
    async def main() -> None:
        bus = make_bus(tmp_path, "worker")
        for number in range(EARLY + 2):
            bus.publish(LevelMeasured(number))
        bus.publish(lost("then"))
        assert bus.statistics.live_dropped == 2
        async with running_hub(tmp_path):
            floor = make_bus(tmp_path, "floor")
            await floor.start()
            heard = floor.subscribe("*")
            await floor.connected()
            await bus.start()
            told = [envelope.event for envelope in await take(heard, EARLY + 1)]
            assert told == [*(LevelMeasured(number) for number in range(2, EARLY + 2)), lost("then")]
            await bus.close()
            await floor.close()

    asyncio.run(main())


def test_durable_events_survive_an_absent_hub_and_live_ones_do_not(tmp_path: Path) -> None:
    async def main() -> None:
        bus = make_bus(tmp_path, "worker")
        await bus.start()
        async with running_hub(tmp_path):
            await bus.connected()
        while bus._connected.is_set():  # noqa: ASYNC110 - that the hub has gone is told to nobody
            await asyncio.sleep(0)
        bus.publish(lost("while away"))
        bus.publish(LevelMeasured(1))
        assert bus.statistics.live_dropped == 1
        async with running_hub(tmp_path):
            floor = make_bus(tmp_path, "floor")
            await floor.start()
            heard = floor.subscribe("*", durable="floor")
            assert [e.event for e in await take(heard, 1)] == [lost("while away")]
            await floor.close()
            await bus.close()

    asyncio.run(main())


def test_a_restarted_hub_finds_its_clients_and_its_backlog_again(tmp_path: Path) -> None:
    async def main() -> None:
        worker = make_bus(tmp_path, "worker")
        snapshots: list[str] = []
        worker.on_connected(lambda: snapshots.append("sent"))

        async def ring(command: Command) -> Reply:
            return Reply(True)

        worker.serve("bell", ring)
        await worker.start()
        async with running_hub(tmp_path):
            await worker.connected()
            worker.publish(lost("kept"))
            await worker._flush()
        async with running_hub(tmp_path):
            floor = make_bus(tmp_path, "floor")
            await floor.start()
            heard = floor.subscribe("*", durable="floor")
            assert [e.event for e in await take(heard, 1)] == [lost("kept")]
            async with asyncio.timeout(DEADLINE):
                await worker.connected()
            await floor.request("bell", Ring(1))
            assert snapshots == ["sent", "sent"]
            await floor.close()
        await worker.close()

    asyncio.run(main())


def test_the_spool_of_an_ended_process_is_delivered(tmp_path: Path) -> None:
    async def main() -> None:
        dead = make_bus(tmp_path, "worker")
        dead.publish(lost("last words"))
        os.close(dead._spool._descriptor)  # as the kernel does when a process is killed
        async with running_hub(tmp_path) as hub:
            assert hub.adopt_orphans() == 1
            floor = make_bus(tmp_path, "floor")
            await floor.start()
            heard = floor.subscribe("*", durable="floor")
            assert [e.event for e in await take(heard, 1)] == [lost("last words")]
            assert hub.adopt_orphans() == 0
            await floor.close()

    asyncio.run(main())


async def _left_over(reader: asyncio.StreamReader) -> bytes:
    """What the hub says before it hangs up (with a reset, if it had not read all)."""
    try:
        return await reader.read()
    except ConnectionResetError:
        return b""


def test_a_client_that_sends_rubbish_is_dropped_and_the_others_go_on(tmp_path: Path) -> None:
    async def main() -> None:
        async with running_hub(tmp_path):
            for rubbish in (b"\xff\xfe\n", b"[]\n", b'{"op":"dance"}\n', b'{"op":"event"}\n', b"{" * 2_000_000 + b"\n"):
                reader, writer = await asyncio.open_unix_connection(tmp_path / "hub.sock")
                writer.write(rubbish)
                async with asyncio.timeout(DEADLINE):
                    assert await _left_over(reader) == b""
                writer.close()
            one, two = make_bus(tmp_path, "one"), make_bus(tmp_path, "two")
            await one.start()
            await two.start()
            heard = two.subscribe("*", durable="floor")
            one.publish(lost("fine"))
            assert len(await take(heard, 1)) == 1
            await one.close()
            await two.close()

    asyncio.run(main())


def test_unknown_event_types_are_counted_and_ignored(tmp_path: Path) -> None:
    async def main() -> None:
        async with running_hub(tmp_path):
            floor = make_bus(tmp_path, "floor")
            await floor.start()
            heard = floor.subscribe("*", durable="floor")
            stranger = {"id": "1", "at": 0.0, "source": "x", "seq": 1, "type": "new.thing", "data": {}}
            _, writer = await asyncio.open_unix_connection(tmp_path / "hub.sock")
            for event in (stranger, stranger | {"id": "2", "type": "worker.lost", "data": {"nonsense": 1}}):
                writer.write(json.dumps({"op": "event", "durable": True, "event": event}).encode() + b"\n")
            await floor.connected()
            floor.publish(lost("known"))
            assert [e.event for e in await take(heard, 1)] == [lost("known")]
            assert floor.statistics.unknown_types == 2
            writer.close()
            await floor.close()

    asyncio.run(main())


def test_a_spool_survives_torn_lines_and_keeps_order(tmp_path: Path) -> None:
    file = tmp_path / "x.jsonl"
    spool = Spool(file)
    for number in range(3):
        spool.add({"id": str(number)})
    spool.settle("1")
    spool.close()
    with file.open("a") as out:
        out.write('{"id": "torn')
    again = Spool(file)
    assert [m["id"] for m in again.messages()] == ["0", "1", "2"]
    taken: list[str] = []
    assert take_orphans(tmp_path, lambda message: taken.append(message["id"])) == 0  # its owner lives
    again.close()
    assert take_orphans(tmp_path, lambda message: taken.append(message["id"])) == 3
    assert taken == ["0", "1", "2"]
    assert not file.exists()


def test_a_full_spool_drops_the_oldest_and_counts(tmp_path: Path) -> None:
    spool = Spool(tmp_path / "x.jsonl", limit=2)
    for number in range(3):
        spool.add({"id": str(number)})
    assert [m["id"] for m in spool.messages()] == ["1", "2"]
    assert spool.dropped == 1
    spool.close()

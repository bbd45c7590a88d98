"""The stage's ears, without anybody on it."""

from __future__ import annotations

import asyncio
import fcntl
import tomllib
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from assist.demo import stage as module
from assist.demo.script import Script
from assist.demo.stage import AGENT, Cast
from assist.desk import Desk
from assist.desk_events import RecogniserChanged
from assist.feed import Feed, FeedConnection
from assist.store import DEMO_NUMBER, Store
from ivr.contacts import AgentStateChanged, PromptStarted
from tests.demo.calls import SCRIPT
from tests.fakes.clock import VirtualClock
from voice.bus.memory import MemoryBus, MemoryHub
from voice.errors import DocumentError
from voice.front.access import read_access
from voice.rundir import RunDirectory
from voice.settings import AgentSettings, FrontSettings, read_settings


class Audience:
    def __init__(self) -> None:
        self.said: list[str] = []
        self.desks: list[Desk] = []

    def status(self, text: str) -> None:
        self.said.append(text)

    def desk(self, desk: Desk) -> None:
        self.desks.append(desk)


class Ordered:
    """A puppet that notes its orders."""

    def __init__(self) -> None:
        self.orders: asyncio.Queue[dict[str, Any]] = asyncio.Queue()

    def order(self, do: str, **fields: object) -> None:
        self.orders.put_nowait({"do": do, **fields})

    async def next(self) -> dict[str, Any]:
        async with asyncio.timeout(10):
            return await self.orders.get()


def cast() -> Cast:
    nobody: Any = None
    customer: Any = Ordered()
    agent: Any = Ordered()
    return Cast(nobody, customer, agent, nobody, "secret", SCRIPT, Audience())


def test_reports_of_the_telephones_are_put_into_the_call() -> None:
    found = cast()
    for party, told in (
        ("caller", {"event": "dialling", "at": 1.0}),
        ("caller", {"event": "connected", "codec": "PCMU/8000", "at": 2.0}),
        ("agent", {"event": "speaking", "turn": 0, "at": 3.0}),
        ("agent", {"event": "spoken", "turn": 0, "at": 4.0}),
        ("caller", {"event": "hears", "seconds": 1.2}),
        ("agent", {"event": "station", "phase": "in_call"}),
        ("caller", {"event": "disconnected", "code": 200, "at": 9.0}),
    ):
        module._puppet(found, party, told)
    seen = found.seen
    assert (seen.dialled_at, seen.connected_at, seen.hung_up) == (1.0, 2.0, True)
    assert (seen.speaking, seen.spoken, seen.heard_s) == ({0: 3.0}, {0}, {"caller": 1.2, "agent": 0.0})
    assert len(seen.reports) == 7


def test_the_feed_is_folded_into_the_desk_from_the_snapshot_on() -> None:
    async def main() -> None:
        found, feed = cast(), Feed(VirtualClock(), start=7)
        feed.add_agent(AGENT, "Anna Kovacs")
        feed.publish(AGENT, RecogniserChanged("up", "vosk", "demo"))
        connection = feed.connect(AGENT, None)
        feed.publish(AGENT, AgentStateChanged(AGENT, "AVAILABLE", "", 5.0))
        for at in (1.0, 2.0):
            module._feed(found, {"at": at, "message": await wire(connection)})
        assert found.desk == feed.desk(AGENT)
        assert [(told.at, told.type) for told in found.seen.told] == [(1.0, "snapshot"), (2.0, "agent.state")]
        audience = found.audience
        assert isinstance(audience, Audience)
        assert audience.desks[-1] == found.desk

    asyncio.run(main())


async def wire(connection: FeedConnection) -> dict[str, Any]:
    message = await anext(connection)
    return {"type": message.type, "id": message.id, "contact_id": message.contact_id, "seq": message.seq,
            "at": message.at, "data": message.data}  # fmt: skip


def test_what_the_caller_is_told_is_shown() -> None:
    async def main() -> None:
        found, bus = cast(), MemoryBus(MemoryHub(), "w", VirtualClock())
        await bus.start()
        events = bus.subscribe("*")
        bus.publish(PromptStarted("menu", "For a question about your bill, press 1."))
        bus.publish(PromptStarted("hold", ""))
        listening = asyncio.ensure_future(module._listen_bus(found, events))
        await found.seen.until(lambda: len(found.seen.envelopes) == 2, "both prompts")
        assert found.prompted("menu")
        assert not found.prompted("greeting")
        assert isinstance(found.audience, Audience)
        assert found.audience.said == ["IVR: For a question about your bill, press 1."]
        await bus.close()
        await listening

    asyncio.run(main())


def test_turns_are_said_one_after_the_other_until_the_caller_hangs_up() -> None:
    async def main() -> None:
        found = cast()
        found.script = Script(tuple(replace(turn, pause_s=0.0) for turn in SCRIPT.turns))
        customer, agent = found.customer, found.agent
        assert isinstance(customer, Ordered)
        assert isinstance(agent, Ordered)
        talking = asyncio.ensure_future(found.talk(range(4)))
        assert await agent.next() == {"do": "say", "turn": 0}
        assert customer.orders.empty()
        found.seen.spoken.add(0)
        found.seen.changed()
        assert await customer.next() == {"do": "say", "turn": 1}
        found.seen.hung_up = True
        found.seen.changed()
        await talking

    asyncio.run(main())


def test_the_settings_of_the_stage(tmp_path: Path) -> None:
    file = module._write_settings(tmp_path / 'a "state"', "kestrel-demo", '[ivr]\nflow = "x.yaml"\n')
    assert file.stat().st_mode & 0o777 == 0o600
    settings = read_settings(file, {})
    assert settings.section("front", FrontSettings).trunks == ("127.0.0.2/32",)
    assert [agent.user for agent in settings.many("agent", AgentSettings)] == [AGENT]
    data = tomllib.loads(file.read_text())
    assert data["run"]["state_dir"] == str(tmp_path / 'a "state"')
    assert data["ivr"] == {"flow": "x.yaml"}


def test_behind_a_gate_the_front_takes_calls_from_it_alone(tmp_path: Path) -> None:
    file = module._write_settings(tmp_path, "kestrel-demo", "", "127.0.0.77:5070")
    access = read_access(read_settings(file, {}))
    assert access.registrar == ("127.0.0.77", 5070)
    assert (access.is_trunk("127.0.0.77"), access.is_trunk("127.0.0.2")) == (True, False)


def test_two_at_once_leave_the_first_alone(tmp_path: Path) -> None:
    (tmp_path / "callfloor.db").write_bytes(b"of a call that goes on")
    first = RunDirectory(tmp_path)
    first.create()

    async def second() -> None:
        async with module.stage(tmp_path, Audience()):
            raise AssertionError("it came on stage")

    with first.lock.open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        with pytest.raises(DocumentError, match="somebody calls there already"):
            asyncio.run(second())
    assert (tmp_path / "callfloor.db").read_bytes() == b"of a call that goes on"
    assert not (tmp_path / "callfloor.toml").exists()


def test_a_state_directory_that_is_a_file_is_said_in_one_line(tmp_path: Path) -> None:
    (tmp_path / "taken").write_bytes(b"")

    async def come() -> None:
        async with module.stage(tmp_path / "taken", Audience()):
            raise AssertionError("it came on stage")

    with pytest.raises(DocumentError, match="name a directory you may write to"):
        asyncio.run(come())


def test_the_customer_base_is_fresh_each_time(tmp_path: Path) -> None:
    async def main() -> None:
        await module._seed(tmp_path)
        (tmp_path / "callfloor.db-wal").write_bytes(b"left over")
        await module._seed(tmp_path)
        store = await Store.open(f"sqlite+aiosqlite:///{tmp_path / 'callfloor.db'}")
        found = (await store.look_up(DEMO_NUMBER)).customer
        await store.close()
        assert found is not None
        assert found.name == "James Smith"
        assert (datetime.now(UTC).date() - found.past_contacts[0].on).days < 400

    asyncio.run(main())

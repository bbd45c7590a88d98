"""The house around small children: what it starts, keeps running, tells the bus and puts away."""

from __future__ import annotations

import asyncio
import os
import re
import shutil
import socket
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from assist.child import ChildRefusedError, ChildSpec
from assist.programs import Sockets
from assist.serve import SECTIONS, House
from ivr.contacts import FloorStarted
from ivr.settings import IvrSettings
from voice.bus.base import Subscription
from voice.bus.local import LocalBus
from voice.clock import SystemClock
from voice.commands import CommandCodec
from voice.errors import DocumentError
from voice.events import EventCodec, ServiceChanged
from voice.rundir import RunDirectory
from voice.settings import read_settings

READY = "import sys, time; print('ready', flush=True); "
STAYS = READY + "sys.stdin.read() or time.sleep(600)"
TWO = {"front": STAYS, "floor": STAYS}
PORTS = "[front]\nport = 0\n[transcription]\nport = 0\n[web]\nport = 0\n"


class SmallHouse(House):
    """Its children are one line of Python each."""

    programs: dict[str, str]

    def _specs(self, sockets: Sockets) -> tuple[ChildSpec, ...]:
        return tuple(ChildSpec(name, ("-c", program), (sockets.web,)) for name, program in self.programs.items())


@dataclass
class Seen:
    """Starts and ends of children, waited for."""

    changes: list[tuple[str, int | None]] = field(default_factory=list)
    _stirred: asyncio.Event = field(default_factory=asyncio.Event)

    def __call__(self, name: str, pid: int | None) -> None:
        self.changes.append((name, pid))
        self._stirred.set()

    async def until(self, condition: Callable[[], bool]) -> None:
        async with asyncio.timeout(20):
            while not condition():
                self._stirred.clear()
                await self._stirred.wait()

    def starts(self, name: str) -> list[int]:
        return [pid for who, pid in self.changes if who == name and pid is not None]


def small_house(tmp_path: Path, programs: dict[str, str] | None = None, text: str = PORTS) -> SmallHouse:
    file = tmp_path / "callfloor.toml"
    file.write_text(text)
    settings = read_settings(file, {"CALLFLOOR_RUN_STATE_DIR": str(tmp_path / "state")})
    house = SmallHouse(settings, file, SystemClock(), {})
    house.programs = programs or TWO
    return house


async def ready(house: House) -> None:
    async with asyncio.timeout(20):
        await house.ready()


def gone(pid: int) -> bool:
    return not Path(f"/proc/{pid}").exists()


@pytest.mark.live
def test_children_are_started_and_put_away(tmp_path: Path) -> None:
    async def main() -> None:
        async with small_house(tmp_path) as house:
            await ready(house)
            pids = dict(house.pids)
            assert set(pids) == {"front", "floor"}
            assert house.addresses.sip[1] > 0
            assert house.addresses.web.startswith("http://127.0.0.1:")
            assert (tmp_path / "state" / "keys" / "transcription").exists()
        assert house.pids == {}
        assert all(gone(pid) for pid in pids.values())

    asyncio.run(main())


@pytest.mark.live
def test_a_child_that_dies_is_started_again_and_the_bus_is_told(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async def main() -> None:
        seen, house = Seen(), small_house(tmp_path)
        house.on_change = seen
        async with house:
            await ready(house)
            bus = LocalBus(
                house.where.hub, "test", SystemClock(), EventCodec((ServiceChanged, FloorStarted)), CommandCodec(()),
                house.where.spool,
            )  # fmt: skip
            heard = bus.subscribe(ServiceChanged.type)
            await bus.start()
            await bus.connected()
            os.kill(house.pids["front"], 9)
            assert await services(heard, 2) == [ServiceChanged("front", False), ServiceChanged("front", True)]
            await seen.until(lambda: len(seen.starts("front")) == 2)
            assert len(seen.starts("floor")) == 1
            bus.publish(FloorStarted())
            assert set(await services(heard, 2)) == {ServiceChanged("front", True), ServiceChanged("floor", True)}
            await bus.close()

    asyncio.run(main())
    assert "front ended (killed by signal SIGKILL); starting it again" in caplog.text


async def services(heard: Subscription, count: int) -> list[Any]:
    async with asyncio.timeout(20):
        return [(await anext(heard)).event for _ in range(count)]


@pytest.mark.live
def test_a_child_that_does_not_take_its_settings_ends_the_house(tmp_path: Path) -> None:
    async def main() -> None:
        async with small_house(tmp_path, {"front": STAYS, "floor": "raise SystemExit(2)"}) as house:
            with pytest.raises(ChildRefusedError, match="floor does not take its settings"):
                await ready(house)

    asyncio.run(main())


def test_an_address_in_use_is_one_clear_line_and_nothing_stays_open(tmp_path: Path) -> None:
    async def main(text: str) -> None:
        async with small_house(tmp_path, text=text):
            raise AssertionError("it started")

    with socket.create_server(("127.0.0.1", 0)) as taken:
        text = PORTS.replace("[web]\nport = 0", f"[web]\nport = {taken.getsockname()[1]}")
        with pytest.raises(DocumentError, match=r"\[web\] cannot listen on 127.0.0.1 port \d+: Address already in use"):
            asyncio.run(main(text))


def test_a_second_house_in_one_state_directory_is_refused_at_once(tmp_path: Path) -> None:
    async def main() -> None:
        async with small_house(tmp_path) as house:
            await ready(house)
            with pytest.raises(DocumentError, match="another callfloor serve is running"):
                async with small_house(tmp_path):
                    raise AssertionError("it started")
            assert house.where.hub.exists()
        async with small_house(tmp_path) as house:  # the first one's lock went with it
            await ready(house)

    asyncio.run(main())


def test_a_state_directory_of_no_use_is_one_clear_line(tmp_path: Path) -> None:
    async def main(state: Path) -> None:
        house = small_house(tmp_path)
        house.where = RunDirectory(state)
        async with house:
            raise AssertionError("it started")

    (tmp_path / "file").touch()
    with pytest.raises(DocumentError, match=r"\[run\] state_dir: .*file/state cannot be used: Not a directory"):
        asyncio.run(main(tmp_path / "file" / "state"))
    with pytest.raises(DocumentError, match="too long for the names of sockets"):
        asyncio.run(main(tmp_path / ("d" * 100)))


def test_every_section_that_a_program_reads_may_be_written() -> None:
    """``[oidc]`` was read by the floor, and refused by ``callfloor serve``."""
    root = Path(__file__).parents[2]
    sources = [
        file for package in ("assist", "ivr", "voice", "transcription") for file in (root / package).rglob("*.py")
    ]
    read = {name for file in sources for name in re.findall(r'\.(?:section|many)\(\s*"(\w+)"', file.read_text())}
    assert {"oidc", "webhook", "run"} <= read
    assert read <= SECTIONS


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[fornt]\nport = 0\n", "unknown section 'fornt'"),
        ('[assist]\ncontent = "/nowhere"\n', "no such"),
        ("[front]\nprot = 0\n", "did you mean 'port'"),
        ("[[agent]]\nuser = 'anna'\nname = 'Anna'\nsecret = 'short'\n", "agent.0.secret"),
        ("[transcription]\nmodel = 'no-such-model'\n", "no-such-model"),
        ("[transcription]\nengine = 'sphinx'\n", "transcription.engine"),
        ("[transcription]\nengine = 'pocketsphinx'\nmodel = 'demo-en-8k'\n", "comes with its own model"),
        ("[transcription]\nengine = 'pocketsphinx'\ndomain = '/nowhere.txt'\n", "/nowhere.txt: the sentences"),
        (f"[transcription]\ndomain = '{__file__}'\n", "vosk has its own sentences"),
        ("[ivr]\nflow = '/nowhere/flow.yaml'\n", "/nowhere/flow.yaml: no such file"),
    ],
)
def test_bad_settings_are_found_before_anything_starts(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(DocumentError, match=message):
        small_house(tmp_path, text=text)
    assert not (tmp_path / "state").exists()


def test_a_flow_that_is_wrong_is_found_before_anything_starts(tmp_path: Path) -> None:
    flow = tmp_path / "flow.yaml"
    shutil.copy(IvrSettings().flow, flow)
    flow.write_text(flow.read_text().replace("start: greeting", "start: goodbye"))
    with pytest.raises(DocumentError, match="goodbye") as caught:
        small_house(tmp_path, text=f"[ivr]\nflow = '{flow}'\n")
    assert caught.value.line == 5

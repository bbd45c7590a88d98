"""The stage of the demo and of the scenario tests: a house of processes, a customer, an agent, a page's websocket.

Nothing is simulated but the people and the headset's outermost device: the customer is a telephone of her own on
127.0.0.2, the front listens on 127.0.0.3, the agent's station is on 127.0.0.4.
"""

from __future__ import annotations

import asyncio
import contextlib
import fcntl
import json
import secrets
from collections.abc import AsyncIterator, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Protocol

from assist.demo.observed import Observed, Told
from assist.demo.puppet import Puppet
from assist.demo.script import Script, load_script
from assist.desk import AgentLine, Desk, restore
from assist.desk_events import FEED_EVENTS
from assist.serve import House
from assist.store import Store
from assist.store.seed import DEMO_NUMBER, seed_demo
from assist.vocabulary import COMMANDS, EVENTS
from ivr.contacts import PromptStarted
from voice.bus.base import Subscription
from voice.bus.local import LocalBus
from voice.clock import SystemClock
from voice.errors import DocumentError
from voice.events import EventCodec
from voice.rundir import RunDirectory
from voice.settings import read_settings

CUSTOMER_HOST, FRONT_HOST, STATION_HOST = "127.0.0.2", "127.0.0.3", "127.0.0.4"
NUMBER = "100"
AGENT = "anna"
THINKING_S = 1.0
READY_S = 60.0
"""How long the house may take to start: a second or two, but for a machine that has much else to do."""
_FEED = EventCodec(FEED_EVENTS)


class Audience(Protocol):
    """Who is shown what happens."""

    def status(self, text: str) -> None:
        """What is going on, in a few words."""

    def desk(self, desk: Desk) -> None:
        """The agent's page as it is now."""


@dataclass
class Cast:
    """Everybody and everything on stage, and the call being observed."""

    house: House
    customer: Puppet
    agent: Puppet
    watcher: Puppet
    secret: str
    script: Script
    audience: Audience
    number: str = DEMO_NUMBER
    gate: str = ""
    seen: Observed = field(default_factory=Observed)
    desk: Desk = field(default_factory=lambda: Desk(AgentLine(AGENT, AGENT)))

    @property
    def sip(self) -> str:
        """HOST:PORT that customers call and stations register at: the front's, or that of the gate before it."""
        return self.gate or "{}:{}".format(*self.house.addresses.sip)

    async def dial(self, free_s: float = 40.0) -> None:
        """The customer calls once the agent is free, within ``free_s``; the call is a new one to observe. Returns at
        the menu.
        """
        self.seen = Observed()
        await self.seen.until(lambda: self.desk.agent.state == "AVAILABLE", "the agent to be free", free_s)
        self.audience.status(f"{self.number} calls {NUMBER}")
        self.customer.order("call", number=NUMBER)
        await self.seen.until(lambda: self.prompted("menu"), "the menu")

    async def choose(self, digit: str = "1") -> None:
        """She takes a moment and presses a digit."""
        await asyncio.sleep(THINKING_S)
        self.customer.order("digits", digits=digit)

    async def connect(self) -> None:
        """Through the menu to the agent, who answers by the headset's button."""
        await self.dial()
        await self.meet()

    async def meet(self) -> None:
        """From the menu to the agent."""
        self.agent.order("answer")
        await self.choose()
        await self.seen.until(lambda: self.seen.answered, "the agent to answer", 60.0)
        self.audience.status("caller and agent are connected")

    async def talk(self, turns: Iterable[int]) -> None:
        """These turns of the script, one after the other."""
        seen = self.seen
        for index in turns:
            turn = self.script.turns[index]
            await asyncio.sleep(turn.pause_s)
            (self.customer if turn.speaker == "caller" else self.agent).order("say", turn=index)
            await seen.until(lambda: seen.hung_up or index in seen.spoken, f"turn {index}")  # noqa: B023 - awaited here

    async def hang_up(self) -> None:
        """The customer hangs up; returns when the worker has said its last word and the summary is drafted."""
        seen = self.seen
        self.customer.order("hang_up")
        await seen.until(lambda: seen.closed is not None, "the contact to close")
        await seen.until(lambda: any(told.type == "contact.summary" for told in seen.told), "the summary")

    def prompted(self, node: str) -> bool:
        """Whether the caller has begun to hear the prompt of a flow's node."""
        return any(isinstance(e.event, PromptStarted) and e.event.node == node for e in self.seen.envelopes)


@dataclass(frozen=True, slots=True)
class ForeignPbx:
    """Where calls come through instead of our front: ``address`` (HOST:PORT, UDP) has the agent as an extension with
    ``secret``, and lets in who calls from ``outside``, the customer's host.
    """

    address: str
    secret: str
    outside: str


class Gate(Protocol):
    """A proxy before the front, which then takes calls from it alone; ``address``: HOST:PORT it will serve at."""

    @property
    def address(self) -> str:
        """Known before anything runs."""

    def opened(self, house: House, settings: Path) -> contextlib.AbstractAsyncContextManager[None]:
        """Serve, for this house that runs by these settings."""


@contextlib.asynccontextmanager
async def stage(
    state_dir: Path, audience: Audience, more: str = "", *, number: str = DEMO_NUMBER, agent: str = "assist.demo.agent",
    pbx: ForeignPbx | None = None, gate: Gate | None = None,
) -> AsyncIterator[Cast]:  # fmt: skip
    """Start everything; stop everything. The customer base is fresh each time. ``more``: TOML added to the settings;
    ``number``: the customer's; ``agent``: the module that is the agent's station; ``gate``: what customers and stations
    meet instead of the front. Raises DocumentError where ``state_dir`` cannot be used, as by two at once.
    """
    script = load_script()
    audience.status("starting front, zygote, transcription server and floor")
    secret = secrets.token_hex(8)  # no option may seem to begin with it, as with "-"
    with _alone(state_dir.absolute()):
        settings = _write_settings(state_dir.absolute(), secret, more, gate.address if gate is not None else "")
        await _seed(state_dir.absolute())
    async with contextlib.AsyncExitStack() as stack:
        house = await stack.enter_async_context(House(read_settings(settings, {}), settings, SystemClock(), {}))
        async with asyncio.timeout(READY_S):
            await house.ready()
        if gate is not None:
            await stack.enter_async_context(gate.opened(house, settings))
        web = house.addresses.web
        sip = gate.address if gate is not None else "{}:{}".format(*house.addresses.sip)
        audience.status(f"agent's page: {web}  (user {AGENT}, secret {secret})")
        who = ("--agent", AGENT, "--secret", secret)
        host, server = (pbx.outside, pbx.address) if pbx is not None else (CUSTOMER_HOST, sip)
        customer = await Puppet.start("assist.demo.customer", "--host", host, "--number", number, "--server", server)
        stack.push_async_callback(customer.stop)
        extension = _extension(pbx, house) if pbx is not None else ()
        station = await Puppet.start(agent, "--host", STATION_HOST, "--server", web, "--front", sip, *who, *extension)
        stack.push_async_callback(station.stop)
        watcher = await Puppet.start("assist.demo.watcher", "--url", web, *who)
        stack.push_async_callback(watcher.stop)
        cast = Cast(house, customer, station, watcher, secret, script, audience, number, sip)
        async with asyncio.TaskGroup() as tasks:
            listening = tasks.create_task(_listen(cast), name="audience")
            yield cast
            listening.cancel()


@contextlib.contextmanager
def _alone(state_dir: Path) -> Iterator[None]:
    """Nobody's house runs there meanwhile: it would lose its settings and its customers under its feet."""
    where = RunDirectory(state_dir)
    try:
        where.create()
        with where.lock.open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            yield
    except BlockingIOError:
        raise DocumentError(
            state_dir, None, "somebody calls there already", "wait, or name another --state-dir"
        ) from None
    except OSError as error:
        raise DocumentError(
            state_dir, None, error.strerror or str(error), "name a directory you may write to"
        ) from None


def _extension(pbx: ForeignPbx, house: House) -> tuple[str, ...]:
    """What the agent's station is told besides. It shares the house's directory: the token, the key and the recordings
    are in their usual places.
    """
    words = "ws://{}:{}".format(*house.addresses.transcription)
    line = ("--pbx", f"sip:{AGENT}@{pbx.address}", "--pbx-secret", pbx.secret)
    return *line, "--transcription", words, "--state", str(house.where.state)


def _write_settings(state_dir: Path, secret: str, more: str, gate: str = "") -> Path:
    trunk = gate.rpartition(":")[0] or CUSTOMER_HOST
    state_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
    file = state_dir / "callfloor.toml"
    file.touch(mode=0o600)
    file.write_text(
        f"[run]\nstate_dir = {json.dumps(str(state_dir))}\n\n"
        f'[front]\nhost = "{FRONT_HOST}"\nport = 0\ntrunks = ["{trunk}/32"]\nregistrar = "{gate}"\nmax_contacts = 8\n\n'
        f'[rtp]\nhost = "{FRONT_HOST}"\n\n[transcription]\nport = 0\n\n[web]\nport = 0\n\n'
        f'[[agent]]\nuser = "{AGENT}"\nname = "Anna Kovacs"\nsecret = "{secret}"\nqueues = ["billing", "support"]\n'
        f"{more}"
    )
    return file


async def _seed(state_dir: Path) -> None:
    """A fresh customer base for each demo, so that its history card is the same every time."""
    for file in list(state_dir.glob("callfloor.db*")):
        file.unlink()
    store = await Store.open(f"sqlite+aiosqlite:///{state_dir / 'callfloor.db'}")
    try:
        await seed_demo(store, datetime.now(UTC).date())
    finally:
        await store.close()


async def _listen(cast: Cast) -> None:
    """Collect what the bus, the page's feed and the puppets report, into whatever call is being observed."""
    bus = LocalBus(cast.house.where.hub, "demo", SystemClock(), EVENTS, COMMANDS, cast.house.where.spool)
    await bus.start()
    try:
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(_listen_bus(cast, bus.subscribe("*", limit=10_000)))
            tasks.create_task(cast.customer.listen(lambda told: _puppet(cast, "caller", told)))
            tasks.create_task(cast.agent.listen(lambda told: _puppet(cast, "agent", told)))
            tasks.create_task(cast.watcher.listen(lambda told: _feed(cast, told)))
    finally:
        await bus.close()


async def _listen_bus(cast: Cast, events: Subscription) -> None:
    async for envelope in events:
        cast.seen.envelopes.append(envelope)
        if isinstance(envelope.event, PromptStarted) and envelope.event.text:
            cast.audience.status(f"IVR: {envelope.event.text}")
        cast.seen.changed()


def _puppet(cast: Cast, party: str, told: dict[str, Any]) -> None:
    seen = cast.seen
    seen.reports.append((party, told))
    match told["event"]:
        case "dialling":
            seen.dialled_at = told["at"]
        case "connected":
            seen.connected_at = told["at"]
        case "speaking":
            seen.speaking[told["turn"]] = told["at"]
        case "spoken":
            seen.spoken.add(told["turn"])
        case "hears":
            seen.heard_s[party] = told["seconds"]
        case "disconnected":
            seen.hung_up = True
    seen.changed()


def _feed(cast: Cast, told: dict[str, Any]) -> None:
    message = told["message"]
    cast.seen.told.append(Told(told["at"], message["type"], message["seq"], message["data"]))
    if message["type"] == "snapshot":
        cast.desk = restore(message["data"])
    elif message["type"] != "hello":
        wire = {"source": "feed", **{key: message[key] for key in ("id", "at", "seq", "type", "data", "contact_id")}}
        cast.desk = cast.desk.apply(_FEED.decode(wire).event, message["contact_id"], message["at"])
    cast.audience.desk(cast.desk)
    cast.seen.changed()

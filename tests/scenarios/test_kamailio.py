"""Kamailio before two fronts on two addresses: a call goes through the IVR to an agent as it does without it."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import signal
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from assist.demo.puppet import Puppet
from assist.demo.stage import CUSTOMER_HOST, FRONT_HOST, STATION_HOST
from assist.serve import House
from assist.vocabulary import COMMANDS, EVENTS
from ivr.contacts import ContactOffered, PromptStarted
from tests.fakes.kamailio import KAMAILIO, kamailio, own_address
from tests.fakes.sip_peer import SipPeer
from tests.front.house import running
from tests.scenarios.theatre import FLOW
from voice.bus.local import LocalBus
from voice.clock import SystemClock
from voice.events import Envelope
from voice.front.kamailio import KamailioSettings
from voice.settings import AgentSettings, FrontSettings, SettingsFile, read_settings

pytestmark = [
    pytest.mark.live,
    pytest.mark.skipif(KAMAILIO is None, reason="Kamailio is not installed (Debian: kamailio)"),
]

SECOND_HOST = "127.0.0.6"
ANNA = AgentSettings(user="anna", name="Anna", secret="open sesame", queues=("billing", "support"))
DEADLINE_S = 40.0


class Watch:
    """What was seen, and a way to wait for more."""

    def __init__(self) -> None:
        self.reports: dict[str, list[dict[str, Any]]] = {"customer": [], "agent": []}
        self.envelopes: list[Envelope] = []
        self._changed = asyncio.Event()

    def hears(self, who: str, told: dict[str, Any]) -> None:
        self.reports[who].append(told)
        self._changed.set()

    async def follow(self, house: House) -> None:
        bus = LocalBus(house.where.hub, "test", SystemClock(), EVENTS, COMMANDS, house.where.spool)
        await bus.start()
        try:
            async for envelope in bus.subscribe("*", limit=10_000):
                self.envelopes.append(envelope)
                self._changed.set()
        finally:
            await bus.close()

    async def until(self, what: str, condition: Any) -> None:
        try:
            async with asyncio.timeout(DEADLINE_S):
                while not condition():
                    self._changed.clear()
                    await self._changed.wait()
        except TimeoutError:
            raise TimeoutError(f"waited for {what}: {self.reports}") from None

    def told(self, who: str, event: str) -> list[dict[str, Any]]:
        return [report for report in self.reports[who] if report["event"] == event]

    def menus(self) -> int:
        return sum(isinstance(e.event, PromptStarted) and e.event.node == "menu" for e in self.envelopes)

    def zygotes(self) -> set[str]:
        """Of the workers that got a contact: their ids begin with their zygote's process id."""
        offered = [e.event for e in self.envelopes if isinstance(e.event, ContactOffered)]
        return {event.worker_id.partition("x")[0] for event in offered}


def settings_file(directory: Path, host: str, kamailio_at: str, rtp_port: int) -> Path:
    file = directory / f"{host}.toml"
    file.write_text(
        f"[run]\nstate_dir = {json.dumps(str(directory / 'state'))}\n"
        f'[front]\nhost = "{host}"\nport = 0\nregistrar = "{kamailio_at}:5060"\nmax_contacts = 4\n'
        f'[[trunk]]\nname = "kamailio"\nnetworks = ["{kamailio_at}/32"]\n'
        f'[rtp]\nhost = "{host}"\nfirst_port = {rtp_port}\n[transcription]\nport = 0\n[web]\nport = 0\n'
        f"[ivr]\nflow = {json.dumps(str(FLOW))}\nwrap_up_s = 0.0\n"
        f'[[agent]]\nuser = "anna"\nname = "Anna"\nsecret = "{ANNA.secret}"\nqueues = ["billing", "support"]\n'
    )
    return file


@contextlib.asynccontextmanager
async def second_front(house: House, settings: Path) -> AsyncIterator[tuple[str, int]]:
    """Another worker host, as far as one machine can be two: front, zygote and address of its own, the same floor."""
    zygote_at = settings.parent / "second.sock"
    front = ("-m", "voice.front", "--settings", str(settings), "--zygote", str(zygote_at))
    async with running(*front, stdout=asyncio.subprocess.PIPE) as process:
        assert process.stdout is not None
        async with asyncio.timeout(20):
            said = (await process.stdout.readline()).decode().split()
        zygote = (
            "-m",
            "voice.zygote",
            "--listen",
            str(zygote_at),
            "--worker",
            "ivr.contact_process:run",
            "--preload",
            "voice.sip",
        )
        place = ("--settings", str(settings), "--run-dir", str(house.where.run), "--front-inner", said[4])
        words_at = {"CALLFLOOR_TRANSCRIPTION_PORT": str(house.addresses.transcription[1])}
        async with running(*zygote, *place, "--warm", "1", "--max", "4", more=words_at):
            host, _, port = said[2].rpartition(":")
            yield host, int(port)


@contextlib.asynccontextmanager
async def puppet(watch: Watch, who: str, *arguments: str) -> AsyncIterator[Puppet]:
    started = await Puppet.start(*arguments)
    listening = asyncio.create_task(started.listen(lambda told: watch.hears(who, told)))
    try:
        yield started
    finally:
        await started.stop()
        await listening


async def connect(watch: Watch, customer: Puppet, agent: Puppet) -> None:
    """Customer → menu → 1 → agent answers → both connected."""
    connected, menus = len(watch.told("customer", "connected")), watch.menus()
    customer.order("call", number="100")
    await watch.until("the IVR to answer", lambda: len(watch.told("customer", "connected")) > connected)
    await watch.until("the menu", lambda: watch.menus() > menus)
    agent.order("answer")
    customer.order("digits", digits="1")
    await watch.until("the agent to talk", lambda: watch.told("agent", "station")[-1]["phase"] == "in_call")


async def one_call(watch: Watch, customer: Puppet, agent: Puppet) -> None:
    """They are connected; she hangs up, he is free again."""
    await connect(watch, customer, agent)
    gone = len(watch.told("customer", "disconnected"))
    customer.order("hang_up")
    await watch.until("the customer's end", lambda: len(watch.told("customer", "disconnected")) > gone)
    await watch.until("the agent to be free", lambda: watch.told("agent", "station")[-1]["phase"] == "idle")


async def worker_is_killed(watch: Watch, customer: Puppet, agent: Puppet) -> None:
    """In mid-call: both legs get their BYE through Kamailio."""
    await connect(watch, customer, agent)
    gone = len(watch.told("customer", "disconnected"))
    source = next(e.source for e in reversed(watch.envelopes) if isinstance(e.event, ContactOffered))
    os.kill(int(source.rpartition("-")[2]), signal.SIGKILL)
    await watch.until("the customer's BYE", lambda: len(watch.told("customer", "disconnected")) > gone)
    await watch.until("the agent's BYE", lambda: watch.told("agent", "station")[-1]["phase"] == "idle")


async def front_is_gone(house: House, settings: KamailioSettings) -> None:
    """Every call, also one that was meant for the front that is gone, is taken by the one that is left."""
    server = (settings.host, settings.port)
    async with SipPeer.open(CUSTOMER_HOST) as caller:
        for number in range(2):
            caller.send(caller.request("INVITE", "sip:100@callfloor", f"after-{number}"), server)
            answer = await caller.final()
            assert answer.status == 200
            assert "{}:{}".format(*house.addresses.sip) in ",".join(answer.headers.all("Record-Route"))
            caller.send(caller.within(answer, "ACK", 1), server)
            caller.send(caller.within(answer, "BYE", 2), server)
            assert (await caller.final()).status == 200


def test_the_same_call_through_kamailio_and_two_fronts(tmp_path: Path) -> None:
    async def main() -> None:
        at = own_address()
        first = settings_file(tmp_path, FRONT_HOST, at, 20000)
        second = settings_file(tmp_path, SECOND_HOST, at, 24000)
        watch = Watch()
        async with contextlib.AsyncExitStack() as stack:
            read: SettingsFile = read_settings(first, {})
            house = await stack.enter_async_context(House(read, first, SystemClock(), {}))
            async with asyncio.timeout(30):
                await house.ready()
            second_host = await stack.enter_async_context(contextlib.AsyncExitStack())
            other = await second_host.enter_async_context(second_front(house, second))
            fronts = tuple("{}:{}".format(*front) for front in (house.addresses.sip, other))
            settings = KamailioSettings(host=at, fronts=fronts, trunks=(f"{CUSTOMER_HOST}/32",), children=2)
            server = "{}:{}".format(*await stack.enter_async_context(kamailio(settings, FrontSettings(), (ANNA,))))
            following = asyncio.create_task(watch.follow(house))
            stack.callback(following.cancel)
            who = ("--agent", ANNA.user, "--secret", ANNA.secret, "--server", house.addresses.web, "--front", server)
            agent = await stack.enter_async_context(
                puppet(watch, "agent", "assist.demo.agent", "--host", STATION_HOST, *who)
            )
            telephone = ("assist.demo.customer", "--host", CUSTOMER_HOST, "--number", "+15550100", "--server", server)
            customer = await stack.enter_async_context(puppet(watch, "customer", *telephone))
            await watch.until("the telephone", lambda: watch.told("customer", "ready"))
            await watch.until("the station", lambda: any(r["registered"] for r in watch.told("agent", "station")))
            while len(watch.zygotes()) < 2:  # Kamailio spreads calls: both fronts' workers have one after a few
                await one_call(watch, customer, agent)
                assert watch.menus() <= 4
            await worker_is_killed(watch, customer, agent)
            await second_host.aclose()
            await front_is_gone(house, settings)
            stranger = await stack.enter_async_context(SipPeer.open("127.0.0.9"))
            stranger.send(stranger.request("INVITE", "sip:100@callfloor", "uninvited"), house.addresses.sip)
            assert (await stranger.final()).status == 407  # a front takes calls from Kamailio only

    asyncio.run(main())

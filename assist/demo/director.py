"""``callfloor demo``: one real call on loopback.

Starts a house of processes (front, zygote, transcription, floor), a customer's telephone on 127.0.0.2, an agent's
station on 127.0.0.4 and a websocket client, has the two talk by the script, and reports what was measured. Nothing is
simulated but the people and the headset's outermost device.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import secrets
import sys
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from assist.demo.script import Script, load_script
from rich.console import Console

from assist.cards import CardKind
from assist.demo import display, report
from assist.demo.measure import card_moments, turn_results
from assist.demo.observed import Observed, Told
from assist.demo.puppet import Puppet
from assist.desk import AgentLine, Desk
from assist.desk_events import FEED_EVENTS
from assist.floor import COMMANDS, EVENTS
from assist.serve import House
from assist.store import Store
from assist.store.seed import DEMO_NUMBER, seed_demo
from ivr.contacts import ContactAnswered, PromptStarted
from voice.bus.base import Subscription
from voice.bus.local import LocalBus
from voice.clock import SystemClock
from voice.events import EventCodec
from voice.settings import read_settings

CUSTOMER_HOST, FRONT_HOST, STATION_HOST = "127.0.0.2", "127.0.0.3", "127.0.0.4"
NUMBER = "100"
AGENT = "anna"
HEARD_S = 3.0
"""Seconds of speech each side must have heard of the other for the two to count as connected."""
THINKING_S = 1.0


@dataclass
class Cast:
    """Everybody and everything on stage."""

    house: House
    customer: Puppet
    agent: Puppet
    watcher: Puppet
    script: Script
    seen: Observed
    desk: Desk
    show: display.Display


async def run_demo(json_file: Path | None, *, keep: bool, state_dir: Path) -> int:
    """Run the demo; returns the exit status: 0 only if both were connected and all three kinds of cards appeared."""
    console = Console(stderr=json_file is not None and str(json_file) == "-")
    status = 1
    async with _stage(state_dir, console) as cast:
        while True:
            await _call(cast)
            outcome = _report(cast, json_file, console, state_dir)
            status = 0 if outcome else 1
            if not keep or not await _again(console):
                return status
            cast.seen = Observed()


async def _again(console: Console) -> bool:
    """Wait for Enter; False at the end of input."""
    console.print("Enter: the customer calls again. Ctrl-D or Ctrl-C: the end.")
    return bool(await asyncio.to_thread(sys.stdin.readline))


@contextlib.asynccontextmanager
async def _stage(state_dir: Path, console: Console) -> AsyncIterator[Cast]:
    """Start everything; stop everything."""
    script = load_script()
    with display.Display(console) as show:
        show.status("starting front, zygote, transcription server and floor")
        secret = secrets.token_urlsafe(12)
        settings = await asyncio.to_thread(_write_settings, state_dir, secret)
        await _seed(state_dir)
        async with contextlib.AsyncExitStack() as stack:
            house = await stack.enter_async_context(House(read_settings(settings, {}), settings, SystemClock(), {}))
            async with asyncio.timeout(30):
                await house.ready()
            sip, web = "{}:{}".format(*house.addresses.sip), house.addresses.web
            show.status(f"agent's page: {web}  (user {AGENT}, secret {secret})")
            customer = await Puppet.start(
                "assist.demo.customer", "--host", CUSTOMER_HOST, "--number", DEMO_NUMBER, "--server", sip
            )
            stack.push_async_callback(customer.stop)
            agent = await Puppet.start(
                "assist.demo.agent", "--host", STATION_HOST, "--agent", AGENT, "--secret", secret,
                "--server", web, "--front", sip,
            )  # fmt: skip
            stack.push_async_callback(agent.stop)
            watcher = await Puppet.start("assist.demo.watcher", "--url", web, "--agent", AGENT, "--secret", secret)
            stack.push_async_callback(watcher.stop)
            cast = Cast(house, customer, agent, watcher, script, Observed(), Desk(AgentLine(AGENT, AGENT)), show)
            listening = asyncio.create_task(_listen(cast))
            try:
                yield cast
            finally:
                listening.cancel()
                await asyncio.gather(listening, return_exceptions=True)


def _write_settings(state_dir: Path, secret: str) -> Path:
    state_dir = state_dir.absolute()
    state_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
    file = state_dir / "callfloor.toml"
    file.touch(mode=0o600)
    file.write_text(
        f"[run]\nstate_dir = {json.dumps(str(state_dir))}\n\n"
        f'[front]\nhost = "{FRONT_HOST}"\nport = 0\ntrunks = ["{CUSTOMER_HOST}/32"]\nmax_contacts = 8\n\n'
        f'[rtp]\nhost = "{FRONT_HOST}"\n\n[transcription]\nport = 0\n\n[web]\nport = 0\n\n'
        f'[[agent]]\nuser = "{AGENT}"\nname = "Anna Kovacs"\nsecret = "{secret}"\nqueues = ["billing", "support"]\n'
    )
    return file


async def _seed(state_dir: Path) -> None:
    """A fresh customer base for each demo, so that its history card is the same every time."""
    for file in await asyncio.to_thread(lambda: list(state_dir.glob("callfloor.db*"))):
        await asyncio.to_thread(file.unlink)
    store = await Store.open(f"sqlite+aiosqlite:///{state_dir.absolute() / 'callfloor.db'}")
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
            cast.show.status(f"IVR: {envelope.event.text}")
        cast.seen.changed()


def _puppet(cast: Cast, party: str, told: dict[str, Any]) -> None:
    seen = cast.seen
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


_FEED = EventCodec(FEED_EVENTS)


def _feed(cast: Cast, told: dict[str, Any]) -> None:
    message = told["message"]
    cast.seen.told.append(Told(told["at"], message["type"], message["seq"], message["data"]))
    if message["type"] == "snapshot":
        cast.desk = display.desk_of(message["data"])
    elif message["type"] != "hello":
        wire = {"source": "feed", **{key: message[key] for key in ("id", "at", "seq", "type", "data", "contact_id")}}
        cast.desk = cast.desk.apply(_FEED.decode(wire).event, message["contact_id"], message["at"])
    cast.show.desk(cast.desk)
    cast.seen.changed()


async def _call(cast: Cast) -> None:
    """One call, from dialling to the worker's last word. Raises TimeoutError naming what did not happen."""
    seen, script = cast.seen, cast.script
    await seen.until(lambda: cast.desk.agent.state == "AVAILABLE", "the agent's station to register")
    cast.show.status(f"{DEMO_NUMBER} calls {NUMBER}")
    cast.agent.order("answer")
    cast.customer.order("call", number=NUMBER)
    await seen.until(lambda: _prompted(seen, "menu"), "the menu")
    await asyncio.sleep(THINKING_S)
    cast.customer.order("digits", digits="1")
    await seen.until(lambda: seen.answered, "the agent to answer", 60.0)
    cast.show.status("caller and agent are connected")
    for index, turn in enumerate(script.turns):
        await asyncio.sleep(turn.pause_s)
        (cast.customer if turn.speaker == "caller" else cast.agent).order("say", turn=index)
        await seen.until(lambda: index in seen.spoken or seen.hung_up, f"turn {index} to be spoken")  # noqa: B023
    await asyncio.sleep(THINKING_S)
    seen.usage = report.usage(cast.house.pids, {"customer": cast.customer, "station": cast.agent})
    cast.customer.order("hang_up")
    await seen.until(lambda: seen.closed is not None, "the contact to close")
    await seen.until(lambda: _summarised(cast), "the summary")
    cast.show.status("the call is over")


def _prompted(seen: Observed, node: str) -> bool:
    return any(isinstance(e.event, PromptStarted) and e.event.node == node for e in seen.envelopes)


def _summarised(cast: Cast) -> bool:
    return any(told.type == "contact.summary" for told in cast.seen.told)


def _report(cast: Cast, json_file: Path | None, console: Console, state_dir: Path) -> bool:
    """Print and write what happened; whether it was what a demo promises."""
    turns, cards = turn_results(cast.seen, cast.script), card_moments(cast.seen, cast.script)
    kinds = {card.kind for card in cards}
    connected = bool(cast.seen.events(ContactAnswered)) and min(cast.seen.heard_s.values()) >= HEARD_S
    good = connected and kinds >= {kind.value for kind in CardKind}
    display.summary(console, cast.seen, cast.desk, turns, cards, state_dir)
    if json_file is not None:
        document = report.document(cast.seen, cast.desk, turns, cards, connected=connected, good=good)
        json_file.write_text(json.dumps(document, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    if not good:
        console.print(f"[red]not good: connected={connected}, heard={cast.seen.heard_s}, kinds={sorted(kinds)}[/red]")
    return good

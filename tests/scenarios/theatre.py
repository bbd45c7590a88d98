"""What all scenarios share: the demo's stage with a short flow, more callers, and the processes behind a contact."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import httpx

from assist.demo.observed import until
from assist.demo.puppet import Puppet
from assist.demo.stage import CUSTOMER_HOST, NUMBER, Cast, Gate, stage
from assist.desk import Desk
from ivr.contacts import ContactOffered
from tests.transcription.speech import understood
from voice.events import Envelope, Event

FLOW = Path(__file__).with_name("short.yaml")
DEADLINE_S = 20.0


class NoAudience:
    """Nobody watches a test."""

    def status(self, text: str) -> None:
        pass

    def desk(self, desk: Desk) -> None:
        pass


@contextlib.asynccontextmanager
async def on_stage(
    directory: Path, *, wrap_up_s: float = 0.5, more: str = "", flow: Path = FLOW, gate: Gate | None = None
) -> AsyncIterator[Cast]:
    """The demo's stage with the short flow; ``more``: TOML added to the settings; ``gate``: see there."""
    ivr = f"\n[ivr]\nflow = {json.dumps(str(flow))}\nwrap_up_s = {wrap_up_s}\n"
    async with stage(directory / "house", NoAudience(), ivr + more, gate=gate) as cast:
        yield cast


class Extra:
    """Somebody else on stage. ``reports``: what the telephone said."""

    def __init__(self, puppet: Puppet, name: str) -> None:
        self.name = name
        self.puppet = puppet
        self.reports: list[dict[str, Any]] = []
        self._changed = asyncio.Event()

    def hear(self, told: dict[str, Any]) -> None:
        self.reports.append(told)
        self._changed.set()

    def told(self, event: str) -> list[dict[str, Any]]:
        return [report for report in self.reports if report["event"] == event]

    async def until(self, condition: Callable[[], bool], what: str) -> None:
        await until(self._changed, condition, what, DEADLINE_S, lambda: f"{self.name} said {self.reports}")


class Caller(Extra):
    """One more customer of the demo's kind; her name is her number."""

    @property
    def number(self) -> str:
        return self.name

    @property
    def address(self) -> str:
        """HOST:PORT of her telephone."""
        return "{host}:{port}".format(**self.told("ready")[0])

    def call(self) -> None:
        self.puppet.order("call", number=NUMBER)


@contextlib.asynccontextmanager
async def caller(cast: Cast, number: str) -> AsyncIterator[Caller]:
    where = ("--host", CUSTOMER_HOST, "--server", cast.sip)
    puppet = await Puppet.start("assist.demo.customer", *where, "--number", number)
    found = Caller(puppet, number)
    listening = asyncio.create_task(puppet.listen(found.hear))
    try:
        await found.until(lambda: bool(found.told("ready")), "the telephone")
        yield found
    finally:
        await puppet.stop()
        await listening


@contextlib.asynccontextmanager
async def telephone(number: str, host: str) -> AsyncIterator[Caller]:
    """A customer's, which stands where a trunk leads, and answers."""
    puppet = await Puppet.start("assist.demo.customer", "--host", host, "--number", number, "--server", f"{host}:5060")
    found = Caller(puppet, number)
    listening = asyncio.create_task(puppet.listen(found.hear))
    try:
        puppet.order("answer")
        await found.until(lambda: bool(found.told("ready")), "the telephone")
        yield found
    finally:
        await puppet.stop()
        await listening


@contextlib.asynccontextmanager
async def colleague(cast: Cast, name: str, secret: str, host: str) -> AsyncIterator[Extra]:
    """One more agent of the demo's kind, named in the settings, at work."""
    where = ("--host", host, "--server", cast.house.addresses.web, "--front", cast.sip)
    puppet = await Puppet.start("assist.demo.agent", *where, "--agent", name, "--secret", secret)
    found = Extra(puppet, name)
    listening = asyncio.create_task(puppet.listen(found.hear))
    try:
        await found.until(lambda: any(report["registered"] for report in found.told("station")), "the registration")
        yield found
    finally:
        await puppet.stop()
        await listening


async def press(cast: Cast, user: str, secret: str, command: str, **data: object) -> None:
    """An agent presses a button of the page: the command by POST. Raises httpx.HTTPStatusError where it is refused."""
    async with httpx.AsyncClient(base_url=cast.house.addresses.web, timeout=DEADLINE_S) as http:
        login = await http.post("/api/login", json={"user": user, "secret": secret})
        bearer = {"Authorization": f"Bearer {login.raise_for_status().json()['token']}"}
        answer = await http.post(f"/api/commands/{command}", json=data, headers=bearer)
        answer.raise_for_status()


def contact_of(cast: Cast, number: str) -> str:
    """The contact of the caller with this number; empty before it was offered."""
    for envelope in cast.seen.events(ContactOffered):
        if isinstance(envelope.event, ContactOffered) and envelope.event.caller == number:
            return envelope.contact_id or ""
    return ""


def said(cast: Cast, turn: int) -> bool:
    """Whether an utterance with the words of this turn of the script was recognised, from the one who said it."""
    wanted = cast.script.turns[turn]
    return any(final.party == wanted.speaker and understood(wanted.text, final.text) for final in cast.seen.finals)


def happened(cast: Cast, contact_id: str, kind: type[Event]) -> list[Envelope]:
    """The events of one kind of one contact."""
    return [envelope for envelope in cast.seen.events(kind) if envelope.contact_id == contact_id]


def worker_pid(cast: Cast, contact_id: str) -> int:
    """The process that has the contact: its place on the bus is named after it."""
    return int(happened(cast, contact_id, ContactOffered)[0].source.rpartition("-")[2])


def service(cast: Cast, name: str) -> int:
    """The process id of a child of ``callfloor serve``."""
    return cast.house.pids[name]

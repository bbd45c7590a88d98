"""``callfloor serve``: starts the processes of one machine, keeps them running, and is the hub where they meet.

Every listening socket is bound here, before any child runs, and handed down: ports survive a child's restart, and a
client that connects meanwhile waits in the backlog instead of failing.
"""

from __future__ import annotations

import asyncio
import contextlib
import fcntl
import os
import socket
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from assist.api.server import WebSettings
from assist.child import Child, ChildSpec
from assist.content import BUILT_IN, load_content
from assist.programs import Programs, Sockets
from assist.settings import AssistSettings
from assist.store.settings import CustomerSettings, StoreSettings
from ivr.contacts import FloorStarted
from ivr.schema import load_with_prompts
from ivr.settings import IvrSettings, read_queues
from transcription.engines.choice import known_card
from transcription.models import find_model
from transcription.settings import TranscriptionSettings
from voice.bus.base import Subscription
from voice.bus.hub import Hub
from voice.bus.local import LocalBus
from voice.clock import Clock
from voice.commands import CommandCodec
from voice.errors import DocumentError
from voice.events import EventCodec, ServiceChanged
from voice.front.access import read_access
from voice.rundir import RunDirectory
from voice.settings import FrontSettings, RtpSettings, RunSettings, SettingsFile

SECTIONS = {
    "run", "front", "rtp", "transcription", "ivr", "web", "agent", "queue", "trunk", "kamailio", "supervision",
    "alerts", "report", "store", "customers", "assist", "promised_calls", "oidc", "webhook",
}  # fmt: skip
LONGEST_SOCKET_PATH = 107
"""Bytes of a Unix socket's path on Linux (unix(7))."""


@dataclass(frozen=True)
class Addresses:
    """Where a running house is reached: ``sip`` by callers and stations, the same by TLS, ``web`` by browsers."""

    sip: tuple[str, int]
    transcription: tuple[str, int]
    web: str
    sip_tls: tuple[str, int] | None = None


class House:
    """The processes of one machine. ``async with`` starts them; leaving stops them.

    ``on_change(name, pid or None)`` is told when a child starts and ends. Raises DocumentError for bad settings and
    for addresses that cannot be bound.
    """

    def __init__(self, settings: SettingsFile, file: Path | None, clock: Clock, environment: Mapping[str, str]) -> None:
        settings.check_sections(SECTIONS)
        self._file = file
        self._clock = clock
        self._environment = environment
        self._front = settings.section("front", FrontSettings)
        self._web = settings.section("web", WebSettings)
        self._words = settings.section("transcription", TranscriptionSettings)
        settings.section("rtp", RtpSettings)
        settings.section("store", StoreSettings)
        settings.section("customers", CustomerSettings)
        self._web.check_tls()
        read_access(settings)
        self._models = sorted({queue.model for queue in read_queues(settings).values() if queue.model})
        content = settings.section("assist", AssistSettings).content or BUILT_IN
        _check_documents(settings.section("ivr", IvrSettings), self._words, self._models, content)
        self.where = RunDirectory.of(settings.section("run", RunSettings))
        self.on_change: Callable[[str, int | None], None] = lambda name, pid: None
        self._children: list[Child] = []
        self._stack = contextlib.AsyncExitStack()
        self._tasks: list[asyncio.Task[None]] = []

    @property
    def pids(self) -> dict[str, int]:
        """Of the processes that run, by name."""
        return {child.name: child.pid for child in self._children if child.pid is not None}

    async def __aenter__(self) -> House:
        try:
            await self._start()
        except BaseException:
            await self._stack.aclose()
            raise
        return self

    async def __aexit__(self, *exc_info: object) -> None:
        for task in reversed(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._stack.aclose()

    async def ready(self) -> None:
        """Wait until every process has said that it serves. Raises ChildRefusedError and ChildFailedError where one
        never will.
        """
        serving = asyncio.create_task(self._all_ready(), name="all ready")
        try:
            await asyncio.wait((serving, *self._tasks), return_when=asyncio.FIRST_COMPLETED)
            for task in self._tasks:
                if task.done():
                    task.result()
        finally:
            serving.cancel()

    async def _all_ready(self) -> None:
        for child in self._children:
            await child.ready.wait()

    async def _start(self) -> None:
        self._claim()
        sockets = self._sockets()
        tls = sockets.sip_tls.getsockname() if sockets.sip_tls is not None else None
        web = f"{self._web.scheme}://" + "{}:{}".format(*sockets.web.getsockname())
        self.addresses = Addresses(sockets.sip_udp.getsockname(), sockets.words.getsockname(), web, tls)
        await self._start_hub()
        await self._join_bus()
        for spec in self._specs(sockets):
            child = Child(spec, self._clock, self._environment, self._on_process, self._on_service)
            self._children.append(child)
            self._tasks.append(asyncio.create_task(child.keep(), name=f"keep {spec.name}"))

    def _sockets(self) -> Sockets:
        listen, front = self._listen, self._front
        sip_tcp = listen("front", front.host, front.port, socket.SOCK_STREAM)
        return Sockets(
            listen("front", front.host, sip_tcp.getsockname()[1], socket.SOCK_DGRAM),
            sip_tcp,
            listen("front", front.host, front.tls_port, socket.SOCK_STREAM) if front.tls_port is not None else None,
            listen("front", "127.0.0.1", 0, socket.SOCK_DGRAM),
            listen("transcription", self._words.host, self._words.port, socket.SOCK_STREAM),
            listen("web", self._web.host, self._web.port, socket.SOCK_STREAM),
        )

    async def _start_hub(self) -> None:
        hub = Hub(self.where.spool)
        self.where.hub.unlink(missing_ok=True)
        meeting = self._stack.enter_context(socket.socket(socket.AF_UNIX))
        meeting.bind(str(self.where.hub))
        await hub.start(meeting)
        self._stack.push_async_callback(hub.close)
        hub.adopt_orphans()

    def _on_process(self, name: str, pid: int | None) -> None:
        self.on_change(name, pid)

    def _on_service(self, name: str, up: bool) -> None:
        self._bus.publish(ServiceChanged(name, up))

    def _claim(self) -> None:
        """Make the state directory this house's alone: two on one spool and one database would tear them up."""
        state, what, fix = self.where.state, "", ""
        try:
            self.where.create()
            self.where.secret("transcription")
            fcntl.flock(self._stack.enter_context(self.where.lock.open("w")), fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            what, fix = f"another callfloor serve is running in {state}", "stop it, or set another state_dir"
        except OSError as error:
            what, fix = f"{state} cannot be used: {error.strerror}", "name a directory this user may write to"
        if not what and len(os.fsencode(self.where.zygote)) > LONGEST_SOCKET_PATH:
            what, fix = f"{state} is too long for the names of sockets in it", "set a shorter state_dir"
        if what:
            raise DocumentError(self._file or "defaults", None, f"[run] state_dir: {what}", fix)

    async def _join_bus(self) -> None:
        events = EventCodec((ServiceChanged, FloorStarted))
        self._bus = LocalBus(self.where.hub, "serve", self._clock, events, CommandCodec(()), self.where.spool)
        await self._bus.start()
        self._stack.push_async_callback(self._bus.close)
        starts = self._bus.subscribe(FloorStarted.type)
        self._tasks.append(asyncio.create_task(self._tell_floors(starts), name="tell floors"))

    async def _tell_floors(self, starts: Subscription) -> None:
        async for _ in starts:
            for child in self._children:
                self._bus.publish(ServiceChanged(child.name, child.ready.is_set()))

    def _listen(self, section: str, host: str, port: int, kind: socket.SocketKind) -> socket.socket:
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        protocol = socket.IPPROTO_TCP if kind is socket.SOCK_STREAM else socket.IPPROTO_UDP
        found = self._stack.enter_context(socket.socket(family, kind, protocol))
        try:
            if kind is socket.SOCK_STREAM:
                found.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            found.bind((host, port))
            if kind is socket.SOCK_STREAM:
                found.listen(512)
        except OSError as error:
            what = f"[{section}] cannot listen on {host} port {port}: {error.strerror}"
            raise DocumentError(self._file or "defaults", None, what, "free the port or set another one") from None
        found.setblocking(False)
        return found

    def _specs(self, sockets: Sockets) -> tuple[ChildSpec, ...]:
        file = self._file or self._no_settings()
        return Programs(file, self.where, self._front, self._words, self._models, sockets).all()

    def _no_settings(self) -> Path:
        """An empty file for the children, where there is none: defaults and environment apply."""
        file = self.where.run / "no-settings.toml"
        file.write_text("")
        return file


def _check_documents(ivr: IvrSettings, words: TranscriptionSettings, models: Sequence[str], content: Path) -> None:
    """What a person wrote is read here first, so that one line says what is wrong. Raises DocumentError."""
    load_with_prompts(ivr.flow, ivr.prompts, load_content(content).library.texts(), ivr.rate)
    known_card(words.engine, words.model, words.domain)
    for model in models:
        find_model(model)

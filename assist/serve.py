"""``callfloor serve``: starts the processes of one machine, keeps them running, and is the hub where they meet.

Every listening socket is bound here, before any child runs, and handed down: ports survive a child's restart, and a
client that connects meanwhile waits in the backlog instead of failing. Children are programs of their own, executed,
never forked from here.
"""

from __future__ import annotations

import asyncio
import contextlib
import fcntl
import logging
import os
import signal
import socket
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from assist.api.server import WebSettings
from assist.content import BUILT_IN, load_content
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
from voice.errors import CallfloorError, DocumentError
from voice.events import EventCodec, ServiceChanged
from voice.front.access import read_access
from voice.process import WRONG_SETTINGS
from voice.rundir import RunDirectory
from voice.settings import FrontSettings, RtpSettings, RunSettings, SettingsFile

log = logging.getLogger(__name__)


class ChildRefusedError(CallfloorError):
    """A process cannot serve with these settings; it has said why on stderr."""


SECTIONS = {
    "run", "front", "rtp", "transcription", "ivr", "web", "agent", "queue", "trunk", "kamailio", "supervision",
    "alerts", "report", "store", "customers", "assist", "promised_calls",
}  # fmt: skip
FIRST_RETRY_S = 0.1
LAST_RETRY_S = 5.0
STEADY_S = 10.0
"""A child that ran this long is restarted at once when it ends."""
STOP_S = 5.0
LONGEST_SOCKET_PATH = 107
"""Bytes of a Unix socket's path on Linux (unix(7))."""


@dataclass(frozen=True)
class Addresses:
    """Where a running house is reached: ``sip`` by callers and stations, the same by TLS, ``web`` by browsers."""

    sip: tuple[str, int]
    transcription: tuple[str, int]
    web: str
    sip_tls: tuple[str, int] | None = None


@dataclass(frozen=True)
class ChildSpec:
    """One process: ``argv`` after the interpreter, the sockets it inherits, and more of the environment."""

    name: str
    argv: tuple[str, ...]
    sockets: tuple[socket.socket, ...] = ()
    environment: Mapping[str, str] = field(default_factory=dict)


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
        read_queues(settings)
        self._queue_models = sorted({queue.model for queue in read_queues(settings).values() if queue.model})
        content = settings.section("assist", AssistSettings).content or BUILT_IN
        _check_documents(settings.section("ivr", IvrSettings), self._words, self._queue_models, content)
        self.where = RunDirectory.of(settings.section("run", RunSettings))
        self.pids: dict[str, int] = {}
        self.on_change: Callable[[str, int | None], None] = lambda name, pid: None
        self._ready: dict[str, asyncio.Event] = {}
        self._stack = contextlib.AsyncExitStack()
        self._keepers: list[asyncio.Task[None]] = []
        self._stopping = False
        self._sip_tls: socket.socket | None = None

    async def __aenter__(self) -> House:
        try:
            await self._start()
        except BaseException:
            await self._stack.aclose()
            raise
        return self

    async def __aexit__(self, *exc_info: object) -> None:
        self._stopping = True
        for keeper in reversed(self._keepers):
            keeper.cancel()
        await asyncio.gather(*self._keepers, return_exceptions=True)
        await self._stack.aclose()

    async def ready(self) -> None:
        """Wait until every process has said that it serves. Raises ChildRefusedError where one never will."""
        serving = asyncio.create_task(self._all_ready(), name="all ready")
        try:
            await asyncio.wait((serving, *self._keepers), return_when=asyncio.FIRST_COMPLETED)
            for keeper in self._keepers:
                if keeper.done():
                    keeper.result()
        finally:
            serving.cancel()

    async def _all_ready(self) -> None:
        for event in self._ready.values():
            await event.wait()

    async def _start(self) -> None:
        self._claim()
        listen = self._listen
        sip_tcp = listen("front", self._front.host, self._front.port, socket.SOCK_STREAM)
        sip_port = sip_tcp.getsockname()[1]
        sip_udp = listen("front", self._front.host, sip_port, socket.SOCK_DGRAM)
        inner = listen("front", "127.0.0.1", 0, socket.SOCK_DGRAM)
        if self._front.tls_port is not None:
            self._sip_tls = listen("front", self._front.host, self._front.tls_port, socket.SOCK_STREAM)
        words = listen("transcription", self._words.host, self._words.port, socket.SOCK_STREAM)
        web = listen("web", self._web.host, self._web.port, socket.SOCK_STREAM)
        tls = self._sip_tls.getsockname() if self._sip_tls is not None else None
        self.addresses = Addresses(
            sip_udp.getsockname(),
            words.getsockname(),
            f"{self._web.scheme}://" + "{}:{}".format(*web.getsockname()),
            tls,
        )
        hub = Hub(self.where.spool)
        self.where.hub.unlink(missing_ok=True)
        meeting = self._stack.enter_context(socket.socket(socket.AF_UNIX))
        meeting.bind(str(self.where.hub))
        await hub.start(meeting)
        self._stack.push_async_callback(hub.close)
        hub.adopt_orphans()
        await self._join_bus()
        for spec in self._children(sip_udp, sip_tcp, inner, words, web):
            self._ready[spec.name] = asyncio.Event()
            self._keepers.append(asyncio.create_task(self._keep(spec), name=f"keep {spec.name}"))

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
        self._keepers.append(asyncio.create_task(self._tell_floors(starts), name="tell floors"))

    async def _tell_floors(self, starts: Subscription) -> None:
        async for _ in starts:
            for name, ready in self._ready.items():
                self._bus.publish(ServiceChanged(name, ready.is_set()))

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

    def _children(
        self,
        sip_udp: socket.socket,
        sip_tcp: socket.socket,
        inner: socket.socket,
        words: socket.socket,
        web: socket.socket,
    ) -> tuple[ChildSpec, ...]:
        where, settings = self.where, ("--settings", str(self._file or self._no_settings()))
        ports = {
            "CALLFLOOR_FRONT_PORT": str(sip_udp.getsockname()[1]),
            "CALLFLOOR_TRANSCRIPTION_PORT": str(words.getsockname()[1]),
            "CALLFLOOR_WEB_PORT": str(web.getsockname()[1]),
            "CALLFLOOR_RUN_STATE_DIR": str(where.state),
        }
        inner_address = "{}:{}".format(*inner.getsockname())
        zygote = ChildSpec(
            "zygote",
            ("-m", "voice.zygote", "--listen", str(where.zygote), "--worker", "ivr.contact_process:run",
             "--preload", "voice.sip",
             "--warm", str(self._front.warm_workers), "--max", str(self._front.max_contacts),
             "--run-dir", str(where.run), "--front-inner", inner_address, *settings),
            environment=ports | {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"},
        )  # fmt: skip
        tls = (self._sip_tls,) if self._sip_tls is not None else ()
        front = ChildSpec(
            "front",
            ("-m", "voice.front", "--udp-fd", str(sip_udp.fileno()), "--tcp-fd", str(sip_tcp.fileno()),
             "--inner-fd", str(inner.fileno()), "--zygote", str(where.zygote), "--bus", str(where.hub),
             *(part for bound in tls for part in ("--tls-fd", str(bound.fileno()))), *settings),
            (sip_udp, sip_tcp, inner, *tls), ports,
        )  # fmt: skip
        transcription = ChildSpec(
            "transcription",
            ("-m", "transcription", "--fd", str(words.fileno()), "--engine", self._words.engine,
             "--model", self._words.model, *(("--domain", self._words.domain) if self._words.domain else ()),
             "--max-streams", str(self._words.max_streams), "--idle", str(self._words.idle_s),
             "--certificate", self._words.certificate, "--key", self._words.key,
             "--redact", ",".join(self._words.redact),
             *(part for model in self._queue_models for part in ("--also", model)),
             "--bus", str(where.hub), "--spool", str(where.spool),
             "--token-file", str(where.state / "keys" / "transcription")),
            (words,), ports,
        )  # fmt: skip
        keeper = ChildSpec(
            "keeper",
            ("-m", "transcription.keeper", "--state", str(where.state),
             "--url", self._words.model_copy(update={"port": words.getsockname()[1]}).url,
             *(("--ca", self._words.certificate) if self._words.certificate else ())),
        )  # fmt: skip
        floor = ChildSpec("floor", ("-m", "assist.floor_process", "--fd", str(web.fileno()), *settings), (web,), ports)
        return keeper, zygote, front, transcription, floor  # stopped in the opposite order

    def _no_settings(self) -> Path:
        """An empty file for the children, where there is none: defaults and environment apply."""
        file = self.where.run / "no-settings.toml"
        file.write_text("")
        return file

    async def _keep(self, spec: ChildSpec) -> None:
        """Run a child again and again, with back-off while it does not stay up."""
        delay = FIRST_RETRY_S
        served = False
        while True:
            started = self._clock.monotonic()
            try:
                status, was_ready = await self._run_once(spec)
            except OSError as error:
                log.warning("%s cannot be started (%s); trying again", spec.name, error.strerror)
            else:
                served |= was_ready
                if status == WRONG_SETTINGS and not served:
                    raise ChildRefusedError(f"{spec.name} does not take its settings; see the line before this one")
                log.warning("%s ended (%s); starting it again", spec.name, _said(status))
            steady = self._clock.monotonic() - started >= STEADY_S
            delay = FIRST_RETRY_S if steady else min(2 * delay, LAST_RETRY_S)
            if not steady:
                await self._clock.sleep(delay)

    async def _run_once(self, spec: ChildSpec) -> tuple[int, bool]:
        """Its exit status (negative: the signal that killed it), and whether it ever served."""
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            *spec.argv,
            "--parent",
            str(os.getpid()),
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            env={**os.environ, **self._environment, **spec.environment, "PYTHONUNBUFFERED": "1"},
            pass_fds=[inherited.fileno() for inherited in spec.sockets],
            process_group=0,  # the terminal's Ctrl-C is for us, who put them away in order
        )
        ready = self._ready[spec.name]
        was_ready = False
        self.pids[spec.name] = process.pid
        self.on_change(spec.name, process.pid)
        try:
            assert process.stdout is not None
            async for line in process.stdout:
                if b"ready" in line:
                    was_ready = True
                    ready.set()
                    self._bus.publish(ServiceChanged(spec.name, up=True))
                else:
                    log.info("%s: %s", spec.name, line.decode(errors="replace").rstrip())
            status = await process.wait()
        finally:
            await self._stop(process)
            self.pids.pop(spec.name, None)
            ready.clear()
            self._bus.publish(ServiceChanged(spec.name, up=False))
            self.on_change(spec.name, None)
        return status, was_ready

    @staticmethod
    async def _stop(process: asyncio.subprocess.Process) -> None:
        if process.returncode is not None:
            return
        process.terminate()
        try:
            async with asyncio.timeout(STOP_S):
                await process.wait()
        except TimeoutError:
            process.kill()
            await process.wait()


def _check_documents(ivr: IvrSettings, words: TranscriptionSettings, models: Sequence[str], content: Path) -> None:
    """What a person wrote is read here first, so that one line says what is wrong. Raises DocumentError."""
    load_with_prompts(ivr.flow, ivr.prompts, load_content(content).library.texts(), ivr.rate)
    known_card(words.engine, words.model, words.domain)
    for model in models:
        find_model(model)


def _said(status: int) -> str:
    return f"killed by signal {signal.Signals(-status).name}" if status < 0 else f"exit status {status}"

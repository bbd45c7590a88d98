"""One process of a house: started, kept running, put away. A program of its own, executed, never forked from here."""

from __future__ import annotations

import asyncio
import logging
import os
import signal
import socket
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from voice.clock import Clock
from voice.errors import CallfloorError
from voice.process import WRONG_SETTINGS

log = logging.getLogger(__name__)

FIRST_RETRY_S = 0.1
LAST_RETRY_S = 5.0
STEADY_S = 10.0
"""A child that ran this long is restarted at once when it ends."""
STILLBORN = 5
"""A child that ends so often before it ever served will not serve."""
STOP_S = 5.0


class ChildRefusedError(CallfloorError):
    """A process cannot serve with these settings; it has said why on stderr."""


class ChildFailedError(CallfloorError):
    """A process ends whenever it is started, though its settings are good; what it said of it is on stderr."""


@dataclass(frozen=True)
class ChildSpec:
    """One process: ``argv`` after the interpreter, the sockets it inherits, and more of the environment."""

    name: str
    argv: tuple[str, ...]
    sockets: tuple[socket.socket, ...] = ()
    environment: Mapping[str, str] = field(default_factory=dict)


class Child:
    """``pid``: None while it does not run. ``ready`` is set while it serves."""

    def __init__(
        self,
        spec: ChildSpec,
        clock: Clock,
        environment: Mapping[str, str],
        on_process: Callable[[str, int | None], None],
        on_service: Callable[[str, bool], None],
    ) -> None:
        """``on_process`` is told the pid when it starts, None when it has ended; ``on_service`` whether it serves."""
        self.name = spec.name
        self.pid: int | None = None
        self.ready = asyncio.Event()
        self._spec = spec
        self._clock = clock
        self._environment = environment
        self._on_process = on_process
        self._on_service = on_service
        self._served = False
        self._stillborn = 0

    async def keep(self) -> None:
        """Run it again and again until cancelled, with back-off while it does not stay up. Raises ChildRefusedError,
        ChildFailedError; neither once it has served.
        """
        delay = FIRST_RETRY_S
        while True:
            started = self._clock.monotonic()
            try:
                status = await self._run_once()
            except OSError as error:
                log.warning("%s cannot be started (%s); trying again", self.name, error.strerror)
            else:
                if not self._served:
                    self._never_served(status)
                log.warning("%s ended (%s); starting it again", self.name, _said(status))
            steady = self._clock.monotonic() - started >= STEADY_S
            delay = FIRST_RETRY_S if steady else min(2 * delay, LAST_RETRY_S)
            if not steady:
                await self._clock.sleep(delay)

    def _never_served(self, status: int) -> None:
        self._stillborn += 1
        if status == WRONG_SETTINGS:
            raise ChildRefusedError(f"{self.name} does not take its settings; see the line before this one")
        if self._stillborn == STILLBORN:
            what = f"{self.name} ended {STILLBORN} times before it served, the last time: {_said(status)}"
            raise ChildFailedError(f"{what}; what it said of it stands above")

    async def _run_once(self) -> int:
        """Its exit status (negative: the signal that killed it). Raises OSError where it cannot be started."""
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            *self._spec.argv,
            "--parent",
            str(os.getpid()),
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            env={**os.environ, **self._environment, **self._spec.environment, "PYTHONUNBUFFERED": "1"},
            pass_fds=[inherited.fileno() for inherited in self._spec.sockets],
            process_group=0,  # the terminal's Ctrl-C is for us, who put them away in order
        )
        self.pid = process.pid
        self._on_process(self.name, process.pid)
        try:
            assert process.stdout is not None
            async for line in process.stdout:
                if b"ready" in line:
                    self._served = True
                    self.ready.set()
                    self._on_service(self.name, True)
                else:
                    log.info("%s: %s", self.name, line.decode(errors="replace").rstrip())
            return await process.wait()
        finally:
            await _stop(process)
            self.pid = None
            self.ready.clear()
            self._on_service(self.name, False)
            self._on_process(self.name, None)


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


def _said(status: int) -> str:
    return f"killed by signal {signal.Signals(-status).name}" if status < 0 else f"exit status {status}"

"""SipPhone: the Phone protocol on pjsua2, seen from asyncio."""

from __future__ import annotations

import asyncio
import atexit
import contextlib
from collections.abc import Callable, Mapping

from voice.audio import AudioSink
from voice.clock import Clock
from voice.phone import (
    PROBE_S,
    AudioPath,
    FrameSource,
    LegDisconnected,
    LegQuality,
    PhoneConfig,
    PhoneError,
    PhoneEvent,
    PhoneFailure,
    PhoneListener,
    SipAccount,
)
from voice.sip.engine import Engine
from voice.sip.media import FrameCopy
from voice.sip.notices import Notice, ReferArrived
from voice.sip.thread import CommandThread, deliver

_GONE = frozenset({404, 408, 410, 430, 480, 481, 503})
"""Answers to OPTIONS of a far end that has no such call, or of a proxy that does not reach it. (PJSIP itself answers
OPTIONS within a dialog by 500, and is there.)
"""
_GOODBYE_S = 2.0  # how long close() waits for the legs it hung up


class SipPhone:
    """See ``voice.phone.Phone``; one per process at a time (PhoneError STACK for a second).

    At most four legs. Sources and sinks are called on PJMEDIA's clock thread; ``add_source`` or ``add_sink`` with a
    name in use replaces the object behind the port, keeping its paths (a sink's offsets start at 0 again). A port hears
    or speaks, not both. Events of a leg may arrive before the coroutine that caused them returns. Cancelling a
    coroutine does not undo what it asked for. ``copy`` is for measurements; None: the fastest that proves itself here.
    """

    def __init__(
        self, config: PhoneConfig, on_event: PhoneListener, clock: Clock, copy: FrameCopy | None = None
    ) -> None:
        self._on_event = on_event
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread = CommandThread("pjsua2")
        self._engine = Engine(config, self._emit, self._post, self._later, clock, copy)
        self._clock = clock
        self._quality_s = config.quality_s
        self._measuring: asyncio.Task[None] | None = None
        self._running = False
        self._quiet: asyncio.Event | None = None

    async def start(self) -> tuple[str, int]:
        """Bind and run; returns the SIP host and port really bound. Raises PhoneError STACK, e.g. port in use."""
        if self._loop is not None:
            raise PhoneError(PhoneFailure.STACK, "a phone is started once")
        self._loop = asyncio.get_running_loop()
        self._quiet = asyncio.Event()
        self._thread.start()
        try:
            bound = await self._thread.run(self._engine.start)
        except BaseException:
            self._thread.stop()
            raise
        self._running = True
        atexit.register(self._close_at_exit)
        self._measuring = asyncio.create_task(self._measure(), name="phone quality")
        return bound

    async def add_account(self, account: SipAccount) -> None:
        """Set who we are; a second call replaces the account. The answer to a REGISTER comes as an event."""
        await self._thread_of_running().run(lambda: self._engine.set_account(account))

    async def register(self) -> None:
        """Send REGISTER now (the account registers). Raises PhoneError STACK while another one is unanswered."""
        await self._thread_of_running().run(self._engine.register)

    async def dial(self, leg_id: str, uri: str, headers: Mapping[str, str] | None = None) -> None:
        """Send an INVITE. Raises PhoneError BAD_ADDRESS, BAD_ARGUMENT (headers, id in use), NO_SLOT, STACK."""
        await self._thread_of_running().run(lambda: self._engine.dial(leg_id, uri, headers or {}))

    async def answer(self, leg_id: str, code: int = 200) -> None:
        """180, 183 or 200. Raises PhoneError NO_SUCH_LEG, BAD_ARGUMENT (not waiting for an answer), STACK."""
        await self._thread_of_running().run(lambda: self._engine.answer(leg_id, code))

    async def hang_up(self, leg_id: str, code: int = 0) -> None:
        """End a leg; nothing where it has ended already. The BYE, CANCEL or response has been sent on return."""
        await self._thread_of_running().run(lambda: self._engine.hang_up(leg_id, code))

    async def send_digits(self, leg_id: str, digits: str) -> None:
        """1 to 32 of ``0-9*#A-D``, by INFO where the far end takes no telephone-event. Raises PhoneError."""
        await self._thread_of_running().run(lambda: self._engine.send_digits(leg_id, digits))

    async def hold(self, leg_id: str) -> None:
        """Hold a connected leg. Raises PhoneError NO_SUCH_LEG, BAD_ARGUMENT (not connected)."""
        await self._thread_of_running().run(lambda: self._engine.set_hold(leg_id, held=True))

    async def resume(self, leg_id: str) -> None:
        """Undo ``hold``. Raises PhoneError NO_SUCH_LEG, BAD_ARGUMENT (not connected)."""
        await self._thread_of_running().run(lambda: self._engine.set_hold(leg_id, held=False))

    async def move(self, rtp_host: str) -> None:
        """Sound comes and goes at ``rtp_host`` from now on; connected legs say so by re-INVITE. Raises PhoneError."""
        await self._thread_of_running().run(lambda: self._engine.move(rtp_host))

    async def transfer(self, leg_id: str, target: str) -> None:
        """REFER. Raises PhoneError NO_SUCH_LEG, BAD_ADDRESS, BAD_ARGUMENT (not connected)."""
        await self._thread_of_running().run(lambda: self._engine.transfer(leg_id, target))

    async def transfer_to(self, leg_id: str, other_leg_id: str) -> None:
        """REFER with Replaces; both legs are connected. Raises PhoneError NO_SUCH_LEG, BAD_ARGUMENT, STACK."""
        await self._thread_of_running().run(lambda: self._engine.transfer_to(leg_id, other_leg_id))

    async def answer_referral(self, leg_id: str, new_leg_id: str | None) -> None:
        """202 or 603. Raises PhoneError NO_SUCH_LEG, BAD_ARGUMENT (no REFER waits, too late, id in use)."""
        self._thread_of_running()
        self._engine.answer_referral(leg_id, new_leg_id)

    async def add_source(self, name: str, source: FrameSource, rate: int | None = None) -> None:
        """Create the speaking port ``name``, or put ``source`` behind it."""
        await self._thread_of_running().run(lambda: self._engine.add_source(name, source, rate))

    async def add_sink(self, name: str, sink: AudioSink, batch_ms: int = 20, rate: int | None = None) -> None:
        """Create the hearing port ``name``, or put ``sink`` behind it. Paths end with a short frame."""
        await self._thread_of_running().run(lambda: self._engine.add_sink(name, sink, batch_ms, rate))

    async def set_paths(self, paths: frozenset[AudioPath]) -> None:
        """Make these the paths; all are checked before one is changed. A leg that just ended is not an error."""
        await self._thread_of_running().run(lambda: self._engine.set_paths(paths))

    async def quality(self, leg_id: str) -> LegQuality:
        """How the leg has sounded so far. Raises PhoneError NO_SUCH_LEG, BAD_ARGUMENT (no sound now)."""
        return await self._thread_of_running().run(lambda: self._engine.quality(leg_id))

    async def probe(self, leg_id: str) -> bool:
        """Whether the far end still has the call. Raises PhoneError NO_SUCH_LEG, BAD_ARGUMENT, STACK."""
        loop = asyncio.get_running_loop()
        answer: asyncio.Future[int] = loop.create_future()

        def answered(code: int) -> None:
            deliver(loop, _settle, answer, code)

        await self._thread_of_running().run(lambda: self._engine.probe(leg_id, answered))
        try:
            async with asyncio.timeout(PROBE_S):
                return await answer not in _GONE
        except TimeoutError:
            return False

    async def faults(self) -> dict[str, int]:
        """Exceptions of sources and sinks by port name, refused paths as ``paths``; empty is healthy."""
        return await self._thread_of_running().run(self._engine.faults)

    async def close(self) -> None:
        """Hang up everything and free the stack (about a second, in the command thread). A second call does nothing."""
        if not self._running:
            return
        self._stop_running()
        await self._thread.run(self._engine.hang_up_all)
        assert self._quiet is not None
        with contextlib.suppress(TimeoutError):  # of a far end that does not answer our BYE
            async with asyncio.timeout(_GOODBYE_S):
                await self._all_ended(self._quiet)
        await self._thread.run(self._engine.quiesce)
        await self._thread.run(self._engine.close)
        self._thread.stop()

    def abandon(self) -> None:
        """For a process that ends now by ``os._exit`` with every leg disconnected: skip the second libDestroy takes.

        Only takes back the promise to close at a normal interpreter exit; returning to normal work is not possible.
        """
        self._stop_running()

    def _stop_running(self) -> None:
        self._running = False
        atexit.unregister(self._close_at_exit)
        if self._measuring is not None:
            self._measuring.cancel()

    async def _measure(self) -> None:
        while True:
            await self._clock.sleep(self._quality_s)
            await self._thread.run(self._engine.report_quality)

    async def _all_ended(self, quiet: asyncio.Event) -> None:
        quiet.clear()
        while await self._thread.run(lambda: self._engine.busy):
            await quiet.wait()
            quiet.clear()

    def _thread_of_running(self) -> CommandThread:
        if not self._running:
            raise PhoneError(PhoneFailure.NOT_STARTED)
        return self._thread

    def _post(self, notice: Notice) -> None:
        if isinstance(notice, ReferArrived):  # not behind work that waits for the lock its callback holds
            self._engine.handle(notice)
        else:
            self._thread.post(lambda: self._engine.handle(notice))

    def _later(self, seconds: float, work: Callable[[], None]) -> None:
        assert self._loop is not None
        deliver(self._loop, self._wait, seconds, work)

    def _wait(self, seconds: float, work: Callable[[], None]) -> None:
        asyncio.get_running_loop().call_later(seconds, self._thread.post, work)

    def _emit(self, event: PhoneEvent) -> None:
        if self._loop is not None:
            deliver(self._loop, self._receive, event)

    def _receive(self, event: PhoneEvent) -> None:
        if isinstance(event, LegDisconnected) and self._quiet is not None:
            self._quiet.set()
        self._on_event(event)

    def _close_at_exit(self) -> None:
        """A native call or port that outlives the stack crashes the interpreter's exit."""
        self._running = False
        self._thread.post(self._quiesce_then_close)
        self._thread.join(5.0)

    def _quiesce_then_close(self) -> None:
        self._engine.quiesce()
        self._thread.post(self._engine.close)  # posted only now: behind a call that arrived meanwhile
        self._thread.stop()


def _settle(answer: asyncio.Future[int], code: int) -> None:
    if not answer.done():  # nobody waits any longer for an answer that comes late
        answer.set_result(code)

"""A Phone whose SIP goes through a relay: the stack is bound to 127.0.0.1 and hears the relay alone."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import ssl
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Protocol

from voice.audio import AudioSink
from voice.clock import Clock
from voice.phone import (
    AudioPath,
    FrameSource,
    LegQuality,
    Phone,
    PhoneConfig,
    PhoneError,
    PhoneEvent,
    PhoneFailure,
    PhoneListener,
    RegistrationChanged,
    SipAccount,
)
from voice.relay.addresses import Addresses
from voice.relay.core import Server
from voice.relay.wire import Relay

log = logging.getLogger(__name__)

NO_SERVER = 503


class RegisteringPhone(Phone, Protocol):
    """A Phone that can be told to register now."""

    async def register(self) -> None:
        """Send REGISTER now. Raises PhoneError."""

    async def move(self, rtp_host: str) -> None:
        """Sound of calls, those that are up among them, comes and goes at ``rtp_host`` from now on. Raises
        PhoneError.
        """


MakePhone = Callable[[PhoneConfig, PhoneListener], RegisteringPhone]


class RelayedPhone:
    """See ``voice.phone.Phone``: the same, with ``server`` as the first hop of everything.

    ``config.host`` and ``port`` are not used: SIP binds to 127.0.0.1 and to a port of the kernel's, and the connection
    to the server leaves from ``local``. When the connection is lost the phone is no longer registered (503) and calls
    go on; when it is back the phone registers at once. With ``addresses`` our own address is what they say, in place of
    ``local`` and ``config.rtp_host``: when it changes, the phone registers from the new one, and then its calls'
    sound moves there (re-INVITE); a call that only rings then does not.
    """

    def __init__(
        self,
        make: MakePhone,
        config: PhoneConfig,
        server: Server,
        listener: PhoneListener,
        clock: Clock,
        *,
        tls: ssl.SSLContext | None = None,
        local: str = "",
        addresses: Addresses | None = None,
    ) -> None:
        self._make = make
        self._config = config
        self._listener = listener
        self.relay = Relay(server, clock, self._link_changed, tls=tls, local=local)
        self._phone: RegisteringPhone | None = None
        self._account: SipAccount | None = None
        self._inner = ("", 0)
        self._addresses = addresses
        self._registered = asyncio.Event()
        self._moving: asyncio.Task[None] | None = None
        self._up = asyncio.Event()
        self._why_down = "not connected yet"
        self._tasks: list[asyncio.Task[None]] = []

    async def start(self) -> tuple[str, int]:
        """The address the phone is bound to. Raises PhoneError."""
        try:
            self._inner = await self.relay.open()
        except OSError as error:
            raise PhoneError(PhoneFailure.STACK, f"no loopback port: {error}") from None
        here = await self._here()
        config = replace(self._config, host="127.0.0.1", port=0, peer=self._inner, rtp_host=here)
        self._phone = self._make(config, self._hear)
        try:
            bound = await self._phone.start()
        except BaseException:
            self._phone = None
            self.relay.close()
            raise
        await self.relay.attach(bound)
        self._tasks = [
            asyncio.create_task(self.relay.run(), name="relay"),
            asyncio.create_task(self._keep_registered(), name="relay registration"),
            asyncio.create_task(self._follow_addresses(here), name="relay addresses"),
        ]
        return bound

    async def add_account(self, account: SipAccount) -> None:
        """Set who we are; ``account.proxy`` is the relay, whatever it says."""
        host, port = self._inner
        self._account = replace(account, proxy=f"sip:{host}:{port};transport=udp;lr")
        await self._running().add_account(self._account)

    async def close(self) -> None:
        """Hang up everything, unregister, then let the connection go."""
        if self._phone is not None:
            await self._phone.close()
        tasks = [*self._tasks, *([self._moving] if self._moving is not None else [])]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        self.relay.close()
        self._phone = None

    async def _here(self) -> str:
        if self._addresses is None:
            return self._config.rtp_host
        try:
            here = await self._addresses.current()
        except OSError as error:
            self.relay.close()
            raise PhoneError(PhoneFailure.STACK, f"no way to the SIP server: {error}") from None
        self.relay.move(here)
        return here

    async def _follow_addresses(self, here: str) -> None:
        if self._addresses is None:
            return
        async for address in self._addresses.changes(here):
            if self._moving is not None:
                self._moving.cancel()
            self._registered.clear()
            self.relay.move(address)
            self._moving = asyncio.create_task(self._move_sound(address), name="sound moves")

    async def _move_sound(self, address: str) -> None:
        """Once the server knows where we are: until then it takes nothing of a call from there."""
        if self._account is not None and self._account.register:
            await self._registered.wait()
        try:
            await self._running().move(address)
        except PhoneError as error:
            log.error("the sound of calls stays at the old address: %s", error)

    async def _keep_registered(self) -> None:
        """A new connection knows nothing of us."""
        while True:
            await self._up.wait()
            self._up.clear()
            if self._phone is not None and self._account is not None and self._account.register:
                with contextlib.suppress(PhoneError):  # a REGISTER is on its way already, and will be answered
                    await self._phone.register()

    def _link_changed(self, up: bool, why: str) -> None:
        self._why_down = why
        if up:
            log.info("connected to the SIP server")
            self._up.set()
        else:
            log.warning("no connection to the SIP server: %s", why)
            if self._account is not None and self._account.register:
                self._listener(RegistrationChanged(False, NO_SERVER, why))

    def _hear(self, event: PhoneEvent) -> None:
        """On from the phone, whose REGISTER the relay answered: that says nothing of why."""
        if isinstance(event, RegistrationChanged) and event.active:
            self._registered.set()
        if isinstance(event, RegistrationChanged) and event.code == NO_SERVER and self._why_down:
            event = replace(event, reason=self._why_down)
        self._listener(event)

    def _running(self) -> RegisteringPhone:
        if self._phone is None:
            raise PhoneError(PhoneFailure.NOT_STARTED)
        return self._phone

    # ── the rest goes straight on ─────────────────────────────────────────────────────────────────────────────────

    async def dial(self, leg_id: str, uri: str, headers: Mapping[str, str] | None = None) -> None:
        """See Phone."""
        await self._running().dial(leg_id, uri, headers)

    async def answer(self, leg_id: str, code: int = 200) -> None:
        """See Phone."""
        await self._running().answer(leg_id, code)

    async def hang_up(self, leg_id: str, code: int = 0) -> None:
        """See Phone."""
        await self._running().hang_up(leg_id, code)

    async def send_digits(self, leg_id: str, digits: str) -> None:
        """See Phone."""
        await self._running().send_digits(leg_id, digits)

    async def hold(self, leg_id: str) -> None:
        """See Phone."""
        await self._running().hold(leg_id)

    async def resume(self, leg_id: str) -> None:
        """See Phone."""
        await self._running().resume(leg_id)

    async def transfer(self, leg_id: str, target: str) -> None:
        """See Phone."""
        await self._running().transfer(leg_id, target)

    async def transfer_to(self, leg_id: str, other_leg_id: str) -> None:
        """See Phone."""
        await self._running().transfer_to(leg_id, other_leg_id)

    async def answer_referral(self, leg_id: str, new_leg_id: str | None) -> None:
        """See Phone."""
        await self._running().answer_referral(leg_id, new_leg_id)

    async def quality(self, leg_id: str) -> LegQuality:
        """See Phone."""
        return await self._running().quality(leg_id)

    async def probe(self, leg_id: str) -> bool:
        """See Phone."""
        return await self._running().probe(leg_id)

    async def add_source(self, name: str, source: FrameSource, rate: int | None = None) -> None:
        """See Phone."""
        await self._running().add_source(name, source, rate)

    async def add_sink(self, name: str, sink: AudioSink, batch_ms: int = 20, rate: int | None = None) -> None:
        """See Phone."""
        await self._running().add_sink(name, sink, batch_ms, rate)

    async def set_paths(self, paths: frozenset[AudioPath]) -> None:
        """See Phone."""
        await self._running().set_paths(paths)

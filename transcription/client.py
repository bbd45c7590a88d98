"""The client of the transcription server: used by a contact worker or a station, one per contact.

Audio comes from any thread and is never waited for; words come back as events on the asyncio loop. The call never
notices the server's death: audio is kept (30 s per channel), sent again from where the server had got to, and what
could not be kept is reported as a gap. Nothing here raises because the server is away or refuses us.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import ssl
from collections.abc import Callable, Sequence

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake

from transcription import wire
from transcription.gaps import Gaps
from transcription.talk import Run, TalkStats, TalkSummary
from transcription.tap import ClientChannel, ClientStatistics, Tap
from voice.audio import AudioSink
from voice.clock import Clock
from voice.events import Event

log = logging.getLogger(__name__)

BACK_OFF_FIRST_S = 0.1
BACK_OFF_LAST_S = 2.0
MESSAGE_BYTES = 32 * 1024
PING_S = 5.0

OnEvent = Callable[[Event], None]
OnDecided = Callable[[int, int], None]


class TranscriptionClient:
    """See the module text. Methods belong to the asyncio loop; only ``AudioSink.write`` may come from another thread.

    ``on_event`` receives partials, finals (already published by the server) and gaps (which the owner publishes);
    ``on_decided(channel, sample)``: before ``sample`` of that channel's stream no redaction can come any more. ``tls``:
    whom to trust where ``url`` begins with wss (None: the system's authorities). ``resumed``: somebody else was the
    contact's client before.
    """

    def __init__(
        self,
        url: str,
        token: str,
        contact_id: str,
        clock: Clock,
        on_event: OnEvent,
        on_decided: OnDecided = lambda channel, sample: None,
        tls: ssl.SSLContext | None = None,
        *,
        resumed: bool = False,
    ) -> None:
        self._resumed_contact = resumed
        self._url = url
        self._token = token
        self._contact_id = contact_id
        self._clock = clock
        self._on_event = on_event
        self._on_decided = on_decided
        self._tls = tls
        self._channels: dict[int, ClientChannel] = {}
        self._loop: asyncio.AbstractEventLoop | None = None
        self._wake = asyncio.Event()
        self._finishing = False
        self._finished = asyncio.Event()
        self._welcomed = False
        self._talk = TalkStats()
        self.statistics = ClientStatistics()
        self._gaps = Gaps(on_event, self.statistics)
        self.engine: wire.Welcome | None = None
        self.last_error = ""

    def open_channel(
        self,
        channel: int,
        party: str,
        rate: int,
        base_s: float = 0.0,
        *,
        grammar: tuple[str, ...] | None = None,
        floor: float = 0.0,
        model: str = "",
        publish: bool = True,
    ) -> AudioSink:
        """Where to write this leg's audio; ``base_s``: contact seconds of its sample 0; ``model``: an installed one
        instead of the server's own. Works before ``run`` and while
        the server is away. Use a new number (0..255) for each leg; ValueError if it is in use.
        """
        if channel in self._channels:
            raise ValueError(f"channel {channel} is in use")
        spec = wire.ChannelSpec(
            channel=channel, party=party, rate=rate, base_s=base_s, grammar=grammar, floor=floor, model=model,
            publish=publish,
        )  # fmt: skip
        tap = Tap(rate, self._wake_up, self.statistics)
        self._channels[channel] = ClientChannel(spec, tap)
        self._talk.listening_from(base_s)
        self._wake.set()
        return tap

    def close_channel(self, channel: int) -> None:
        """No more audio on this channel; its last final still comes. Unknown numbers are ignored."""
        if found := self._channels.get(channel):
            found.closing = True
            self._wake.set()

    def talk(self, parties: Sequence[str] | None = None, without: Sequence[Run] = ()) -> TalkSummary:
        """Talk ratio, talk-over and silence so far; see ``TalkStats.summary``."""
        return self._talk.summary(parties, without)

    async def run(self) -> None:
        """Keep a connection until ``finish`` is done; cancelling drops what is not recognised yet."""
        self._loop = asyncio.get_running_loop()
        async with asyncio.TaskGroup() as group:
            keeping = group.create_task(self._keep_connected())
            await self._finished.wait()
            keeping.cancel()

    async def _keep_connected(self) -> None:
        back_off = BACK_OFF_FIRST_S
        while True:
            self._welcomed = False
            try:
                await self._connection()
            except* (OSError, InvalidHandshake, ConnectionClosed, wire.WireError) as error:
                self._lost(_reason(error))
            if self._welcomed:
                back_off = BACK_OFF_FIRST_S
            await self._clock.sleep(back_off)
            back_off = min(2 * back_off, BACK_OFF_LAST_S)

    async def finish(self, timeout_s: float = 5.0) -> bool:
        """No more audio: wait for the last words. False if they did not come in time: what is missing is reported as
        a gap. ``run`` then ends.
        """
        self._finishing = True
        self._wake.set()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(timeout_s):
                await self._finished.wait()
                return True
        self._finished.set()
        for channel in self._channels.values():
            channel.collect()
            self._gaps.given_up(channel)
        return False

    async def _connection(self) -> None:
        """One connection from beginning to end. Raises ConnectionClosed and the errors of connecting."""
        async with connect(
            self._url,
            max_size=1024 * 1024,
            compression=None,
            ssl=self._tls,
            open_timeout=5,
            close_timeout=1,
            ping_interval=PING_S,
            ping_timeout=PING_S,
        ) as socket:
            await self._greet(socket)
            async with asyncio.TaskGroup() as group:
                group.create_task(self._send(socket))
                await self._receive(socket)

    async def _greet(self, socket: ClientConnection) -> None:
        resumed = self._resumed_contact or self.statistics.connections > 0
        for channel in self._channels.values():
            channel.opened = channel.close_sent = False
        hello = wire.Hello(token=self._token, contact_id=self._contact_id, resumed=resumed)
        await socket.send(wire.encode(hello))
        welcome = wire.decode_server(await socket.recv(decode=True))
        if not isinstance(welcome, wire.Welcome):
            raise wire.WireError(f"the server answered hello with {welcome.type}")
        self._welcomed = True
        self.engine = welcome
        self.statistics.connections += 1

    async def _send(self, socket: ClientConnection) -> None:
        """Send what the channels hold, then wait to be woken."""
        with contextlib.suppress(ConnectionClosed):  # the receiver reports it
            while True:
                self._wake.clear()
                for channel in tuple(self._channels.values()):
                    await self._send_channel(socket, channel)
                if self._finishing and not self._wake.is_set():
                    await socket.send(wire.encode(wire.Finish()))
                    return
                await self._wake.wait()

    async def _send_channel(self, socket: ClientConnection, channel: ClientChannel) -> None:
        channel.collect()
        if not channel.opened:
            await socket.send(wire.encode(channel.opening()))
            channel.opened = True
            self._gaps.resumed(channel)
        elif loss := channel.buffer.take_loss():
            self._gaps.lost(channel, loss)
        while (run := channel.buffer.take(MESSAGE_BYTES)) is not None:
            await socket.send(wire.pack_audio(channel.spec.channel, *run))
        if channel.closing and not channel.close_sent:
            channel.close_sent = True
            await socket.send(wire.encode(wire.Close(channel=channel.spec.channel)))

    async def _receive(self, socket: ClientConnection) -> None:
        while True:
            try:
                message = wire.decode_server(await socket.recv(decode=True))
            except wire.WireError as error:
                self._unknown(str(error))
                continue
            self._take(message)

    def _take(self, message: wire.ServerMessage) -> None:
        match message:
            case wire.Finished():
                self._finished.set()
            case wire.Partial() | wire.Final():
                self._heard(message)
            case wire.DecidedUntil():
                self._decided(message)
            case wire.Closed(channel=number):
                if closed := self._channels.pop(number, None):
                    self._gaps.closed(closed)
            case wire.Refused(channel=number, reason=reason):
                log.warning("transcription refused channel %d: %s", number, reason)
                self.last_error = reason
                if channel := self._channels.get(number):
                    self._gaps.open(channel, reason)
            case wire.Welcome():
                self._unknown("a second welcome")

    def _heard(self, message: wire.Partial | wire.Final) -> None:
        if channel := self._channels.get(message.channel):
            is_partial = isinstance(message, wire.Partial)
            channel.speaking_from = channel.sample(message.utterance.start_s) if is_partial else None
        self._on_event(message.utterance)

    def _decided(self, message: wire.DecidedUntil) -> None:
        channel = self._channels.get(message.channel)
        if channel is None:
            return
        for start, end in message.voiced:
            self._talk.heard(channel.spec.party, channel.seconds(start), channel.seconds(end))
        self._talk.silent_until(channel.seconds(message.sample))
        channel.buffer.decide(message.sample)
        self._on_decided(message.channel, message.sample)

    def _unknown(self, what: str) -> None:
        if not self.statistics.unknown_messages:
            log.warning("transcription server sent something unknown: %s", what)
        self.statistics.unknown_messages += 1

    def _lost(self, reason: str) -> None:
        """The connection is gone: a gap opens on every channel that has audio of its own."""
        if self._finished.is_set():
            return
        if reason != self.last_error:
            log.warning("transcription is away: %s", reason)
        self.last_error = reason
        for channel in self._channels.values():
            channel.collect()
            self._gaps.open(channel, reason)

    def _wake_up(self) -> None:
        """From any thread."""
        loop = self._loop
        if loop is None or self._wake.is_set():
            return
        with contextlib.suppress(RuntimeError):  # the loop is closed: the call is over
            loop.call_soon_threadsafe(self._wake.set)


def _reason(error: BaseException) -> str:
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    if isinstance(error, ConnectionClosed) and error.rcvd is not None:
        return f"{error.rcvd.reason or 'closed'} ({error.rcvd.code})"
    return str(error) or type(error).__name__

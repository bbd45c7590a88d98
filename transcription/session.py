"""One connection of the contact protocol: what its messages do to its channels (``transcription.channel``)."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from websockets.asyncio.server import ServerConnection

from transcription import wire
from transcription.channel import Channel, Recognition
from transcription.inbox import Inbox
from transcription.redaction import Redactor
from transcription.wire import CloseCode

LEGS = 2


class ContactSession:
    """Serves one connection after its hello."""

    def __init__(
        self,
        socket: ServerConnection,
        hello: wire.Hello,
        shared: Recognition,
        idle_s: float,
        has_room: Callable[[], bool] = lambda: True,
    ) -> None:
        self._socket = socket
        self._hello = hello
        self._shared = shared
        self._has_room = has_room
        self._redactor = Redactor(wary=hello.resumed, kinds=shared.redact)
        self._channels: dict[int, Channel] = {}
        # A contact without a channel waits in a queue or in a menu: nothing is expected of it.
        self._inbox = Inbox(socket, idle_s, lambda: bool(self._channels))

    @property
    def streams(self) -> int:
        """How many streams count against the server's limit: room for the second leg is kept from the beginning."""
        return max(LEGS, len(self._channels))

    def drain(self) -> None:
        """Read no further; flush what has arrived and end (the client resumes elsewhere)."""
        self._inbox.end(CloseCode.GOING_AWAY)

    async def run(self) -> CloseCode:
        """To the client's ``finish`` (FINISHED), ``drain`` (GOING_AWAY) or the client's silence (IDLE).

        Raises an exception group of ConnectionClosed or WireError (every channel is then dropped).
        """
        try:
            async with asyncio.TaskGroup() as group:
                for spec in self._hello.channels:
                    await self._open(spec, group)
                await self._read(group)
                for channel in self._channels.values():
                    channel.end()
        finally:
            self._inbox.close()
        if self._inbox.ended is None:
            await self._socket.send(wire.encode(wire.Finished()))
        return self._inbox.ended or CloseCode.FINISHED

    async def _read(self, group: asyncio.TaskGroup) -> None:
        while (frame := await self._inbox.next()) is not None:
            if isinstance(frame, bytes):
                await self._audio(frame)
                continue
            match wire.decode_client(frame):
                case wire.Open() as message:
                    await self._open(message, group)
                case wire.Close(channel=number):
                    self._channel(number).end()
                case wire.Finish():
                    return
                case wire.Hello():
                    raise wire.WireError("hello was said already")

    async def _audio(self, frame: bytes) -> None:
        number, offset, pcm = wire.unpack_audio(frame)
        channel = self._channel(number)
        await channel.put(offset, pcm)

    def _channel(self, number: int) -> Channel:
        try:
            return self._channels[number]
        except KeyError:
            raise wire.WireError(f"channel {number} is not open") from None

    async def _open(self, spec: wire.ChannelSpec, group: asyncio.TaskGroup) -> None:
        if spec.channel in self._channels:
            raise wire.WireError(f"channel {spec.channel} is open already")
        if len(self._channels) >= wire.MAX_CHANNELS:
            raise wire.WireError(f"more than {wire.MAX_CHANNELS} channels")
        refusal = ""
        if len(self._channels) >= LEGS and not self._has_room():
            self._shared.statistics.refused["full"] += 1
            refusal = "the server has no room for another channel"
        channel = Channel(spec, self._hello.contact_id, self._redactor, self._shared, self._socket)
        self._channels[spec.channel] = channel
        group.create_task(self._run(channel, refusal))

    async def _run(self, channel: Channel, refusal: str) -> None:
        await (channel.refuse(refusal) if refusal else channel.run())
        del self._channels[channel.spec.channel]
        if self._inbox.ended is not None:  # the client did not close the channel: it goes on elsewhere
            return
        await self._socket.send(wire.encode(wire.Closed(channel=channel.spec.channel)))

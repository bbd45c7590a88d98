"""One channel of a contact's connection: audio in, redacted utterances out.

One task takes queued audio and has it decoded on the worker threads, strictly in order and half a second at a time, so
that a channel that is behind cannot keep the threads from the others. Queues are bounded: when one is full the
connection is read no further and the sender feels it (TCP); nothing is dropped here.
"""

from __future__ import annotations

import asyncio
import functools
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from websockets.asyncio.server import ServerConnection

from transcription import wire
from transcription.decoder import Batch, ChannelDecoder, Decided, FinalHeard, Heard, PartialHeard
from transcription.metrics import Statistics
from transcription.recogniser import Engine, RecogniserError
from transcription.redaction import Redactor
from transcription.reporter import Origin, Reporter
from transcription.scheduling import DecodePool, Pace, Stream
from transcription.segmenter import Segmenter
from transcription.sensitive import KINDS
from transcription.shelf import ModelShelf
from transcription.utterances import UtteranceFinal, UtterancePartial
from transcription.vad import webrtc_detector
from voice.errors import AudioFormatError
from voice.events import Event

QUEUE_S = 10.0
BATCH_S = 0.5
NO_PARTIALS_S = 2.0
DECIDED_EVERY_S = 1.0

Publish = Callable[[Event, str], object]
"""Takes an event and its contact id; must not block."""
Result = TypeVar("Result")


@dataclass(frozen=True)
class Recognition:
    """What sessions share: the models, the threads they decode on, where events go, the counters, and the kinds of
    personal data that are withheld.
    """

    shelf: ModelShelf
    pool: DecodePool
    publish: Publish
    statistics: Statistics
    redact: frozenset[str] = frozenset(KINDS)


class Channel:
    """One channel of a session."""

    def __init__(
        self, spec: wire.ChannelSpec, contact_id: str, redactor: Redactor, shared: Recognition, socket: ServerConnection
    ) -> None:
        self.spec = spec
        self._contact_id = contact_id
        origin = Origin(contact_id, spec.channel, spec.party, spec.rate, spec.base_s)
        floor = spec.floor if spec.grammar is not None else 0.0
        self._report_as = functools.partial(Reporter, origin, redactor, floor=floor)
        self._reporter = self._report_as(shared.shelf.default.info)
        self._shared = shared
        self._socket = socket
        self._stream = Stream()
        self._pace = Pace()
        self._queue: deque[tuple[int, bytes]] = deque()
        self._queued = 0
        self._resting: ChannelDecoder | None = None
        self._listened: Batch | None = None
        self._received = spec.position
        self._position = spec.position
        self._awaited_model = spec.position
        self._ending = False
        self._arrived = asyncio.Event()
        self._room = asyncio.Event()
        self._room.set()
        self._decided_sent = spec.position
        self._voiced: list[tuple[int, int]] = []

    async def put(self, offset: int, encoded: bytes) -> None:
        """Queue samples in the channel's codec; waits while ``QUEUE_S`` seconds are queued. Raises WireError."""
        pcm = wire.to_pcm(self.spec.codec, encoded)
        await self._room.wait()
        seconds, step = len(pcm) / 2 / self.spec.rate, 2 * int(BATCH_S * self.spec.rate)
        self._shared.statistics.audio_s += seconds
        self._pace.received(time.monotonic(), seconds)
        self._received = max(self._received, offset + len(pcm) // 2)
        if self._resting is not None and len(pcm) <= step:
            await self._put_at_rest(self._resting, offset, pcm)
            return
        for start in range(0, len(pcm), step):
            self._queue.append((offset + start // 2, pcm[start : start + step]))
        self._queued += len(pcm) // 2
        if self._queued >= QUEUE_S * self.spec.rate:
            self._room.clear()
        self._arrived.set()

    async def _put_at_rest(self, decoder: ChannelDecoder, offset: int, pcm: bytes) -> None:
        """Nothing is queued or being decoded: silence, which is most of a call, is dealt with here and wakes nobody."""
        batch = decoder.listen(offset, pcm)
        if batch.idle:
            await self._report(decoder.decode(batch))
            self._position = decoder.position
            return
        self._resting, self._listened = None, batch
        self._arrived.set()

    def end(self) -> None:
        """No more audio: what is queued is decoded, the last segment flushed, and ``run`` returns."""
        self._ending = True
        self._arrived.set()

    async def run(self) -> None:
        """Decode until ``end``. Cancelling drops what is queued. Raises ConnectionClosed."""
        try:
            engine = await self._shared.shelf.or_default(self.spec.model)
            # What came meanwhile is late by the loading, which says nothing about the threads.
            self._awaited_model = self._received
            decoder = await self._in_pool(functools.partial(self._open, engine))
        except (RecogniserError, AudioFormatError) as error:
            await self.refuse(str(error))
            return
        try:
            while await self._something(decoder):
                heard = await self._decode(decoder, self._take(decoder))
                self._position = decoder.position
                await self._report(heard)
            await self._report(await self._in_pool(decoder.finish), last=True)
        finally:
            decoder.close()

    async def refuse(self, reason: str) -> None:
        """Instead of ``run``: say why, and let what the client sends meanwhile fall."""
        await self._send(wire.Refused(channel=self.spec.channel, reason=reason))
        while await self._something():
            self._dequeue()

    def _open(self, engine: Engine) -> ChannelDecoder:
        spec = self.spec
        self._reporter = self._report_as(engine.info)
        recogniser = engine.open(spec.rate, spec.grammar)
        detector = webrtc_detector(spec.rate)
        segmenter = Segmenter(spec.rate, detector, position=spec.position, speaking_from=spec.speaking_from)
        return ChannelDecoder(segmenter, recogniser)

    async def _decode(self, decoder: ChannelDecoder, batch: Batch) -> list[Heard]:
        if batch.idle:  # silence is not worth a thread
            return decoder.decode(batch)
        now_s, lag_s, overload = time.monotonic(), self._lag(), self._shared.pool.overload
        if self._pace.is_live(now_s) and self._position >= self._awaited_model:
            overload.behind(now_s, lag_s)
        partials = lag_s < NO_PARTIALS_S and overload.partials(now_s)
        self._shared.statistics.partials_withheld += not partials
        heard = await self._in_pool(functools.partial(decoder.decode, batch, partials=partials))
        self._shared.pool.charge(self._stream, decoder.cpu_elsewhere_s())
        return heard

    async def _in_pool(self, call: Callable[[], Result]) -> Result:
        return await self._shared.pool.run(self._stream, call)

    async def _something(self, decoder: ChannelDecoder | None = None) -> bool:
        """Wait for audio; False at the end. Meanwhile ``put`` may have ``decoder`` listen by itself."""
        while not self._queue and self._listened is None:
            if self._ending:
                return False
            self._arrived.clear()
            self._resting = decoder
            try:
                await self._arrived.wait()
            finally:
                self._resting = None
        return True

    def _take(self, decoder: ChannelDecoder) -> Batch:
        batch, self._listened = self._listened, None
        return decoder.listen(*self._dequeue()) if batch is None else batch

    def _dequeue(self) -> tuple[int, bytes]:
        """The next batch: what is queued without holes, up to BATCH_S."""
        offset, pcm = self._queue.popleft()
        parts, size, limit = [pcm], len(pcm), 2 * int(BATCH_S * self.spec.rate)
        while self._queue and self._queue[0][0] == offset + size // 2 and size + len(self._queue[0][1]) <= limit:
            parts.append(self._queue.popleft()[1])
            size += len(parts[-1])
        self._queued -= size // 2
        if self._queued < QUEUE_S * self.spec.rate:
            self._room.set()
        return offset, b"".join(parts)

    def _lag(self) -> float:
        return max(0.0, (self._received - self._position) / self.spec.rate)

    async def _report(self, heard: list[Heard], *, last: bool = False) -> None:
        for item in heard:
            match item:
                case PartialHeard():
                    await self._report_partial(item)
                case FinalHeard():
                    await self._report_final(item)
                    last = True
                case Decided():
                    await self._report_decided(item, at_once=last)

    async def _report_partial(self, heard: PartialHeard) -> None:
        if event := self._reporter.partial(heard):
            self._shared.statistics.partials += 1
            self._publish(event)
            await self._send(wire.Partial(channel=self.spec.channel, utterance=event))

    async def _report_final(self, heard: FinalHeard) -> None:
        event = self._reporter.final(heard, self._lag())
        self._shared.statistics.final(event.lateness_s)
        self._publish(event)
        await self._send(wire.Final(channel=self.spec.channel, utterance=event))

    async def _report_decided(self, heard: Decided, *, at_once: bool) -> None:
        for run in heard.voiced:
            if self._voiced and self._voiced[-1][1] == run.start:
                self._voiced[-1] = (self._voiced[-1][0], run.end)
            else:
                self._voiced.append((run.start, run.end))
        if at_once or heard.sample - self._decided_sent >= DECIDED_EVERY_S * self.spec.rate:
            self._decided_sent = heard.sample
            voiced, self._voiced = tuple(self._voiced), []
            await self._send(wire.DecidedUntil(channel=self.spec.channel, sample=heard.sample, voiced=voiced))

    def _publish(self, event: UtterancePartial | UtteranceFinal) -> None:
        if self.spec.publish:
            self._shared.publish(event, self._contact_id)

    async def _send(self, message: wire.ServerMessage) -> None:
        await self._socket.send(wire.encode(message))

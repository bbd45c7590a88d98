"""One connection of vosk-server's protocol (``transcription.vosk_wire``): each message gets its one answer, in order.

Unlike vosk-server: a voice detector keeps silence from the recogniser, what must not leave the package is redacted, a
configuration counts for its own connection only, and nothing that libvosk would crash on reaches it. Nothing is
published: there is no contact.
"""

from __future__ import annotations

import copy
import functools
import logging
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import TypeVar

from websockets.asyncio.server import ServerConnection
from websockets.typing import Data

from transcription import vosk_wire
from transcription.channel import BATCH_S, Recognition
from transcription.decoder import ChannelDecoder, FinalHeard, Heard, PartialHeard
from transcription.inbox import Inbox
from transcription.recogniser import Alternative, Engine, RecogniserError, join_alternatives
from transcription.redaction import Redactor
from transcription.scheduling import Pace, Stream
from transcription.segmenter import Segmenter
from transcription.utterances import Word
from transcription.vad import webrtc_detector
from transcription.vosk_wire import Configuration, Eof, Reset
from transcription.wire import CloseCode, WireError
from voice.errors import DocumentError

log = logging.getLogger(__name__)

PARTY = "caller"
Result = TypeVar("Result")


class VoskSession:
    """Serves one connection from its first message on. ``rate``: Hz of clients that do not say."""

    def __init__(self, socket: ServerConnection, shared: Recognition, idle_s: float, rate: int) -> None:
        self._socket = socket
        self._shared = shared
        self._inbox = Inbox(socket, idle_s)
        self._configuration = Configuration(rate=rate)
        self._redactor = Redactor(kinds=shared.redact)
        self._stream = Stream()
        self._pace = Pace()
        self._decoder: ChannelDecoder | None = None
        self._odd = b""
        self._received = 0
        self._asked_s = 0.0
        self._shown = ""
        self._fresh = True

    @property
    def streams(self) -> int:
        """How many streams count against the server's limit."""
        return 1

    def drain(self) -> None:
        """Take no more; answer with the last words and end."""
        self._inbox.end(CloseCode.GOING_AWAY)

    async def run(self, first: Data) -> CloseCode:
        """To the end of the connection. Raises ConnectionClosed, and WireError for what vosk-server cannot answer."""
        message: Data | None = first
        self._asked_s = time.monotonic()
        try:
            while message is not None:
                if isinstance(message, bytes):
                    await self._socket.send(await self._audio(message))
                elif await self._control(message):
                    return CloseCode.FINISHED
                message = await self._inbox.next()
                self._asked_s = time.monotonic()
            await self._socket.send(await self._flush())
        finally:
            self._inbox.close()
            self._close_decoder()
        return self._inbox.ended or CloseCode.FINISHED

    async def _control(self, text: str) -> bool:
        """Obey a text message; True if it was the last one."""
        match vosk_wire.decode_text(text, self._configuration):
            case Configuration() as configuration:
                if configuration.model != self._configuration.model:
                    self._close_decoder()
                # Like vosk-server: what is changed after the first samples counts for the next recogniser only.
                self._configuration = configuration
            case Reset():
                await self._socket.send(await self._flush())
            case Eof():
                await self._socket.send(await self._flush())
                return True
        return False

    async def _audio(self, data: bytes) -> str:
        """The answer to samples; a byte that is half a sample waits for its other half."""
        data = self._odd + data
        whole = len(data) - len(data) % 2
        self._odd = data[whole:]
        decoder = self._decoder or await self._open()
        heard: list[Heard] = []
        for pcm in _slices(data[:whole], 2 * int(BATCH_S * self._configuration.rate)):
            batch = decoder.listen(self._received, pcm)
            self._received += len(pcm) // 2
            self._fresh = False
            now_s, overload = time.monotonic(), self._shared.pool.overload
            seconds = len(pcm) / 2 / self._configuration.rate
            self._pace.received(now_s, seconds)
            self._shared.statistics.audio_s += seconds
            partials = batch.idle or overload.partials(now_s)
            self._shared.statistics.partials_withheld += not partials
            decode = functools.partial(decoder.decode, batch, partials=partials)
            heard += decode() if batch.idle else await self._in_pool(decode)
            self._shared.pool.charge(self._stream, decoder.cpu_elsewhere_s())
            if self._pace.is_live(now_s):
                overload.behind(now_s, time.monotonic() - now_s)
        return self._answer(heard)

    async def _flush(self) -> str:
        if self._decoder is None or self._fresh:
            return vosk_wire.nothing(self._configuration)
        heard = await self._in_pool(self._decoder.finish)
        self._fresh = True
        return self._answer(heard) if any(isinstance(item, FinalHeard) for item in heard) else self._settled([])

    async def _open(self) -> ChannelDecoder:
        """Raises WireError for a model or a grammar that cannot be had."""
        wanted = self._configuration
        try:
            engine = await self._shared.shelf.get(wanted.model)
            grammar = _grammar(wanted.phrases, engine)
            recogniser = await self._in_pool(lambda: engine.open(wanted.rate, grammar, wanted.alternatives))
        except (RecogniserError, DocumentError) as error:
            raise WireError(str(error)) from None
        self._decoder = ChannelDecoder(Segmenter(wanted.rate, webrtc_detector(wanted.rate)), recogniser)
        self._received = 0
        return self._decoder

    def _close_decoder(self) -> None:
        if self._decoder is not None:
            self._decoder.close()
            self._decoder = None

    async def _in_pool(self, call: Callable[[], Result]) -> Result:
        return await self._shared.pool.run(self._stream, call)

    def _answer(self, heard: Sequence[Heard]) -> str:
        """One message, however much was heard: the words that are settled, else the hypothesis."""
        finals = [item for item in heard if isinstance(item, FinalHeard)]
        if finals:
            return self._settled(finals)
        for item in heard:
            if isinstance(item, PartialHeard):
                at_s = item.start / self._configuration.rate
                self._shown = self._redactor.partial(PARTY, item.text, at_s)
                self._shared.statistics.partials += 1
        return vosk_wire.partial(self._shown)

    def _settled(self, finals: Sequence[FinalHeard]) -> str:
        self._shown = ""
        # What is settled is as late as its message had to wait, for a thread and for its own decoding.
        lateness_s = time.monotonic() - self._asked_s
        words: list[Word] = []
        readings: tuple[Alternative, ...] = ()
        for final in finals:
            readings = join_alternatives(readings, self._redacted(final.alternatives))
            words += self._redactor.final(PARTY, final.words).words
            self._shared.statistics.final(lateness_s)
        if self._configuration.alternatives:
            return vosk_wire.ranked(readings or (Alternative((), 0.0),), self._configuration)
        return vosk_wire.result(words, self._configuration)

    def _redacted(self, readings: Sequence[Alternative]) -> tuple[Alternative, ...]:
        """Each reading as if it had been what was said; which of them was, the redactor learns afterwards."""
        return tuple(
            replace(reading, words=copy.deepcopy(self._redactor).final(PARTY, reading.words).words)
            for reading in readings
        )


def _slices(pcm: bytes, size: int) -> Iterator[bytes]:
    yield from (pcm[start : start + size] for start in range(0, len(pcm), size))


def _grammar(phrases: Sequence[str], engine: Engine) -> list[str] | None:
    """Like vosk-server: words the model does not know are left out, and a model that takes no grammar hears
    everything. Raises RecogniserError if no word is left.
    """
    if not phrases:
        return None
    known = engine.grammar_words()
    if not known:
        log.warning("a phrase_list is ignored: model %s takes no grammars", engine.info.model.name)
        return None
    kept = (" ".join(word for word in phrase.split() if word in known or word == "[unk]") for phrase in phrases)
    return [phrase for phrase in kept if phrase]

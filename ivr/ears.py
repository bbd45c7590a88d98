"""The contact's ears: both parties' taps to the recogniser and into the recording, from consent to the end.

Before ``open`` the taps' sinks are deaf: neither recogniser nor recorder exists. Nothing here can hold up or end the
call: recognition reconnects by itself, and a recording that cannot be made is reported and left out.
"""

from __future__ import annotations

import asyncio
import logging
import ssl
from collections.abc import Callable
from dataclasses import dataclass, replace

from ivr.contacts import TalkMeasured
from ivr.conversation import Stretch
from transcription.client import TranscriptionClient
from transcription.recording import ContactRecorder, RecorderSink, Tee, load_or_create_key, read_recording
from transcription.utterances import TranscriptionGap, UtteranceFinal, UtterancePartial
from voice.audio import AudioFrame, AudioSink
from voice.bus.base import Bus
from voice.calls import Role
from voice.clock import Clock
from voice.errors import CallfloorError, DocumentError
from voice.events import Event
from voice.hearing import TAPPED
from voice.rundir import RunDirectory

log = logging.getLogger(__name__)

RATE = 8000
FINISH_S = 5.0
TURN_PARTY = "gather-"
FIRST_TURN_CHANNEL, LAST_CHANNEL = 2, 255
FLOOR = 0.5
"""Words of a gather's grammar the recogniser is less sure of (0..1) count as not understood."""
CHANNELS = dict(enumerate(TAPPED))


@dataclass(frozen=True, slots=True)
class Recorded:
    """What became of the recording: ``path`` is empty where there is none."""

    path: str = ""
    seconds: float = 0.0
    silenced_s: float = 0.0


class Gate:
    """An AudioSink that drops everything until it is opened onto another one."""

    def __init__(self) -> None:
        self._sink: AudioSink | None = None

    def open(self, sink: AudioSink) -> None:
        """From the next frame on, pass frames to ``sink``."""
        self._sink = sink

    def shut(self) -> None:
        """Drop frames again."""
        self._sink = None

    def write(self, frame: AudioFrame) -> None:
        """See AudioSink."""
        if self._sink is not None:
            self._sink.write(frame)


class _FromZero:
    """An AudioSink that counts samples from the first frame it gets: a turn, and a recording that follows one, begin in
    the middle of a tap.
    """

    def __init__(self, sink: AudioSink) -> None:
        self._sink = sink
        self._first: int | None = None

    def write(self, frame: AudioFrame) -> None:
        """See AudioSink."""
        if self._first is None:
            self._first = frame.offset
        self._sink.write(replace(frame, offset=frame.offset - self._first))


OnSpeech = Callable[[int, str, bool], None]


@dataclass(slots=True)
class _Turn:
    """A gather's turn: its channel at the server, and who wants the words."""

    token: int
    channel: int
    on_speech: OnSpeech


class Ears:
    """See the module docstring. Belongs to the asyncio loop; only the sinks are written from the media thread."""

    def __init__(
        self, contact_id: str, url: str, where: RunDirectory, bus: Bus, clock: Clock, tls: ssl.SSLContext | None = None
    ) -> None:
        self._contact_id = contact_id
        self._url = url
        self._tls = tls
        self._where = where
        self._bus = bus
        self._clock = clock
        self._gates = {role: Gate() for role in TAPPED}
        self._client: TranscriptionClient | None = None
        self._running: asyncio.Task[None] | None = None
        self._recorder: ContactRecorder | None = None
        self._recorder_sinks: list[RecorderSink] = []
        self._base_s = 0.0
        self._opened: dict[Role, AudioSink] = {}
        self._turn: _Turn | None = None
        self._channel = LAST_CHANNEL

    def sink(self, role: Role) -> AudioSink:
        """Where the tap of ``role`` writes."""
        return self._gates[role]

    def open(self, base_s: float, model: str = "", *, recording: bool = True) -> None:
        """Both parties may be heard from now on, and kept where ``recording``; ``base_s``: seconds since the contact
        was offered; ``model``: the queue's own.
        """
        self._base_s = base_s
        self._connect()
        self._recorder = self._new_recorder() if recording else None
        for number, role in CHANNELS.items():
            sinks: list[AudioSink] = []
            if self._client is not None:
                sinks.append(self._client.open_channel(number, role, RATE, base_s, model=model))
            if self._recorder is not None:
                kept = self._recorder.sink(role, base_s)
                self._recorder_sinks.append(kept)
                sinks.append(kept)
            self._opened[role] = _FromZero(Tee(*sinks))
            self._gates[role].open(self._opened[role])

    def _connect(self) -> None:
        if self._client is None and (client := self._new_client()) is not None:
            self._client = client
            self._running = asyncio.create_task(client.run(), name="transcription client")

    def listen(self, token: int, phrases: tuple[str, ...] | None, base_s: float, on_speech: OnSpeech) -> None:
        """Recognise what the caller says in a gather's turn, and only tell ``on_speech(token, text, final)``: nothing
        is published or recorded for it. Where the server is away nothing is heard, and the gather's time runs out.
        """
        self.stop_listening()
        self._connect()
        if self._client is None:
            return
        self._channel = self._channel + 1 if self._channel < LAST_CHANNEL else FIRST_TURN_CHANNEL
        grammar = (*phrases, "[unk]") if phrases is not None else None
        party = f"{TURN_PARTY}{self._channel}"
        try:
            sink = self._client.open_channel(
                self._channel, party, RATE, base_s, grammar=grammar, floor=FLOOR, publish=False
            )
        except ValueError:
            log.warning("contact %s: too many turns at once, this one is not heard", self._contact_id)
            return
        self._turn = _Turn(token, self._channel, on_speech)
        already = (self._opened[Role.CALLER],) if Role.CALLER in self._opened else ()
        self._gates[Role.CALLER].open(Tee(*already, _FromZero(sink)))

    def stop_listening(self) -> None:
        """The turn is over."""
        if self._turn is None or self._client is None:
            return
        self._client.close_channel(self._turn.channel)
        self._turn = None
        if Role.CALLER in self._opened:
            self._gates[Role.CALLER].open(self._opened[Role.CALLER])
        else:
            self._gates[Role.CALLER].shut()

    def talk(self, stretch: Stretch) -> TalkMeasured | None:
        """How agent and customer talked in ``stretch``; None where nothing was heard."""
        if self._client is None:
            return None
        found = self._client.talk((Role.AGENT, Role.CALLER), stretch.apart)
        if found.measured_s <= 0:
            return None
        first = found.first_s.get(Role.AGENT)
        return TalkMeasured(
            measured_s=found.measured_s,
            agent_s=found.talk_s.get(Role.AGENT, 0.0),
            caller_s=found.talk_s.get(Role.CALLER, 0.0),
            talk_over_s=found.talk_over_s,
            dead_air_s=found.dead_air_s,
            longest_silence_s=found.longest_silence_s,
            response_s=None if first is None else max(0.0, first - stretch.since_s),
            agent=stretch.agent,
        )

    async def close(self) -> Recorded:
        """The contact is over: wait a little for the last words, finish the recording."""
        for gate in self._gates.values():
            gate.shut()
        for sink in self._recorder_sinks:
            sink.close()
        if self._client is not None and self._running is not None:
            await self._client.finish(FINISH_S)
            await self._running
        return self._finish_recording()

    def _new_client(self) -> TranscriptionClient | None:
        try:
            token = self._where.secret("transcription")
        except OSError as error:
            log.error("contact %s is not transcribed: no token for the server: %s", self._contact_id, error)
            return None
        return TranscriptionClient(
            self._url, token, self._contact_id, self._clock, self._heard, self._decided, self._tls
        )

    def _new_recorder(self) -> ContactRecorder | None:
        try:
            key = load_or_create_key(self._where.recording_key)
            return ContactRecorder(
                self._where.recordings, self._contact_id, key, zero_s=self._base_s, keeper=self._where.keeper
            )
        except DocumentError as error:
            log.error("no recording of contact %s: %s", self._contact_id, error)
            return None

    def _heard(self, event: Event) -> None:
        party = event.party if isinstance(event, UtterancePartial | UtteranceFinal | TranscriptionGap) else ""
        if party.startswith(TURN_PARTY):
            self._heard_in_turn(party, event)
            return
        if self._recorder is not None:
            self._recorder.heard(event)
        if isinstance(event, TranscriptionGap):
            self._bus.publish(event, contact_id=self._contact_id)

    def _heard_in_turn(self, party: str, event: Event) -> None:
        turn = self._turn
        if turn is None or party != f"{TURN_PARTY}{turn.channel}":
            return  # the last words of a turn that is over
        if isinstance(event, UtterancePartial | UtteranceFinal):
            turn.on_speech(turn.token, event.text, isinstance(event, UtteranceFinal))

    def _decided(self, channel: int, sample: int) -> None:
        if self._recorder is not None and channel in CHANNELS:
            self._recorder.decided(CHANNELS[channel], self._base_s + sample / RATE)

    def _finish_recording(self) -> Recorded:
        path = self._recorder.close() if self._recorder is not None else None
        if path is None:
            return Recorded()
        try:
            recording = read_recording(path, load_or_create_key(self._where.recording_key))
        except CallfloorError as error:
            log.error("the recording of contact %s cannot be read back: %s", self._contact_id, error)
            return Recorded(str(path))
        silenced = sum(span.end_s - span.start_s for span in recording.silenced)
        return Recorded(str(path), recording.seconds, silenced)

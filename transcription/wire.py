"""The contact protocol between audio taps and the transcription server, version 1, over one websocket per contact.

Client: ``hello``, then any number of ``open``, audio (binary), ``close`` per channel, and ``finish``.
Server: ``welcome``; ``partial``, ``final``, ``decided``, ``closed``, ``refused``; last ``finished``; then it closes.
Binary frames: one byte channel, eight bytes big-endian offset of the first sample in the channel's stream, mono samples
in the channel's codec (int16 little-endian, or a byte each of G.711). Offsets
count samples and do not go back: what overlaps the past is dropped, a jump forward is a hole.
"""

from __future__ import annotations

import enum
import struct
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from transcription import g711
from transcription.models import ModelCard
from transcription.recogniser import RATE_MAX, RATE_MIN
from transcription.utterances import UtteranceFinal, UtterancePartial
from voice.errors import CallfloorError

VERSION = 1
MAX_MESSAGE = 64 * 1024
Codec = Literal["pcm16", "pcmu", "pcma"]
MAX_CHANNELS = 16
_HEADER = struct.Struct(">BQ")
MAX_PCM = (MAX_MESSAGE - _HEADER.size) // 2 * 2


class CloseCode(enum.IntEnum):
    """Why the server ends a connection (RFC 6455, 7.4; 4000-4999 are ours)."""

    FINISHED = 1000
    GOING_AWAY = 1001
    TOO_BIG = 1009
    FAILED = 1011
    OVER_CAPACITY = 1013
    BAD_MESSAGE = 4400
    BAD_TOKEN = 4401
    IDLE = 4408


class WireError(CallfloorError):
    """A message that is not of this protocol. ``code``: what to close the connection with."""

    def __init__(self, reason: str, code: CloseCode = CloseCode.BAD_MESSAGE) -> None:
        super().__init__(reason)
        self.code = code


class _Message(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", protected_namespaces=())


class ChannelSpec(_Message):
    """A channel: ``rate`` Hz; ``base_s``: contact seconds of sample 0; ``party``: ``caller``, ``agent`` ...

    ``grammar``: the phrases of a gather (no other words are heard), those of a confidence (0..1) below ``floor`` as
    ``[unk]``; ``model``: one the server has, by the name it was loaded under (empty: its default; one it has not: the
    default too); ``publish``: False to hear the words only on this connection; ``position``: the first sample that will
    be sent; ``speaking_from``: the first sample of the utterance a lost connection interrupted.
    """

    channel: int = Field(ge=0, le=255)
    party: str = Field(min_length=1, max_length=64)
    rate: int = Field(ge=RATE_MIN, le=RATE_MAX)
    codec: Codec = "pcm16"
    base_s: float = Field(default=0.0, ge=0, allow_inf_nan=False)
    grammar: tuple[str, ...] | None = Field(default=None, max_length=5000)
    floor: float = Field(default=0.0, ge=0, le=1)
    model: str = Field(default="", max_length=256)
    publish: bool = True
    position: int = Field(default=0, ge=0, lt=2**63)
    speaking_from: int | None = Field(default=None, ge=0, lt=2**63)


class Hello(_Message):
    """The first message. ``resumed``: an earlier connection of this contact was lost."""

    type: Literal["hello"] = "hello"
    version: Literal[1] = 1
    token: str = Field(default="", repr=False, max_length=4096)
    contact_id: str = Field(min_length=1, max_length=128)
    resumed: bool = False
    channels: tuple[ChannelSpec, ...] = Field(default=(), max_length=MAX_CHANNELS)


class Open(ChannelSpec):
    """Another channel."""

    type: Literal["open"] = "open"


class Close(_Message):
    """No more audio on this channel: flush its last final, then ``closed``."""

    type: Literal["close"] = "close"
    channel: int = Field(ge=0, le=255)


class Finish(_Message):
    """No more audio at all: flush every channel, then ``finished``."""

    type: Literal["finish"] = "finish"


class EngineName(_Message):
    """Which recogniser."""

    name: str
    version: str


class Welcome(_Message):
    """The answer to ``hello``."""

    type: Literal["welcome"] = "welcome"
    engine: EngineName
    model: ModelCard


class Partial(_Message):
    """A running hypothesis of a channel."""

    type: Literal["partial"] = "partial"
    channel: int
    utterance: UtterancePartial


class Final(_Message):
    """The settled words of an utterance of a channel."""

    type: Literal["final"] = "final"
    channel: int
    utterance: UtteranceFinal


class DecidedUntil(_Message):
    """All before ``sample`` is silence or has been sent as final: its redaction is known, it need not be sent again.

    ``voiced``: raw runs of voiced samples since the last of these messages.
    """

    type: Literal["decided"] = "decided"
    channel: int
    sample: int = Field(ge=0)
    voiced: tuple[tuple[int, int], ...] = ()


class Closed(_Message):
    """The channel is flushed and gone."""

    type: Literal["closed"] = "closed"
    channel: int


class Refused(_Message):
    """The channel was not opened (a grammar the model cannot take, a rate, too many channels)."""

    type: Literal["refused"] = "refused"
    channel: int
    reason: str


class Finished(_Message):
    """Everything is flushed."""

    type: Literal["finished"] = "finished"


ClientMessage = Hello | Open | Close | Finish
ServerMessage = Welcome | Partial | Final | DecidedUntil | Closed | Refused | Finished
_CLIENT: TypeAdapter[ClientMessage] = TypeAdapter(Annotated[ClientMessage, Field(discriminator="type")])
_SERVER: TypeAdapter[ServerMessage] = TypeAdapter(Annotated[ServerMessage, Field(discriminator="type")])


def encode(message: ClientMessage | ServerMessage) -> str:
    """The text frame of a message."""
    return message.model_dump_json()


def decode_client(text: str) -> ClientMessage:
    """What a client sent. Raises WireError."""
    message: ClientMessage = _decode(_CLIENT, text)
    return message


def decode_server(text: str) -> ServerMessage:
    """What a server sent. Raises WireError."""
    message: ServerMessage = _decode(_SERVER, text)
    return message


def _decode(adapter: TypeAdapter[Any], text: str) -> Any:
    try:
        return adapter.validate_json(text)
    except ValidationError as errors:
        # Never the input itself: it may hold the token.
        first = errors.errors(include_input=False, include_url=False)[0]
        where = ".".join(str(step) for step in first["loc"]) or "message"
        raise WireError(f"{where}: {first['msg']}") from None


def pack_audio(channel: int, offset: int, pcm: bytes) -> bytes:
    """The binary frame of samples."""
    return _HEADER.pack(channel, offset) + pcm


def unpack_audio(frame: bytes) -> tuple[int, int, bytes]:
    """Channel, offset and encoded samples of a binary frame. Raises WireError."""
    if len(frame) > MAX_MESSAGE:
        raise WireError(f"an audio frame of more than {MAX_MESSAGE} bytes", CloseCode.TOO_BIG)
    if len(frame) < _HEADER.size:
        raise WireError(f"an audio frame of {len(frame)} bytes is shorter than its header ({_HEADER.size})")
    channel, offset = _HEADER.unpack_from(frame)
    if offset >= 2**63:
        raise WireError("a sample offset beyond 2^63")
    return channel, offset, frame[_HEADER.size :]


def to_pcm(codec: Codec, encoded: bytes) -> bytes:
    """Int16 little-endian samples of what a channel's codec carries. Raises WireError for half a sample."""
    if codec == "pcm16":
        if len(encoded) % 2:
            raise WireError("an audio frame ends within a sample")
        return encoded
    return g711.decode(encoded, g711.MU_LAW if codec == "pcmu" else g711.A_LAW)

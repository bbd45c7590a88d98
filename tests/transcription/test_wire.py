from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from transcription import wire
from transcription.models import ModelCard
from transcription.utterances import Redaction, UtteranceFinal, UtterancePartial, Word

SPEC = wire.ChannelSpec(channel=0, party="caller", rate=8000)
FINAL = UtteranceFinal(
    "u1", "caller", "hello", (Word("hello", 1.0, 1.5, 0.9),), 0.7, 2.0, 0.9, "vosk 0.3.45", "demo-en-8k",
    (Redaction("card", 1.0, 2.0),), 0.1, "hello", -21.5, 2.75,
)  # fmt: skip


@pytest.mark.parametrize(
    "message",
    [
        wire.Hello(token="t", contact_id="c", channels=(SPEC,)),
        wire.Open(**SPEC.model_dump() | {"grammar": ("yes", "no")}),
        wire.Close(channel=3),
        wire.Finish(),
    ],
)
def test_client_messages_survive_the_wire(message: wire.ClientMessage) -> None:
    assert wire.decode_client(wire.encode(message)) == message


@pytest.mark.parametrize(
    "message",
    [
        wire.Welcome(engine=wire.EngineName(name="vosk", version="1"), model=ModelCard(name="m")),
        wire.Partial(channel=1, utterance=UtterancePartial("u", "agent", "hi", 0.0, 1.0, 3)),
        wire.Final(channel=1, utterance=FINAL),
        wire.DecidedUntil(channel=0, sample=5, voiced=((1, 2), (3, 4))),
        wire.Closed(channel=0),
        wire.Refused(channel=0, reason="no"),
        wire.Finished(),
    ],
)
def test_server_messages_survive_the_wire(message: wire.ServerMessage) -> None:
    assert wire.decode_server(wire.encode(message)) == message


@pytest.mark.parametrize(
    "text",
    [
        "", "{", "[]", "null", '"hello"', '{"type": "bye"}', '{"type": "hello"}',
        '{"type": "hello", "version": 2, "contact_id": "c"}',
        '{"type": "hello", "contact_id": ""}',
        '{"type": "hello", "contact_id": "c", "channels": [{"channel": 0, "party": "caller", "rate": 0}]}',
        '{"type": "hello", "contact_id": "c", "channels": [{"channel": 0, "party": "caller", "rate": -8000}]}',
        '{"type": "hello", "contact_id": "c", "channels": [{"channel": 256, "party": "caller", "rate": 8000}]}',
        '{"type": "open", "channel": 0, "party": "caller", "rate": 8000, "base_s": NaN}',
        '{"type": "open", "channel": 0, "party": "caller", "rate": 8000, "codec": "mp3"}',
        '{"type": "open", "channel": 0, "party": "caller", "rate": 8000, "extra": 1}',
        '{"type": "close"}',
    ],
)  # fmt: skip
def test_what_is_not_of_the_protocol_is_refused_with_one_line(text: str) -> None:
    with pytest.raises(wire.WireError) as error:
        wire.decode_client(text)
    assert "\n" not in str(error.value)


def test_an_error_never_repeats_the_token() -> None:
    with pytest.raises(wire.WireError) as error:
        wire.decode_client('{"type": "hello", "token": ["s3cret"], "contact_id": "c"}')
    assert "s3cret" not in str(error.value)


@given(st.integers(0, 255), st.integers(0, 2**63 - 1), st.binary(max_size=64).filter(lambda pcm: len(pcm) % 2 == 0))
def test_audio_frames_survive_the_wire(channel: int, offset: int, pcm: bytes) -> None:
    assert wire.unpack_audio(wire.pack_audio(channel, offset, pcm)) == (channel, offset, pcm)


@pytest.mark.parametrize("frame", [b"", b"\0", bytes(8), bytes(wire.MAX_MESSAGE + 1), bytes([0, 255]) + bytes(9)])
def test_bad_audio_frames(frame: bytes) -> None:
    with pytest.raises(wire.WireError):
        wire.unpack_audio(frame)

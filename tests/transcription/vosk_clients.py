"""Clients of vosk-server's protocol, as its published examples are, to be had with any server that speaks it."""

from __future__ import annotations

import io
import json
import wave
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from websockets.asyncio.client import ClientConnection
from websockets.exceptions import ConnectionClosedOK

from tests.transcription.speech import RATE, golden, quiet

EOF = '{"eof" : 1}'
SAID = "i want a refund please"
SPEECH = quiet(0.3) + golden("refund")[0] + quiet(1.5)

Conversation = Callable[[ClientConnection], Awaitable[None]]


def wav(pcm: bytes = SPEECH) -> bytes:
    """A whole WAV file: clients send it header and all."""
    file = io.BytesIO()
    with wave.open(file, "wb") as writer:
        writer.setnchannels(1)
        writer.setsampwidth(2)
        writer.setframerate(RATE)
        writer.writeframes(pcm)
    return file.getvalue()


async def lockstep(socket: ClientConnection, data: bytes, size: int) -> list[dict[str, Any]]:
    """Send a piece, wait for its answer; then the end."""
    answers = []
    for start in range(0, len(data), size):
        await socket.send(data[start : start + size])
        answers.append(json.loads(await socket.recv()))
    await socket.send(EOF)
    answers.append(json.loads(await socket.recv()))
    return answers


def texts(answers: list[dict[str, Any]]) -> list[str]:
    return [answer["text"] for answer in answers if answer.get("text")]


async def configures_the_rate(socket: ClientConnection) -> None:
    """``python/test.py``: configures the rate, then a piece, an answer."""
    await socket.send('{ "config" : { "sample_rate" : 8000 } }')
    answers = await lockstep(socket, SPEECH, 2 * int(RATE * 0.2))
    assert texts(answers) == [SAID]
    (settled,) = [answer for answer in answers if answer.get("text")]
    assert list(settled) == ["result", "text"]
    assert list(settled["result"][0]) == ["conf", "end", "start", "word"]
    assert 0.5 < settled["result"][0]["start"] < 1.0, "times count from the first sample sent"
    partials = [answer["partial"] for answer in answers if answer.get("partial")]
    assert len(partials) > 3
    assert partials[-1] == SAID
    with pytest.raises(ConnectionClosedOK):
        await socket.recv()


async def gives_a_phrase_list(socket: ClientConnection) -> None:
    """``python/test_words.py``: a phrase list with a word nobody knows, and no word times."""
    await socket.send(
        '{"config" : { "phrase_list" : ["i want a refund please xylophone", "[unk]"], '
        '"sample_rate" : 8000.0, "words" : 0}}'
    )
    answers = await lockstep(socket, SPEECH, 8000)
    (heard,) = texts(answers)
    assert {"want", "refund", "please"} <= set(heard.split()) <= set(SAID.split())
    assert all("result" not in answer for answer in answers)


async def knows_one_phrase(socket: ClientConnection) -> None:
    """Hears nothing but its phrase."""
    await socket.send('{"config": {"phrase_list": ["supervisor"]}}')
    assert set(" ".join(texts(await lockstep(socket, SPEECH, 8000))).split()) <= {"supervisor"}


async def wants_alternatives(socket: ClientConnection) -> None:
    """``python/test_alternatives.py``: readings with scores."""
    await socket.send('{"config" : { "max_alternatives" : 20, "sample_rate" : 8000 } }')
    answers = await lockstep(socket, SPEECH, 3200)
    (ranked,) = [a["alternatives"] for a in answers if "alternatives" in a and a["alternatives"][0]["text"]]
    assert ranked[0]["text"] == SAID
    assert list(ranked[0]) == ["confidence", "result", "text"]
    assert 1 < len(ranked) <= 20


async def resets(socket: ClientConnection) -> None:
    """Settles its words now and then, and goes on."""
    first = []
    for _ in range(2):
        for start in range(0, 36800, 1600):
            await socket.send(SPEECH[start : start + 1600])
            assert "partial" in json.loads(await socket.recv())
        await socket.send('{"reset" : 1}')
        first.append(json.loads(await socket.recv()))
    assert texts(first) == [SAID, SAID]
    assert first[1]["result"][0]["start"] > first[0]["result"][-1]["end"], "times count on"


EXAMPLES: tuple[Conversation, ...] = (
    configures_the_rate,
    gives_a_phrase_list,
    knows_one_phrase,
    wants_alternatives,
    resets,
)
